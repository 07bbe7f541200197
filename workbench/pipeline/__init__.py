"""The main job and its steps: a study in, results stored in the study."""

from workbench.pipeline.analyse import analyse
from workbench.pipeline.attribution import attribution, coded_items
from workbench.pipeline.coding import code
from workbench.pipeline.embedding import embed_study
from workbench.pipeline.emotion import emotion
from workbench.pipeline.search import find_sequences, keyword_in_context, search
from workbench.pipeline.topics import topics

__all__ = [
    "analyse",
    "attribution",
    "code",
    "coded_items",
    "embed_study",
    "emotion",
    "find_sequences",
    "keyword_in_context",
    "search",
    "topics",
]
