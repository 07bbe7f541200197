"""Emotions of utterances: GoEmotions' 27 and neutral, Ekman's groups, sentiment, and their course.

The head learned on Reddit comments; its accuracy on counselling is unknown, and every layer says so.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.emotion.course import emotion_course
from workbench.emotion.scoring import Emotions, score_emotions
from workbench.emotion.shipped import CAUTION, HEADS, emotion_fingerprint, head_folder
from workbench.emotion.tiers import EKMAN, EMOTIONS, SENTIMENT, Ontology, ontology
from workbench.emotion.training import train

__all__ = [
    "CAUTION",
    "EKMAN",
    "EMOTIONS",
    "HEADS",
    "SENTIMENT",
    "TRAINERS",
    "Emotions",
    "Ontology",
    "emotion_course",
    "emotion_fingerprint",
    "head_folder",
    "ontology",
    "score_emotions",
    "train",
]

TRAINERS: Mapping[str, Callable[..., Path]] = {"goemotions": train}
"""Name of each emotion head and what trains it: `trainer(data=, out=, random_state=)` -> folder."""
