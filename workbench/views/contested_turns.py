"""Turns on which coders disagree, each to be read in its conversation with every coder's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import param
import polars as pl

from workbench.reliability.contested import CODER_COLUMN, NOTHING
from workbench.views import layers as found
from workbench.views.agreement_data import AgreementData
from workbench.views.agreement_view import AgreementView
from workbench.views.view import ALL, RESEARCH, Section

__all__ = ["ContestedTurns"]

_AROUND, _LISTED = 4, 500
_COLUMNS = 4
"""Coders up to which each has a column."""


class ContestedTurns(AgreementView):
    """Contested turns of one scheme.

    Parameters
    ----------
    scheme
        Scheme whose coders disagree.
    label
        Keep turns to which some coder gave this code.
    conversation
        Keep turns of one conversation.
    unit
        Id of the turn that is shown in its conversation.
    """

    slug: ClassVar[str] = "contested"
    title: ClassVar[str] = "Contested turns"
    question: ClassVar[str] = "On which turns do coders disagree, and what was said around them?"
    controls: ClassVar[tuple[str, ...]] = ("scheme", "label", "conversation")
    closed: ClassVar[str] = (
        "The contested turns are closed: this is a public view, and a public view shows nothing that was "
        "said."
    )

    label: Any = param.Selector(
        default=ALL, objects=[ALL], label="Code", doc="Some coder gave the turn this code."
    )
    conversation: Any = param.Selector(default=ALL, objects=[ALL], doc="Turns of one conversation.")
    unit: Any = param.Parameter(default=None, doc="Turn shown in its conversation.")

    def prepare(self) -> None:
        """Offer what was compared."""
        self.offer("scheme", AgreementData.schemes(self.study))
        self._start_scheme()

    @param.depends("scheme", watch=True)
    def _start_scheme(self) -> None:
        if self.scheme is None:
            return
        self.unit = None
        self.offer("label", [ALL, *self.data.labels])
        talks = self._contested["conversation_id"].unique(maintain_order=True).sort().to_list()
        self.offer("conversation", [ALL, *talks])

    @param.depends("label", "conversation", watch=True)
    def _start_anew(self) -> None:
        self.unit = None

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the turn of a clicked row."""
        if key in ("contested", "around") and point.get("turn") is not None:
            talk = point.get("conversation") or self._here["conversation_id"]
            said = self.study.corpus.utterances.filter(
                (pl.col("conversation_id") == talk) & (pl.col("turn") == point["turn"])
            )
            self.unit = said["id"][0] if said.height else self.unit

    def cautions(self) -> list[str]:
        """What a contested turn is good for."""
        return [
            RESEARCH,
            *self.outdated(),
            "A contested turn is no mistake of a person: it shows where the codebook needs a decision. Read "
            "it in its conversation before deciding.",
        ]

    def sections(self) -> Sequence[Section]:
        """The turns, the chosen one in its conversation, and where they are."""
        if self.scheme is None:
            return [Section("missing", "Contested turns", "text", self.missing)]
        return [
            Section("contested", "Contested turns", "table", self._table),
            Section("around", "The chosen turn in its conversation", "table", self._around),
            Section("talks", "Contested turns by conversation", "table", self._talks),
        ]

    # -- data --------------------------------------------------------------------------------------

    @property
    def _contested(self) -> pl.DataFrame:
        made = self.kept("contested", lambda: self.data.table("contested"))
        return cast(pl.DataFrame, made)

    @property
    def _shown(self) -> pl.DataFrame:
        """The turns that the controls leave."""
        rows = self._contested
        if self.conversation != ALL:
            rows = rows.filter(pl.col("conversation_id") == self.conversation)
        if self.label != ALL:
            codes = [name for name in rows.columns if name.startswith(CODER_COLUMN)]
            given = [
                pl.col(name).str.split(" + ").list.contains(pl.lit(self.label)) for name in codes
            ]
            rows = rows.filter(pl.any_horizontal(x.fill_null(value=False) for x in given))
        return rows

    @property
    def _here(self) -> dict[str, Any]:
        """The chosen turn; at first the most contested."""
        if self.unit is None:
            rows = self._shown
            unit = rows["unit_id"][0] if rows.height else None
        else:
            unit = self.unit
        turns = self.study.corpus.utterances.filter(pl.col("id") == unit)
        return turns.row(0, named=True) if turns.height else {}

    def _table(self) -> tuple[Any, str]:
        rows = self._shown
        if rows.is_empty():
            return "No two coders gave different codes to any of these turns.", ""
        texts = self.study.corpus.utterances.select("text", unit_id="id")
        table = rows.head(_LISTED).join(texts, on="unit_id", how="left", maintain_order="left")
        codes = {coder: table[f"{CODER_COLUMN}{coder}"].to_list() for coder in self.data.coders}
        shown = table.select(
            pl.col("conversation_id").alias("conversation"), "turn", "text"
        ).with_columns(*_said(codes))
        told = ""
        if len(codes) > 2:  # of two coders it is 1 wherever they differ
            shown = shown.with_columns(table["disagreement"])
            told = "disagreement: share of pairs of coders that gave different codes. "
        listed = f", the first {_LISTED} are listed" if rows.height > _LISTED else ""
        coded = max(self.data.table("coders")["n_units"].to_list())
        return shown, (
            f"{rows.height:,} contested turns{listed}; the coder with most codes coded {coded:,}. "
            f"{told}Click a row to read it in its conversation."
        )

    def _around(self) -> tuple[Any, str]:
        here = self._here
        if not here:
            return "There is no turn to show.", ""
        talk = self.study.corpus.conversation(here["conversation_id"]).utterances
        near = talk.filter((pl.col("turn") - here["turn"]).abs() <= _AROUND)
        arrow = pl.when(pl.col("id") == here["id"]).then(pl.lit("→")).otherwise(pl.lit(""))
        table = near.select(arrow.alias("here"), "turn", "role", "text")
        codes: dict[str, list[str | None]] = {}
        for coder in self.data.coders:
            layers = found.layers_of(self.study, [self.scheme], coder)
            given: dict[str, list[str]] = {}
            for unit, label, _ in found.marks(layers, near["id"]).iter_rows():
                given.setdefault(unit, []).append(NOTHING if label is None else label)
            codes[coder] = [" + ".join(given[x]) if x in given else None for x in near["id"]]
        told = f"Conversation {here['conversation_id']}; {_AROUND} turns before and after."
        return table.with_columns(*_said(codes)), told

    def _talks(self) -> tuple[pl.DataFrame, str]:
        coded = self.study.corpus.utterances.select("conversation_id", unit_id="id")
        units = pl.concat(
            layer.table.select("unit_id")
            for coder in self.data.coders
            for layer in found.layers_of(self.study, [self.scheme], coder)
        ).unique()
        turns = coded.join(units, on="unit_id").group_by("conversation_id").len("coded turns")
        rows = self._contested.group_by("conversation_id").agg(
            pl.len().alias("contested turns"), pl.col("disagreement").mean()
        )
        table = turns.join(rows, on="conversation_id", how="left").select(
            pl.col("conversation_id").alias("conversation"),
            pl.col("contested turns").fill_null(0),
            "coded turns",
            share=pl.col("contested turns").fill_null(0) / pl.col("coded turns"),
        )
        return table.sort("share", "conversation", descending=[True, False]), (
            "share: contested turns of the turns that some coder coded."
        )


def _said(codes: Mapping[str, Sequence[str | None]]) -> list[pl.Series]:
    """What each coder gave: a column for each of few coders; of many, one that says who gave what."""
    if len(codes) <= _COLUMNS:
        return [
            pl.Series(_free(coder), [code or "" for code in given], dtype=pl.String)
            for coder, given in codes.items()
        ]
    told = []
    for row in zip(*codes.values(), strict=True):
        who: dict[str, list[str]] = {}
        for coder, code in zip(codes, row, strict=True):
            if code is not None:
                who.setdefault(code, []).append(coder)
        most = sorted(who.items(), key=lambda entry: -len(entry[1]))
        told.append("; ".join(f"{code} ({len(names)}): {', '.join(names)}" for code, names in most))
    return [pl.Series("codes", told, dtype=pl.String)]


def _free(coder: str) -> str:
    """Heading of a coder's column; one that is called like another column is told apart."""
    fixed = ("conversation", "turn", "disagreement", "text", "majority", "here", "role", "id")
    return f"coder {coder}" if coder in fixed else coder
