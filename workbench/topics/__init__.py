"""Topics of one side of a corpus: BERTopic, made for talk.

Backchannels, fillers and greetings are set apart first and counted; the rest is fitted so that the
same input gives the same topics; outliers and what was set apart are always shown.
"""

from workbench.topics.backchannels import backchannel_layer
from workbench.topics.groups import group_table
from workbench.topics.model import TopicModel, fit_topics
from workbench.topics.names import first_names
from workbench.topics.result import OutlierShare, Topics

__all__ = [
    "OutlierShare",
    "TopicModel",
    "Topics",
    "backchannel_layer",
    "first_names",
    "fit_topics",
    "group_table",
]
