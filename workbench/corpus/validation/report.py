"""`validate`: all checks of a corpus in one report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from workbench.corpus.validation.finding import Finding, Level, findings_table
from workbench.corpus.validation.splits import Splits, check_duplicates, check_splits
from workbench.corpus.validation.structure import check_links, check_speakers, check_tables
from workbench.corpus.validation.text import check_language, check_texts
from workbench.corpus.validation.times import check_times
from workbench.corpus.validation.utterances import validate_utterances

if TYPE_CHECKING:
    from workbench.corpus.corpus import Corpus

__all__ = ["CHECKED", "Validation", "validate"]

CHECKED: tuple[Callable[[Corpus, str], list[Finding]], ...] = (
    check_tables,
    check_links,
    check_times,
    check_speakers,
    check_texts,
    check_language,
)
"""Checks of one corpus by itself, in the order of the report."""

_ORDER: tuple[Level, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Validation:
    """What is wrong with a corpus or worth knowing, worst first.

    It names rows, ids and counts, never what somebody said.
    """

    corpus: str
    findings: tuple[Finding, ...]

    @property
    def table(self) -> pl.DataFrame:
        """Findings: `level`, `check`, `count`, `where` (first rows or ids), `message`, `remedy`."""
        return findings_table(self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What has to be mended before any analysis."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What makes some analysis wrong or leaves something out."""
        return self._of("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What is worth knowing."""
        return self._of("note")

    @property
    def summary(self) -> str:
        """One line: how many errors, warnings and notes."""
        counts = (len(self.errors), len(self.warnings), len(self.notes))
        told = [
            f"{n} {kind}{'' if n == 1 else 's'}"
            for n, kind in zip(counts, _ORDER, strict=True)
            if n
        ]
        return ", ".join(told) if told else "nothing to remark"

    def _of(self, level: Level) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == level)

    def _repr_html_(self) -> str:
        with pl.Config(tbl_rows=-1, fmt_str_lengths=1_000):
            return self.table._repr_html_()

    def __repr__(self) -> str:
        return "\n".join([f"{self.corpus}: {self.summary}", *map(str, self.findings)])


def validate(corpus: Corpus, splits: Splits | None = None) -> Validation:
    """Check a corpus, whatever it was made of.

    What loading found stays in the report. Then tables, links, times, speakers, texts, language and
    copies are checked, and the split where one is proposed. Checks of single utterances are column
    expressions: a million of them take ten to twenty seconds on one core, and the search for
    near-duplicates about five for 10,000 conversations.

    Parameters
    ----------
    corpus
        Any corpus; it is not changed.
    splits
        A proposed split, as conversation id -> split or a table with `id` and `split`. By default a
        column `split` that came with the corpus is looked at, where there is one.

    Returns
    -------
    Validation

    Raises
    ------
    BadInput
        If the split has no columns `id` and `split`.

    Examples
    --------
    >>> from workbench.corpus import Corpus
    >>> turns = {"conversation_id": ["a", "a"], "speaker": ["T", "T"], "text": ["Hi.", "[laughs]"]}
    >>> report = validate(Corpus.build(pl.DataFrame(turns)))
    >>> report.summary
    '1 warning, 1 note'
    >>> report.table["check"].to_list()
    ['one speaker', 'no words']
    """
    from workbench.corpus.duplicates import near_duplicates

    where = corpus.metadata.name
    known = {finding.check for finding in corpus.findings}
    found = validate_utterances(corpus.utterances, where=where)
    for check in CHECKED:
        found += check(corpus, where)
    links = near_duplicates(corpus)
    found += check_duplicates(corpus, links, where)
    found += check_splits(corpus, splits, links, where)
    again = [finding for finding in found if finding.check not in known]
    ordered = sorted([*corpus.findings, *again], key=lambda finding: _ORDER.index(finding.level))
    return Validation(repr(corpus), tuple(ordered))
