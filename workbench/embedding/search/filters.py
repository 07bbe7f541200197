"""Which utterances a search looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.corpus.schema import SIDES
from workbench.embedding.search.labels import LabelNames
from workbench.errors import BadInput

__all__ = ["Filters", "is_emotion", "is_topics"]

_EMOTIONS = ("emotion", "ekman", "sentiment")

_TOPICS = "topics-"


def is_emotion(layer: Layer) -> bool:
    """Whether a layer holds emotions, by the name of its scheme."""
    return any(word in layer.metadata.scheme for word in _EMOTIONS)


def is_topics(layer: Layer) -> bool:
    """Whether a layer holds the topics of a side."""
    return layer.metadata.scheme.startswith(_TOPICS)


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions an utterance has to meet, all of them; what is None leaves nothing out.

    Parameters
    ----------
    side
        `helper`, `client` or `other`.
    role
        Role as the source means it, as `therapist`.
    code
        A label of any layer that holds neither emotions nor topics; `layer:label` for one layer.
    emotion
        A label of the layers of emotions.
    topic
        Number of a topic; with `side` of that side's topics, else of either side's.
    conversation
        Id of a conversation.
    session
        Number of the session.
    """

    side: str | None = None
    role: str | None = None
    code: str | None = None
    emotion: str | None = None
    topic: int | None = None
    conversation: str | None = None
    session: int | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))

    def __str__(self) -> str:
        """Conditions in words, as `side helper, code change`."""
        told = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return ", ".join(f"{name} {value}" for name, value in told if value is not None)

    def mask(self, corpus: Corpus, layers: Sequence[Layer] = ()) -> NDArray[np.bool_]:
        """Which utterances meet the conditions, in the row order of `corpus.utterances`.

        Raises
        ------
        BadInput
            If there is no such side, role, label, topic, conversation or session.
        """
        turns = corpus.utterances
        keep = np.ones(turns.height, bool)
        if self.side is not None:
            keep &= _equal(turns, "side", self.side, among=SIDES)
        if self.role is not None:
            keep &= _equal(turns, "role", self.role)
        if self.conversation is not None:
            keep &= _equal(turns, "conversation_id", self.conversation, kind="conversation")
        if self.session is not None:
            keep &= self._in_session(corpus)
        for name, kept in (
            (self.code, [x for x in layers if not (is_emotion(x) or is_topics(x))]),
            (self.emotion, [x for x in layers if is_emotion(x)]),
            (None if self.topic is None else str(self.topic), self._topic_layers(layers)),
        ):
            if name is not None:
                labels = LabelNames(kept)
                keep &= labels.coded(corpus, labels.find(name)).given
        return keep

    def _topic_layers(self, layers: Sequence[Layer]) -> list[Layer]:
        wanted = _TOPICS + (self.side or "")
        return [layer for layer in layers if layer.metadata.scheme.startswith(wanted)]

    def _in_session(self, corpus: Corpus) -> NDArray[np.bool_]:
        talks = corpus.conversations.filter(pl.col("session_number") == self.session)["id"]
        if talks.is_empty():
            present = corpus.conversations["session_number"].drop_nulls().unique()
            raise BadInput.unknown("session", str(self.session), [str(x) for x in present])
        inside: NDArray[np.bool_] = (
            corpus.utterances["conversation_id"].is_in(talks.implode()).to_numpy()
        )
        return inside


def _equal(
    turns: pl.DataFrame,
    column: str,
    value: str,
    *,
    kind: str | None = None,
    among: Sequence[str] | None = None,
) -> NDArray[np.bool_]:
    """Rows with this value, which has to be `among` those possible, or to occur."""
    met: NDArray[np.bool_] = (turns[column] == value).fill_null(False).to_numpy()
    known = met.any() if among is None else value in among
    if not known:
        present = among or turns[column].drop_nulls().unique().head(200).to_list()
        raise BadInput.unknown(kind or column, value, present)
    return met
