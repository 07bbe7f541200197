"""DAIC-WOZ interviews (Gratch et al., LREC 2014): `<participant>_TRANSCRIPT.csv`, and their folder.

Ellie asks and is no counsellor: her role is `interviewer`. Where a line of hers names the recorded
question, as `how_are_you (how are you today)`, the spoken words are the text and the name is
`meta.question_id`. Marks that are no speech (`<sync>`) are left out; sounds (`[laughter]`,
`<laughter>`) stay in the text as they are written and are named in `meta.sounds`; what was scrubbed
for privacy keeps its placeholder and `meta.scrubbed`.

A folder may hold split tables with `Participant_ID`: their columns (PHQ-8 scores, gender) become
columns of the conversation, with the part in `meta.split`. What is known to be wrong with single
sessions (the corpus' documentation and Bailey & Plumbley 2021, arXiv:2104.07644) is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
from polars import selectors as cs

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.joining import join_corpora
from workbench.corpus.readers.cues import Cue, corpus_of_cues
from workbench.corpus.readers.opening import bare_name, header, read_text
from workbench.corpus.readers.published import part_of
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import as_numbers, read_csv, separator_of
from workbench.corpus.schema import CONVERSATION_COLUMNS, META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput
from workbench.progress import track

__all__ = ["READER"]

_CITATION = (
    "Gratch, J., Artstein, R., Lucas, G., Stratou, G., Scherer, S., Nazarian, A., et al. (2014). "
    "The Distress Analysis Interview Corpus of human and computer interviews. LREC 2014, 3123-3128."
)
_COLUMNS = ["start_time", "stop_time", "speaker", "value"]
_ELLIE = "Ellie"
_QUESTION = re.compile(r"(\w+)\s*\((.*)\)$", re.DOTALL)
_SYNC = re.compile(r"[<\[]sync(?:h|ing|hing)?[>\]]", re.IGNORECASE)
_SOUND = re.compile(
    r"[<\[]\s*(laugh(?:ter|s|ing)?|sigh(?:s|ing)?|cough(?:s|ing)?|sniff(?:le)?s?|yawn(?:s|ing)?|"
    r"clears throat|deep breath|cr(?:y|ies|ying))\s*[>\]]",
    re.IGNORECASE,
)
_SCRUBBED = "scrubbed_entry"
_BESIDE = re.compile(r"_(covarep|formant|clnf_\w+)\.(csv|txt|bin)$|\.(wav|pdf|zip|md5)$")
"""Files of the corpus that hold no words."""

_INTERRUPTED = {"373": (395.0, 428.0), "444": (286.0, 387.0)}
_LATE = {"318": 34.32, "321": 3.84, "341": 6.19, "362": 16.86}
"""Seconds by which the recording runs behind the transcript."""


def _sniff(path: Path) -> float:
    if path.is_dir():
        return 0.95 if _is_corpus(path) else 0.0
    return 1.0 if _is_transcript(path) else 0.0


def _is_transcript(path: Path) -> bool:
    return [name.lower() for name in header(path, "\t")] == _COLUMNS


def _is_table(path: Path) -> bool:
    names = [name.lower() for name in header(path, separator_of(path) or ",")]
    return "participant_id" in names


def _is_corpus(path: Path) -> bool:
    """Whether there are transcripts and nothing beside them that is not of this corpus."""
    found = False
    for file in _files(path):
        if not _BESIDE.search(file.name.lower()):
            if not (_is_transcript(file) or _is_table(file)):
                return False
            found = found or _is_transcript(file)
    return found


def _files(path: Path) -> Iterator[Path]:
    return (f for f in path.rglob("*") if f.is_file() and not f.name.startswith("."))


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    if not path.is_dir():
        return _session(path, roles)
    files = sorted(file for file in _files(path) if not _BESIDE.search(file.name.lower()))
    parts: list[tuple[str, Corpus]] = []
    tables: list[pl.DataFrame] = []
    broken: list[Finding] = []
    for file in track(files, doing="loading", total=len(files)):
        try:
            if _is_table(file):
                tables.append(_table(file))
            else:
                parts.append((str(file), _session(file, roles)))
        except BadInput as error:
            mend = "The file was left out; the others were loaded."
            broken.append(Finding("warning", "broken file", 1, str(file), str(error), mend))
    if not parts:
        raise BadInput("\n".join([f"{path}: no file could be read.", *map(str, broken)]))
    corpus = join_corpora(parts)
    corpus = replace(
        corpus,
        metadata=replace(corpus.metadata, name=path.resolve().name),
        findings=(*corpus.findings, *broken),
    )
    return _with_facts(path, corpus, tables) if tables else corpus


# -- one session -----------------------------------------------------------------------------------


def _session(path: Path, roles: Mapping[str, str] | None) -> Corpus:
    lines = read_text(path).replace("\r\n", "\n").split("\n")
    if [name.strip().lower() for name in lines[0].split("\t")] != _COLUMNS:
        raise BadInput.in_file(
            path, "this is no DAIC-WOZ transcript.", row=1, remedy=f"Expected columns {_COLUMNS}."
        )
    name = re.sub(r"_transcript$", "", bare_name(path), flags=re.IGNORECASE)
    cues: list[Cue] = []
    told: dict[str, list[int]] = {}
    for row, line in enumerate(lines[1:], start=2):
        fields = [field.strip() for field in line.split("\t", 3)]
        if not any(fields):
            continue
        if len(fields) < len(_COLUMNS):
            told.setdefault("short row", []).append(row)
        elif not _SYNC.sub("", fields[3]) and fields[3]:
            told.setdefault("sync", []).append(row)
        else:
            cues.append(_cue(name, row, fields, told))
    if cues and _ELLIE not in {cue.speaker for cue in cues}:
        told["no interviewer"] = [cues[0].row]
    if name in _LATE:
        told["late recording"] = [1]
    return corpus_of_cues(
        path,
        cues,
        roles=roles,
        conversation=name,
        facts={"source": name},
        speakers=pl.DataFrame({"id": [_ELLIE], "role": ["interviewer"]}),
        metadata=CorpusMetadata(name="daic-woz", citation=_CITATION, language="en"),
        findings=_findings(path, told),
    )


def _cue(name: str, row: int, fields: list[str], told: dict[str, list[int]]) -> Cue:
    begin, stop, speaker, text = fields
    start, end = _seconds(begin), _seconds(stop)
    if (start is None and begin) or (end is None and stop):
        told.setdefault("malformed time", []).append(row)
    meta: dict[str, str | bool] = {}
    if speaker == _ELLIE and (asked := _QUESTION.fullmatch(text)):
        meta["question_id"], text = asked[1], asked[2].strip()
    if sounds := [sound.lower() for sound in _SOUND.findall(text)]:
        meta["sounds"] = ", ".join(sounds)
    if _SCRUBBED in text:
        meta["scrubbed"] = True
        told.setdefault("scrubbed", []).append(row)
    first, last = _INTERRUPTED.get(name, (0.0, 0.0))
    if start is not None and end is not None and start < last and end > first:
        meta["interruption"] = True
        told.setdefault("interruption", []).append(row)
    return Cue(text, row, speaker or None, start, end, meta)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,9})?", text) else None


_TOLD: Mapping[str, tuple[str, str]] = {
    "short row": ("row(s) have fewer than four fields.", "They were left out; correct them."),
    "malformed time": (
        "row(s) have times that are no seconds.",
        "The times are left empty; the words were kept.",
    ),
    "sync": ("row(s) are marks for synchronising, no speech.", "They were left out."),
    "scrubbed": (
        "utterance(s) were scrubbed for privacy.",
        "They are marked in meta.scrubbed; leave them out where words count.",
    ),
    "interruption": (
        "utterance(s) lie in an interruption of this session.",
        "They are marked in meta.interruption; leave them out where content counts.",
    ),
    "no interviewer": (
        "session has no line of Ellie's, as is known of 451, 458 and 480.",
        "What the participant answers to is not there.",
    ),
    "late recording": (
        "session is known for a recording that runs behind its transcript.",
        f"The times are those of the transcript; for the sound add seconds: {_LATE}.",
    ),
}


def _findings(path: Path, told: Mapping[str, list[int]]) -> list[Finding]:
    found = []
    for what, rows in told.items():
        message, mend = _TOLD[what]
        where = f"{path}, " + ", ".join(f"row {row}" for row in rows[:3])
        text = f"{len(rows)} {message}"
        if what in ("sync", "scrubbed"):
            found.append(Finding("note", what, len(rows), where, text, mend))
        else:
            found.append(Finding("warning", what, len(rows), where, text, mend))
    return found


# -- the tables of splits and scores ---------------------------------------------------------------


def _with_facts(path: Path, corpus: Corpus, tables: list[pl.DataFrame]) -> Corpus:
    """Join the split tables; of a participant who stands in two, the first value of each column."""
    facts = pl.concat(tables, how="diagonal_relaxed")
    facts = facts.group_by("id", maintain_order=True).agg(pl.all().drop_nulls().first())
    facts = facts.with_columns(as_numbers(facts[name]) for name in facts.columns if name != "id")
    known = corpus.conversations["id"]
    without = known.filter(~known.is_in(facts["id"].implode())).to_list()
    absent = facts["id"].filter(~facts["id"].is_in(known.implode())).to_list()
    found = []
    for count, what, mend in (
        (len(without), f"session(s) stand in no table: {without[:12]}.", "They have no scores."),
        (len(absent), f"participant(s) of the tables have no transcript: {absent[:12]}.", ""),
    ):
        if count:
            found.append(Finding("note", "tables", count, str(path), f"{count} {what}", mend))
    joined = corpus if len(without) == known.len() else corpus.join_outcomes(facts)
    return replace(
        joined, findings=(*corpus.findings, *found, *_wrong_labels(path, joined.conversations))
    )


def _table(file: Path) -> pl.DataFrame:
    table = read_csv(file, separator=separator_of(file) or ",").drop(ROW)
    names = {name: name.strip() for name in table.columns}
    taken = {name: f"{META}{name}" for name in names.values() if name in CONVERSATION_COLUMNS}
    names = {theirs: taken.get(ours, ours) for theirs, ours in names.items()}
    names |= {theirs: "id" for theirs in names if theirs.strip().lower() == "participant_id"}
    table = table.rename(names).with_columns(
        pl.col("id").str.strip_chars(), pl.lit(part_of(file)).alias(f"{META}split")
    )
    return table.drop_nulls("id")


def _wrong_labels(path: Path, talks: pl.DataFrame) -> list[Finding]:
    """Sessions whose PHQ-8 label is not that of their score (10 or more is 1), as in 409."""
    found = []
    for binary, score in (("PHQ8_Binary", "PHQ8_Score"), ("PHQ_Binary", "PHQ_Score")):
        if not {binary, score} <= set(talks.select(cs.numeric()).columns):
            continue
        wrong = talks.filter((pl.col(score) >= 10).cast(pl.Int64) != pl.col(binary))
        if wrong.height:
            ids = wrong["id"].to_list()[:12]
            message = f"{binary} is not that of {score} (10 or more is 1) in {ids}."
            mend = "Both were kept as they are; of 409 the score is right."
            found.append(Finding("warning", "wrong label", wrong.height, str(path), message, mend))
    return found


READER = Reader(
    "daic-woz",
    "DAIC-WOZ interviews: a transcript, or a folder with split tables",
    _sniff,
    _read,
    per_file=False,
)
