"""What a corpus holds, before anything is computed on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import param
import polars as pl

from workbench.coding.layer_notes import share_sentence
from workbench.corpus.schema import CONVERSATION_COLUMNS
from workbench.figures import corpus as figures
from workbench.views import corpus_tables as tables
from workbench.views import public_tables as public
from workbench.views.layers import of_no_person
from workbench.views.view import ALL, Section, View

__all__ = ["CorpusOverview"]


class CorpusOverview(View):
    """Counts, conversations, lengths, labels and what loading found.

    Parameters
    ----------
    group
        Conversation column to group by.
    value
        Group whose conversations are listed and counted.
    layer
        Layer whose labels are drawn.
    """

    slug: ClassVar[str] = "corpus"
    title: ClassVar[str] = "Corpus overview"
    question: ClassVar[str] = "What is in this corpus, and is it what you think it is?"
    controls: ClassVar[tuple[str, ...]] = ("group", "value", "layer")
    public_controls: ClassVar[tuple[str, ...]] = ("group", "layer")

    group: Any = param.Selector(objects=[], doc="Column of the conversations to group by.")
    value: Any = param.Selector(default=ALL, objects=[ALL], doc="Group to look at.")
    layer: Any = param.Selector(objects=[], doc="Layer whose labels are drawn.")

    def prepare(self) -> None:
        """Offer the columns and layers there are."""
        columns = tables.group_columns(self.study.corpus)
        own = [name for name in columns if name in CONVERSATION_COLUMNS]
        self.offer("group", own if self.public else columns)
        self.offer("layer", self._layer_names())
        self._offer_values()

    @param.depends("group", watch=True)
    def _offer_values(self) -> None:
        groups: list[str] = []
        if self.group is not None and not self.public:
            groups = tables.group_table(self.study.corpus, self.group)["group"].to_list()
        self.value = ALL
        self.offer("value", [ALL, *groups])

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the clicked group as `value`; a second click on it shows all again."""
        if key == "groups" and point.get("customdata") in self.param["value"].objects:
            chosen = point["customdata"]
            self.value = ALL if chosen == self.value else chosen

    def sections(self) -> Sequence[Section]:
        """Blocks of the overview."""
        return [
            Section("counts", "At a glance", "table", self._counts, public=True),
            Section("groups", "Groups", "figure", self._groups, public=True),
            Section("conversations", "Conversations", "table", self._conversations),
            Section("turns", "Turns per conversation", "figure", self._turns),
            Section("lengths", "Length of turns", "figure", self._lengths, public=True),
            Section("labels", "Labels of a layer", "figure", self._labels, public=True),
            Section("layers", "All layers", "table", self._layers, public=True),
            Section("findings", "What loading found", "table", self._findings),
        ]

    @property
    def _selected(self) -> Any:
        """The corpus, or the part of it in the group looked at."""
        corpus = self.study.corpus
        if self.value == ALL or self.group is None:
            return corpus
        group = pl.col(self.group).cast(pl.String).fill_null(tables.NOT_STATED)
        return corpus.filter(conversations=group == self.value)

    def _scope(self) -> str:
        return "" if self.value == ALL else f"Only conversations with {self.group} = {self.value}."

    def _counts(self) -> tuple[pl.DataFrame, str]:
        if self.crowd is not None:
            return public.corpus_counts(self.study.corpus, self.crowd), ""
        return tables.corpus_counts(self._selected), self._scope()

    def _groups(self) -> tuple[Any, str]:
        if self.group is None:
            return "No column of the conversations has groups to compare.", ""
        table = tables.group_table(self.study.corpus, self.group)
        if self.crowd is not None:
            table = public.group_table(table, self.study.corpus, self.crowd, by=self.group)
        return figures.group_sizes(table, by=self.group), ""

    def _conversations(self) -> tuple[pl.DataFrame, str]:
        return tables.conversation_table(self._selected), self._scope()

    def _turns(self) -> tuple[Any, str]:
        return figures.turns_per_conversation(tables.turns_table(self._selected)), self._scope()

    def _lengths(self) -> tuple[Any, str]:
        table = tables.turn_lengths_table(self._selected)
        if self.crowd is not None:
            table = public.turn_lengths_table(table, self.study.corpus, self.crowd)
        return figures.turn_lengths(table), self._scope()

    def _labels(self) -> tuple[Any, str]:
        if self.layer is None:
            return (
                "The study has no layer yet: nothing came with the source, nothing was coded.",
                "",
            )
        layer = self._restricted(self.layer)
        counts, caution = layer.counts(), layer.metadata.caution or ""
        if self.crowd is not None:
            counts = public.label_table(counts, [layer], self.crowd)
        else:
            caution = " ".join(filter(None, (caution, share_sentence(layer))))
        return figures.label_counts(counts, layer=layer.name), caution

    def _layers(self) -> tuple[pl.DataFrame, str]:
        found = [self._restricted(name) for name in self._layer_names()]
        note = "expected: sum of the coder's probabilities; empty where the coder gives none."
        table = tables.label_table(found)
        if self.crowd is not None:
            table = public.label_table(table, found, self.crowd)
        return table, note

    def _layer_names(self) -> list[str]:
        names = self.study.layer_names()
        return names if self.crowd is None else of_no_person(self.study, names)

    def _restricted(self, name: str) -> Any:
        layer = self.study.layer(name)
        if self.value == ALL:
            return layer
        part = self._selected
        return layer.restricted_to(pl.concat([part.utterances["id"], part.conversations["id"]]))

    def _findings(self) -> tuple[Any, str]:
        report = self.study.corpus.report()
        if report.is_empty():
            return "Nothing: ids, turn order, replies and texts are as expected.", ""
        return report, ""
