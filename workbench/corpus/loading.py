"""`load`: any supported file or folder into a Corpus, chosen by what it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.joining import join_corpora
from workbench.corpus.readers import Reader, likeliest, reader, readers
from workbench.corpus.readers.opening import is_binary, read_text
from workbench.corpus.validation import Finding
from workbench.errors import BadInput
from workbench.files import checksum
from workbench.progress import track

__all__ = ["BROKEN", "load"]

BROKEN = "broken file"
"""Check of the findings that tell of files of a folder that were left out."""

FEW_STRAYS = 10
"""One file of another kind in ten is a stray in a folder; more of them are a question."""


def load(
    path: str | Path,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Corpus:
    """Load a corpus from a file or folder.

    A folder is either a corpus of its own (the workbench's, ConvoKit's) or holds files of one
    format, or transcripts of several, together one corpus; then a file that cannot be read is left
    out and listed in `Corpus.report()`.

    Parameters
    ----------
    path
        A file (plain or gzip) or a folder.
    format
        Name of a registered reader; by default the content decides.
    columns
        Column names of the source -> names here, as `{"Sprecher": "speaker"}`.
    roles
        Roles or speaker names of the source -> roles here, as `{"assistant": "therapist"}`.
    strict
        Refuse a folder of which a file would be left out.

    Raises
    ------
    BadInput
        If there is nothing there, no reader knows it, or its reader finds it broken.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput.in_file(path, "there is no such file or folder.")
    with ThreadPoolExecutor(1) as beside:
        content = beside.submit(checksum, path)
        corpus = _read(path, format, columns, roles)
    left_out = [finding for finding in corpus.findings if finding.check == BROKEN]
    if strict and left_out:
        told = [f"{finding.where}: {finding.message}" for finding in left_out]
        raise BadInput("\n".join([f"{path}: {len(told)} file(s) cannot be read.", *told]))
    return replace(
        corpus,
        metadata=replace(corpus.metadata, source_checksum=content.result()),
        findings=(*corpus.findings, *_sides(corpus, path)),
    )


def _read(
    path: Path,
    format: str | None,
    columns: Mapping[str, str] | None,
    roles: Mapping[str, str] | None,
) -> Corpus:
    chosen = reader(format) if format else likeliest(path)
    if path.is_dir() and (chosen is None or chosen.per_file):
        return _folder(path, chosen, columns, roles)
    if chosen is None:
        raise _unknown(path, remedy=_supported())
    return chosen.read(path, columns=columns, roles=roles)


def _unknown(path: Path, *, remedy: str = "") -> BadInput:
    """Why no reader takes a file: it is empty, damaged, in another encoding, or of no known format."""
    if not is_binary(path):
        read_text(path)
    return BadInput.in_file(path, "no reader knows this format.", remedy=remedy)


def _supported() -> str:
    told = "; ".join(f"{name} ({each.description})" for name, each in sorted(readers().items()))
    return f"Supported are {told}. Name one with format= if you know better."


def _folder(
    path: Path,
    chosen: Reader | None,
    columns: Mapping[str, str] | None,
    roles: Mapping[str, str] | None,
) -> Corpus:
    files = sorted(f for f in path.rglob("*") if f.is_file() and not f.name.startswith("."))
    if not files:
        raise BadInput.in_file(path, "the folder is empty.", remedy=_supported())
    candidates = list(readers().values())
    fitting = {file: chosen or likeliest(file, candidates) for file in files}
    kept = _together(path, fitting)
    parts: list[tuple[str, Corpus]] = []
    broken: list[Finding] = []
    for file, each in track(fitting.items(), doing="loading", total=len(fitting)):
        try:
            if each is None:
                raise _unknown(file)
            if each.name not in kept:
                raise BadInput.in_file(
                    file,
                    f"its content is {each.name}, that of the folder {', '.join(sorted(kept))}.",
                )
            parts.append((str(file), each.read(file, columns=columns, roles=roles)))
        except BadInput as error:
            broken.append(_left_out(file, error))
    if not parts:
        raise BadInput("\n".join([f"{path}: no file could be read.", *map(str, broken)]))
    corpus = join_corpora(parts)
    name = corpus.metadata.name if len(parts) == 1 else path.resolve().name
    return replace(
        corpus,
        metadata=replace(corpus.metadata, name=name),
        findings=(*corpus.findings, *broken),
    )


def _together(path: Path, fitting: Mapping[Path, Reader | None]) -> set[str]:
    """Formats of a folder that make one corpus: one format, or all those of transcripts.

    Strays of other formats are left out where they are few; where they are not, nobody but the
    user knows what is meant.
    """
    formats = Counter(each.name for each in fitting.values() if each is not None)
    transcripts = {each.name for each in fitting.values() if each is not None and each.transcript}
    if not formats:
        raise BadInput.in_file(path, "no reader knows any file in it.", remedy=_supported())
    commonest = formats.most_common(1)[0][0]
    kept = transcripts if commonest in transcripts else {commonest}
    strays = sum(count for name, count in formats.items() if name not in kept)
    if strays * FEW_STRAYS > formats.total():
        raise BadInput.in_file(
            path,
            f"files of several formats lie in the folder: {dict(formats)}.",
            remedy="Load one format with format=, or put each into a folder of its own.",
        )
    return kept


def _left_out(file: Path, error: BadInput) -> Finding:
    told = str(error).removeprefix(f"{file}: ").removeprefix(str(file)).lstrip(", ")
    mend = "The file was left out; the others were loaded."
    return Finding("warning", BROKEN, 1, str(file), told, mend)


def _sides(corpus: Corpus, path: Path) -> list[Finding]:
    """Note where nobody is known to help: most analyses select by side."""
    present = set(corpus.utterances["side"].unique())
    roles = sorted(corpus.utterances["role"].unique())
    notes = []
    for side, example in (("helper", "therapist"), ("client", "client")):
        if side not in present:
            message = f"no turn is on the {side}'s side; roles there: {roles[:12]}."
            mend = f"Say who is who: roles={{'their role or name': '{example}'}} or --role THEIRS={example}."
            notes.append(Finding("note", f"no {side} turns", 0, str(path), message, mend))
    return notes
