"""Label Studio exports (JSON, JSON-MIN): one utterance per task, or one conversation per task.

A task whose data hold a list of turns (`Paragraphs`) is a conversation; any other is one utterance
of the conversation that its data name. Every annotator is a coder (by e-mail address where the
export has it), every control a scheme, so each annotator has one layer per control and unit;
predictions are those of a model. An annotation that was submitted without a label says *seen and
nothing assigned* of its utterance; of a whole conversation it says nothing. Skipped annotations are
left out and counted. `label_config.xml` beside the file gives the labels in their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.joining import join_corpora
from workbench.corpus.readers.coded_texts import CodedText, corpus_of_texts
from workbench.corpus.readers.coding_troubles import CodingTroubles, Told
from workbench.corpus.readers.codings import CODER_KINDS, Coding, SchemeFacts, layers_of, rows_of
from workbench.corpus.readers.guessing import by_name
from workbench.corpus.readers.jsonlike import first_record
from workbench.corpus.readers.label_config import CONFIG, LabelConfig, read_label_config
from workbench.corpus.readers.opening import bare_name, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.studio_dialogues import Dialogue, corpus_of_dialogues, turns_of
from workbench.corpus.readers.studio_regions import (
    StudioTask,
    codings_of,
    scheme_and_unit,
)
from workbench.corpus.readers.studio_tasks import WANTED, Task, is_minimal, tasks_of
from workbench.errors import BadInput

__all__ = ["READER"]

_LONG_START = re.compile(r'"(annotations|predictions)"\s*:\s*\[|"data"\s*:\s*\{')
_OWN = re.compile(r'"(completed_by|was_cancelled|from_name|model_version)"\s*:')
_TROUBLE: Told = {
    "skipped": ("note", "annotation(s) were skipped by their annotators.", "They are no codings."),
    "nothing marked": (
        "note",
        "submitted annotation(s) of a whole conversation hold no result.",
        "They say nothing of single utterances and were left out.",
    ),
    "of another kind": (
        "warning",
        "result(s) are of a kind that is no coding of text, or have no value.",
        "They were left out.",
    ),
    "unreadable": ("warning", "result(s) cannot be read.", "They were left out."),
    "beyond the text": (
        "warning",
        "region(s) are not inside the words of their task.",
        "They were left out; were the texts changed after the coding?",
    ),
    "quoted otherwise": (
        "warning",
        "region(s) quote other words than stand at their place.",
        "The place was taken; check that the texts are those that were coded.",
    ),
}


def _sniff(path: Path) -> float:
    if path.is_dir():
        files = [file for file in path.iterdir() if file.suffix == ".json"]
        return 1.0 if (path / CONFIG).is_file() and any(_sniff(f) > 0 for f in files) else 0.0
    if not path.is_file():
        return 0.0
    record = first_record(path)
    if record is None:
        start = peek(path)
        return 0.9 if _LONG_START.search(start) and _OWN.search(start) else 0.0
    if not isinstance(record, dict):
        return 0.0
    if is_minimal(record):
        return 0.95
    lists = [record.get(key) for key in ("annotations", "predictions", "completions")]
    has_data = isinstance(record.get("data"), dict)
    return 0.95 if has_data and any(isinstance(found, list) for found in lists) else 0.0


# -- reading -----------------------------------------------------------------------------------------


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix == ".json")
        if not files:
            raise BadInput.in_file(path, "there is no JSON file in it.", remedy=WANTED)
        parts = [(str(file), _read(file, columns=columns, roles=roles)) for file in files]
        return join_corpora(parts)
    config = read_label_config(path.parent / CONFIG)
    tasks = list(tasks_of(path))
    if not tasks:
        raise BadInput.in_file(path, "there is no task in it.", remedy=WANTED)
    spoken = [(task, turns_of(path, task.row, task.data, config)) for task in tasks]
    dialogues = [(task, turns) for task, turns in spoken if turns is not None]
    texts = [task for task, turns in spoken if turns is None]
    corpora = [_dialogues(path, dialogues, config, columns, roles)] if dialogues else []
    corpora += [_texts(path, texts, config, columns, roles)] if texts else []
    return join_corpora([(str(path), corpus) for corpus in corpora])


# -- whose codings ---------------------------------------------------------------------------------


def _codings(
    task: Task, place: StudioTask, schemes: set[str], trouble: CodingTroubles
) -> list[Coding]:
    found: list[Coding] = []
    for done in task.annotations:
        results = done.get("result") if isinstance(done, dict) else None
        if not isinstance(results, list):
            trouble.note("unreadable", place.where)
        elif done.get("was_cancelled"):
            trouble.note("skipped", place.where)
        else:
            who = _annotator(done)
            given = list(codings_of(place, results, who, trouble))
            found += given
            if place.conversation is None:
                said = {coding.scheme for coding in given}
                found += [
                    Coding(unit="utterance", unit_id=place.ids[0], scheme=scheme, label=None, **who)
                    for scheme in sorted(schemes - said)
                ]
            elif not results:
                trouble.note("nothing marked", place.where)
    for guess in task.predictions:
        results = guess.get("result") if isinstance(guess, dict) else None
        if not isinstance(results, list):
            trouble.note("unreadable", place.where)
            continue
        found += codings_of(place, results, _model(guess, place), trouble)
    return found


def _annotator(done: Mapping[str, Any]) -> dict[str, Any]:
    given = done.get("completed_by")
    if isinstance(given, dict):
        names = [str(given.get(key) or "") for key in ("first_name", "last_name")]
        number = given.get("id", given.get("pk"))
        given = given.get("email") or " ".join(filter(None, names)) or number
    coder = given if isinstance(given, str) else f"annotator-{given}"
    kind = "gold" if done.get("ground_truth") else "human"
    return {"coder": "annotator" if given is None else coder, **_own(done, kind)}


def _model(guess: Mapping[str, Any], place: StudioTask) -> dict[str, Any]:
    who = {"coder": str(guess.get("model_version") or "model"), **_own(guess, "model")}
    score = guess.get("score")
    if place.conversation is None and isinstance(score, int | float):
        who["probability"] = float(score)
    return who


def _own(entry: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Kind and round, which our writer adds; Label Studio does not keep them."""
    stated, number = entry.get("coder_kind"), entry.get("round")
    whole = isinstance(number, int) and not isinstance(number, bool)
    return {
        "coder_kind": stated if stated in CODER_KINDS else kind,
        "round": number if whole else 1,
    }


def _layers(codings: Sequence[Coding], config: LabelConfig) -> list[Any]:
    known: dict[str, SchemeFacts] = {}
    for name, control in config.controls.items():
        scheme, _ = scheme_and_unit(name)
        before = known.get(scheme)
        labels = [*(before.labels or () if before else ()), *control.labels]
        single = control.single and (before is None or before.exclusive is not False)
        known[scheme] = SchemeFacts(labels=labels, exclusive=single)
    return layers_of(rows_of(codings), known)


# -- the two shapes --------------------------------------------------------------------------------


def _dialogues(
    path: Path,
    spoken: Sequence[tuple[Task, list[dict[str, Any]]]],
    config: LabelConfig,
    columns: Mapping[str, str] | None,
    roles: Mapping[str, str] | None,
) -> Corpus:
    trouble = CodingTroubles()
    dialogues = [Dialogue.of(path, t.row, t.number, t.data, turns, config) for t, turns in spoken]
    codings: list[Coding] = []
    for (task, _), each in zip(spoken, dialogues, strict=True):
        place = StudioTask(task.row, each.ids, each.texts, each.id)
        codings += _codings(task, place, set(), trouble)
    return corpus_of_dialogues(
        path,
        dialogues,
        columns=columns,
        roles=roles,
        layers=_layers(codings, config),
        findings=trouble.findings(path, _TROUBLE),
    )


def _texts(
    path: Path,
    tasks: Sequence[Task],
    config: LabelConfig,
    columns: Mapping[str, str] | None,
    roles: Mapping[str, str] | None,
) -> Corpus:
    trouble = CodingTroubles()
    schemes = _schemes(tasks, config)
    texts: list[CodedText] = []
    codings: list[Coding] = []
    for task in tasks:
        key = _text_key(path, task, config)
        name = f"{bare_name(path)}-{task.row if task.number is None else task.number}"
        own = next((task.data[k] for k in ("utterance_id", "id") if k in task.data), None)
        ours = str(own) if isinstance(own, str | int) else name
        beside = {k: v for k, v in task.data.items() if k not in (key, "utterance_id", "id")}
        texts.append(CodedText(ours, task.data[key], task.row, beside))
        place = StudioTask(task.row, [ours], [task.data[key]])
        codings += _codings(task, place, schemes, trouble)
    return corpus_of_texts(
        path,
        texts,
        columns=columns,
        roles=roles,
        layers=_layers(codings, config),
        findings=trouble.findings(path, _TROUBLE),
    )


def _schemes(tasks: Sequence[Task], config: LabelConfig) -> set[str]:
    """Controls that label whole texts; an annotation without a result of one says `nothing`."""
    named = {name for name, control in config.controls.items() if control.tag == "Choices"}
    for task in tasks:
        for done in task.annotations:
            results = done.get("result") if isinstance(done, dict) else None
            for result in results if isinstance(results, list) else []:
                if isinstance(result, dict) and result.get("type") == "choices":
                    named.add(str(result.get("from_name")))
    return named


def _text_key(path: Path, task: Task, config: LabelConfig) -> str:
    """Key of the data that holds the words: what the interface says, else by its name."""
    texts = [key for key, value in task.data.items() if isinstance(value, str)]
    if config.text in texts:
        return str(config.text)
    names = by_name(pl.DataFrame({key: [task.data[key]] for key in texts}))
    named = [theirs for theirs, ours in names.items() if ours == "text"]
    if not named:
        problem = f"no text in the data of the task; keys there: {list(task.data)[:12]}."
        raise BadInput.in_file(path, problem, row=task.row, remedy="Expected `text` or `dialogue`.")
    return named[0]


READER = Reader(
    "label-studio",
    "Label Studio export, JSON or JSON-MIN, or a folder with its label_config.xml",
    _sniff,
    _read,
    per_file=False,
)
