"""`fetch`: a public corpus by its name, from its original place or from files that are there."""

from __future__ import annotations

import sys
import tarfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from workbench import settings
from workbench.corpus.catalogue.downloading import download
from workbench.corpus.catalogue.entries import ENTRIES
from workbench.corpus.catalogue.entry import NOT_VERIFIED, Entry, RemoteFile
from workbench.corpus.corpus import Corpus
from workbench.corpus.joining import join_corpora
from workbench.corpus.loading import load
from workbench.corpus.readers import reader
from workbench.corpus.validation import Finding
from workbench.errors import BadInput
from workbench.files import atomic_path, checksum, checksum_of, read_json, write_json

__all__ = ["compare", "entry", "fetch"]

RECORD = ".fetched.json"
"""What was downloaded, from where, when, and with which checksum; beside the files."""

_LARGEST_MEMBER = 500_000_000
_SURE = 0.9


def entry(name: str) -> Entry:
    """Return what the catalogue knows of a corpus.

    Raises
    ------
    BadInput
        If it is not in the catalogue.
    """
    if name not in ENTRIES:
        raise BadInput.unknown("public corpus", name, sorted(ENTRIES))
    return ENTRIES[name]


def _to_standard_error(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def fetch(
    name: str,
    folder: str | Path | None = None,
    *,
    from_folder: str | Path | None = None,
    accept: bool = False,
    show: Callable[[str], None] = _to_standard_error,
) -> Corpus:
    """Load a public corpus, downloading what is not there yet.

    Licence and terms are shown before anything is asked for. Nothing is sent but a GET to the
    addresses in the catalogue, which are those of the publishers. `Corpus.report()` sets the
    published counts beside the loaded ones.

    Parameters
    ----------
    name
        As in `list()`.
    folder
        Where the files are kept; default: `corpora/<name>` in the user's cache.
    from_folder
        Folder with files of the corpus that you have, whole or in part; nothing is downloaded.
    accept
        Whether you accept the terms, where the corpus has any.
    show
        Takes each text that is for a person to read.

    Raises
    ------
    BadInput
        If there is no such corpus, its terms are not accepted, it is given out on request only,
        or a file has another checksum than it must have.
    NetworkRefused
        If something has to be downloaded while the workbench is offline.
    """
    chosen = entry(name)
    show(_preface(chosen))
    if from_folder is None:
        place = settings.cache_home() / "corpora" / name if folder is None else Path(folder)
        told = _get(chosen, place, accept=accept)
    else:
        place, told = Path(from_folder), []
    files = _files(chosen, place)
    corpus = _load(chosen, place, files)
    counted = compare(name, corpus)
    note = Finding(
        "note", "published counts", 0, str(place), _in_words(counted), chosen.counts.note
    )
    for finding in (*told, note):
        show(str(finding))
    facts = {"catalogue": name, "source": chosen.source, "terms": chosen.terms}
    metadata = replace(
        corpus.metadata,
        name=name,
        licence=chosen.licence,
        citation=corpus.metadata.citation or chosen.paper,
        source_checksum=checksum_of({file.name: checksum(file) for file in files}),
        facts={**corpus.metadata.facts, **facts},
    )
    return replace(corpus, metadata=metadata, findings=(*corpus.findings, *told, note))


def _preface(chosen: Entry) -> str:
    lines = [
        f"{chosen.title}: {chosen.holds}",
        f"Licence: {chosen.licence}",
        f"Source:  {chosen.source}",
        f"Paper:   {chosen.paper}",
    ]
    return "\n".join([*lines, *([f"Terms:   {chosen.terms}"] if chosen.terms else [])])


# -- the files ---------------------------------------------------------------------------------------


def _get(chosen: Entry, place: Path, *, accept: bool) -> list[Finding]:
    if not chosen.files:
        raise BadInput(f"{chosen.title} cannot be downloaded. {chosen.request}")
    missing = [file for file in chosen.files if not (place / file.name).exists()]
    if chosen.terms and missing and not accept:
        raise BadInput(
            f"{chosen.title} has terms: {chosen.terms} See {chosen.source}. If you accept them, say so "
            "with accept=True or --accept-terms."
        )
    place.mkdir(parents=True, exist_ok=True)
    record = read_json(place / RECORD) if (place / RECORD).exists() else {}
    unverified = []
    for file in chosen.files:
        target = place / file.name
        before = record.get(file.name, {}).get("sha256")
        wanted = file.sha256 or before
        if not target.exists():
            download(file.url, target, sha256=wanted)
        found = checksum(target)
        if wanted not in (None, found):
            raise BadInput.in_file(
                target,
                "the file has changed since it was downloaded (its SHA-256 differs).",
                remedy="Remove it and fetch the corpus again.",
            )
        unverified += [file.name] * (file.sha256 is None)
        when = record.get(file.name, {}).get("when") or datetime.now(UTC).isoformat("T", "seconds")
        record[file.name] = {
            "url": file.url,
            "sha256": found,
            "when": when,
            "verified": file.sha256 is not None,
        }
        write_json(place / RECORD, record)
        _unpack(file, target)
    if not unverified:
        return []
    told = f"{len(unverified)} of {len(chosen.files)} file(s) are {NOT_VERIFIED}."
    return [Finding("note", "not verified", len(unverified), str(place), told, "")]


def _unpack(file: RemoteFile, archive: Path) -> None:
    """Take the named members out of a tar archive; nothing else in it is touched."""
    wanted = [(member, archive.with_name(name)) for member, name in file.members]
    wanted = [(member, target) for member, target in wanted if not target.exists()]
    if not wanted:
        return
    try:
        with tarfile.open(archive) as opened:
            for member, target in wanted:
                _take(opened, member, target)
    except (tarfile.TarError, KeyError, EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise BadInput.in_file(
            archive,
            "the archive is damaged or lacks what it must hold.",
            remedy="Remove it, fetch anew.",
        ) from None


def _take(opened: tarfile.TarFile, member: str, target: Path) -> None:
    facts = opened.getmember(member)
    content = opened.extractfile(facts)
    if content is None or facts.size > _LARGEST_MEMBER:
        raise KeyError(member)
    with atomic_path(target) as temporary, temporary.open("wb") as written:
        while block := content.read(1 << 20):
            written.write(block)


# -- the corpus --------------------------------------------------------------------------------------


def _files(chosen: Entry, place: Path) -> list[Path]:
    """Files of the corpus in a folder that may hold others."""
    if not place.is_dir():
        raise BadInput.in_file(place, "there is no such folder.")
    found = sorted({file for pattern in chosen.patterns or ("*",) for file in place.rglob(pattern)})
    found = [file for file in found if file.is_file() and not file.name.startswith(".")]
    form = reader(chosen.format)
    known = [file for file in found if form.sniff(file) >= _SURE] if form.per_file else found
    if not known:
        names = ", ".join(chosen.patterns or tuple(file.name for file in chosen.files))
        told = f"there is no file of {chosen.title} in it."
        raise BadInput.in_file(place, told, remedy=f"Expected {names}." if names else "")
    return known


def _load(chosen: Entry, place: Path, files: Sequence[Path]) -> Corpus:
    if not reader(chosen.format).per_file:
        return load(place, format=chosen.format)
    return join_corpora([(str(file), load(file, format=chosen.format)) for file in files])


def compare(name: str, corpus: Corpus) -> pl.DataFrame:
    """Set what was loaded beside what was published: `what`, `loaded`, `published`, `beside`.

    `published` is null where no count could be confirmed; `beside` counts conversations that the
    publication does not count.
    """
    counts = entry(name).counts
    talks, turns = corpus.conversations, corpus.utterances
    outside = pl.col("id").str.starts_with(counts.beside) if counts.beside else pl.lit(value=False)
    beside = talks.filter(outside)
    inside = talks.filter(~outside)
    said = turns.filter(pl.col("conversation_id").is_in(inside["id"].implode()))
    dialogues = inside["source"].n_unique() if counts.by_source else inside.height
    return pl.DataFrame(
        {
            "what": [counts.unit, "utterances", "speakers"],
            "loaded": [dialogues, said.height, said["speaker"].n_unique()],
            "published": [counts.conversations, counts.utterances, counts.speakers],
            "beside": [beside.height, turns.height - said.height, 0],
        },
        schema_overrides={"published": pl.Int64},
    )


def _in_words(counted: pl.DataFrame) -> str:
    told = []
    for what, loaded, published, beside in counted.iter_rows():
        if published is None and what == "speakers":
            continue
        of = f" of {published:,}" if published is not None else ""
        unknown = " (published count not confirmed)" if published is None else ""
        more = f" (and {beside:,} beside them)" if beside else ""
        told.append(f"{loaded:,}{of} {what}{unknown}{more}")
    return ", ".join(told) + "."
