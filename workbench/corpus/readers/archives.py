"""Open zip files (qdpx, docx, xlsx, chat exports) and XML without falling into their traps.

Refused before anything is unpacked: members whose name leaves the folder, links, passwords, more
members or bytes than a dialogue needs, and members that unpack to a hundred times their size. XML
with entities or a document type is refused by defusedxml. Nothing is ever written to disk.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from workbench.errors import BadInput
from workbench.resources import need

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Archive", "is_zip", "open_archive", "parse_xml"]

LARGEST_WHOLE = 2_000_000_000
LARGEST_MEMBER = 500_000_000
MOST_MEMBERS = 20_000
STEEPEST = 100
"""Times its packed size that a member may unpack to, from 10 MB on."""

_SMALL = 10_000_000
_ZIP = b"PK\x03\x04"


def is_zip(path: Path) -> bool:
    """Whether a file begins like a zip file."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return opened.read(4) == _ZIP


class Archive:
    """Checked members of an opened zip file, read one at a time."""

    def __init__(self, path: Path, opened: zipfile.ZipFile) -> None:
        self.path = path
        self._opened = opened

    @property
    def names(self) -> list[str]:
        """Names of the files in it, in their order."""
        return [entry.filename for entry in self._opened.infolist() if not entry.is_dir()]

    def read(self, name: str) -> bytes:
        """Unpack one member.

        Raises
        ------
        BadInput
            If it is not there, is damaged, or is larger than it says.
        """
        try:
            with self._opened.open(name) as member:
                content = member.read(LARGEST_MEMBER + 1)
        except KeyError:
            raise BadInput.in_file(self.path, f"there is no {name!r} in it.") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
            raise BadInput.in_file(
                self.path, f"the part {name!r} is damaged or cut off.", remedy="Export it again."
            ) from None
        if len(content) > LARGEST_MEMBER:
            raise _too_large(self.path, name)
        return content

    def xml(self, name: str) -> Element:
        """Parse one member as XML; see `parse_xml`."""
        return parse_xml(self.read(name), where=f"{self.path}, {name}")


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zip file after checking every member's name, size and kind.

    Raises
    ------
    BadInput
        If it is no whole zip file, or a member is dangerous.
    """
    try:
        opened = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise BadInput.in_file(path, "there is no such file.") from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise BadInput.in_file(
            path, "the archive is damaged, cut off or of another kind.", remedy="Export it again."
        ) from None
    with opened:
        _check(path, opened.infolist())
        yield Archive(path, opened)


def _check(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_MEMBERS:
        raise BadInput.in_file(path, f"the archive holds more than {MOST_MEMBERS:,} files.")
    for entry in entries:
        _check_name(path, entry)
        steep = entry.file_size > STEEPEST * max(1, entry.compress_size)
        if entry.file_size > LARGEST_MEMBER or (steep and entry.file_size > _SMALL):
            raise _too_large(path, entry.filename)
    if sum(entry.file_size for entry in entries) > LARGEST_WHOLE:
        raise _too_large(path, "its whole content")


def _check_name(path: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename.replace("\\", "/")
    leaves = name.startswith("/") or ":" in name.split("/")[0] or ".." in PurePosixPath(name).parts
    if leaves or stat.S_ISLNK(entry.external_attr >> 16):
        raise BadInput.in_file(
            path,
            f"the archive has a member that points out of it ({entry.filename!r}).",
            remedy="Do not trust it; ask where it comes from.",
        )
    if entry.flag_bits & 0x1:
        raise BadInput.in_file(
            path, "the archive has a password.", remedy="Unpack it and load the folder."
        )


def _too_large(path: Path, name: str) -> BadInput:
    return BadInput.in_file(
        path,
        f"{name!r} would unpack to far more than a dialogue holds.",
        remedy="Do not trust it; where you do, unpack it and load the folder.",
    )


def parse_xml(content: bytes, *, where: str | Path) -> Element:
    """Parse XML with entities, document types and outside references refused.

    Raises
    ------
    BadInput
        If it is no well-formed XML (with the line) or tries any of these.
    """
    safe = need("defusedxml.ElementTree", feature="Reading XML files", extra="formats")
    refused = need("defusedxml", feature="Reading XML files", extra="formats").DefusedXmlException
    try:
        root: Element = safe.fromstring(content, forbid_dtd=True)
    except ParseError as error:
        raise BadInput.in_file(
            where, "this is no readable XML.", row=error.position[0], remedy="Export it again."
        ) from None
    except refused:
        raise BadInput.in_file(
            where,
            "the XML has a document type or entities, which no such file needs.",
            remedy="Do not trust it; remove the DOCTYPE where you know what it is.",
        ) from None
    except (ValueError, LookupError, RecursionError):
        raise BadInput.in_file(where, "this is no readable XML.") from None
    return root
