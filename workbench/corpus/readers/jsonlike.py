"""JSON and JSON Lines out of files, with the line of any trouble."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from workbench.corpus.readers.opening import peek, read_text
from workbench.errors import BadInput

__all__ = ["first_record", "read_json", "read_lines", "read_records", "records_of_text"]

_HALF_PAIR = re.compile(r"\\u[dD][89abAB]")


def first_record(path: Path) -> Any:
    """First JSON value of a file for sniffing: its first line, else the whole of a small file.

    None where neither is JSON. Of a list, its first element.
    """
    start = peek(path).lstrip()
    if not start.startswith(("{", "[")):
        return None
    for text in (start.split("\n", 1)[0], start):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        return found[0] if isinstance(found, list) and found else found
    return _first_object(start)


def _first_object(start: str) -> Any:
    """First object of a JSON list that goes on beyond the part that was read."""
    inner = start[1:].lstrip() if start.startswith("[") else start
    try:
        return json.JSONDecoder().raw_decode(inner)[0]
    except (ValueError, RecursionError):
        return None


def read_json(path: Path) -> Any:
    """Read one JSON value.

    Raises
    ------
    BadInput
        If the file is missing, empty or no JSON; names the line.
    """
    return _parse(path, read_text(path))


def read_lines(path: Path) -> list[tuple[int, Any]]:
    """Read JSON Lines as (line number from 1, value); empty lines are skipped.

    Raises
    ------
    BadInput
        If a line is no JSON; names the line.
    """
    return _lines(path, read_text(path))


def read_records(path: Path) -> list[tuple[int, Any]]:
    """Read JSON or JSON Lines as numbered values: list elements, lines, or the one value there is.

    Raises
    ------
    BadInput
        If the file is neither; names the line.
    """
    return records_of_text(path, read_text(path))


def records_of_text(path: Path, text: str) -> list[tuple[int, Any]]:
    """Records of the text of a file, as `read_records` reads them; `path` is for the messages."""
    try:
        whole = json.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError:
        if not _is_json(text.lstrip().split("\n", 1)[0]):
            _parse(path, text)
        return _lines(path, text)
    _check_pairs(path, text, whole, 1)
    return list(enumerate(whole, start=1)) if isinstance(whole, list) else [(1, whole)]


def _lines(path: Path, text: str) -> list[tuple[int, Any]]:
    return [
        (number, _parse(path, line, number))
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]


def _parse(path: Path, text: str, line: int | None = None) -> Any:
    try:
        value = json.loads(text)
    except RecursionError:
        raise _too_deep(path) from None
    except json.JSONDecodeError as error:
        raise BadInput.in_file(
            path,
            f"this is not readable JSON (column {error.colno}: {error.msg}).",
            row=line or error.lineno,
            remedy="Correct or remove the line.",
        ) from None
    except ValueError:
        raise BadInput.in_file(path, "a number in it cannot be read.", row=line) from None
    _check_pairs(path, text, value, line)
    return value


def _check_pairs(path: Path, text: str, value: Any, line: int | None) -> None:
    if not _HALF_PAIR.search(text):
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadInput.in_file(
            path, "an escape \\ud... is half a character.", row=line, remedy="Correct the text."
        ) from None


def _too_deep(path: Path) -> BadInput:
    return BadInput.in_file(path, "the JSON is nested too deeply to be a dialogue.")


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
