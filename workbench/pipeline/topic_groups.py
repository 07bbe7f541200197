"""The comparison of groups that a study keeps beside its topics: shares and words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import polars as pl

from workbench.corpus import Corpus
from workbench.errors import BadInput, InsufficientData
from workbench.study import StepRecord, Study
from workbench.topics import Topics, check_groups, group_cautions, group_table, group_words
from workbench.topics.groups import ESTIMANDS, MAX_GROUPS, Estimand

__all__ = ["Comparison", "group_column", "write_group_tables"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which groups of conversations are compared, and how.

    Parameters
    ----------
    group
        Column of the conversation table; None for no comparison.
    estimand, strata
        As in `workbench.topics.group_table`.
    """

    group: str | None = None
    estimand: Estimand = "pooled"
    strata: str | None = None

    @classmethod
    def of(
        cls, corpus: Corpus, *, group: str | None, estimand: Estimand, strata: str | None
    ) -> Comparison:
        """Choose the column where none is given, and refuse what cannot be compared.

        Raises
        ------
        BadInput
            If there is no such column or estimand.
        InsufficientData
            If the column that was asked for does not hold two groups.
        """
        if estimand not in ESTIMANDS:
            raise BadInput.unknown("estimand", estimand, list(ESTIMANDS))
        chosen = group or group_column(corpus)
        if chosen is not None:
            check_groups(corpus, chosen, strata=strata)
        elif strata is not None:
            raise BadInput(
                f"strata={strata!r} needs groups to compare; name their column by group=."
            )
        return cls(chosen, estimand, strata)

    @classmethod
    def of_step(cls, record: StepRecord | None) -> Comparison:
        """The comparison that a step was asked for."""
        told = record.parameters if record is not None else {}
        return cls(**{x.name: told[x.name] for x in fields(cls) if x.name in told})

    def as_parameters(self) -> dict[str, Any]:
        """As parameters of a step."""
        return asdict(self)


def write_group_tables(
    study: Study, found: Topics, comparison: Comparison
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write `topics/<side>-groups` and `-group-words`; tables of earlier topics do not stay behind.

    Returns
    -------
    outputs
        Files written, relative to the study.
    notes
        Why a table could not be made, and what a reader of the others has to know.
    """
    by, strata = comparison.group, comparison.strata
    makers = {
        "groups": lambda: group_table(
            study.corpus, found.layer, by=str(by), estimand=comparison.estimand, strata=strata
        ),
        "group-words": lambda: group_words(
            study.corpus, found.layer, by=str(by), side=found.side, strata=strata
        ),
    }
    outputs, notes = [], []
    for name, make in makers.items():
        path = f"topics/{found.side}-{name}"
        (study.folder / f"{path}.parquet").unlink(missing_ok=True)
        if by is None:
            continue
        try:
            study.write_table(path, make())
        except InsufficientData as error:
            notes.append(str(error))
        else:
            outputs.append(f"{path}.parquet")
    cautions = group_cautions(study.corpus, by) if by is not None and outputs else []
    return tuple(outputs), (*cautions, *notes)


def group_column(corpus: Corpus) -> str | None:
    """Conversation column to compare topics by: `quality` if two values of it occur, and not too many."""
    values = corpus.conversations.select(pl.col("quality").drop_nulls().n_unique()).item()
    return "quality" if 2 <= values <= MAX_GROUPS else None
