"""A small coded corpus that a person can check by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from workbench.corpus import Corpus, Layer, LayerMetadata

TALKS, TURNS = 6, 8
LABELS = ("question", "reflection", "other")
N = TALKS * TURNS
TRUTH = np.random.default_rng(4).integers(0, 3, N)


def corpus(talks: int = TALKS) -> Corpus:
    """Conversations of eight helper turns each; the last two share a source."""
    rows = [
        {
            "id": f"t{talk}-{turn}",
            "conversation_id": f"t{talk}",
            "speaker": f"H{talk}",
            "role": "therapist",
            "text": f"turn {turn}",
        }
        for talk in range(talks)
        for turn in range(TURNS)
    ]
    conversations = pl.DataFrame(
        {
            "id": [f"t{talk}" for talk in range(talks)],
            "source": [f"s{min(talk, talks - 2)}" for talk in range(talks)],
        }
    )
    return Corpus.build(pl.DataFrame(rows), conversations=conversations)


def layer(
    coder: str,
    labels: Sequence[str | Sequence[str] | None],
    *,
    units: Sequence[str] | None = None,
    scheme: str = "helper",
    kind: str = "human",
    known: Sequence[str] = LABELS,
    exclusive: bool = True,
    **metadata: object,
) -> Layer:
    """Codes of the corpus' units in order; None: seen, nothing assigned."""
    ids = _units() if units is None else list(units)
    rows = []
    for unit, given in zip(ids, labels, strict=False):
        several = [given] if given is None or isinstance(given, str) else list(given) or [None]
        rows += [(unit, label) for label in several]
    facts = LayerMetadata(scheme, coder, kind, labels=tuple(known), exclusive=exclusive, **metadata)
    table = pl.DataFrame(rows, schema={"unit_id": pl.String, "label": pl.String}, orient="row")
    return Layer.build(f"{scheme}.{coder}", table, facts)


def _units() -> list[str]:
    return corpus().utterances["id"].to_list()


def coder(name, *, wrong, kind="human", **options):
    """Gives the true label but for a share of wrong ones."""
    drawn = np.random.default_rng(len(name) + int(100 * wrong))
    other = np.where(drawn.random(N) < wrong, drawn.integers(0, 3, N), TRUTH)
    return layer(name, [LABELS[i] for i in other], kind=kind, **options)


def four_coders():
    """Three people and a head, each wrong now and then."""
    return [
        coder("anna", wrong=0.2),
        coder("benedikt", wrong=0.25),
        coder("chi", wrong=0.3),
        coder("head", wrong=0.4, kind="model"),
    ]
