"""Put the corpora of many files together as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import join_layers
from workbench.errors import BadInput

__all__ = ["join_corpora"]


def join_corpora(parts: Sequence[tuple[str, Corpus]]) -> Corpus:
    """One corpus of several that have no conversation or utterance in common.

    Parameters
    ----------
    parts
        Where each corpus came from, for the messages, and the corpus. Licences and citations are
        those of all; a language that is not the same everywhere is not stated.

    Raises
    ------
    BadInput
        If an id stands in two of them; names both places.
    """
    for table in ("conversations", "utterances"):
        _check_ids(table, parts)
    corpora = [corpus for _, corpus in parts]
    speakers = pl.concat([c.speakers for c in corpora], how="diagonal_relaxed")
    return replace(
        corpora[0],
        utterances=pl.concat([c.utterances for c in corpora], how="diagonal_relaxed"),
        conversations=pl.concat([c.conversations for c in corpora], how="diagonal_relaxed"),
        speakers=speakers.unique("id", keep="first", maintain_order=True),
        layers=join_layers(layer for corpus in corpora for layer in corpus.layers),
        metadata=_joint_metadata([corpus.metadata for corpus in corpora]),
        findings=tuple(finding for corpus in corpora for finding in corpus.findings),
    )


def _joint_metadata(each: Sequence[CorpusMetadata]) -> CorpusMetadata:
    def all_of(values: Iterable[str]) -> str:
        return "; ".join(dict.fromkeys(value for value in values if value))

    languages = {metadata.language for metadata in each}
    return replace(
        each[0],
        licence=all_of(metadata.licence for metadata in each),
        citation=all_of(metadata.citation for metadata in each),
        language=languages.pop() if len(languages) == 1 else "",
        facts={key: value for metadata in reversed(each) for key, value in metadata.facts.items()},
    )


def _check_ids(table: str, parts: Sequence[tuple[str, Corpus]]) -> None:
    ids = pl.concat(
        [
            getattr(corpus, table).select("id", pl.lit(where).alias("where"))
            for where, corpus in parts
        ]
    )
    twice = ids.filter(~pl.col("id").is_first_distinct())
    if twice.height:
        name, second = twice.row(0)
        first = ids.filter(pl.col("id") == name)["where"][0]
        raise BadInput(
            f"{second}: the id {name!r} of its {table} stands already in {first}. "
            "Ids must be unique in the corpus: rename them, or load the files one by one."
        )
