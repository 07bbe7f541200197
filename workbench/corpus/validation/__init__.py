"""Checks on a corpus, collected in a report a person can read."""

from workbench.corpus.validation.finding import Finding, Level, findings_table, raise_errors
from workbench.corpus.validation.report import Validation, validate
from workbench.corpus.validation.splits import Splits, read_splits
from workbench.corpus.validation.text import MendedText, mend_text
from workbench.corpus.validation.utterances import validate_utterances

__all__ = [
    "Finding",
    "Level",
    "MendedText",
    "Splits",
    "Validation",
    "findings_table",
    "mend_text",
    "raise_errors",
    "read_splits",
    "validate",
    "validate_utterances",
]
