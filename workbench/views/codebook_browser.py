"""A codebook with what a corpus holds of it: codes, counts, examples, and where crosswalks lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import param
import polars as pl

from workbench.coding import codebooks, load_codebook
from workbench.corpus import Codebook, Layer, Scheme
from workbench.figures import corpus as figures
from workbench.views import codebook_tables as tables
from workbench.views import layers as found
from workbench.views import public_tables as public
from workbench.views.corpus_tables import label_table
from workbench.views.view import RESEARCH, Section, View

__all__ = ["CodebookBrowser"]

_OTHER_BOOK = (
    "{} was coded with another version of this codebook: its codes mean what they meant there."
)
_SHOWN = 8
"""Utterances shown as most and as least confident."""


class CodebookBrowser(View):
    """Codes of a book with definitions, examples from the book and from the corpus, counts, crosswalks.

    Parameters
    ----------
    book, scheme
        A codebook that comes along, or one of one's own that the study was coded with; a scheme of it.
    layer
        A layer of the study in this scheme, which is counted and gives the examples.
    code
        The code to look at.
    place
        Conversation and number of the turn that is shown among its neighbours.
    """

    slug: ClassVar[str] = "codebook"
    title: ClassVar[str] = "Codebook"
    question: ClassVar[str] = "What does this code mean, and what was it given to?"
    controls: ClassVar[tuple[str, ...]] = ("book", "scheme", "layer", "code")
    public_controls: ClassVar[tuple[str, ...]] = controls

    book: Any = param.Selector(objects=[], doc="Codebook to look at.")
    scheme: Any = param.Selector(objects=[], doc="Codes of one side.")
    layer: Any = param.Selector(objects=[], doc="Layer that is counted.")
    code: Any = param.Selector(objects=[], doc="Code to look at.")
    place: Any = param.Parameter(default=None, doc="Turn shown among its neighbours.")

    def prepare(self) -> None:
        """Offer the books; the first that the study has codes of is open."""
        coded = set(found.code_schemes(self.study))
        own = self.study.codebooks()
        books = [*codebooks(), *(name for name in own if name not in codebooks())]
        names = [name for name in (*own, *codebooks()) if self._schemes(name, coded)]
        self.offer("book", books, default=names[0] if names else "annomi")
        self._offer_schemes()

    def _schemes(self, book: str, coded: set[str]) -> list[str]:
        return [each.name for each in self._read(book).schemes if each.name in coded]

    def _read(self, name: str) -> Codebook:
        return self.study.codebooks().get(name) or load_codebook(name)

    @param.depends("book", watch=True)
    def _offer_schemes(self) -> None:
        names = [each.name for each in self._book.schemes]
        coded = self._schemes(self.book, set(found.code_schemes(self.study)))
        self.offer("scheme", names, default=coded[0] if coded else None)

    @param.depends("scheme", watch=True)
    def _offer_codes(self) -> None:
        if self.scheme not in [each.name for each in self._book.schemes]:
            return  # the book was changed, its schemes follow
        names = [f"{self.scheme}.{coder}" for coder in found.coders(self.study, [self.scheme])]
        if self.crowd is not None:
            names = found.of_no_person(self.study, names)
        self.offer("layer", names)
        self.offer("code", [code.label for code in self._scheme.codes])

    @param.depends("book", "scheme", "layer", "code", watch=True)
    def _start_anew(self) -> None:
        self.place = None

    def cautions(self) -> list[str]:
        """What the book and the coder say of themselves."""
        facts = self._layer.metadata if self.layer else None
        other = facts and facts.codebook and facts.codebook != self._book.checksum
        told = (
            self._book.notes.get("not verified"),
            facts.caution if facts else None,
            _OTHER_BOOK.format(self.layer) if other else None,
        )
        return [RESEARCH, *(one for one in told if one)]

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the code of a clicked row or bar, or show the turn of a clicked example."""
        code = point.get("code") or point.get("customdata")
        labels = self.param["code"].objects
        if key == "codes" and tables.label_of(str(code)) in labels:
            self.code = tables.label_of(str(code))
        if key == "counts" and code in labels:
            self.code = code
        if key in ("sure", "unsure") and point.get("conversation") is not None:
            self.place = (str(point["conversation"]), int(point["turn"]))

    def sections(self) -> Sequence[Section]:
        """The book's own words first, then what the study holds of it."""
        code = f"“{self.code}”"
        sections = [
            Section("codes", f"Codes of {self.scheme}", "table", self._codes, public=True),
            Section("counts", "How often", "figure", self._counts, public=True),
            Section("layers", f"{code} in every layer", "table", self._layers, public=True),
            Section("sure", f"{code}, most confident", "table", self._sure),
            Section("unsure", f"{code}, least confident", "table", self._unsure),
        ]
        if self.place is not None:
            title = f"Around turn {self.place[1]} of {self.place[0]}"
            sections.append(Section("around", title, "table", self._around))
        title = f"{code} in other books"
        return [*sections, Section("crosswalks", title, "table", self._crosswalks, public=True)]

    # -- content ---------------------------------------------------------------------------------

    @property
    def _book(self) -> Codebook:
        book = self.keep("book", self.book, lambda: self._read(self.book))
        return cast(Codebook, book)

    @property
    def _scheme(self) -> Scheme:
        return self._book.scheme(self.scheme)

    @property
    def _layer(self) -> Layer:
        if self.layer is None:
            raise self.study.not_computed(f"layer in the scheme {self.scheme}", "code")
        layer = self.keep("layer", self.layer, lambda: self.study.layer(self.layer))
        return cast(Layer, layer)

    def _codes(self) -> tuple[pl.DataFrame, str]:
        scheme = self._scheme
        given = "exactly one" if scheme.exclusive else "any number"
        told = f"{given} per {scheme.unit}"
        if scheme.scale is not None:
            low, high = scheme.scale
            told = f"each rated from {low:g} to {high:g} per {scheme.unit}"
        side = "either side" if scheme.side == "any" else f"the {scheme.side}"
        note = f"{self._book.title}, version {self._book.version}: {told}, of {side}."
        return tables.code_table(scheme), f"{note} A click on a code shows what it was given to."

    def _counts(self) -> tuple[Any, str]:
        counts = self._layer.counts()
        if self.crowd is not None:
            counts = public.label_table(counts, [self._layer], self.crowd)
        figure = figures.label_counts(counts, layer=self._layer.name)
        # one height for a book: a figure that keeps its height is changed in place
        most = max(len(each.codes) for each in self._book.schemes)
        return figure.update_layout(height=230 + 26 * most), ""

    def _layers(self) -> tuple[Any, str]:
        layers = [self.study.layer(name) for name in self.param["layer"].objects]
        if not layers:
            raise self.study.not_computed(f"layer in the scheme {self.scheme}", "code")
        table = label_table(layers)
        if self.crowd is not None:
            table = public.label_table(table, layers, self.crowd)
        table = table.filter(pl.col("label") == self.code).drop("label")
        if table.is_empty():
            return "No layer of the study can give this code.", ""
        return table, "expected: sum of the coder's probabilities; empty where it gives none."

    def _said(self) -> pl.DataFrame:
        depends = (self.layer, self.code)
        table = self.keep(
            "said", depends, lambda: tables.said_with(self._layer, self.study.corpus, self.code)
        )
        return cast(pl.DataFrame, table)

    def _sure(self) -> tuple[Any, str]:
        said = self._said()
        if said.is_empty():
            return "No utterance of this layer has the code.", ""
        count = min(_SHOWN, said.height)
        graded = said["probability"].null_count() < said.height
        told = "most confident" if graded else "first"
        note = f"The {count} {told} of {said.height:,} utterances"
        note += "." if graded else "; this coder gives no probabilities."
        shown = said if graded else said.drop("probability")
        return shown.head(_SHOWN), f"{note} A click shows the talk around one."

    def _unsure(self) -> tuple[Any, str]:
        said = self._said().drop_nulls("probability")
        left = said.slice(_SHOWN).reverse().head(_SHOWN)
        if left.is_empty():
            return "There is no further utterance with a probability for this code.", ""
        return left, "Where a second look at code and definition pays most."

    def _around(self) -> tuple[pl.DataFrame, str]:
        return tables.around_turn(self.study.corpus, self._layer, *self.place), ""

    def _crosswalks(self) -> tuple[Any, str]:
        table = tables.targets_table(self._book, self.scheme, self.code)
        if table.is_empty():
            return "No crosswalk leads from these codes to another book.", ""
        return (
            table,
            "`workbench codebook crosswalk` carries a whole layer and counts what is lost.",
        )
