"""How feeling moves through a conversation, as far as a model reads it from the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import param
import polars as pl

from workbench.corpus import Layer
from workbench.corpus.schema import CONVERSATION_COLUMNS
from workbench.emotion.course import emotion_course
from workbench.emotion.shipped import CAUTION
from workbench.figures import emotion as figures
from workbench.views import layers as found
from workbench.views.corpus_tables import group_columns
from workbench.views.emotion_tables import emotion_means_table
from workbench.views.public_tables import means_table
from workbench.views.view import ALL, RESEARCH, Section, View

__all__ = ["EmotionCourse"]

_SENTIMENT, _EKMAN = "goemotions-sentiment.head", "goemotions-ekman.head"
VALENCE = "valence"


class EmotionCourse(View):
    """Curve of one conversation, and means per group of conversations.

    Parameters
    ----------
    conversation
        Id of the conversation.
    side
        Whose turns the shades show.
    window
        Turns in the running mean.
    group, quantity
        What is averaged, by which column of the conversations.
    turn
        A turn to look at, set by a click.
    """

    slug: ClassVar[str] = "emotion"
    title: ClassVar[str] = "Emotion course"
    question: ClassVar[str] = (
        "How does feeling move through a conversation, turn by turn and side by side?"
    )
    controls: ClassVar[tuple[str, ...]] = ("conversation", "side", "window", "group", "quantity")
    public_controls: ClassVar[tuple[str, ...]] = ("window", "group", "quantity")

    conversation: Any = param.Selector(objects=[], doc="Conversation to follow.")
    side: Any = param.Selector(default=ALL, objects=[ALL, "helper", "client"], doc="Whose turns.")
    window: Any = param.Selector(
        default=5, objects=[1, 3, 5, 7, 9], doc="Turns in the running mean."
    )
    group: Any = param.Selector(objects=[], doc="Column of the conversations to group by.")
    quantity: Any = param.Selector(default=VALENCE, objects=[VALENCE], doc="What is averaged.")
    turn = param.Integer(default=None, allow_None=True, bounds=(0, None), doc="Turn looked at.")

    def prepare(self) -> None:
        """Offer conversations, groups and emotion groups."""
        self.offer("conversation", self.study.corpus.conversations["id"].to_list())
        columns = group_columns(self.study.corpus)
        own = [name for name in columns if name in CONVERSATION_COLUMNS]
        self.offer("group", own if self.public else columns)
        if self.study.has_layer(_EKMAN):
            self.offer("quantity", [VALENCE, *found.labels_of(self.study.layer(_EKMAN))])

    @param.depends("conversation", watch=True)
    def _start_anew(self) -> None:
        self.turn = None

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the turn of a clicked mark."""
        if key in ("valence", "ekman"):
            at = point.get("customdata", point.get("x"))
            self.turn = None if at is None else int(at)

    def cautions(self) -> list[str]:
        """What every screen with modelled emotions has to say, and what was left out."""
        record = self.study.step("emotion")
        notes = record.notes if record else ()
        return list(dict.fromkeys([RESEARCH, CAUTION, *notes]))

    def sections(self) -> Sequence[Section]:
        """Curve, shades, the turn looked at, and means per group."""
        sections = [
            Section("valence", "Valence, turn by turn", "figure", self._valence),
            Section("ekman", "Emotions, turn by turn", "figure", self._shades),
        ]
        if self.turn is not None:
            sections.append(Section("turn", f"Turn {self.turn}", "table", self._turn))
        return [
            *sections,
            Section("course", "The course as a table", "table", self._course_table),
            Section("means", "Means per group", "figure", self._means, public=True),
            Section("means_table", "Means as a table", "table", self._means_table, public=True),
        ]

    def _course(self, layer: Layer) -> pl.DataFrame:
        """Course of the conversation, with its texts."""
        turns = self.study.corpus.conversation(self.conversation).utterances
        texts = turns.select("text", unit_id="id")
        course = emotion_course(turns, layer, window=self.window)
        return course.join(texts, on="unit_id", how="left", maintain_order="left")

    def _of_side(self, course: pl.DataFrame) -> pl.DataFrame:
        return course if self.side == ALL else course.filter(pl.col("side") == self.side)

    def _valence(self) -> tuple[Any, str]:
        course = self._of_side(self._course(self.study.layer(_SENTIMENT)))
        note = f"{CAUTION} Click a turn to read it."
        return figures.valence_curve(course, session=self.conversation, window=self.window), note

    def _shades(self) -> tuple[Any, str]:
        layer = self.study.layer(_EKMAN)
        side = "both sides" if self.side == ALL else self.side
        figure = figures.emotion_heat(
            self._of_side(self._course(layer)),
            labels=found.labels_of(layer),
            session=self.conversation,
            side=side,
        )
        return figure, CAUTION

    def _turn(self) -> tuple[pl.DataFrame, str]:
        turns = self.study.corpus.conversation(self.conversation).utterances
        near = turns.filter((pl.col("turn") - self.turn).abs() <= 1)
        return near.select("turn", "role", "text"), "With the turns before and after it."

    def _course_table(self) -> tuple[pl.DataFrame, str]:
        course = self._of_side(self._course(self.study.layer(_SENTIMENT)))
        others = pl.exclude("conversation_id", "unit_id", "turn", "side", "text")
        return course.select("turn", "side", "text", others), "valence: P(positive) - P(negative)."

    def _mean_values(self) -> pl.DataFrame:
        depends = (self.group, self.quantity, self.fingerprint("emotion"))
        return cast(pl.DataFrame, self.keep("means", depends, self._compute_means))

    def _compute_means(self) -> pl.DataFrame:
        valence = self.quantity == VALENCE
        course = emotion_course(
            self.study.corpus,
            self.study.layer(_SENTIMENT if valence else _EKMAN),
            window=self.window,
        )
        column = VALENCE if valence else f"p.{self.quantity}"
        table = emotion_means_table(self.study.corpus, course, by=self.group, column=column)
        if self.crowd is not None:
            table = means_table(table, self.study.corpus, self.crowd, by=self.group)
        return table

    def _means(self) -> tuple[Any, str]:
        if self.group is None:
            return "No column of the conversations has groups to compare.", ""
        named = VALENCE if self.quantity == VALENCE else f"probability of {self.quantity}"
        return figures.emotion_means(self._mean_values(), by=self.group, label=named), CAUTION

    def _means_table(self) -> tuple[Any, str]:
        if self.group is None:
            return "No column of the conversations has groups to compare.", ""
        return self._mean_values(), ""
