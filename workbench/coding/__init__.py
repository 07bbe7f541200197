"""Coding: shipped codebooks and the heads that code with them."""

from workbench.coding.books import codebooks, load_codebook
from workbench.coding.coder import NO_GOAL, Coding, code_corpus
from workbench.coding.crosswalks import crosswalk, crosswalks
from workbench.coding.explaining import CodeExplanation, explain_code
from workbench.coding.own_heads import train_head
from workbench.coding.trained_heads import TrainedHead, shipped_head, trained_schemes

__all__ = [
    "NO_GOAL",
    "CodeExplanation",
    "Coding",
    "TrainedHead",
    "code_corpus",
    "codebooks",
    "crosswalk",
    "crosswalks",
    "explain_code",
    "load_codebook",
    "shipped_head",
    "train_head",
    "trained_schemes",
]
