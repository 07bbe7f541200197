"""A corpus on disk, of which only the asked part is read.

Conversations and speakers are in memory; utterances and layers stay in their Parquet files until a
selection or a partition is asked for. A conversation costs its own rows, a condition the columns
that it looks at and the rows that fit it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.damage import read_parquet, refusing_damage
from workbench.corpus.layer import Layer
from workbench.corpus.partitions import PARTITION_ROWS, blocks
from workbench.corpus.storage import layer_files, part_file, read_about, read_index
from workbench.errors import BadInput

__all__ = ["StoredCorpus"]


@dataclass(frozen=True, slots=True)
class StoredCorpus:
    """An opened folder of the workbench's own format with Parquet tables; use `Corpus.open`."""

    path: Path
    conversations: pl.DataFrame
    speakers: pl.DataFrame
    metadata: CorpusMetadata
    _index: pl.DataFrame | None

    @classmethod
    def open(cls, path: str | Path) -> StoredCorpus:
        """Open a folder; the text is not read.

        Raises
        ------
        BadInput
            If it is no folder of the workbench with Parquet tables, or damaged.
        """
        path = Path(path)
        if not (path / "conversations.parquet").is_file():
            raise BadInput(
                f"{path} is no corpus folder with Parquet tables. "
                f"Make one with `workbench convert {path} OUT`."
            )
        return cls(
            path=path,
            conversations=read_parquet(path / "conversations.parquet"),
            speakers=read_parquet(path / "speakers.parquet"),
            metadata=read_about(path)[0],
            _index=read_index(path),
        )

    @property
    def utterances(self) -> pl.LazyFrame:
        """All utterances as a lazy table: select columns and rows, then `collect`."""
        return pl.concat([pl.scan_parquet(file) for file in self._files()])

    def select(
        self,
        *,
        conversations: Sequence[str] | pl.Expr | None = None,
        utterances: pl.Expr | None = None,
    ) -> Corpus:
        """Read some conversations (ids, or a condition on their table) and some utterances.

        The same as `Corpus.filter` on the whole, without reading the whole.

        Raises
        ------
        BadInput
            If a file is damaged.
        """
        if isinstance(conversations, pl.Expr):
            chosen = self.conversations.filter(conversations)["id"]
        elif conversations is not None:
            chosen = pl.Series(list(conversations), dtype=pl.String)
        else:
            chosen = None
        with refusing_damage(self.path):
            if chosen is None:
                rows = self.utterances
            else:
                rows = pl.concat([*self._rows_of(chosen), self.utterances.head(0)])
            if utterances is not None:
                rows = rows.filter(utterances)
            return self._corpus(rows.collect(engine="streaming"))

    def partitions(self, *, rows: int = PARTITION_ROWS) -> Iterator[Corpus]:
        """Yield the corpus in parts of whole conversations, in order; see `Corpus.partitions`."""
        sizes = self._sizes()
        for first, beyond in blocks(sizes["rows"].to_list(), rows=rows):
            yield self.select(conversations=sizes["conversation_id"][first:beyond].to_list())

    def __repr__(self) -> str:
        return (
            f"StoredCorpus({self.metadata.name!r}: {self.conversations.height:,} conversations, "
            f"{int(self._sizes()['rows'].sum()):,} utterances, in {self.path})"
        )

    def _files(self) -> list[Path]:
        if self._index is None:
            return [self.path / "utterances.parquet"]
        return [part_file(self.path, number) for number in self._index["part"].unique().sort()]

    def _sizes(self) -> pl.DataFrame:
        if self._index is not None:
            return self._index
        talks = self.utterances.select("conversation_id")
        counted = talks.group_by("conversation_id", maintain_order=True).agg(rows=pl.len())
        return counted.collect()

    def _rows_of(self, chosen: pl.Series) -> list[pl.LazyFrame]:
        """Rows of conversations, from the stretches of the parts where they stand."""
        wanted = pl.col("conversation_id").is_in(chosen.implode())
        if self._index is None:
            return [self.utterances.filter(wanted)]
        found = self._index.filter(wanted)
        stretches = found.group_by("part", maintain_order=True).agg(
            first=pl.col("first").min(), beyond=(pl.col("first") + pl.col("rows")).max()
        )
        return [
            pl.scan_parquet(part_file(self.path, part)).slice(first, beyond - first).filter(wanted)
            for part, first, beyond in stretches.iter_rows()
        ]

    def _corpus(self, turns: pl.DataFrame) -> Corpus:
        talks = turns["conversation_id"].unique()
        return Corpus(
            utterances=turns,
            conversations=self.conversations.filter(pl.col("id").is_in(talks.implode())),
            speakers=self.speakers.filter(pl.col("id").is_in(turns["speaker"].unique().implode())),
            layers=tuple(_layer_of(file, turns["id"], talks) for file in layer_files(self.path)),
            metadata=self.metadata,
        )


def _layer_of(file: Path, turns: pl.Series, talks: pl.Series) -> Layer:
    """The rows of a stored layer that belong to some utterances or conversations."""
    metadata = Layer.read_metadata(file)
    units = talks if metadata.unit == "conversation" else turns
    wanted = pl.col("unit_id").is_in(units.implode())
    beside = file.with_name(f"{file.stem}.probabilities.parquet")
    shares = pl.scan_parquet(beside).filter(wanted).collect() if beside.exists() else None
    return Layer(file.stem, pl.scan_parquet(file).filter(wanted).collect(), metadata, shares)
