"""One session in figures, for the person who was in it or teaches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import param
import polars as pl

from workbench.coding.layer_notes import share_sentence
from workbench.coding.session_measures import TOO_FEW
from workbench.coding.session_sheet import CAUTION, first_long_enough, session_sheet
from workbench.coding.session_sheet import SessionSheet as Sheet
from workbench.figures import session as figures
from workbench.views import layers as found
from workbench.views.view import Section, View

__all__ = ["SessionSheet"]


class SessionSheet(View):
    """Counts, ratios and the course of change talk of one session.

    Parameters
    ----------
    conversation
        Id of the session.
    coder
        Whose codes are counted.
    turn
        A turn to look at, set by a click on the course.
    """

    slug: ClassVar[str] = "session"
    title: ClassVar[str] = "Session sheet"
    question: ClassVar[str] = (
        "How did the helper work in this session, and how did the client speak of change?"
    )
    controls: ClassVar[tuple[str, ...]] = ("conversation", "coder")
    closed: ClassVar[str] = (
        "The session sheet is closed: a session is two people, and a public view shows no figure on so few."
    )

    conversation: Any = param.Selector(objects=[], doc="Session to look at.")
    coder: Any = param.Selector(objects=[], doc="Whose codes are counted.")
    turn = param.Integer(default=None, allow_None=True, bounds=(0, None), doc="Turn looked at.")

    def prepare(self) -> None:
        """Offer sessions and coders."""
        self._schemes = found.code_schemes(self.study)
        corpus = self.study.corpus
        ids = corpus.conversations["id"].to_list()
        self.offer("conversation", ids, default=first_long_enough(corpus))
        self.offer("coder", found.coders(self.study, self._schemes))

    @param.depends("conversation", watch=True)
    def _start_anew(self) -> None:
        self.turn = None

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the turn of a clicked mark of the course."""
        if key == "course" and point.get("customdata") is not None:
            self.turn = int(point["customdata"])

    def cautions(self) -> list[str]:
        """The sheet's caution, those of the coder, and too few turns."""
        told = [layer.metadata.caution for layer in self._layers()]
        cautions = [CAUTION, *dict.fromkeys(caution for caution in told if caution)]
        talk = self.study.corpus.conversation(self.conversation)
        for layer in self._layers():
            shares = share_sentence(layer.restricted_to(talk.utterances["id"]))
            if shares is not None:
                cautions.append(f"{layer.metadata.scheme}: {shares}")
        goal = talk.facts["target_behaviour"]
        if goal is None:
            cautions.append(
                "No change goal is stated for this session: change and sustain talk exist only "
                "relative to one."
            )
        helper = self._sheet().measures.filter(pl.col("measure") == "helper_turns")["n"].item()
        if helper < TOO_FEW:
            cautions.append(
                f"Too few: {helper} helper turns; below {TOO_FEW} no ratio of helper codes is given."
            )
        return cautions

    def sections(self) -> Sequence[Section]:
        """Measures, counts, the course and the turn looked at."""
        sections = [
            Section("shares", "Ratios", "figure", self._shares),
            Section("measures", "Ratios as a table", "table", self._measures),
            Section("codes", "Codes", "figure", self._codes),
            Section("counts", "Counts and expected counts", "table", self._counts),
            Section("course", "Change talk over the session", "figure", self._course),
        ]
        if self.turn is not None:
            sections.append(Section("turn", f"Turn {self.turn}", "table", self._turn))
        return sections

    def _layers(self) -> list[Any]:
        return [] if self.coder is None else found.layers_of(self.study, self._schemes, self.coder)

    def _sheet(self) -> Sheet:
        depends = (self.conversation, self.coder, self.fingerprint("code-annomi"))

        def make() -> Sheet:
            return session_sheet(self.study.corpus, self._layers(), self.conversation)

        return cast(Sheet, self.keep("sheet", depends, make))

    def _coded(self) -> Sheet:
        if self.coder is None:
            raise self.study.not_computed("codes", "code")
        return self._sheet()

    def _shares(self) -> tuple[Any, str]:
        note = "One session: intervals show coding error only, never sampling error over sessions."
        return figures.session_shares(self._sheet().measures, session=self.conversation), note

    def _measures(self) -> tuple[pl.DataFrame, str]:
        table = self._sheet().measures.select(
            pl.col("title").alias("measure"),
            *("estimate", "low", "high", "expected", "band", "n", "reason"),
        )
        return table, (
            "low, high: 95 %, coding error as drawn from the coder's probabilities. expected: from the sums "
            "of probabilities. band: MITI 4.2.1, a rough mark only, since MITI "
            "counts behaviours per volley and these codes are per turn."
        )

    def _codes(self) -> tuple[Any, str]:
        return figures.code_counts(self._coded().counts, session=self.conversation), ""

    def _counts(self) -> tuple[pl.DataFrame, str]:
        return self._coded().counts, "expected: sum of probabilities; empty for human codes."

    def _course(self) -> tuple[Any, str]:
        note = "Click a turn to read it."
        return figures.change_talk_course(self._coded().course, session=self.conversation), note

    def _turn(self) -> tuple[pl.DataFrame, str]:
        turns = self.study.corpus.conversation(self.conversation).utterances
        near = turns.filter((pl.col("turn") - self.turn).abs() <= 1)
        return near.select("turn", "role", "text"), "With the turns before and after it."
