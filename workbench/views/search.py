"""Find turns by what they mean, by their words, and by sequences of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, cast

import param
import polars as pl

from workbench.corpus import Layer
from workbench.embedding.search import Filters, Sequences, is_emotion, is_topics, split_keywords
from workbench.errors import BadInput, NotComputed
from workbench.views.layers import labels_of
from workbench.views.view import ALL, RESEARCH, Section, View

__all__ = ["Search"]

_HITS, _LINES, _MATCHES, _AROUND = 50, 200, 100, 3
_RANKED = ("score", "similarity", "keyword_rank")
_SIDES = ("helper", "client", "other")


class Search(View):
    """Turns found by meaning, words and sequences of codes.

    Parameters
    ----------
    query
        What is sought by its meaning, in words of one's own.
    keywords
        Words, and phrases in double quotes.
    regex
        Regular expression a turn has to match.
    sequence
        Pattern of codes, as `question, then change within two turns`.
    side, code, emotion, topic, conversation
        Which turns are looked at; for a sequence, which turns may begin one.
    place
        Conversation and number of the turn that is shown among its neighbours.
    """

    slug: ClassVar[str] = "search"
    title: ClassVar[str] = "Search"
    question: ClassVar[str] = "Where was something like this said, and what came after it?"
    controls: ClassVar[tuple[str, ...]] = (
        *("query", "keywords", "regex", "sequence"),
        *("side", "code", "emotion", "topic", "conversation"),
    )
    closed: ClassVar[str] = (
        "The search is closed: this is a public view, and a public view shows nothing that was said."
    )

    query = param.String(default="", doc="What you look for, in your own words.")
    keywords = param.String(default="", doc='Words, and phrases in "double quotes".')
    regex = param.String(
        default="", label="Regular expression", doc="An expression the turn has to match."
    )
    sequence = param.String(default="", doc="As: question, then change within two turns.")
    side: Any = param.Selector(default=ALL, objects=[ALL], doc="Whose turns.")
    code: Any = param.Selector(default=ALL, objects=[ALL], doc="Turns with this code.")
    emotion: Any = param.Selector(default=ALL, objects=[ALL], doc="Turns with this emotion.")
    topic: Any = param.Selector(default=ALL, objects=[ALL], doc="Turns of this topic.")
    conversation: Any = param.Selector(default=ALL, objects=[ALL], doc="Turns of this one.")
    place: Any = param.Parameter(default=None, doc="Turn shown among its neighbours.")

    def prepare(self) -> None:
        """Offer sides, labels, topics and conversations of the study."""
        study = self.study
        self._layers = [study.layer(name) for name in study.layer_names()]
        present = set(study.corpus.utterances["side"].unique())
        self.offer("side", [ALL, *(side for side in _SIDES if side in present)])
        codes = [x for x in self._layers if not (is_emotion(x) or is_topics(x))]
        self.offer("code", [ALL, *_labels(codes)])
        self.offer("emotion", [ALL, *_labels([x for x in self._layers if is_emotion(x)])])
        self.offer("conversation", [ALL, *study.corpus.conversations["id"]])
        self._offer_topics()

    @param.depends("side", watch=True)
    def _offer_topics(self) -> None:
        topics = [
            f"{_side_of(layer)} {number}"
            for layer in self._layers
            if is_topics(layer) and self.side in (ALL, _side_of(layer))
            for number in sorted(set(layer.table["label"].drop_nulls()), key=int)
        ]
        self.offer("topic", [ALL, *topics])

    @param.depends("query", "keywords", "regex", "sequence", watch=True)
    def _start_anew(self) -> None:
        self.place = None

    def cautions(self) -> list[str]:
        """What similarity is not."""
        return [
            RESEARCH,
            "Texts alike in meaning may say opposite things; read the turns before you count them.",
        ]

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Show the turn of a clicked row among its neighbours."""
        if key in ("hits", "words", "sequences") and point.get("conversation") is not None:
            self.place = (str(point["conversation"]), int(point["turn"]))

    def sections(self) -> Sequence[Section]:
        """What was asked for, the chosen turn, and the labels a pattern may name."""
        sections = []
        if self._asked() or self._where():
            sections.append(Section("hits", "Turns found", "table", _told(self._hits)))
        if self.place is not None:
            title = f"Around turn {self.place[1]} of {self.place[0]}"
            sections.append(Section("around", title, "table", self._context))
        if self.keywords.strip() or self.regex.strip():
            title = "Words in their context"
            sections.append(Section("words", title, "table", _told(self._words)))
        if self.sequence.strip():
            sections.append(Section("sequences", "Sequences", "table", _told(self._sequences)))
            if self._is_readable():
                title = "Sequences per conversation"
                sections.append(Section("counts", title, "table", self._counts))
        title = "Labels that a sequence may name"
        return [*sections, Section("labels", title, "table", self._known_labels)]

    # -- content ---------------------------------------------------------------------------------

    def _asked(self) -> bool:
        return any(text.strip() for text in (self.query, self.keywords, self.regex))

    def _where(self) -> Filters:
        chosen = {
            name: None if getattr(self, name) in (ALL, None) else getattr(self, name)
            for name in ("side", "code", "emotion", "conversation")
        }
        if self.topic in (ALL, None):
            return Filters(**chosen)
        side, number = self.topic.rsplit(" ", 1)
        return Filters(**{**chosen, "side": side}, topic=int(number))

    def _hits(self) -> tuple[Any, str]:
        from workbench.pipeline import search

        found = search(
            self.study,
            self.query.strip() or None,
            keywords=self.keywords,
            regex=self.regex.strip() or None,
            where=self._where(),
            k=_HITS,
        )
        if not len(found):
            return f"No turn answers. {found.note}", ""
        absent = [name for name in _RANKED if found.table[name].null_count() == len(found)]
        shown = found.table.drop("unit_id", "role", *absent).rename(
            {"conversation_id": "conversation"}
        )
        return shown, f"The first {len(found)}. {found.note}"

    def _words(self) -> tuple[Any, str]:
        from workbench.pipeline import keyword_in_context

        where = self._where() or None
        parts = []
        if self.keywords.strip():
            words = split_keywords(self.keywords)
            parts.append(keyword_in_context(self.study, words, where=where))
        if self.regex.strip():
            sought = self.regex.strip()
            parts.append(keyword_in_context(self.study, sought, regex=True, where=where))
        lines = pl.concat(parts)
        if lines.is_empty():
            return "These words do not occur in the turns looked at.", ""
        note = f"{lines.height:,} places in {lines['unit_id'].n_unique():,} turns"
        note += f"; the first {_LINES} are listed." if lines.height > _LINES else "."
        shown = lines.head(_LINES).select(
            pl.col("conversation_id").alias("conversation"), "turn", "side", "left", "hit", "right"
        )
        return shown, note

    def _matches(self) -> Sequences:
        from workbench.pipeline import find_sequences

        where = self._where()
        found = self.keep(
            "sequences",
            (self.sequence, where),
            lambda: find_sequences(self.study, self.sequence, where=where or None),
        )
        return cast(Sequences, found)

    def _is_readable(self) -> bool:
        try:
            return self._matches() is not None
        except (BadInput, NotComputed):
            return False

    def _sequences(self) -> tuple[Any, str]:
        found = self._matches()
        if not len(found):
            return f"The sequence does not occur. {found.note}", ""
        turns = self.study.corpus.utterances.select("turn", "side", "text", unit_ids="id")
        shown = (
            found.table.head(_MATCHES)
            .explode("unit_ids")
            .join(turns, on="unit_ids", how="left", maintain_order="left")
            .select(
                "match", pl.col("conversation_id").alias("conversation"), "turn", "side", "text"
            )
        )
        note = f"{len(found):,} matches, a row per step. {found.note}"
        if len(found) > _MATCHES:
            note += f" The first {_MATCHES} are listed."
        return shown, note

    def _counts(self) -> tuple[pl.DataFrame, str]:
        counts = self._matches().counts.rename({"conversation_id": "conversation"})
        uncoded = counts["matches"].null_count()
        note = f"{uncoded} conversations are not coded." if uncoded else ""
        shown = counts.select("conversation", "matches")
        return shown.sort("matches", descending=True, nulls_last=True, maintain_order=True), note

    def _context(self) -> tuple[pl.DataFrame, str]:
        talk, turn = self.place
        turns = self.study.corpus.conversation(talk).utterances
        near = turns.filter((pl.col("turn") - turn).abs() <= _AROUND)
        found = pl.when(pl.col("turn") == turn).then(pl.lit("→")).otherwise(pl.lit(""))
        return near.select(found.alias("found"), "turn", "role", "text"), ""

    def _known_labels(self) -> tuple[pl.DataFrame, str]:
        if not self._layers:
            raise self.study.not_computed("codes", "code")
        table = pl.DataFrame(
            {
                "layer": [layer.name for layer in self._layers],
                "labels": [", ".join(labels_of(layer)) for layer in self._layers],
            }
        )
        return table, (
            "Join them by `and`, `or`, `not`, `then`, `within two turns`, `next turn`; name a side by "
            "`helper` or `client`, one layer as `layer:label`."
        )


def _labels(layers: Sequence[Layer]) -> list[str]:
    return sorted({label for layer in layers for label in labels_of(layer)})


def _side_of(layer: Layer) -> str:
    return layer.metadata.scheme.removeprefix("topics-")


def _told(make: Callable[[], tuple[Any, str]]) -> Callable[[], tuple[Any, str]]:
    """Let a piece say what is wrong with a query or pattern, in place of its content."""

    def made() -> tuple[Any, str]:
        try:
            return make()
        except BadInput as error:
            return str(error), ""

    return made
