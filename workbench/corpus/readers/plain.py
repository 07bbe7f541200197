"""Plain transcripts: `Name: text`, a line or a paragraph each, with or without times.

Who speaks is decided by the whole file (the rule stands in `naming`). A line without a name
belongs to the turn before, joined by a space. Times may stand before the name (`[00:12] Ann: Hi`,
`00:12 Ann: Hi`, `[0:12 - 0:15] Ann: Hi`), behind it (`Ann (00:12): Hi`), or alone on a line, then
they are those of the next turn; `00:12` is read as minutes and seconds. Where names carry times, a
line with a time and no name is nobody's; elsewhere a time inside a turn is part of it. Zoom's
saved chat (`10:02:11 From Ann to Everyone: Hi`) has this layout, too.

Lines before the first turn become `meta.header` of the conversation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import Cue, clock_seconds, corpus_of_cues, is_speaker_word
from workbench.corpus.readers.naming import Speakers, opening, speakers_among
from workbench.corpus.readers.opening import is_binary, peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.subtitles import lines_of
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = [
    "READER",
    "Transcript",
    "corpus_of_plain",
    "doubts",
    "looks_plain",
    "transcript_of",
]

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_BEFORE = re.compile(
    rf"[\[(<]?(?P<start>{_CLOCK})(?:\s*(?:-->|[-–—]|to)\s*(?P<end>{_CLOCK}))?[\])>]?"
    r"(?:\s*[-–—|]\s+|\s+|$)(?P<rest>.*)",
    re.DOTALL,
)
_BEHIND = re.compile(
    rf"(?P<name>[^\W_][^:：\[(]{{0,79}}?)\s*[\[(](?P<start>{_CLOCK})[\])]\s*"
    r"(?P<rest>(?::(?=\s|$)|：).*)",
    re.DOTALL,
)
_CHAT = re.compile(
    r"From\s+(?P<name>[^:]{1,60}?)(?:\s+to\s+(?P<to>[^:]{1,60}?))?\s*(?P<rest>:.*)", re.DOTALL
)
_DATED = re.compile(
    r"\W{0,3}(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[ .-][A-Za-zäé]{3,9}\.?[ .-]\d{2,4})"
    r"[,T]?\s*\d{1,2}[:.]\d{2}"
)
_LISTED = re.compile(r"\s*-\s+[\w-]+:(?:\s|$)")


class _Line(NamedTuple):
    """A line that is not empty: its number, its time, and the rest of it."""

    row: int
    whole: str
    rest: str
    stamp: str | None = None
    until: str | None = None
    to: str | None = None


@dataclass(slots=True)
class Transcript:
    """Turns of a text, the lines before them, and the rows of names that were not taken for any."""

    cues: list[Cue] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)


def looks_plain(text: str) -> float:
    """Confidence from 0 to 0.34 that a text is a transcript of the layout `Name: text`.

    It stays below that of any format with signs of its own. Lines that begin with a date and a time
    are those of chat exports; indented ones, and lists of `- key: value`, those of code and YAML.
    """
    whole = lines_of(text)
    lines = [line for line in whole if line.strip()]
    dated = sum(bool(_DATED.match(line)) for line in lines)
    listed = sum(bool(_LISTED.match(line)) for line in lines)
    if not lines or max(dated, listed) >= 2 or 2 * dated > len(lines):
        return 0.0
    turns = [cue for cue in transcript_of(text).cues if cue.speaker is not None]
    indented = sum(whole[cue.row - 1][:1].isspace() for cue in turns)
    counts = Counter(cue.speaker for cue in turns)
    words = sum(is_speaker_word(name) for name in counts if name)
    share = len(turns) / len(lines)
    if 2 * indented > len(turns):
        return 0.0
    if share >= 0.25 and (max(counts.values(), default=0) > 1 or words > 1):
        return 0.34
    return 0.3 if share >= 0.05 and words > 1 else 0.0


def transcript_of(text: str) -> Transcript:
    """Read the turns of a text; without a single name or time there are none."""
    blocks = _blocks(text)
    lines = [line for block in blocks for line in block]
    speakers = _speakers(blocks)
    parted = [(line, *speakers.split(line.rest)) for line in lines]
    named = any(name is not None for _, name, _ in parted)
    timed = not named or any(name is not None and line.stamp for line, name, _ in parted)
    found = Transcript()
    turns: list[tuple[_Line, str | None, _Line | None, list[str]]] = []
    above: _Line | None = None
    for line, name, words in parted:
        if line.stamp and not line.rest:
            above = line
        elif name is not None or (timed and line.stamp) or (above is not None and not named):
            turns.append((line, name, line if line.stamp else above, [words]))
            above = None
        elif turns:
            turns[-1][3].append(line.whole)
            found.doubtful += [line.row] * (opening(line.rest) is not None)
        else:
            found.header.append(line.whole)
    found.cues += [_cue(line, name, " ".join(said), when) for line, name, when, said in turns]
    return found


def _cue(line: _Line, name: str | None, words: str, timed: _Line | None) -> Cue:
    stamp = timed.stamp if timed else None
    start = clock_seconds(stamp) if stamp else None
    end = clock_seconds(timed.until) if timed and timed.until else None
    meta: dict[str, Any] = {"to": line.to} if line.to else {}
    return Cue(words.strip(), line.row, name, start, end, meta, stamp)


# -- lines -----------------------------------------------------------------------------------------


def _blocks(text: str) -> list[list[_Line]]:
    """Lines of a text in groups that empty lines part."""
    blocks: list[list[_Line]] = [[]]
    for row, line in enumerate(lines_of(text), start=1):
        whole = line.strip()
        if whole:
            blocks[-1].append(_line(row, whole))
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _line(row: int, whole: str) -> _Line:
    if read := _BEFORE.fullmatch(whole):
        chat = _CHAT.fullmatch(read["rest"])
        rest = f"{chat['name']}{chat['rest']}" if chat else read["rest"]
        return _Line(row, whole, rest, read["start"], read["end"], chat["to"] if chat else None)
    if read := _BEHIND.fullmatch(whole):
        return _Line(row, whole, f"{read['name']}{read['rest']}", read["start"])
    return _Line(row, whole, whole)


def _speakers(blocks: Sequence[Sequence[_Line]]) -> Speakers:
    worded = [rests for block in blocks if (rests := [line.rest for line in block if line.rest])]
    if len(worded) > 1:
        worded = worded[_heads(worded) :]
        following = [line for block in worded for line in block[1:]]
        return speakers_among([block[0] for block in worded], following)
    lines = worded[0] if worded else []
    first = next((place for place, line in enumerate(lines) if opening(line)), len(lines))
    lines = lines[first:]
    goes_on = [place > 0 and lines[place - 1].endswith((":", ",")) for place in range(len(lines))]
    begun = [line for line, on in zip(lines, goes_on, strict=True) if not on]
    rest = [line for line, on in zip(lines, goes_on, strict=True) if on]
    return speakers_among(begun, rest, paragraphs=False)


def _heads(blocks: Sequence[Sequence[str]]) -> int:
    """How many blocks at the start are no turns: titles, or lists of facts as `Client: 7`."""
    counts = Counter(found.name for block in blocks for line in block if (found := opening(line)))
    for place, block in enumerate(blocks):
        names = [found.name for line in block if (found := opening(line))]
        if opening(block[0]) and (len(names) < 2 or max(counts[name] for name in names) > 1):
            return place
    return len(blocks)


# -- the reader ------------------------------------------------------------------------------------


def _sniff(path: Path) -> float:
    return 0.0 if is_binary(path) else looks_plain(peek(path))


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return corpus_of_plain(path, read_text(path), roles=roles)


def corpus_of_plain(path: Path, text: str, *, roles: Mapping[str, str] | None = None) -> Corpus:
    """Make one conversation of a text.

    Raises
    ------
    BadInput
        If no line begins with a name or a time.
    """
    found = transcript_of(text)
    if not found.cues:
        raise BadInput.in_file(
            path,
            "no line begins with the name of someone who speaks.",
            row=1,
            remedy="Expected lines like `Therapist: How are you?`, with names that recur.",
        )
    header = "\n".join(found.header)
    return corpus_of_cues(
        path,
        found.cues,
        roles=roles,
        facts={"meta.header": header} if header else None,
        findings=doubts(path, found.doubtful),
    )


def doubts(path: Path, rows: Sequence[int]) -> list[Finding]:
    """Tell of lines that begin like `Name:` and were read as words."""
    if not rows:
        return []
    where = f"{path}, " + ", ".join(f"row {row}" for row in rows[:3])
    message = f"{len(rows)} line(s) begin like `Name:`, with a name that no other turn has."
    mend = (
        "They were read as words of the turn before. Where they are turns, put an empty line "
        "between all turns."
    )
    return [Finding("note", "name or words", len(rows), where, message, mend)]


READER = Reader("plain", "plain transcripts, `Name: text`", _sniff, _read, transcript=True)
