"""A small coded corpus that a person can check by hand."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from workbench.corpus import Corpus, Layer, LayerMetadata

TALKS, TURNS = 6, 8
LABELS = ("question", "reflection", "other")


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
