"""The index of the site: what is studied, which screens there are, what is done and what is missing."""

from __future__ import annotations

import shlex
from typing import Any

from workbench.panels.pages import page_path, read_page
from workbench.pipeline.analyse import STATIONS
from workbench.study import StepRecord, Study
from workbench.views import VIEWS, public_tables
from workbench.views.corpus_tables import corpus_counts
from workbench.views.public import Crowd, counts_of
from workbench.views.view import PUBLIC, RESEARCH

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


def index_html(study: Study, *, logout: bool = False, public: bool = False) -> str:
    """Page of the index, as the study is now.

    Parameters
    ----------
    logout
        Whether to offer to log out.
    public
        Whether to leave out figures on few people and what the steps say of conversations.
    """
    from jinja2 import Environment

    corpus = study.corpus
    counts, facts, steps = counts_of(corpus), corpus_counts(corpus), steps_table(study)
    told = "Nobody watches these screens for risk. What they show is as private as the transcripts."
    if public:
        crowd = Crowd(corpus)
        counts, facts = counts_of(corpus, crowd), public_tables.corpus_counts(corpus, crowd)
        steps = [{**step, "notes": ()} for step in steps]
        told = PUBLIC.format(fewest=crowd.fewest)
    page = Environment(autoescape=True).from_string(page_path("index.html").read_text("utf-8"))
    return page.render(
        style=read_page("site.css"),
        study_name=study.name,
        about=f"A study of the corpus {corpus.metadata.name}: {counts}.",
        cautions=[RESEARCH, told],
        screens=[
            {"slug": slug, "title": view.title, "question": view.question}
            for slug, view in VIEWS.items()
        ],
        steps=steps,
        facts=facts.rows(),
        logout=logout,
    )
