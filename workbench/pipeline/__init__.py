"""The main job and its steps: a study in, results stored in the study."""

from workbench.pipeline.agreement import agreement_of_study, comparable_schemes, compared_schemes
from workbench.pipeline.analyse import analyse
from workbench.pipeline.attribution import attribution, coded_items
from workbench.pipeline.coding import code
from workbench.pipeline.embedding import embed_study
from workbench.pipeline.emotion import emotion
from workbench.pipeline.search import find_sequences, keyword_in_context, search
from workbench.pipeline.topic_edits import (
    edit_topics,
    replay_topic_edits,
    topic_edit_log,
    undo_topic_edit,
)
from workbench.pipeline.topic_names import name_topics, topic_names
from workbench.pipeline.topic_stability import stability_of, topic_stability
from workbench.pipeline.topics import topics

__all__ = [
    "agreement_of_study",
    "analyse",
    "attribution",
    "code",
    "coded_items",
    "comparable_schemes",
    "compared_schemes",
    "edit_topics",
    "embed_study",
    "emotion",
    "find_sequences",
    "keyword_in_context",
    "name_topics",
    "replay_topic_edits",
    "search",
    "stability_of",
    "topic_edit_log",
    "topic_names",
    "topic_stability",
    "topics",
    "undo_topic_edit",
]
