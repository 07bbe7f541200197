"""What the catalogue knows of a public corpus. The corpus itself is never part of the workbench."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Counts", "Entry", "RemoteFile"]

NOT_VERIFIED = "not verified: the checksum of the first download is kept and compared from then on"


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts that the publication states; None where none could be confirmed, and `note` says why.

    Parameters
    ----------
    unit
        What the publication calls a conversation (`transcripts`, `dialogues`).
    by_source
        Whether conversations of one `source` are one dialogue of the publication.
    beside
        Beginning of the ids of conversations that stand beside the counted ones.
    """

    conversations: int | None
    utterances: int | None
    speakers: int | None = None
    unit: str = "dialogues"
    note: str = ""
    by_source: bool = False
    beside: str = ""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file at its original public place.

    Parameters
    ----------
    name
        What it is called here; a name with a dot in front is an archive that is only unpacked.
    sha256
        Checksum of the published file, where it is known.
    members
        Of a tar archive: member -> the file it becomes here.
    """

    name: str
    url: str
    sha256: str | None = None
    members: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One public corpus.

    Parameters
    ----------
    licence
        As its source states it.
    terms
        Conditions that have to be accepted before a download; "" where there are none.
    format
        Name of the reader.
    files
        What is downloaded; empty where the holder gives the corpus out on request.
    patterns
        Names of its files, for folders that hold other files too.
    request
        How to ask for it, where it cannot be downloaded.
    cautions
        Column of the conversation table -> what has to be said beside every comparison by it. A value
        of the column in braces stands for the number of its conversations.
    """

    name: str
    title: str
    holds: str
    language: str
    licence: str
    source: str
    paper: str
    format: str
    counts: Counts
    files: tuple[RemoteFile, ...] = ()
    patterns: tuple[str, ...] = ()
    terms: str = ""
    request: str = ""
    cautions: Mapping[str, str] = field(default_factory=dict)

    @property
    def checksums(self) -> str:
        """Whether downloads can be verified, in words."""
        if not self.files:
            return "no download"
        known = sum(file.sha256 is not None for file in self.files)
        if known == len(self.files):
            return "SHA-256 known"
        rest = f"; {known} of {len(self.files)} files have a known SHA-256" if known else ""
        return NOT_VERIFIED + rest
