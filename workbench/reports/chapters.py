"""What stands in a report: an opening, a chapter per screen, and where it all comes from.

The notebook of the report shows these one by one; each has `_repr_html_`.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench import __version__
from workbench.reports.provenance import provenance_tables
from workbench.study import Study
from workbench.views import VIEWS, View
from workbench.views.layers import code_schemes
from workbench.views.public import Crowd, counts_of
from workbench.views.static import marked_up, safe, static_html, table_html
from workbench.views.view import PUBLIC, RESEARCH

__all__ = ["Chapter", "Fragment", "chapters", "opening", "provenance"]

_PRIVATE = (
    "This file holds dialogue text. It is as private as the transcripts: pseudonymised at best, never "
    "anonymous. Whoever has the file can read them."
)
_AUTOMATIC = (
    "Codes, emotions and topics come from models and are sometimes wrong; no model figure stands alone. "
    "Read the turns behind a figure, and form your own view first."
)
_STILL = (
    "This file shows one state of every screen. Figures answer to the pointer, and the conversation can be "
    "searched and stepped through; where a caption speaks of a click, `workbench serve` and JupyterLab "
    "take it."
)
_MADE_PUBLIC = (
    "It is made to be shown around. Numbers on many people can still be read against one: say whom it is "
    "for, and ask who could be recognised."
)
_WATCHED = "Nobody watches these figures for risk."
_PROVENANCE = "provenance"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of HTML made of escaped text."""

    name: str
    html: str

    def _repr_html_(self) -> str:
        return self.html


@dataclass(frozen=True, slots=True)
class Chapter:
    """A view in one state, under a heading of its own.

    Parameters
    ----------
    anchor
        Id that the table of contents links to.
    without
        Keys of blocks that an earlier chapter has already.
    """

    anchor: str
    title: str
    view: View
    without: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        return static_html(self.view, title=self.title, anchor=self.anchor, without=self.without)


def chapters(study: Study, *, conversation: str, public: bool = False) -> list[Chapter]:
    """Return the chapters of a report in reading order.

    Parameters
    ----------
    conversation
        Id of the conversation that is read, and followed, in full.
    public
        Give each screen once, as a public view; no conversation is shown.
    """
    if public:
        return _public_chapters(study)
    talk: dict[str, Any] = {"conversation": conversation}
    return [
        Chapter("corpus", "The corpus", VIEWS["corpus"](study)),
        Chapter("reader", f"Conversation {conversation}", VIEWS["reader"](study, **talk)),
        *_topics(study),
        Chapter("session", f"Session sheet of {conversation}", VIEWS["session"](study, **talk)),
        *_codebooks(study),
        *_agreements(study),
        Chapter("emotion", f"Emotion course of {conversation}", VIEWS["emotion"](study, **talk)),
        *_attributions(study),
    ]


def _public_chapters(study: Study) -> list[Chapter]:
    found = []
    for slug, view in VIEWS.items():
        if slug == "topics":
            found += _topics(study, public=True)
        else:
            found.append(Chapter(slug, view.title, view(study, public=True)))
    return found


def _topics(study: Study, *, public: bool = False) -> list[Chapter]:
    """A chapter per fitted side, or one that says that none is."""
    explorer = partial(VIEWS["topics"], study, public=public)
    if not (study.folder / "topics").is_dir():
        return [Chapter("topics", "Topics", explorer())]
    return [
        Chapter(f"topics-{side}", f"Topics of the {side}", explorer(side=side))
        for side in _choices(explorer(), "side")
    ]


def _codebooks(study: Study) -> list[Chapter]:
    """A chapter per coded scheme of the books that come along."""
    browser, coded = VIEWS["codebook"], code_schemes(study)
    return [
        Chapter(
            f"codebook-{scheme}", f"Codes of {scheme}", browser(study, book=book, scheme=scheme)
        )
        for book in _choices(browser(study), "book")
        for scheme in _choices(browser(study, book=book), "scheme")
        if scheme in coded
    ]


def _agreements(study: Study) -> list[Chapter]:
    """Two chapters per compared scheme of codes, or one that says that none was compared."""
    compared = _choices(VIEWS["agreement"](study), "scheme")
    schemes = [scheme for scheme in code_schemes(study) if scheme in compared]
    found = []
    for scheme in schemes:
        for slug, title in (("agreement", "Coders of"), ("contested", "Contested turns of")):
            view = VIEWS[slug](study, scheme=scheme)
            found.append(Chapter(f"{slug}-{scheme}", f"{title} {scheme}", view))
    return found or [Chapter("agreement", "Coder comparison", VIEWS["agreement"](study))]


def _attributions(study: Study) -> list[Chapter]:
    """A chapter per prompt and attributed turn; how well a prompt codes is said once."""
    attributor = VIEWS["attribution"]
    found: list[Chapter] = []
    for prompt in _choices(attributor(study), "prompt"):
        for place, unit in enumerate(_choices(attributor(study, prompt=prompt), "utterance")):
            found.append(
                Chapter(
                    f"attribution-{prompt}-{place}",
                    f"Prompt {prompt.replace('_', ' / ')}: turn {unit}",
                    attributor(study, prompt=prompt, utterance=unit),
                    ("check", "check_table") if place else (),
                )
            )
    return found or [Chapter("attribution", "Prompt attribution", attributor(study))]


def _choices(view: View, control: str) -> list[str]:
    return [choice for choice in view.param[control].objects if choice is not None]


def opening(study: Study, following: Sequence[Chapter], *, public: bool = False) -> Fragment:
    """Return title, cautions and table of contents."""
    corpus = study.corpus
    now = datetime.datetime.now(datetime.UTC)
    crowd = Crowd(corpus) if public else None
    counts = counts_of(corpus, crowd)
    if crowd is None:
        notes = [note for record in study.steps() for note in record.notes]
        told = dict.fromkeys([RESEARCH, _AUTOMATIC, _PRIVATE, _WATCHED, *notes])
    else:
        shown = PUBLIC.format(fewest=crowd.fewest)
        told = dict.fromkeys([RESEARCH, _AUTOMATIC, shown, _MADE_PUBLIC, _WATCHED])
    cautions = "".join(f"<li>{marked_up(caution)}</li>" for caution in told)
    entries = [(x.anchor, x.title) for x in following]
    entries.append((_PROVENANCE, "Where the figures come from"))
    links = "".join(
        f'<li><a href="#{safe(anchor)}">{safe(title)}</a></li>' for anchor, title in entries
    )
    return Fragment(
        "opening",
        f'<header class="workbench-opening"><h1>{safe(study.name)}</h1>'
        f"<p>The corpus {safe(corpus.metadata.name)}: {counts}. Made {now:%d %B %Y, %H:%M} UTC "
        f"by workbench {safe(__version__)}.</p></header>\n"
        f'<ul class="workbench-cautions" aria-label="Cautions">{cautions}</ul>\n'
        f'<p class="workbench-note">{marked_up(_STILL)}</p>\n'
        f'<nav class="workbench-contents" aria-label="Contents"><h2>Contents</h2>'
        f"<ol>{links}</ol></nav>",
    )


def provenance(study: Study, *, public: bool = False) -> Fragment:
    """Return versions, seeds, models, checksums and timings.

    A public report leaves out the steps: their parameters name single turns.
    """
    tables = "\n".join(
        f'<section class="workbench-block" data-block="{safe(key)}" data-kind="table">'
        f"<h3>{safe(title)}</h3>{table_html(table)}</section>"
        for key, title, table in provenance_tables(study)
        if not (public and key == "steps")
    )
    return Fragment(
        _PROVENANCE,
        f'<section class="workbench-view" data-view="{_PROVENANCE}" id="{_PROVENANCE}">'
        f"<h2>Where the figures come from</h2>{tables}</section>",
    )
