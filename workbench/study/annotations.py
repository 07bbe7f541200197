"""Take a removal out of the database of annotations, whatever its tables are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from workbench.study.removal import Removal

__all__ = ["clean_annotations"]


def clean_annotations(file: Path, removal: Removal, *, dry: bool) -> int:
    """Delete the rows that name a removed unit, clean the other cells; return how many rows went.

    What is deleted is overwritten and the file is packed, so that no page of it keeps a word. Virtual
    tables (full-text indexes) are passed over.

    Parameters
    ----------
    dry
        Only count.
    """
    if not file.is_file():
        return 0
    with closing(sqlite3.connect(file)) as base:
        base.execute("PRAGMA secure_delete = ON")
        tables = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        deleted = sum(
            _clean_table(base, name, removal)
            for name, sql in tables
            if not name.startswith("sqlite_") and "VIRTUAL" not in (sql or "").upper()
        )
        if dry:
            base.rollback()
            return deleted
        base.commit()
        base.execute("VACUUM")
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return deleted


def _clean_table(base: sqlite3.Connection, name: str, removal: Removal) -> int:
    gone, deleted = removal.utterances | removal.conversations, 0
    table = _quoted(name)
    rows = base.execute(f"SELECT rowid, * FROM {table}")
    told = ", ".join(f"{_quoted(column[0])} = ?" for column in rows.description[1:])
    for number, *cells in rows.fetchall():
        if any(isinstance(cell, str) and cell in gone for cell in cells):
            base.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
            deleted += 1
            continue
        cleaned = [removal.cleaned_text(x) if isinstance(x, str) else x for x in cells]
        if cleaned != cells:
            base.execute(f"UPDATE {table} SET {told} WHERE rowid = ?", (*cleaned, number))
    return deleted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
