"""Why this code: which words of an utterance and which turns before it carried a head's score.

Players are the words of the utterance, in runs where there are too many, and each previous turn that the
head reads. A word that is away is left out of the text; a turn that is away is as if it had not been
said. The score is the log-odds of the label under the head's calibrated probability, in nats; with
nothing there the head sees an empty turn without a past, which is the base value.

It tells what the head used, not why a person would give the code, and not what would change it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.books import codebooks, load_codebook
from workbench.coding.trained_heads import shipped_head
from workbench.corpus import Corpus
from workbench.embedding import Encoder
from workbench.errors import BadInput, InsufficientData
from workbench.heads import Head, features
from workbench.heads.explain import Method, most_players, pieces, shapley_values

if TYPE_CHECKING:
    import shap

__all__ = ["CodeExplanation", "explain_code"]

_EDGE = 1e-12  # keeps log-odds finite where a probability is 0 or 1
_TOWARDS, _AGAINST = "#0072B2", "#D55E00"


@dataclass(frozen=True, eq=False)
class CodeExplanation:
    """What carried a label of one utterance.

    Attributes
    ----------
    table
        One row per player: `kind` (`turn` before the utterance, or `word`), `text`, `turn` (its number in
        the conversation), `start_char` (of words, else null), `value` (nats). Turns come first, the
        nearest last; then words in their order. It holds what was said.
    base_value, full_value
        Log-odds of the label with nothing there, and with all; full = base + sum of values.
    explanation
        The same as `shap.Explanation`.
    method, evaluations
        `exact` or `permutation`, and how often the head was asked.
    """

    unit_id: str
    scheme: str
    label: str
    head: str
    table: pl.DataFrame
    explanation: shap.Explanation
    full_value: float
    method: Method
    evaluations: int

    @property
    def base_value(self) -> float:
        """Log-odds with nothing there."""
        return float(self.explanation.base_values)

    @property
    def probability(self) -> float:
        """Probability of the label for the whole utterance, as the head gives it."""
        return float(1 / (1 + np.exp(-self.full_value)))

    def __repr__(self) -> str:
        kinds = self.table["kind"]
        return (
            f"CodeExplanation({self.unit_id!r}, {self.scheme}: {self.label!r}, "
            f"{(kinds == 'word').sum()} words, {(kinds == 'turn').sum()} turns, {self.method}, "
            f"{self.evaluations} evaluations)"
        )

    def _repr_html_(self) -> str:
        most = float(np.abs(self.table["value"].to_numpy()).max())
        rows = "".join(
            _bar(text if kind == "word" else f"turn {turn}: {text}", value, most)
            for kind, text, turn, value in self.table.select(
                "kind", "text", "turn", "value"
            ).iter_rows()
        )
        return (
            f"<p><b>{_plain(self.label)}</b> for {_plain(self.unit_id)}: log-odds "
            f"{self.base_value:+.2f} with nothing there, {self.full_value:+.2f} with all "
            f"(probability {self.probability:.2f}). Blue speaks for the code, vermilion against.</p>"
            f'<table style="border-collapse:collapse">{rows}</table>'
        )


def _plain(text: str) -> str:
    return html.escape(text, quote=True)


def _bar(text: str, value: float, most: float) -> str:
    width = 100 * abs(value) / most if most else 0
    colour = _TOWARDS if value >= 0 else _AGAINST
    return (
        f'<tr><td dir="auto" style="max-width:28em;text-align:right;padding:0 .6em">{_plain(text)}</td>'
        f'<td style="width:14em"><div style="width:{width:.0f}%;height:.9em;background:{colour}"></div>'
        f'</td><td style="text-align:right">{value:+.2f}</td></tr>'
    )


def explain_code(
    corpus: Corpus,
    unit_id: str,
    scheme: str,
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
        Which codes; with a shipped head, or with `head`.
    label
        Which code; default the one that the head gives, of several the one most above its cut-off.
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
    head = head or shipped_head(scheme)
    encoder = encoder or Encoder()
    if head.encoder != encoder.weights:
        raise BadInput(
            f"Head {head.name!r} learned with another sentence encoder than the one given; leave "
            "encoder out, or give the head's own."
        )
    turns = _turns(corpus, unit_id, scheme, head.context_turns)
    own = turns.row(-1, named=True)
    words = pieces(own["text"], most=_room(budget, turns.height - 1))
    if not words:
        raise InsufficientData(f"Utterance {unit_id!r} has no words that could carry a code.")
    game = _Game(head, encoder, turns, words, label)
    starts = np.cumsum([0, *(len(word) for word in words[:-1])])
    table = pl.DataFrame(
        {
            "kind": ["turn"] * (turns.height - 1) + ["word"] * len(words),
            "text": [*turns["text"][:-1], *(word.strip() for word in words)],
            "turn": [*turns["turn"][:-1], *[own["turn"]] * len(words)],
            "start_char": [None] * (turns.height - 1) + [int(at) for at in starts],
        },
        schema_overrides={"start_char": pl.Int64, "turn": pl.Int64},
    )
    names = [
        f"turn {turn}" if kind == "turn" else f"{at}: {text}"
        for at, (kind, text, turn) in enumerate(table["kind", "text", "turn"].iter_rows())
    ]
    explanation, method, evaluations = shapley_values(
        game.log_odds,
        names,
        data=table["text"].to_list(),
        budget=budget,
        random_state=random_state,
    )
    values = np.asarray(explanation.values)
    return CodeExplanation(
        unit_id=unit_id,
        scheme=scheme,
        label=head.labels[game.label_],
        head=head.fingerprint,
        table=table.with_columns(pl.Series("value", values, dtype=pl.Float64)),
        explanation=explanation,
        full_value=game.full_value_,
        method=method,
        evaluations=evaluations,
    )


def _room(budget: int, turns: int) -> int:
    room = most_players(budget) - turns
    if room < 1:
        raise BadInput(
            f"A budget of {budget} evaluations is too small for {turns} previous turns and a word; "
            f"expected at least {2 * turns + 3}."
        )
    return room


def _turns(corpus: Corpus, unit_id: str, scheme: str, reach: int) -> pl.DataFrame:
    """The utterance, last, behind the turns that the head reads, as the coder gives them to it."""
    found = corpus.utterances.filter(pl.col("id") == unit_id)
    if found.is_empty():
        raise BadInput(
            f"There is no utterance {unit_id!r} in this corpus of {corpus.utterances.height:,}; ids are "
            "in the column `id` of its utterances."
        )
    side, coded = found["side"][0], _side(scheme)
    if side != coded and coded is not None:
        raise BadInput(
            f"Utterance {unit_id!r} is of side {side!r}; {scheme!r} codes turns of the {coded}."
        )
    talk = corpus.utterances.filter(
        (pl.col("conversation_id") == found["conversation_id"][0]) & (pl.col("side") != "other")
    ).select("id", "turn", "side", pl.col("text").fill_null(""))
    at = talk["id"].index_of(unit_id)
    if at is None:
        raise BadInput(f"Utterance {unit_id!r} is of side {side!r}, which no head codes.")
    return talk.slice(max(at - reach, 0), min(at, reach) + 1)


def _side(scheme: str) -> str | None:
    """Side that a scheme of a shipped book codes."""
    for name in codebooks():
        for each in load_codebook(name).schemes:
            if each.name == scheme:
                return None if each.side == "any" else each.side
    return None


class _Game:
    """Coalitions of turns and words, and what the head says of them."""

    label_: int
    full_value_: float

    def __init__(
        self,
        head: Head,
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
        self._head, self._encoder = head, encoder
        self._turns, self._words, self._label = turns, list(words), label

    def log_odds(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Log-odds of the label, shape (m,); the whole utterance is among the coalitions."""
        p = self._probabilities(coalitions)
        whole = int(np.flatnonzero(coalitions.all(axis=1))[0])
        self.label_ = (
            int(np.argmax(p[whole] / self._head.thresholds))
            if self._label is None
            else self._head.labels.index(self._label)
        )
        chosen = np.clip(p[:, self.label_], _EDGE, 1 - _EDGE)
        odds = np.log(chosen) - np.log1p(-chosen)
        self.full_value_ = float(odds[whole])
        return cast("NDArray[np.float64]", odds)

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
        return self._head.predict_proba(table)


def _at_rows(rows: NDArray[np.intp], vectors: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Vectors of the rows that are scored among n rows; the others, which only lie before, get 0."""
    blocks = np.zeros((n, vectors.shape[1]), np.float32)
    blocks[rows] = vectors
    return blocks
