"""Answers of raters, appended to the study's database of annotations and never changed."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import polars as pl

from workbench.errors import BadInput
from workbench.topics.intrusion.tasks import OPTIONS

__all__ = ["IntrusionAnswers"]

_LONGEST_NAME = 60
_MAKE = """
CREATE TABLE IF NOT EXISTS topic_intrusion_answers (
    item TEXT NOT NULL, rater TEXT NOT NULL, chosen INTEGER NOT NULL, answered TEXT NOT NULL,
    PRIMARY KEY (item, rater)
)
"""
_COLUMNS = {"item": pl.String, "rater": pl.String, "chosen": pl.Int64, "answered": pl.String}


class IntrusionAnswers:
    """Answers to intrusion tasks, by item and rater.

    An answer that `add` returned from is on the disk: it outlives a killed process. The first answer
    of a rater to an item stands. Neither words nor turns are stored, only the place that was chosen.

    Parameters
    ----------
    file : str or Path
        SQLite database, ``annotations.sqlite`` in a study; made with the first answer.

    Examples
    --------
    >>> import tempfile
    >>> answers = IntrusionAnswers(Path(tempfile.mkdtemp()) / "annotations.sqlite")
    >>> answers.add("3f9a", rater="Ada", chosen=2), answers.add("3f9a", rater="Ada", chosen=5)
    (True, False)
    >>> answers.table()["chosen"].to_list()
    [2]
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)

    def add(self, item: str, *, rater: str, chosen: int) -> bool:
        """Store an answer; return False where this rater has answered the item before.

        Parameters
        ----------
        item : str
            Id of the item.
        rater : str
            Name or pseudonym.
        chosen : int
            Place of the option taken for the intruder, from 0.

        Raises
        ------
        BadInput
            If the rater has no name, the choice does not exist, or the database cannot be written.
        """
        name = rater.strip()
        if not 0 < len(name) <= _LONGEST_NAME:
            raise BadInput(f"rater: expected a name of 1 to {_LONGEST_NAME} characters.")
        if isinstance(chosen, bool) or not isinstance(chosen, int) or not 0 <= chosen < OPTIONS:
            raise BadInput(f"chosen: expected a place from 0 to {OPTIONS - 1}; got {chosen!r}.")
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        with self._opened() as base:
            base.execute("PRAGMA synchronous = FULL")
            base.execute(_MAKE)
            stored = base.execute(
                "INSERT OR IGNORE INTO topic_intrusion_answers VALUES (?, ?, ?, ?)",
                (item, name, chosen, now),
            )
            base.commit()
            return stored.rowcount == 1

    def table(self) -> pl.DataFrame:
        """All answers in the order in which they came: `item`, `rater`, `chosen`, `answered` (UTC)."""
        rows = []
        if self.file.is_file():
            with self._opened() as base:
                known = base.execute(
                    "SELECT 1 FROM sqlite_master WHERE name = 'topic_intrusion_answers'"
                ).fetchone()
                if known:
                    rows = base.execute(
                        "SELECT item, rater, chosen, answered FROM topic_intrusion_answers ORDER BY rowid"
                    ).fetchall()
        return pl.DataFrame(rows, schema=_COLUMNS, orient="row")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One connection per call: screens call from several threads. A second writer waits ten seconds."""
        try:
            with closing(sqlite3.connect(self.file, timeout=10.0)) as base:
                yield base
        except sqlite3.Error as error:
            raise BadInput.in_file(
                self.file,
                f"the database of annotations cannot be used ({error}).",
                remedy="See that the folder may be written to and that no other program holds the file.",
            ) from error

    def __repr__(self) -> str:
        return f"IntrusionAnswers({str(self.file)!r})"
