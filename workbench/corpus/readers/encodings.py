"""Text that is not UTF-8 where a corpus is known to circulate in one other encoding.

Only readers of such corpora ask for it: for files of unknown origin a guess may be wrong in every
line, so they are refused (`opening.read_text`). Lines are decoded one by one, because copies that
were mended by hand hold both encodings.
"""

from __future__ import annotations

import re
from pathlib import Path

from workbench.corpus.readers.opening import read_content, read_text, without_zeros
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["read_text_or"]

_BOM = b"\xef\xbb\xbf"
_CONTROLS = re.compile("[\x80-\x9f]")
"""What quotes and dashes of Windows-1252 become where a copy was read as Latin-1."""


def read_text_or(path: Path, encoding: str) -> tuple[str, list[Finding]]:
    """Whole text of a file in UTF-8, or with a warning in lines of `encoding`.

    Raises
    ------
    BadInput
        As `opening.read_text`, if a line is in neither.
    """
    found: list[Finding] = []
    try:
        text = read_text(path)
    except BadInput as refused:
        text, found = _line_by_line(path, encoding, refused)
    if encoding == "cp1252" and (strange := len(_CONTROLS.findall(text))):
        text = _CONTROLS.sub(_as_windows, text)
        told = f"{strange} control characters stand for quotes, dashes or dots of Windows-1252."
        mend = "They were put back as those."
        found = [*found, Finding("warning", "other encoding", strange, str(path), told, mend)]
    return text, found


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("latin-1").decode("cp1252", errors="replace")


def _line_by_line(path: Path, encoding: str, refused: BadInput) -> tuple[str, list[Finding]]:
    texts: list[str] = []
    rows: list[int] = []
    for row, line in enumerate(read_content(path).removeprefix(_BOM).split(b"\n"), start=1):
        try:
            texts.append(line.decode())
        except UnicodeDecodeError:
            rows.append(row)
            try:
                texts.append(line.decode(encoding))
            except UnicodeDecodeError:
                raise refused from None
    if not rows:
        raise refused
    told = f"{len(rows)} line(s) are not UTF-8 and were read as {encoding}."
    mend = "Compare some characters with the source; save the file as UTF-8 to be sure."
    where = f"{path}, " + ", ".join(f"line {row}" for row in rows[:3])
    found = Finding("warning", "other encoding", len(rows), where, told, mend)
    return without_zeros(path, "\n".join(texts)), [found]
