"""Open source files: plain or gzip, UTF-8 or a clear refusal."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from pathlib import Path

from workbench.errors import BadInput

__all__ = ["bare_name", "header", "is_binary", "peek", "read_text"]

_GZIP = b"\x1f\x8b"
_PEEK = 1 << 16
_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")


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
    return start.decode("utf-8-sig", errors="replace")


def header(path: Path, separator: str = ",") -> list[str]:
    """Names in the first line of a table file, without quotes."""
    first = peek(path).split("\n", 1)[0].rstrip("\r")
    return [name.strip().strip('"') for name in first.split(separator)]


def is_binary(path: Path) -> bool:
    """Whether a file holds no text at all (zero bytes inside, and no UTF-16 mark)."""
    with path.open("rb") as opened:
        marked = opened.read(2) in _MARKS_OF_UTF16
    return not marked and "\x00" in peek(path)


def read_text(path: Path) -> str:
    """Whole text of a plain or gzip file.

    Raises
    ------
    BadInput
        If there is no such file, it is empty, damaged or not UTF-8; then with line and byte.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except FileNotFoundError:
        raise BadInput.in_file(path, "there is no such file.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise BadInput.in_file(path, "the gzip file is damaged or cut off.") from None
    except OSError as error:
        raise BadInput.in_file(path, f"the file cannot be read ({error.strerror}).") from None
    if not content.strip():
        raise BadInput.in_file(path, "the file is empty.", remedy="Expected dialogue in it.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, content, error.start) from None


def _not_utf8(path: Path, content: bytes, place: int) -> BadInput:
    kind = "UTF-16" if content.startswith(_MARKS_OF_UTF16) else "not UTF-8"
    origin = "UTF-16" if kind == "UTF-16" else "WINDOWS-1252"
    return BadInput.in_file(
        path,
        f"the text is {kind}: byte {place + 1:,} (0x{content[place]:02x}) cannot be read.",
        row=content.count(b"\n", 0, place) + 1,
        remedy="Save it as UTF-8, or convert it where you know its encoding, for example: "
        f"iconv -f {origin} -t UTF-8 {path.name} > utf8-{path.name}",
    )
