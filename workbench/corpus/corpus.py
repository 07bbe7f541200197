"""The Corpus: three tables and the layers that came with them, as one frozen value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from workbench.corpus.building import (
    conversation_table,
    dense_turns,
    prepare,
    speaker_table,
)
from workbench.corpus.consent import consent_findings
from workbench.corpus.layer import Layer, join_layers
from workbench.corpus.partitions import PARTITION_ROWS, corpus_partitions
from workbench.corpus.schema import CONVERSATION_COLUMNS, Table, as_polars, conform
from workbench.corpus.validation import Finding, findings_table, raise_errors, validate_utterances
from workbench.errors import BadInput
from workbench.files import checksum_of

if TYPE_CHECKING:
    from workbench.corpus.stored import StoredCorpus

__all__ = ["Conversation", "Corpus", "CorpusMetadata"]


@dataclass(frozen=True, slots=True)
class CorpusMetadata:
    """What is known of a corpus as a whole."""

    name: str = "corpus"
    licence: str = "not stated"
    citation: str = ""
    language: str = ""
    source_checksum: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: its row of facts and its utterances in turn order."""

    id: str
    facts: Mapping[str, Any]
    utterances: pl.DataFrame

    def __len__(self) -> int:
        return self.utterances.height


@dataclass(frozen=True, slots=True)
class Corpus:
    """Utterances, conversations, speakers and layers; columns as in `workbench.corpus.schema`.

    A corpus is a value: methods return a new one.
    """

    utterances: pl.DataFrame
    conversations: pl.DataFrame
    speakers: pl.DataFrame
    layers: tuple[Layer, ...] = ()
    metadata: CorpusMetadata = field(default_factory=CorpusMetadata)
    findings: tuple[Finding, ...] = ()

    @classmethod
    def build(
        cls,
        utterances: Table,
        *,
        conversations: Table | None = None,
        speakers: Table | None = None,
        layers: Sequence[Layer] = (),
        metadata: CorpusMetadata | None = None,
        roles: Mapping[str, str] | None = None,
        findings: Sequence[Finding] = (),
        where: str = "the table",
    ) -> Corpus:
        """Bring raw tables into the schema, check them and return the corpus.

        Parameters
        ----------
        utterances
            Polars or pandas, at least `conversation_id`, `speaker` and `text`. Unknown columns
            become `meta.<name>`.
            A column `_row` may give source rows for the messages.
        roles
            Roles or speaker names of the source -> role here, as `{"assistant": "therapist"}`.
        where
            File or folder, for the messages.

        Raises
        ------
        BadInput
            If a needed column is absent, an id stands twice, or a value is not of its type.
        """
        frame = prepare(as_polars(utterances), roles or {}, where)
        found = [*findings, *validate_utterances(frame, where=where)]
        raise_errors(found)
        frame = dense_turns(frame)
        talks = conversation_table(frame, conversations, where)
        found += consent_findings(talks, where=where)
        return cls(
            utterances=frame,
            conversations=talks,
            speakers=speaker_table(frame, speakers, where, keep_roles=not roles),
            layers=tuple(layers),
            metadata=metadata or CorpusMetadata(),
            findings=tuple(found),
        )

    # -- looking -----------------------------------------------------------------------------

    def conversation(self, conversation_id: str) -> Conversation:
        """Return one conversation.

        Raises
        ------
        BadInput
            If there is no such conversation.
        """
        facts = self.conversations.filter(pl.col("id") == conversation_id)
        if facts.is_empty():
            raise BadInput.unknown(
                "conversation", conversation_id, self.conversations["id"].head(200).to_list()
            )
        turns = self.utterances.filter(pl.col("conversation_id") == conversation_id)
        return Conversation(conversation_id, facts.row(0, named=True), turns)

    def layer(self, name: str) -> Layer:
        """Return a layer that came with the source."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise BadInput.unknown("layer", name, [layer.name for layer in self.layers])

    def report(self) -> pl.DataFrame:
        """What loading found: `level`, `check`, `count`, `where`, `message`, `remedy`."""
        return findings_table(self.findings)

    def checksum(self) -> str:
        """SHA-256 over the three tables in a fixed order of rows and columns.

        Equal corpora have equal checksums, whatever the order of rows and columns in the source
        and whatever the version of polars.
        """
        content = {}
        for name in ("utterances", "conversations", "speakers"):
            table: pl.DataFrame = getattr(self, name).sort("id")
            table = table.select(sorted(table.columns))
            lines = hashlib.sha256(table.write_ndjson().encode()).hexdigest()
            content[name] = [{c: str(dtype) for c, dtype in table.schema.items()}, lines]
        return checksum_of(content)

    def conversation_digests(self) -> pl.DataFrame:
        """Return `id` and `digest` of every conversation: equal as long as its turns and facts are."""
        turns = self.utterances.with_columns(hashed=self.utterances.hash_rows(seed=7))
        said = turns.group_by("conversation_id").agg(pl.col("hashed").sort().implode().first())
        facts = self.conversations.select("id", facts=self.conversations.hash_rows(seed=7))
        joined = facts.join(said, left_on="id", right_on="conversation_id", maintain_order="left")
        digest = pl.concat_str(pl.col("facts").cast(pl.String), pl.col("hashed").hash(seed=7))
        return joined.select("id", digest.alias("digest"))

    def partitions(self, *, rows: int = PARTITION_ROWS) -> Iterator[Corpus]:
        """Yield the corpus in parts of whole conversations, in order.

        Parameters
        ----------
        rows
            Utterances of a part at most; a longer conversation is a part of its own.
        """
        return corpus_partitions(self, rows=rows)

    # -- new corpora from this one -------------------------------------------------------------

    def filter(
        self,
        *,
        conversations: Sequence[str] | pl.Expr | None = None,
        utterances: pl.Expr | None = None,
    ) -> Corpus:
        """Keep some conversations (ids, or a condition on their table) and some utterances.

        Turn numbers stay as they were, so that neighbours remain recognisable.
        """
        turns, talks = self.utterances, self.conversations
        if isinstance(conversations, pl.Expr):
            talks = talks.filter(conversations)
        elif conversations is not None:
            talks = talks.filter(pl.col("id").is_in(list(conversations)))
        turns = turns.filter(pl.col("conversation_id").is_in(talks["id"].implode()))
        if utterances is not None:
            turns = turns.filter(utterances)
        talks = talks.filter(pl.col("id").is_in(turns["conversation_id"].unique().implode()))
        return replace(
            self,
            utterances=turns,
            conversations=talks,
            speakers=self.speakers.filter(pl.col("id").is_in(turns["speaker"].unique().implode())),
            layers=tuple(
                layer.of(utterances=turns["id"], conversations=talks["id"]) for layer in self.layers
            ),
        )

    def join_outcomes(
        self,
        table: Table,
        *,
        by: Literal["conversation", "speaker"] = "conversation",
        key: str = "id",
    ) -> Corpus:
        """Add an outcome or rating table to the conversations or the speakers.

        Parameters
        ----------
        table
            One row per conversation or speaker; columns other than `key` are added, and replace
            columns of the same name.
        key
            Column of `table` that holds the id.

        Raises
        ------
        BadInput
            If `key` is absent, stands twice, or none of its values is an id of this corpus.
        """
        target = self.conversations if by == "conversation" else self.speakers
        table = as_polars(table)
        if key not in table.columns:
            raise BadInput.unknown("column", key, table.columns)
        table = table.with_columns(pl.col(key).cast(pl.String)).rename({key: "id"})
        if table["id"].is_duplicated().any():
            raise BadInput(f"The outcome table has {by} ids that stand twice in {key!r}.")
        if table.join(target, on="id", how="semi").is_empty():
            raise BadInput(
                f"No value of {key!r} is the id of a {by}; ids here look like {target['id'][0]!r}."
            )
        new = [column for column in table.columns if column != "id"]
        joined = target.drop(new, strict=False).join(
            table, on="id", how="left", maintain_order="left"
        )
        if by == "conversation":
            where = "the outcome table"
            joined = conform(joined, CONVERSATION_COLUMNS, table="conversations", where=where)
            found = consent_findings(joined, where=where) if "retention_until" in new else []
            return replace(self, conversations=joined, findings=(*self.findings, *found))
        return replace(self, speakers=joined)

    def followed_by(self, other: Corpus) -> Corpus:
        """Append the conversations of `other`.

        Raises
        ------
        BadInput
            If a conversation or utterance id of `other` is already here.
        """
        for name in ("conversations", "utterances"):
            ours, theirs = getattr(self, name), getattr(other, name)
            both = theirs.join(ours, on="id", how="semi")["id"].head(3).to_list()
            if both:
                raise BadInput(
                    f"These {name} are already in the corpus: {both}. Rename or drop them."
                )
        known = set(self.speakers["id"])
        speakers = other.speakers.filter(~pl.col("id").is_in(list(known)))
        return replace(
            self,
            utterances=pl.concat([self.utterances, other.utterances], how="diagonal_relaxed"),
            conversations=pl.concat(
                [self.conversations, other.conversations], how="diagonal_relaxed"
            ),
            speakers=pl.concat([self.speakers, speakers], how="diagonal_relaxed"),
            layers=join_layers((*self.layers, *other.layers)),
            findings=(*self.findings, *other.findings),
        )

    # -- files ------------------------------------------------------------------------------------

    @classmethod
    def read(cls, path: str | Path, **options: Any) -> Corpus:
        """Read any supported format; see `workbench.load`."""
        from workbench.corpus.loading import load

        return load(path, **options)

    @classmethod
    def open(cls, path: str | Path) -> StoredCorpus:
        """Open a folder that the workbench wrote without reading its text.

        Parts of it are read by `StoredCorpus.select` and `StoredCorpus.partitions`.
        """
        from workbench.corpus.stored import StoredCorpus

        return StoredCorpus.open(path)

    def write(self, path: str | Path, *, format: str = "workbench") -> None:
        """Write the corpus in a registered format (`workbench`, `csv`, `convokit`, ...)."""
        from workbench.corpus.writers import writer

        writer(format).write(self, Path(path))

    def __repr__(self) -> str:
        return (
            f"Corpus({self.metadata.name!r}: {self.conversations.height:,} conversations, "
            f"{self.utterances.height:,} utterances, {self.speakers.height:,} speakers, "
            f"layers {[layer.name for layer in self.layers]})"
        )
