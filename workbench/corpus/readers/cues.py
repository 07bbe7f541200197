"""What every transcript format comes down to: who said what, from when to when, in which line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["UNNAMED", "Cue", "clock_seconds", "corpus_of_cues", "is_speaker_word", "name_of"]

UNNAMED = "unknown"
"""Speaker of cues whose source names nobody."""

_NUMBERED = re.compile(
    r"(unknown[\s_]speaker|speaker|sprecher|sprecherin|spk|person|participant|hablante|locuteur|unknown)[\s_#-]*"
    r"(\d{1,3}|[a-z])?",
    re.IGNORECASE,
)
"""Names that recognisers give: they mean another person in each recording."""

_CLOCK = re.compile(r"(?:([0-9]{1,12}):)?([0-9]{1,12}):([0-9]{1,2})(?:[.,]([0-9]{1,9}))?")
_NUMBER_AT_END = re.compile(r"[\s_#.-]*[0-9]{1,4}$")


@dataclass(frozen=True, slots=True)
class Cue:
    """One stretch of a transcript: times in seconds, the 1-based line it starts at, extras as meta.

    `timestamp` is the time as the source writes it, where that says more than `start`.
    """

    text: str
    row: int
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    timestamp: str | None = None


def clock_seconds(text: str) -> float | None:
    """Seconds of a clock time `[H:]MM:SS[.fff]`, None for anything else.

    Fields need no leading zeros, the decimal sign is a point or a comma, and hours, or minutes
    where there are no hours, may go beyond 99.

    >>> clock_seconds("0:0:8.5"), clock_seconds("100:00:00,001"), clock_seconds("75:30")
    (8.5, 360000.001, 4530.0)
    """
    read = _CLOCK.fullmatch(text)
    if read is None or int(read[3]) > 59 or (read[1] and int(read[2]) > 59):
        return None
    whole = int(read[1] or 0) * 3600 + int(read[2]) * 60 + int(read[3])
    part = read[4] or ""
    return int(f"{whole}{part}") / 10 ** len(part)


def corpus_of_cues(
    path: Path,
    cues: Sequence[Cue],
    *,
    roles: Mapping[str, str] | None = None,
    conversation: str | None = None,
    facts: Mapping[str, Any] | None = None,
    speakers: pl.DataFrame | None = None,
    ids: Mapping[str, str] | None = None,
    layers: Sequence[Layer] = (),
    metadata: CorpusMetadata | None = None,
    findings: Sequence[Finding] = (),
) -> Corpus:
    """Make one conversation of the cues of one file, in their order.

    A name that is a word for a role (`Therapist`) becomes the role; it and names that recognisers
    give (`Speaker 1`) stand for another person in each file, so the conversation is added to the
    speaker's id. Other names stay as they are: the same name is the same person in all files.
    Utterance ids are `<conversation>-<place>`.

    Parameters
    ----------
    conversation
        Its id; by default the file's name.
    facts
        Columns of the conversation, as `{"topic": ..., "meta.recorded": ...}`.
    speakers
        Traits, one row a speaker, `id` as the source names them; a `role` there is that of the
        speaker's turns.
    ids
        Speaker of the source -> id here, for those whom the rule above would name wrongly.

    Raises
    ------
    BadInput
        If there is no cue.
    """
    if not cues:
        raise BadInput.in_file(path, "there is no utterance in it.")
    name = conversation or bare_name(path)
    said_by = list(dict.fromkeys(cue.speaker for cue in cues))
    known: dict[str | None, str] = {said: _speaker_id(said, name) for said in said_by}
    known.update(ids or {})
    stated = _stated_roles(speakers)
    asked = dict(roles or {})
    asked |= {known[said]: role for said, role in asked.items() if said in known}
    meta, _ = flatten([cue.meta for cue in cues], prefix=META)
    frame = pl.DataFrame(
        {
            "id": [f"{name}-{place}" for place in range(len(cues))],
            "conversation_id": [name] * len(cues),
            "turn": list(range(len(cues))),
            "speaker": [known[cue.speaker] for cue in cues],
            "role": [stated.get(cue.speaker) or _role(cue.speaker) for cue in cues],
            "text": [cue.text for cue in cues],
            "start": [cue.start for cue in cues],
            "end": [cue.end for cue in cues],
            "timestamp": [cue.timestamp for cue in cues],
            ROW: [cue.row for cue in cues],
        },
        schema_overrides={
            **{"role": pl.String, "timestamp": pl.String},
            **{"start": pl.Float64, "end": pl.Float64},
        },
    )
    if speakers is not None:
        renamed = {said: there for said, there in known.items() if said}
        speakers = speakers.with_columns(pl.col("id").replace(renamed))
    return Corpus.build(
        frame.with_columns(meta),
        conversations=pl.DataFrame([{"id": name, **(facts or {})}]) if facts else None,
        speakers=speakers,
        layers=layers,
        metadata=metadata or CorpusMetadata(name=bare_name(path)),
        roles=asked or None,
        findings=[*findings, *_unnamed(path, cues)],
        where=str(path),
    )


def _stated_roles(speakers: pl.DataFrame | None) -> dict[str | None, str | None]:
    if speakers is None or "role" not in speakers.columns:
        return {}
    return dict(speakers.select("id", "role").iter_rows())


def is_speaker_word(name: str) -> bool:
    """Whether a name alone says that somebody speaks: a word for a role, or a recogniser's name."""
    return _role(name) is not None or bool(_NUMBERED.fullmatch(name))


def name_of(speaker: str, conversation: str) -> str | None:
    """Name in a transcript of which `corpus_of_cues` makes the id `speaker`, None for nobody's.

    >>> name_of("therapist-s1", "s1"), name_of("Sam Ortiz", "s1"), name_of("unknown-s1", "s1")
    ('therapist', 'Sam Ortiz', None)
    """
    bare = speaker.removesuffix(f"-{conversation}")
    if bare != speaker and bare == UNNAMED:
        return None
    return bare if _speaker_id(bare, conversation) == speaker else speaker


def _role(said: str | None) -> str | None:
    if said is None:
        return None
    return role_of_word(said) or role_of_word(_NUMBER_AT_END.sub("", said))


def _speaker_id(said: str | None, conversation: str) -> str:
    if said is None:
        return f"{UNNAMED}-{conversation}"
    role = role_of_word(said)
    if role is not None:
        return f"{role}-{conversation}"
    return f"{said}-{conversation}" if _NUMBERED.fullmatch(said) else said


def _unnamed(path: Path, cues: Sequence[Cue]) -> list[Finding]:
    count = sum(cue.speaker is None for cue in cues)
    if not count:
        return []
    message = f"{count} of {len(cues)} utterances name no speaker."
    mend = "Analyses that need to know who helps leave them out."
    first = next(cue.row for cue in cues if cue.speaker is None)
    return [Finding("warning", "no speaker", count, f"{path}, row {first}", message, mend)]
