"""Why this code: which words of an utterance and which turns before it carried a head's score.

Players are the words of the utterance, in runs where there are too many, and each previous turn that the
head reads. A word that is away is left out of the text; a turn that is away is as if it had not been
said. The score is the log-odds, in nats, of the label's probability as the head's layer has it: calibrated,
and at most that of the codes above. With nothing there the head sees an empty turn without a past, which
is the base value.

It tells what the head used, not why a person would give the code, and not what would change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.books import codebooks, load_codebook
from workbench.coding.explanation import CodeExplanation
from workbench.coding.labelled import DECIMALS, capped, parents_hold
from workbench.coding.trained_heads import shipped_head
from workbench.corpus import Corpus, Scheme
from workbench.embedding import Encoder
from workbench.errors import BadInput, InsufficientData
from workbench.heads import Head, features
from workbench.heads.explain import most_players, pieces, shapley_values

__all__ = ["CodeExplanation", "explain_code"]

_EDGE = 1e-12  # keeps log-odds finite where a probability is 0 or 1


def explain_code(
    corpus: Corpus,
    unit_id: str,
    scheme: str | Scheme,
    label: str | None = None,
    *,
    head: Head | None = None,
    encoder: Encoder | None = None,
    budget: int = 128,
    random_state: int = 0,
) -> CodeExplanation:
    """Say which words and which previous turns carried a label of an utterance.

    Parameters
    ----------
    corpus
        Where the utterance stands.
    unit_id
        Its id.
    scheme
        Which codes: the name of a scheme of a shipped book, or a scheme of one's own, with its `head`.
    label
        Which code; default the one that the head assigns, of several the most probable; where it
        assigns none, the most probable of all, and the explanation's `assigned` is False.
    head
        A head of your own; default the shipped one of the scheme.
    encoder
        The head's own encoder; default `Encoder()`. Masked texts are not kept in the store.
    budget
        Most evaluations of the head.
    random_state
        Seed of the orders in which words are taken.

    Returns
    -------
    CodeExplanation

    Raises
    ------
    BadInput
        If there is no such utterance, head or label, the turn is of another side than the scheme's,
        or the encoder is another one than the head's.
    InsufficientData
        If the utterance has no words.
    """
    name = scheme if isinstance(scheme, str) else scheme.name
    head, encoder = head or shipped_head(name), encoder or Encoder()
    if head.encoder != encoder.weights:
        raise BadInput(
            f"Head {head.name!r} learned with another sentence encoder than the one given; leave "
            "encoder out, or give the head's own."
        )
    known = _shipped_scheme(scheme) if isinstance(scheme, str) else scheme
    turns = _turns(corpus, unit_id, known, head.context_turns)
    words = pieces(turns["text"][-1], most=_room(budget, turns.height - 1))
    if not words:
        raise InsufficientData(f"Utterance {unit_id!r} has no words that could carry a code.")
    game = _Game(head, known, encoder, turns, words, label)
    players = _players(turns, words)
    explanation, method, evaluations = shapley_values(
        game.log_odds,
        _names(players),
        data=players["text"].to_list(),
        budget=budget,
        random_state=random_state,
    )
    values = np.asarray(explanation.values)
    return CodeExplanation(
        unit_id=unit_id,
        scheme=name,
        label=head.labels[game.label_],
        head=head.fingerprint,
        table=players.with_columns(pl.Series("value", values, dtype=pl.Float64)),
        explanation=explanation,
        full_value=game.full_value_,
        assigned=game.assigned_,
        method=method,
        evaluations=evaluations,
    )


def _players(turns: pl.DataFrame, words: Sequence[str]) -> pl.DataFrame:
    """One row per player: the turns before, then the words of the last."""
    before, (*past, own) = turns.height - 1, turns["turn"]
    starts = np.cumsum([0, *(len(word) for word in words[:-1])])
    return pl.DataFrame(
        {
            "kind": ["turn"] * before + ["word"] * len(words),
            "text": [*turns["text"][:-1], *(word.strip() for word in words)],
            "turn": [*past, *[own] * len(words)],
            "start_char": [None] * before + [int(at) for at in starts],
        },
        schema_overrides={"start_char": pl.Int64, "turn": pl.Int64},
    )


def _names(players: pl.DataFrame) -> list[str]:
    return [
        f"turn {turn}" if kind == "turn" else f"{at}: {text}"
        for at, (kind, text, turn) in enumerate(players["kind", "text", "turn"].iter_rows())
    ]


def _room(budget: int, turns: int) -> int:
    room = most_players(budget) - turns
    if room < 1:
        raise BadInput(
            f"A budget of {budget} evaluations is too small for {turns} previous turns and a word; "
            f"expected at least {2 * turns + 3}."
        )
    return room


def _turns(corpus: Corpus, unit_id: str, scheme: Scheme | None, reach: int) -> pl.DataFrame:
    """The utterance, last, behind the turns that the head reads, as the coder gives them to it."""
    found = corpus.utterances.filter(pl.col("id") == unit_id)
    if found.is_empty():
        raise BadInput(
            f"There is no utterance {unit_id!r} in this corpus of {corpus.utterances.height:,}; ids are "
            "in the column `id` of its utterances."
        )
    side = found["side"][0]
    if scheme is not None and scheme.side not in ("any", side):
        raise BadInput(
            f"Utterance {unit_id!r} is of side {side!r}; {scheme.name!r} codes turns of the "
            f"{scheme.side}."
        )
    talk = corpus.utterances.filter(
        (pl.col("conversation_id") == found["conversation_id"][0]) & (pl.col("side") != "other")
    ).select("id", "turn", "side", pl.col("text").fill_null(""))
    at = talk["id"].index_of(unit_id)
    if at is None:
        raise BadInput(f"Utterance {unit_id!r} is of side {side!r}, which no head codes.")
    return talk.slice(max(at - reach, 0), min(at, reach) + 1)


def _shipped_scheme(name: str) -> Scheme | None:
    schemes = (each for book in codebooks() for each in load_codebook(book).schemes)
    return next((each for each in schemes if each.name == name), None)


class _Game:
    """Coalitions of turns and words, and what the head says of them."""

    label_: int
    full_value_: float
    assigned_: bool

    def __init__(
        self,
        head: Head,
        scheme: Scheme | None,
        encoder: Encoder,
        turns: pl.DataFrame,
        words: Sequence[str],
        label: str | None,
    ) -> None:
        if label is not None and label not in head.labels:
            raise BadInput.unknown(f"label of {head.name!r}", label, head.labels)
        if head.features.reader:
            raise BadInput(
                f"Head {head.name!r} reads turns by a language model and cannot be explained within "
                "the budget; explain the small head of the scheme."
            )
        self._head, self._scheme, self._encoder = head, scheme, encoder
        self._turns, self._words, self._label = turns, list(words), label

    def log_odds(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Log-odds of the label, shape (m,); the whole utterance is among the coalitions."""
        p = self._probabilities(coalitions)
        whole = int(np.flatnonzero(coalitions.all(axis=1))[0])
        given = self._assigned(p[whole])
        self.label_ = (
            int(np.argmax(np.where(given, p[whole], -1.0) if given.any() else p[whole]))
            if self._label is None
            else self._head.labels.index(self._label)
        )
        self.assigned_ = bool(given[self.label_])
        chosen = np.clip(p[:, self.label_], _EDGE, 1 - _EDGE)
        odds = np.log(chosen) - np.log1p(-chosen)
        self.full_value_ = float(odds[whole])
        return cast("NDArray[np.float64]", odds)

    def _assigned(self, p: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which labels the coder assigns at these probabilities, rounded as its layer has them."""
        given = self._head.assign(p[None].round(DECIMALS))
        if self._scheme is not None:
            given = parents_hold(self._scheme, self._head.labels, given)
        return cast("NDArray[np.bool_]", given[0])

    def _probabilities(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Probabilities of all labels, shape (m, k); all texts are encoded in one call."""
        before, m = self._turns.height - 1, len(coalitions)
        past = self._turns["text"][:-1].to_list()
        own = [
            "".join(word for word, there in zip(self._words, row, strict=True) if there).strip()
            for row in coalitions[:, before:]
        ]
        texts = [text for said in own for text in (*past, said)]
        # a turn that is away belongs to a conversation of its own
        talks = [
            f"{at}" if there else f"{at} without {back}"
            for at, row in enumerate(coalitions)
            for back, there in enumerate([*row[:before], True])
        ]
        sides = self._turns["side"].to_list() * m
        rows = np.arange(m) * (before + 1) + before
        spec = self._head.features
        beside = {}
        if spec.early_layer:
            early = self._encoder.at_layer(spec.early_layer).encode(own)
            beside["early"] = _at_rows(rows, early, len(texts))
        table = features(
            spec,
            texts,
            self._encoder.encode(texts),
            conversations=talks,
            sides=sides,
            rows=rows,
            **beside,
        )
        p = self._head.predict_proba(table)
        return p if self._scheme is None else capped(self._scheme, self._head.labels, p)


def _at_rows(rows: NDArray[np.intp], vectors: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Vectors of the rows that are scored among n rows; the others, which only lie before, get 0."""
    blocks = np.zeros((n, vectors.shape[1]), np.float32)
    blocks[rows] = vectors
    return blocks
