"""AnnoMI as training material: feature tables, soft targets, gold codes, annotators, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import settings
from workbench.coding.rendered import rendered_embeddings
from workbench.corpus import Corpus, Layer, Scheme, load
from workbench.embedding import Encoder, embed
from workbench.errors import NotComputed
from workbench.heads import FeatureSpec, features

__all__ = ["Material", "annomi_folder", "read_material"]

_FILES = ("AnnoMI-simple.csv", "AnnoMI-full.csv.gz")


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Coded utterances of one scheme; n utterances, k labels, f features.

    Attributes
    ----------
    texts : the n utterances
    table : ndarray of float32, shape (n, f)
    targets : ndarray, shape (n, k)
        Share of annotators that gave each label.
    gold : ndarray of bool, shape (n, k)
        The published code (exclusive schemes), or what at least half of the annotators gave.
    sources : ndarray of str, shape (n,)
        Video of each utterance.
    votes : annotator -> ndarray of shape (n, k), nan where that annotator did not code
    encoder : identity of the encoder's weights
    transcripts, videos : how many there are
    facets : name -> ndarray of str, shape (n,)
        Kinds of conversation by which figures are split and parts are left out whole, such as
        `topic` and `quality`; empty string where it is not known.
    """

    texts: list[str]
    table: NDArray[np.float32]
    targets: NDArray[np.float64]
    gold: NDArray[np.bool_]
    sources: NDArray[np.str_]
    votes: Mapping[str, NDArray[np.float64]]
    encoder: str
    transcripts: int
    facets: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    @property
    def videos(self) -> int:
        """Number of sources."""
        return len(np.unique(self.sources))

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which utterances more than two annotators coded, shape (n,)."""
        return np.asarray(np.sum([~np.isnan(v[:, 0]) for v in self.votes.values()], axis=0) > 2)


def annomi_folder(data: str | Path | None) -> Path:
    """Return the folder with AnnoMI's two files.

    Raises
    ------
    NotComputed
        If they are not there; says where to get them.
    """
    home = settings.data_home()
    folder = Path(data) if data is not None else (home / "annomi" if home else Path("annomi"))
    absent = [name for name in _FILES if not (folder / name).is_file()]
    if absent:
        raise NotComputed(
            f"Training needs {' and '.join(absent)} in {folder}. Get them from "
            "https://github.com/uccollab/AnnoMI and name their folder, or set WORKBENCH_DATA_HOME "
            "to a folder that has them under annomi/."
        )
    return folder


def read_material(
    folder: Path, scheme: Scheme, spec: FeatureSpec, *, encoder: Encoder | None = None
) -> Material:
    """Read AnnoMI for one scheme and build its feature table; default encoder: `Encoder()`."""
    simple, full = load(folder / _FILES[0]), load(folder / _FILES[1])
    encoder = encoder or Encoder()
    talk = simple.utterances
    at = np.flatnonzero(talk["side"].to_numpy() == scheme.side)
    texts = talk["text"].to_list()
    table = features(
        spec,
        texts,
        embed(texts, encoder=encoder, progress=True),
        conversations=talk["conversation_id"].to_list(),
        sides=talk["side"].to_list(),
        rendered=rendered_embeddings(spec, talk, encoder=encoder, progress=True),
        rows=at,
    )
    units = talk["id"][at]
    votes = {
        layer.metadata.coder: _votes(layer, units, scheme)
        for layer in full.layers
        if layer.metadata.scheme == scheme.name
    }
    targets = np.nanmean(np.stack(list(votes.values())), axis=0)
    gold = _gold(simple, units, scheme) if scheme.exclusive else targets >= 0.5
    return Material(
        texts=[texts[row] for row in at],
        table=table,
        targets=targets,
        gold=gold,
        sources=_fact(simple, "source")[at],
        votes=votes,
        encoder=encoder.weights,
        transcripts=simple.conversations.height,
        facets={name: _fact(simple, name)[at] for name in ("topic", "quality")},
    )


def _votes(layer: Layer, units: pl.Series, scheme: Scheme) -> NDArray[np.float64]:
    row_of = {unit: row for row, unit in enumerate(units)}
    votes = np.full((len(units), len(scheme.labels)), np.nan)
    for unit in layer.table["unit_id"].unique():
        votes[row_of[unit]] = 0
    for unit, label in layer.table.select("unit_id", "label").drop_nulls().iter_rows():
        votes[row_of[unit], scheme.labels.index(label)] = 1
    return votes


def _gold(simple: Corpus, units: pl.Series, scheme: Scheme) -> NDArray[np.bool_]:
    return _votes(simple.layer(f"{scheme.name}.gold"), units, scheme) == 1


def _fact(corpus: Corpus, column: str) -> NDArray[np.str_]:
    """A column of the conversations, for each utterance; empty where it is null."""
    facts = corpus.conversations.select(pl.col("id").alias("conversation_id"), column)
    joined = corpus.utterances.join(facts, on="conversation_id", how="left", maintain_order="left")
    return joined[column].fill_null("").to_numpy().astype(np.str_)
