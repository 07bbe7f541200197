"""The index of the site: what is studied, which screens there are, what is done and what is missing."""

from __future__ import annotations

import shlex
from typing import Any

from workbench.panels.pages import page_path, read_page
from workbench.pipeline.analyse import STATIONS
from workbench.study import StepRecord, Study
from workbench.views import VIEWS
from workbench.views.corpus_tables import corpus_counts
from workbench.views.view import RESEARCH

__all__ = ["index_html", "steps_table"]

_VERB = {"embed": "analyse", "attribution": "attribute"}


def steps_table(study: Study) -> list[dict[str, Any]]:
    """Stations of the main job, then further steps: name, state, seconds, device, notes, command.

    `state` is `done`, `refused` (it ran and left nothing, the notes say why) or `missing`; `command` makes
    what is missing.
    """
    records = {record.name: record for record in study.steps()}
    rows = []
    for station in STATIONS:
        found = [name for name in records if name == station or name.startswith(f"{station}-")]
        rows += [_done(records.pop(name)) for name in found] or [_missing(study, station)]
    return [*rows, *(_done(record) for record in records.values())]


def _done(record: StepRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "state": "done" if record.outputs else "refused",
        "seconds": f"{record.seconds:,.1f}",
        "device": record.device,
        "notes": record.notes,
        "command": "",
    }


def _missing(study: Study, station: str) -> dict[str, Any]:
    verb, _, side = station.partition("-")
    command = f"workbench {_VERB.get(verb, verb)} {shlex.quote(str(study.folder))}"
    return {
        "name": station,
        "state": "missing",
        "seconds": "",
        "device": "",
        "notes": (),
        "command": f"{command} --side {side}" if side else command,
    }


def index_html(study: Study, *, logout: bool = False) -> str:
    """Page of the index, as the study is now.

    Parameters
    ----------
    logout
        Whether to offer to log out.
    """
    from jinja2 import Environment

    corpus = study.corpus
    counts = (
        f"{corpus.conversations.height:,} conversations, {corpus.utterances.height:,} turns, "
        f"{corpus.speakers.height:,} speakers"
    )
    page = Environment(autoescape=True).from_string(page_path("index.html").read_text("utf-8"))
    return page.render(
        style=read_page("site.css"),
        study_name=study.name,
        about=f"A study of the corpus {corpus.metadata.name}: {counts}.",
        cautions=[
            RESEARCH,
            "Nobody watches these screens for risk. What they show is as private as the transcripts.",
        ],
        screens=[
            {"slug": slug, "title": view.title, "question": view.question}
            for slug, view in VIEWS.items()
        ],
        steps=steps_table(study),
        facts=corpus_counts(corpus).rows(),
        logout=logout,
    )
