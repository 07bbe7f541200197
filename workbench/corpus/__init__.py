"""Corpora as plain values: `Corpus`, `Layer`, `Codebook`, and how they come in and go out."""

from workbench.corpus.codebook import Code, Codebook, Scheme
from workbench.corpus.corpus import Conversation, Corpus, CorpusMetadata
from workbench.corpus.crosswalk import Crosswalk
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.listing import formats
from workbench.corpus.loading import load
from workbench.corpus.validation import Finding

__all__ = [
    "Code",
    "Codebook",
    "Conversation",
    "Corpus",
    "CorpusMetadata",
    "Crosswalk",
    "Finding",
    "Layer",
    "LayerMetadata",
    "Scheme",
    "formats",
    "load",
]
