"""Coding: shipped codebooks and the heads that code with them."""

from workbench.coding.books import codebooks, load_codebook
from workbench.coding.coder import NO_GOAL, Coding, code_corpus
from workbench.coding.crosswalks import crosswalk, crosswalks
from workbench.coding.trained_heads import shipped_head, trained_schemes

__all__ = [
    "NO_GOAL",
    "Coding",
    "code_corpus",
    "codebooks",
    "crosswalk",
    "crosswalks",
    "load_codebook",
    "shipped_head",
    "trained_schemes",
]
