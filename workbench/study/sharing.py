"""What of a study may be handed on without a word of anybody: ids, codings, tables of estimates.

A column is written only if it is known to hold no text: ids and the schema's own columns, numbers, dates,
flags. Text columns of the source (`meta.*`, outcome tables), notes of coders and topic words stay here.
Then every text cell that is left is compared with all utterances: a column in which one of at least 20
characters stands is left out too. Conversations whose stated consent does not cover sharing are left out
with their results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from workbench import __version__
from workbench.corpus.consent import SHARING, allows
from workbench.corpus.schema import (
    CONVERSATION_COLUMNS,
    META,
    SPEAKER_COLUMNS,
    UTTERANCE_COLUMNS,
)
from workbench.errors import BadInput
from workbench.study.study import Study

__all__ = ["Shared", "shareable"]

_LONG = 20
_OWN = {
    "utterances": frozenset(UTTERANCE_COLUMNS) - {"text"},
    "conversations": frozenset(CONVERSATION_COLUMNS),
    "speakers": frozenset(SPEAKER_COLUMNS),
    "codes": frozenset(UTTERANCE_COLUMNS) - {"text"},
}
"""Text columns that a table may keep; any other table keeps all but those in `_TOLD`."""
_TOLD = frozenset({"note", "text", "utterance", "context"})


@dataclass
class Shared:
    """Tables to be handed on, and what a reader has to know of them.

    Attributes
    ----------
    tables
        Name (a relative path without ending) -> table.
    left_out
        Columns that stay here, as `table: column`.
    refused, silent
        Conversations left out for their stated consent; conversations that state none.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    refused: int = 0
    silent: int = 0

    def readme(self, study: Study) -> str:
        """Text of the README beside the tables."""
        lines = [
            f"# {study.name}: codings and tables to share",
            "",
            f"Written by dialogue-workbench {__version__} from a study of the corpus "
            f"{study.corpus.metadata.name} (licence: {study.corpus.metadata.licence}).",
            "",
            "## In it",
            "",
            *(f"- `{name}`: {table.height:,} rows" for name, table in self.tables.items()),
            "",
            "Ids are those of the study: whoever holds the transcripts can join them again. The people are "
            "pseudonymised at best, never anonymous: a rare combination of facts can point at one.",
            "",
            "## Not in it",
            "",
            "- the text of utterances; text columns of the source; notes of coders",
            "- embeddings, caches and recorded answers, from which texts can be guessed",
            "- words, maps and representative turns of topics; prompts of attributions",
            *(f"- the column {name}" for name in self.left_out),
            "",
            "## Consent",
            "",
            f"- {self.refused} conversation(s) were left out, with all tables over conversations: their "
            f"`consent_scope` does not hold `{SHARING}`."
            if self.refused
            else "- No conversation was left out for its `consent_scope`.",
            f"- {self.silent} conversation(s) state no scope. Make sure yourself that they may be shared.",
        ]
        return "\n".join(lines) + "\n"


def shareable(study: Study, tables: Mapping[str, pl.DataFrame]) -> Shared:
    """Bring the tables of an export into a shape without a word of text.

    Parameters
    ----------
    tables
        As `export_study` makes them; estimates of attributions are added.

    Raises
    ------
    BadInput
        If no conversation may be shared.
    """
    talks = study.corpus.conversations
    stated = pl.col("consent_scope").is_not_null()
    refused = talks.filter(stated & ~allows(SHARING))
    shared = Shared(refused=refused.height, silent=talks["consent_scope"].null_count())
    if refused.height == talks.height:
        raise BadInput(
            f"Nothing was written: the consent of all {talks.height} conversations excludes sharing. Where "
            f"people agreed, write {SHARING!r} into their `consent_scope`."
        )
    turns = study.corpus.utterances
    texts = turns.filter(pl.col("text").str.strip_chars().str.len_chars() >= _LONG)["text"].unique()
    kept = turns.join(refused, left_on="conversation_id", right_on="id", how="anti")
    units = {*kept["id"], *talks["id"]} - set(refused["id"])
    for name, table in _with_estimates(study, tables):
        rows = _rows_of(name, table, units, set(kept["speaker"]))
        if rows is None and refused.height:
            continue  # an estimate over all conversations tells of those left out as well
        columns = list(_safe_columns(name, table if rows is None else rows, texts))
        shared.left_out += [f"{name}: {x}" for x in table.columns if x not in columns]
        shared.tables[name] = (table if rows is None else rows).select(columns)
    return shared


def _with_estimates(
    study: Study, tables: Mapping[str, pl.DataFrame]
) -> Iterator[tuple[str, pl.DataFrame]]:
    yield from tables.items()
    from workbench.attribution import Attribution

    for folder in sorted((study.folder / "attributions").glob("*")):
        found = [
            Attribution.from_json(file)
            for file in sorted(folder.glob("*.json"))
            if file.stem != "check"
        ]
        if found:
            rows = [
                one.table.with_columns(unit_id=pl.lit(str(one.settings.get("unit_id"))))
                for one in found
            ]
            yield f"attributions/{folder.name}", pl.concat(rows)


def _rows_of(
    name: str, table: pl.DataFrame, units: set[str], speakers: set[str]
) -> pl.DataFrame | None:
    """Rows about units that may be shared; None for a table that is about all together."""
    for key in ("unit_id", "id"):
        if key in table.columns:
            known = speakers if name == "speakers" else units
            return table.filter(pl.col(key).is_in(list(known)))
    return None


def _safe_columns(name: str, table: pl.DataFrame, texts: pl.Series) -> Iterator[str]:
    own = _OWN.get(name)
    for column, dtype in table.schema.items():
        if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean:
            yield column
        elif dtype == pl.String and not column.startswith(META) and column not in _TOLD:
            known = (
                own is None
                or column in own
                or (name == "codes" and column not in UTTERANCE_COLUMNS)
            )
            if known and not _quotes(table[column], texts):
                yield column


def _quotes(column: pl.Series, texts: pl.Series) -> bool:
    """Whether a cell holds the text of an utterance of at least 20 characters."""
    if texts.is_empty():
        return False
    cells = column.drop_nulls().unique()
    cells = cells.filter(cells.str.len_chars() >= _LONG)
    return bool(cells.str.contains_any(texts.implode()).any()) if len(cells) else False
