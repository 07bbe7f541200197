"""Proof by people: raters look for the word or turn that does not belong to a topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import param
import polars as pl

from workbench.errors import InsufficientData, NotComputed
from workbench.views.view import EsmState, Section, View

if TYPE_CHECKING:
    from workbench.topics import IntrusionAnswers, IntrusionTasks

__all__ = ["TopicIntrusion"]

_SIDES = ("helper", "client")
_ASKED = {
    "words": "Five of these words belong together. Which one does not?",
    "turns": "Five of these turns belong together. Which one does not?",
}
_NO_NAME = "Write your name or a pseudonym into the field 'Rater' to begin."
_DONE = "That was the last one. Thank you. The score stands below."


class TopicIntrusion(View):
    """Intrusion tasks for one rater at a time.

    Answers go to the study's ``annotations.sqlite``. What the screen holds before an answer tells nothing
    of the key, and the score is shown to who has answered everything.

    Parameters
    ----------
    side
        Whose topics are tested.
    kind
        Whether words or turns are shown.
    rater
        Name or pseudonym of the person who answers.
    """

    slug: ClassVar[str] = "intrusion"
    title: ClassVar[str] = "Topics before people"
    question: ClassVar[str] = "Do people see the topics that the model found?"
    controls: ClassVar[tuple[str, ...]] = ("side", "kind", "rater")
    closed: ClassVar[str] = (
        "The intrusion task is closed: it shows what was said and keeps answers of raters, and a public "
        "view does neither."
    )

    side: Any = param.Selector(default="helper", objects=list(_SIDES), doc="Whose topics.")
    kind: Any = param.Selector(default="words", objects=list(_ASKED), doc="What is shown.")
    rater = param.String(default="", doc="Your name or a pseudonym.")

    def prepare(self) -> None:
        """Offer the sides that were fitted."""
        fitted = [side for side in _SIDES if self._folder(side).is_dir()]
        self.offer("side", fitted or list(_SIDES))
        self._offer_kinds()

    @param.depends("side", watch=True)
    def _offer_kinds(self) -> None:
        """Offer what the topics of the side give tasks of."""
        if self._folder(self.side).is_dir():
            self.offer("kind", [kind for kind in _ASKED if self._has_tasks(kind)] or list(_ASKED))

    def cautions(self) -> list[str]:
        """What the task asks of a rater."""
        return [
            "Answer alone and before you see the topics. Guess where you do not know: one guess in six "
            "finds the intruder.",
        ]

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Store the answer that the module gives, if it is to the item that is shown."""
        answer = point.get("answer")
        if key != "task" or not isinstance(answer, Mapping) or not self.rater.strip():
            return
        left, chosen = self._left(), cast(int, answer.get("chosen"))
        if left and answer.get("item") == left[0]:
            self._answers().add(left[0], rater=self.rater, chosen=chosen)

    def sections(self) -> Sequence[Section]:
        """The task; after the last answer the score."""
        task = Section("task", "Which one does not belong?", "esm", self._task)
        if self._finished():
            return [task, Section("score", "Score", "table", self._score)]
        return [task]

    # -- data --------------------------------------------------------------------------------------

    def _folder(self, side: str) -> Any:
        return self.study.folder / "topics" / side

    def _tasks(self) -> IntrusionTasks:
        return self._tasks_of(self.kind)

    def _tasks_of(self, kind: Any) -> IntrusionTasks:
        from workbench.topics import Topics, intrusion_tasks

        folder = self._folder(self.side)
        if not folder.is_dir():
            raise self.study.not_computed(f"topics of side {self.side}", "topics")

        def make() -> IntrusionTasks:
            return intrusion_tasks(Topics.read(folder), self.study.corpus, kind=kind)

        # every fit and every edit writes the file anew
        depends = (self.side, kind, (folder / "topics.json").stat().st_mtime_ns)
        return cast("IntrusionTasks", self.keep(f"tasks of {kind}", depends, make))

    def _has_tasks(self, kind: str) -> bool:
        try:
            return not self._tasks_of(kind).items.is_empty()
        except InsufficientData:
            return False

    def _answers(self) -> IntrusionAnswers:
        from workbench.topics import IntrusionAnswers

        return IntrusionAnswers(self.study.folder / "annotations.sqlite")

    def _left(self) -> list[str]:
        """Items that this rater has not answered, in order."""
        answered = self._answers().table().filter(pl.col("rater") == self.rater.strip())
        done = set(answered["item"])
        return [item for item in self._tasks().items["item"] if item not in done]

    def _finished(self) -> bool:
        try:
            return bool(self.rater.strip()) and not self._left()
        except (NotComputed, InsufficientData):
            return False

    # -- content -----------------------------------------------------------------------------------

    def _task(self) -> tuple[EsmState, str]:
        items, left = self._tasks().items, self._left()
        named = bool(self.rater.strip())
        state: dict[str, Any] = {
            "asked": _ASKED[self.kind] if left else _DONE,
            "item": left[0] if left else "",
            "options": [],
            "number": items.height - len(left) + bool(left),
            "total": items.height,
            "told": "" if named else _NO_NAME,
            "answer": None,
        }
        if left and named:
            (options,) = items.filter(pl.col("item") == left[0])["options"].to_list()
            state["options"] = options if self.kind == "words" else self._said(options)
        return EsmState("intrusion_task", state), ""

    def _said(self, units: Sequence[str]) -> list[str]:
        turns = self.study.corpus.utterances.filter(pl.col("id").is_in(list(units)))
        texts = dict(turns["id", "text"].iter_rows())
        return [texts[unit] for unit in units]

    def _score(self) -> tuple[pl.DataFrame, str]:
        from workbench.topics import intrusion_score

        table = intrusion_score(self._tasks(), self._answers().table())
        note = (
            "estimate: share of intruders found by all raters (model precision); the first row is over all "
            "topics, with an interval over topics, the others over raters."
        )
        return table, note
