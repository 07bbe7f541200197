"""Proof by people: whether a reader can tell what does not belong to a topic.

A task shows five words (or turns) of one topic and an intruder from another. Whoever sees the topic
finds the intruder; who does not, guesses one in six. The share found is the topic's model precision.

Sources
-------
Chang et al. (2009), Reading Tea Leaves: How Humans Interpret Topic Models, NeurIPS 22.
Lau, Newman and Baldwin (2014), Machine Reading Tea Leaves, https://doi.org/10.3115/v1/E14-1056
"""

from workbench.topics.intrusion.answers import IntrusionAnswers
from workbench.topics.intrusion.score import CHANCE, intrusion_score
from workbench.topics.intrusion.tasks import IntrusionTasks, Kind, intrusion_tasks

__all__ = [
    "CHANCE",
    "IntrusionAnswers",
    "IntrusionTasks",
    "Kind",
    "intrusion_score",
    "intrusion_tasks",
]
