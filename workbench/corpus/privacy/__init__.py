"""Pseudonymise a corpus: find what tells who somebody is, and put surrogates in its place."""

from workbench.corpus.privacy.entity import Entity, Finder
from workbench.corpus.privacy.presidio import Presidio
from workbench.corpus.privacy.redaction import (
    Redaction,
    best_finder,
    find_entities,
    is_pseudonymised,
    redact,
)
from workbench.corpus.privacy.rules import Rules
from workbench.corpus.privacy.suspicion import suspicions, words_at
from workbench.corpus.privacy.vault import Vault

__all__ = [
    "Entity",
    "Finder",
    "Presidio",
    "Redaction",
    "Rules",
    "Vault",
    "best_finder",
    "find_entities",
    "is_pseudonymised",
    "redact",
    "suspicions",
    "words_at",
]
