"""Open source files: plain or gzip, UTF-8 or UTF-16 with its mark, or a clear refusal."""

from __future__ import annotations

import gzip
import re
import zlib
from functools import lru_cache
from pathlib import Path

from workbench.errors import BadInput

__all__ = [
    "bare_name",
    "decoded",
    "header",
    "is_binary",
    "peek",
    "read_content",
    "read_text",
    "without_zeros",
]

_GZIP = b"\x1f\x8b"
_PEEK = 1 << 16
_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
LARGEST_TEXT = 2_000_000_000
"""Bytes that a packed text may unpack to; more is taken for an attack or a mistake."""


def bare_name(path: Path) -> str:
    """File name without `.gz` and its ending: `a.csv.gz` -> `a`."""
    name = path.name.removesuffix(".gz")
    return Path(name).stem if Path(name).suffix else name


def peek(path: Path) -> str:
    """First 64 KB of a file as text for sniffing; undecodable bytes replaced, "" for a folder."""
    if not path.is_file():
        return ""
    facts = path.stat()
    return _peek(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=256)
def _peek(path: Path, _modified: int, _size: int) -> str:
    try:
        with path.open("rb") as plain:
            start = plain.read(_PEEK)
        if start.startswith(_GZIP):
            with gzip.open(path) as packed:
                start = packed.read(_PEEK)
    except (OSError, EOFError, zlib.error):
        return ""
    return start.decode(_encoding(start), errors="replace")


def _encoding(content: bytes) -> str:
    return "utf-16" if content.startswith(_MARKS_OF_UTF16) else "utf-8-sig"


def header(path: Path, separator: str = ",") -> list[str]:
    """Names in the first line of a table file, without quotes."""
    first = peek(path).split("\n", 1)[0].rstrip("\r")
    return [name.strip().strip('"') for name in first.split(separator)]


def is_binary(path: Path) -> bool:
    """Whether a file is no text: one in twenty of its first characters is none that texts hold."""
    start = peek(path)
    strange = len(_NO_TEXT.findall(start))
    return strange * 20 > len(start)


def read_text(path: Path) -> str:
    """Whole text of a plain or gzip file in UTF-8, or in UTF-16 that says so by its first bytes.

    Raises
    ------
    BadInput
        If there is no such file, it is empty, damaged, holds zero bytes, unpacks to more than
        2 GB, or is in another encoding; then with line and byte.
    """
    return decoded(path, read_content(path))


def decoded(path: Path, content: bytes) -> str:
    """Text of a file's content, as `read_text` reads it; `path` is for the messages.

    Raises
    ------
    BadInput
        If it holds zero bytes or is in another encoding; then with line and byte.
    """
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        raise _not_readable(path, content, error.start) from None
    return without_zeros(path, text)


def read_content(path: Path) -> bytes:
    """Whole content of a plain or gzip file, unpacked.

    Raises
    ------
    BadInput
        If there is no such file, it is empty, damaged or unpacks to more than 2 GB.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = _unpacked(path)
    except FileNotFoundError:
        raise BadInput.in_file(path, "there is no such file.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInput.in_file(path, "the gzip file is damaged or cut off.") from None
    except OSError as error:
        raise BadInput.in_file(path, f"the file cannot be read ({error.strerror}).") from None
    if not content.strip():
        raise BadInput.in_file(path, "the file is empty.", remedy="Expected dialogue in it.")
    return content


def without_zeros(path: Path, text: str) -> str:
    """Return the text itself, refused where it holds zero bytes."""
    if "\x00" in text:
        raise BadInput.in_file(
            path,
            "there are zero bytes in the text: the file is damaged or no text.",
            row=text.count("\n", 0, text.index("\x00")) + 1,
            remedy="Make or copy it again.",
        )
    return text


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as packed:
        content = packed.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise BadInput.in_file(
            path,
            f"the gzip file unpacks to more than {LARGEST_TEXT / 1e9:.0f} GB.",
            remedy="Unpack and split it where you trust it.",
        )
    return content


def _not_readable(path: Path, content: bytes, place: int) -> BadInput:
    utf16 = content.startswith(_MARKS_OF_UTF16)
    return BadInput.in_file(
        path,
        f"the text is {'damaged UTF-16' if utf16 else 'not UTF-8'}: "
        f"byte {place + 1:,} (0x{content[place]:02x}) cannot be read.",
        row=content.count(b"\n", 0, place) + 1,
        remedy="Save it as UTF-8, or convert it where you know its encoding, for example: "
        f"iconv -f WINDOWS-1252 -t UTF-8 {path.name} > utf8-{path.name}",
    )
