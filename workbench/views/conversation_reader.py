"""One conversation as it was said, with the codes and emotions beside each turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import param
import polars as pl

from workbench.coding import CodeExplanation, explain_code, shipped_head, trained_schemes
from workbench.corpus import Layer
from workbench.emotion.tiers import ontology
from workbench.errors import InsufficientData
from workbench.figures.explanation import code_bars
from workbench.figures.palette import SENTIMENT, colours_of
from workbench.views import layers as found
from workbench.views.view import RESEARCH, Action, EsmState, Section, View

__all__ = ["ConversationReader"]

NONE = "none"
"""Choice of `second` that shows one coder alone."""

_FACTS = ("topic", "quality", "target_behaviour", "session_number", "source")
_HITS = 200


class ConversationReader(View):
    """Turns of one conversation with lanes of codes and emotions.

    Parameters
    ----------
    conversation
        Id of the conversation.
    coder, second
        Whose codes stand in the first lane, and in a lane beside it.
    find
        Text to look for in all conversations.
    selected
        Place of the selected turn in the conversation, from 0.
    explained
        Whether it was asked why the selected turn has its code.
    """

    slug: ClassVar[str] = "reader"
    title: ClassVar[str] = "Conversation reader"
    question: ClassVar[str] = "What was said, and how was it coded?"
    controls: ClassVar[tuple[str, ...]] = ("conversation", "coder", "second", "find")
    closed: ClassVar[str] = (
        "The conversation reader and its search are closed: this is a public view, and a public view shows "
        "nothing that was said."
    )

    conversation: Any = param.Selector(objects=[], doc="Conversation to read.")
    coder: Any = param.Selector(objects=[], doc="Coder of the first lane.")
    second: Any = param.Selector(default=NONE, objects=[NONE], doc="Coder to compare with.")
    find = param.String(default="", doc="Find this text in all conversations.")
    selected = param.Integer(default=0, bounds=(0, None), doc="Selected turn, from 0.")
    explained = param.Boolean(default=False, doc="Show why the turn has its code.")

    def prepare(self) -> None:
        """Offer conversations and coders."""
        self._schemes = found.code_schemes(self.study)
        names = found.coders(self.study, self._schemes)
        self.offer("conversation", self.study.corpus.conversations["id"].to_list())
        self.offer("coder", names)
        self.offer("second", [NONE, *names])

    @param.depends("conversation", watch=True)
    def _start_anew(self) -> None:
        self.selected = 0

    @param.depends("conversation", "coder", "selected", watch=True)
    def _ask_anew(self) -> None:
        self.explained = False

    def cautions(self) -> list[str]:
        """What the shown coders say of themselves."""
        told = [layer.metadata.caution for lane in self._lanes() for layer in lane[2]]
        return [RESEARCH, *dict.fromkeys(caution for caution in told if caution)]

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the turn selected in the reader, or the conversation and turn of a hit."""
        if key == "reader" and "selected" in point:
            self.selected = int(point["selected"])
        if key == "hits" and point.get("conversation") in self.param["conversation"].objects:
            self.conversation = point["conversation"]
            self.selected = int(point.get("turn", 0))

    def sections(self) -> Sequence[Section]:
        """The reader, why a code was given if that was asked, what was found, and the turns as a table."""
        why = (Action("why", "Why this code?", self._ask),) if self._heads() else ()
        sections = [Section("reader", "Conversation", "esm", self._reader, actions=why)]
        if self.explained:
            title = f"Why this code at turn {self._selected_turn()['turn']}?"
            sections.append(Section("why", title, "figure", self._why))
        if self.find.strip():
            sections.append(
                Section("hits", f"Turns with “{self.find.strip()}”", "table", self._hits)
            )
        return [*sections, Section("turns", "Turns as a table", "table", self._turns)]

    # -- content ---------------------------------------------------------------------------------

    def _lanes(self) -> list[tuple[str, str, list[Layer]]]:
        """Key, title and layers of each lane that has any."""
        study, lanes = self.study, []
        second = NONE if self.second == self.coder else self.second
        for key, coder in (("codes", self.coder), ("second", second)):
            if coder not in (None, NONE):
                lanes.append((key, f"codes: {coder}", found.layers_of(study, self._schemes, coder)))
        emotional = found.coders(study, ["goemotions"])
        if emotional:
            coder = self.coder if self.coder in emotional else emotional[0]
            layers = found.layers_of(study, ["goemotions"], coder)
            lanes.append(("emotion", f"emotion: {coder}", layers))
        return lanes

    def _marked(self) -> tuple[pl.DataFrame, dict[str, dict[str, list[dict[str, Any]]]]]:
        turns = self.study.corpus.conversation(self.conversation).utterances
        lanes: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for key, _, layers in self._lanes():
            lanes[key] = {}
            for unit, label, p in found.marks(layers, turns["id"]).iter_rows():
                if label is not None:
                    mark = {"label": label, "p": None if p is None else round(p, 4)}
                    lanes[key].setdefault(unit, []).append(mark)
        for given in lanes.get("emotion", {}).values():
            given.sort(key=lambda mark: -(mark["p"] or 0.0))
        return turns, lanes

    def _reader(self) -> tuple[EsmState, str]:
        talk = self.study.corpus.conversation(self.conversation)
        turns, lanes = self._marked()
        said = [
            {
                **{name: row[name] for name in ("id", "turn", "role", "side", "speaker", "text")},
                **{key: marks.get(row["id"], []) for key, marks in lanes.items()},
            }
            for row in turns.iter_rows(named=True)
        ]
        labels = sorted(
            {m["label"] for marks in lanes.values() for ms in marks.values() for m in ms}
        )
        facts = [
            [name.replace("_", " "), str(talk.facts[name])] for name in _FACTS if talk.facts[name]
        ]
        state = {
            "title": self.conversation,
            "facts": facts,
            "note": self._missing(),
            "turns": said,
            "lanes": [{"key": key, "title": title} for key, title, _ in self._lanes()],
            "palette": {**colours_of(labels), **_emotion_colours()},
            "selected": min(self.selected, turns.height - 1),
        }
        return EsmState("conversation_reader", state), ""

    def _heads(self) -> list[Layer]:
        """Layers of the first lane that a head made which is here."""
        made = [] if self.coder is None else found.layers_of(self.study, self._schemes, self.coder)
        known = [layer for layer in made if layer.metadata.scheme in trained_schemes()]
        return [x for x in known if x.metadata.model == shipped_head(x.metadata.scheme).fingerprint]

    def _selected_turn(self) -> dict[str, Any]:
        turns = self.study.corpus.conversation(self.conversation).utterances
        return turns.row(min(self.selected, turns.height - 1), named=True)

    def _explanation(self) -> CodeExplanation:
        """What carried the first code of the selected turn."""
        turn = self._selected_turn()
        coded = [
            layer.metadata.scheme
            for layer in self._heads()
            if turn["id"] in layer.table.drop_nulls("label")["unit_id"]
        ]
        if not coded:
            told = f"Turn {turn['turn']} has no code of a head; select one that has."
            raise InsufficientData(told)
        asked = (turn["id"], coded[0])
        why = self.keep("why", asked, lambda: explain_code(self.study.corpus, *asked))
        return cast(CodeExplanation, why)

    def _ask(self) -> str:
        why = self._explanation()
        self.explained = True
        return f"{why.label}, with probability {why.probability:.2f}."

    def _why(self) -> tuple[Any, str]:
        return code_bars(self._explanation()), ""

    def _missing(self) -> str:
        told = []
        if self.coder is None:
            told.append(str(self.study.not_computed("codes", "code")))
        if not found.coders(self.study, ["goemotions"]):
            told.append(str(self.study.not_computed("emotions", "emotion")))
        return " ".join(told)

    def _turns(self) -> tuple[pl.DataFrame, str]:
        turns, lanes = self._marked()
        titles = {key: title for key, title, _ in self._lanes()}
        table = turns.select("turn", "role", "speaker", "text")
        for key, marks in lanes.items():
            written = [
                ", ".join(mark["label"] for mark in marks.get(unit, [])) for unit in turns["id"]
            ]
            table = table.with_columns(pl.Series(titles[key], written, dtype=pl.String))
        return table, ""

    def _hits(self) -> tuple[Any, str]:
        sought = self.find.strip().lower()
        found_turns = self.study.corpus.utterances.filter(
            pl.col("text").str.to_lowercase().str.contains(sought, literal=True)
        )
        if found_turns.is_empty():
            return "No turn of any conversation holds this text.", ""
        note = f"{found_turns.height:,} turns" + (
            f", the first {_HITS} are listed." if found_turns.height > _HITS else "."
        )
        hits = found_turns.head(_HITS).select(
            pl.col("conversation_id").alias("conversation"), "turn", "role", "text"
        )
        return hits, note


def _emotion_colours() -> dict[str, str]:
    """Emotions in the colour of their sentiment."""
    table = ontology().table
    return {emotion: SENTIMENT[kind] for emotion, kind in table["emotion", "sentiment"].iter_rows()}
