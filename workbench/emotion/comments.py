"""Read the GoEmotions comments: texts, their labels, and what counts as the same text."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench import settings
from workbench.emotion.tiers import EMOTIONS
from workbench.errors import BadInput, NotComputed

__all__ = ["Comments", "goemotions_folder", "read_comments"]

_COLUMNS = 3  # text, label numbers, id


@dataclass(frozen=True, slots=True, eq=False)
class Comments:
    """Comments of one part of the data.

    Attributes
    ----------
    texts
        n comments as they stand in the file.
    labels : ndarray of bool, shape (n, 28)
        Columns as in `EMOTIONS`.
    same : list of str
        Key per comment: comments that differ in case and spaces only have the same.
    """

    texts: list[str]
    labels: NDArray[np.bool_]
    same: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: NDArray[np.intp]) -> Comments:
        """Some of the comments."""
        return Comments(
            [self.texts[i] for i in rows], self.labels[rows], [self.same[i] for i in rows]
        )

    def without(self, other: Comments) -> Comments:
        """Comments whose text does not stand in `other`."""
        known = set(other.same)
        return self.take(np.array([i for i, key in enumerate(self.same) if key not in known], int))


def goemotions_folder(data: str | Path | None = None) -> Path:
    """Folder of the comments: the one given, else `goemotions` under `WORKBENCH_DATA_HOME`.

    Raises
    ------
    NotComputed
        If there is none.
    """
    home = settings.data_home()
    folder = Path(data) if data else home / "goemotions" if home else None
    if folder is None or not (folder / "train.tsv.gz").is_file():
        raise NotComputed(
            f"The GoEmotions comments are not there ({folder or 'no folder given'}): expected "
            "train.tsv.gz and dev.tsv. Give their folder with `workbench train goemotions --data`, "
            "or set WORKBENCH_DATA_HOME to the folder above it."
        )
    return folder


def read_comments(path: Path) -> Comments:
    """Read one part: tab-separated with CSV quoting, no header; text, label numbers, id.

    Raises
    ------
    BadInput
        If a row has other columns or a label number is none of 0 to 27; names file and row.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    texts: list[str] = []
    numbers: list[list[int]] = []
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        for row, cells in enumerate(csv.reader(file, delimiter="\t"), start=1):
            given = cells[1].split(",") if len(cells) == _COLUMNS else []
            if not given or not all(n.isdigit() and int(n) < len(EMOTIONS) for n in given):
                raise BadInput.in_file(
                    path,
                    "this is no comment of GoEmotions.",
                    row=row,
                    remedy="Expected text, label numbers from 0 to 27 joined by commas, and an id.",
                )
            texts.append(cells[0])
            numbers.append([int(n) for n in given])
    labels = np.zeros((len(texts), len(EMOTIONS)), bool)
    for at, held in enumerate(numbers):
        labels[at, held] = True
    return Comments(texts, labels, [re.sub(r"\s+", "", text.casefold()) for text in texts])
