"""REFI-QDA projects (`.qdpx`) of NVivo, ATLAS.ti, MAXQDA, QualCoder and others.

Every source with words is a conversation, every user a coder: one layer per scheme, user and unit.
Words are read from inside the archive only; a path that leads out of it is never followed. Codes keep
their names as labels (`Parent/Child` where a name stands twice); parents, colours and definitions
stand in the layer's `facts["codes"]`, and the whole book is read by `Codebook.read`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from workbench.corpus.code_tree import TreeScheme, schemes_of
from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.joining import join_corpora
from workbench.corpus.readers.archives import Archive, is_zip, open_archive
from workbench.corpus.readers.coding_troubles import CodingTroubles, Told
from workbench.corpus.readers.codings import layers_of, rows_of
from workbench.corpus.readers.cues import UNNAMED, Cue, corpus_of_cues
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.opening import bare_name, decoded
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.refi.positions import choose_counting
from workbench.corpus.readers.refi.project import Case, Project, Source, read_project
from workbench.corpus.readers.refi.selected import Spoken, codings_of, scheme_facts
from workbench.corpus.readers.refi.turns import by_cases, by_lines, with_times
from workbench.corpus.schema import META, ROW
from workbench.errors import BadInput

__all__ = ["READER"]

_BOM = b"\xef\xbb\xbf"
_TOLD: Told = {
    "no text": (
        "warning",
        "source(s) have no plain text in the archive.",
        "They were left out; export the project with its sources.",
    ),
    "missing file": (
        "warning",
        "source(s) name a file that is not in the archive.",
        "They were left out; export the project with its sources.",
    ),
    "outside": (
        "warning",
        "source(s) lie outside of the archive.",
        "They were left out and not looked for; export the project with its sources.",
    ),
    "no encoding": (
        "warning",
        "source(s) cannot be read as UTF-8 text.",
        "They were left out; export the project again.",
    ),
    "no sound or picture": (
        "note",
        "source(s) are pictures, sound or pages without words.",
        "Only words are analysed.",
    ),
    "counted otherwise": (
        "note",
        "source(s) count positions in another way than the standard.",
        "The names of their selections say how; positions were read accordingly.",
    ),
    "counting unsure": (
        "warning",
        "source(s) may count positions in more than one way, and no name of a selection tells how.",
        "They were read as the standard says; check some codings against the program.",
    ),
    "no place": ("warning", "selection(s) have no readable place.", "They were left out."),
    "beyond the text": (
        "warning",
        "selection(s) begin behind the end of their source.",
        "They were left out; was the text changed after the coding?",
    ),
    "cut at the end": (
        "warning",
        "selection(s) end behind the end of their source.",
        "They were cut there.",
    ),
    "no words": (
        "note",
        "selection(s) mark no words of a turn, only names or white space.",
        "They were left out.",
    ),
    "unknown code": (
        "warning",
        "coding(s) use a code that is not in the codebook.",
        "They were left out; export the project with its codebook.",
    ),
    "unknown user": (
        "warning",
        "coding(s) are by a user whom the project does not list.",
        "The coder is called `unknown-` and the beginning of the GUID.",
    ),
    "no user": ("warning", "coding(s) name no user.", "The coder is called `unknown`."),
}


def _sniff(path: Path) -> float:
    if not is_zip(path):
        return 0.0
    try:
        with open_archive(path) as archive:
            return 1.0 if _projects(archive) else 0.0
    except BadInput:  # reading then says what is wrong with it
        return 0.9 if path.suffix.lower() == ".qdpx" else 0.0


def _projects(archive: Archive) -> list[str]:
    return [name for name in archive.names if name.lower().endswith(".qde")]


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    trouble = CodingTroubles()
    with open_archive(path) as archive:
        names = _projects(archive)
        if not names:
            raise BadInput.in_file(path, "there is no project (.qde) in it.")
        project = read_project(archive.xml(names[0]))
        spoken = _spoken(archive, project, trouble)
    trouble.note("no sound or picture", "Sources", count=project.wordless)
    found = trouble.findings(path, _TOLD)
    if not spoken:
        told = " ".join(str(finding) for finding in found)
        raise BadInput.in_file(path, f"there is no dialogue in it. {told}".strip())
    name = project.name or bare_name(path)
    schemes = schemes_of(project.tree, whole=name)
    layers = layers_of(
        rows_of(codings_of(project, spoken, schemes, trouble)),
        {scheme.name: scheme_facts(scheme) for scheme in schemes},
    )
    if project.ours:
        corpus = _ours(path, project, spoken, roles)
    else:
        corpus = join_corpora([(str(path), _theirs(path, project, talk, roles)) for talk in spoken])
    found = trouble.findings(path, _TOLD)
    return replace(
        corpus,
        layers=tuple(layers),
        metadata=CorpusMetadata(name=name, facts=_about(project, schemes)),
        findings=(*corpus.findings, *found),
    )


def _about(project: Project, schemes: Sequence[TreeScheme]) -> dict[str, Any]:
    """What the project says as a whole, for those it came from another program."""
    if project.ours:
        return {}
    labels = {guid: label for scheme in schemes for guid, label in scheme.label_of.items()}
    sets = {
        name: [labels[guid] for guid in members if guid in labels]
        for name, members in project.sets.items()
    }
    told = {"origin": project.origin, "description": project.description, "sets": sets}
    return {"refi": {key: value for key, value in told.items() if value}}


# -- sources ---------------------------------------------------------------------------------------


def _spoken(archive: Archive, project: Project, trouble: CodingTroubles) -> list[Spoken]:
    spoken: list[Spoken] = []
    taken: set[str] = set()
    for source in project.sources:
        name = source.name or source.guid
        read = _words(archive, source, trouble, name)
        if read is None:
            continue
        text, marked = read
        if name in taken:
            name = next(n for n in map(f"{name} ({{}})".format, range(2, 10**6)) if n not in taken)
        taken.add(name)
        named = [] if project.ours else source.selections  # ours count as the standard says
        ends = [
            (s.start, s.end, s.name) for s in named if s.start is not None and s.end is not None
        ]
        counting, sure = choose_counting(text, ends, byte_order_mark=marked)
        if counting.name != "characters":
            trouble.note("counted otherwise", name)
        elif not sure:
            trouble.note("counting unsure", name)
        turns = by_cases(text, source, project.cases, counting, sure=project.ours)
        turns = by_lines(text) if turns is None else turns
        if not turns:
            trouble.note("no text", name)
            continue
        at = [(counting.place(position), stamp) for position, stamp in source.times]
        made = [f"{name}-{place}" for place in range(len(turns))]
        ids = [turn.name for turn in turns] if project.ours else made
        timed = with_times(turns, at) if at else turns
        spoken.append(Spoken(source, name, timed, ids, counting, len(text)))
    return spoken


def _words(
    archive: Archive, source: Source, trouble: CodingTroubles, name: str
) -> tuple[str, bool] | None:
    """Text of a source and whether its file began with a byte order mark."""
    if not source.path:
        if source.inline is None:
            trouble.note("no text", name)
            return None
        return source.inline, False
    scheme, mark, stated = source.path.partition("://")
    if mark and scheme.lower() != "internal":
        trouble.note("outside", name)
        return None
    stated = stated if mark else source.path
    wanted = PurePosixPath(stated.replace("\\", "/")).name.lower()
    there = [n for n in archive.names if PurePosixPath(n.replace("\\", "/")).name.lower() == wanted]
    if not wanted or not there:
        trouble.note("missing file", name)
        return None
    content = archive.read(there[0])
    try:
        return decoded(archive.path / there[0], content), content.startswith(_BOM)
    except BadInput:
        trouble.note("no encoding", name)
        return None


# -- corpora of one source -------------------------------------------------------------------------


def _theirs(path: Path, project: Project, talk: Spoken, roles: Mapping[str, str] | None) -> Corpus:
    cues = [Cue(t.text, t.row, t.speaker, t.start, t.end) for t in talk.turns]
    people = {turn.speaker for turn in talk.turns}
    cases = [case for case in project.cases if case.name in people and case.selections]
    return corpus_of_cues(
        path,
        cues,
        roles=roles,
        conversation=talk.conversation,
        facts=_facts_of(project, talk.source),
        speakers=_people(cases, prefix=META),
    )


def _facts_of(project: Project, source: Source) -> dict[str, Any]:
    """Variables, memo and cases of a source as columns of the conversation."""
    cases = [case for case in project.cases if source.guid in case.sources]
    values: dict[str, Any] = {}
    for case in cases:
        values |= case.values
    values |= source.values
    told = [source.description, *(project.notes[g] for g in source.notes if g in project.notes)]
    names = "; ".join(case.name for case in cases if case.name)
    extra = {"case": names, "note": "\n".join(text for text in told if text)}
    values |= {key: value for key, value in extra.items() if value}
    return {f"{META}{key}": value for key, value in values.items()}


def _ours(
    path: Path, project: Project, spoken: Sequence[Spoken], roles: Mapping[str, str] | None
) -> Corpus:
    """Conversations that our writer wrote: ids, roles and columns as they were."""
    people = {turn.speaker for talk in spoken for turn in talk.turns}
    cases = [case for case in project.cases if case.name in people]
    role_of = {case.name: case.values.get("role") for case in cases}
    rows = [
        {
            "id": name,
            "conversation_id": talk.conversation,
            "turn": place,
            "speaker": turn.speaker or UNNAMED,
            "role": role_of.get(turn.speaker or ""),
            "text": turn.text,
            ROW: turn.row,
        }
        for talk in spoken
        for place, (name, turn) in enumerate(zip(talk.ids, talk.turns, strict=True))
    ]
    facts, _ = flatten([{**talk.source.values, "id": talk.conversation} for talk in spoken])
    return Corpus.build(
        pl.DataFrame(rows, schema_overrides={"role": pl.String}, infer_schema_length=None),
        conversations=pl.DataFrame(facts),
        speakers=_people(cases),
        roles=roles,
        where=str(path),
    )


def _people(cases: Sequence[Case], *, prefix: str = "") -> pl.DataFrame | None:
    if not cases:
        return None
    facts, _ = flatten(
        [{**{f"{prefix}{k}": v for k, v in case.values.items()}, "id": case.name} for case in cases]
    )
    return pl.DataFrame(facts).unique("id", keep="first", maintain_order=True)


READER = Reader(
    "refi-qda",
    "REFI-QDA project (.qdpx) of a program for qualitative analysis",
    _sniff,
    _read,
)
