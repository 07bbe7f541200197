"""ESConv as training material: the raw dialogues; the failed ones as a check on unseen chats.

The layout with feedback holds many of the raw dialogues in another spelling, so it is left out. The
failed dialogues spell some strategies in another way and were written by other pairs of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench import settings
from workbench.coding.material import Material, build_material
from workbench.coding.scoring.facts import Table, macro_f1_of
from workbench.corpus import Layer, Scheme, load
from workbench.embedding import Embeddings, Encoder
from workbench.errors import NotComputed
from workbench.heads import FeatureSpec
from workbench.statistics import cluster_interval, cluster_proportion

if TYPE_CHECKING:
    from workbench.coding.trained_heads import TrainedHead

__all__ = ["ABOUT", "NOT_FOR", "corpus_folder", "read_material", "with_unseen_chats"]

_RAW, _FAILED = "esconv_raw.jsonl.gz", "FailedESConv.jsonl"
_SPELLINGS = {
    "Questions": "Question",
    "Other": "Others",
    "Restatement": "Restatement or Paraphrasing",
    "Approval and Reassurance": "Affirmation and Reassurance",
    "Direct Guidance": "Providing Suggestions",
}

ABOUT: Mapping[str, str] = {
    "corpus": "ESConv, emotional support chats of crowd workers, English (the raw layout)",
    "source": "https://github.com/thu-coai/Emotional-Support-Conversation",
    "citation": "Liu et al. (2021), ACL, arXiv:2106.01144",
    "licence of the data": "CC BY-NC 4.0, for academic research use; this head is not to be passed on",
    "targets": "the strategy the supporter chose before writing",
}
"""What a card says of the data."""

NOT_FOR = (
    "Judging a person or a chat by itself; commercial use; other languages; spoken sessions. The "
    "strategy is what its writer meant to do, which the words often do not show."
)
"""What a card says a head of these data is not for."""


def corpus_folder(data: str | Path | None) -> Path:
    """Return the folder with ESConv's raw dialogues.

    Raises
    ------
    NotComputed
        If they are not there; says where to get them.
    """
    home = settings.data_home()
    folder = Path(data) if data is not None else (home / "esconv" if home else Path("esconv"))
    if not (folder / _RAW).is_file():
        raise NotComputed(
            f"Training needs {_RAW} in {folder}: ESConv dialogues, one a line, from "
            "https://github.com/SALT-NLP/counseling-feedback (CC BY-NC 4.0). Name their folder, or set "
            "WORKBENCH_DATA_HOME to a folder that has them under esconv/."
        )
    return folder


def read_material(
    folder: Path,
    scheme: Scheme,
    spec: FeatureSpec,
    *,
    encoder: Encoder | None = None,
    embeddings: Embeddings | None = None,
) -> Material:
    """Read the strategies of the raw dialogues; a source is a situation that a seeker told."""
    corpus = load(folder / _RAW)
    layer = corpus.layer(f"{scheme.name}.gold")
    return build_material(corpus, [layer], scheme, spec, encoder=encoder, embeddings=embeddings)


def with_unseen_chats(
    trained: TrainedHead, folder: Path, scheme: Scheme, material: Material
) -> TrainedHead:
    """Put scores on the failed chats it never learned from into the card, where the file is there."""
    if not (folder / _FAILED).is_file():
        return trained
    table = _unseen(trained, folder, scheme, seen=set(material.sources.tolist()))
    card = {**trained.head.card, "Failed chats, never learned from": table}
    return replace(trained, head=trained.head.with_card(card))


def _unseen(trained: TrainedHead, folder: Path, scheme: Scheme, *, seen: set[str]) -> Table:
    """Scores on the failed dialogues whose situation is not among `seen`."""
    corpus = load(folder / _FAILED)
    talks = corpus.conversations.filter(~pl.col("source").is_in(sorted(seen)))["id"].to_list()
    corpus = corpus.filter(conversations=talks)
    layer = corpus.layer(f"{scheme.name}.gold")
    table = layer.table.with_columns(pl.col("label").replace(_SPELLINGS))
    gold = Layer.build(layer.name, table, replace(layer.metadata, labels=scheme.labels))
    head = trained.head
    found = build_material(corpus, [gold], scheme, head.features)
    probability = head.predict_proba(found.table)
    assigned = head.assign(probability)
    right = (assigned & found.gold).sum(axis=1)
    embedded = found.table[:, head.features.columns("embedding")]
    rows = {
        "macro-F1": cluster_interval(macro_f1_of(found.gold, assigned, scheme), found.sources),
        "accuracy": cluster_proportion(right, np.ones(len(right)), found.sources),
    }
    if trained.domain is not None:
        outside = trained.domain.outside(embedded)
        rows["out of domain"] = cluster_proportion(outside, np.ones(len(outside)), found.sources)
    return [{"measure": name, **estimate.as_row()} for name, estimate in rows.items()]
