"""Expert edits as the Topics screen offers them: from what is chosen and written to an edit of the study."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from workbench.study import Study

if TYPE_CHECKING:
    from workbench.topics.edits import Edit

__all__ = ["edited", "log_table", "undone"]


def edited(study: Study, side: str, make: Callable[[], Edit]) -> str:
    """Do an edit and say what was done.

    Raises
    ------
    WorkbenchError
        If the edit makes no sense or cannot be done; nothing is changed.
    """
    from workbench.pipeline import edit_topics

    edit = make()
    found = edit_topics(study, edit, side=side)
    return f"Done: {edit}. There are {found.n_topics} topics now. `Undo` takes it back."


def undone(study: Study, side: str) -> str:
    """Take the last edit back and say so."""
    from workbench.pipeline import topic_edit_log, undo_topic_edit

    log = topic_edit_log(study, side=side)
    found = undo_topic_edit(study, side=side)
    return f"Taken back: {log.edits[-1]}. There are {found.n_topics} topics now."


def log_table(study: Study, side: str) -> pl.DataFrame:
    """Edits done so far, the last first: `number`, `edit`."""
    from workbench.pipeline import topic_edit_log

    file = study.folder / "topics" / f"{side}-edits.yaml"
    edits = topic_edit_log(study, side=side).edits if file.is_file() else ()
    rows = [(number, str(edit)) for number, edit in enumerate(edits, 1)]
    return pl.DataFrame(rows[::-1], schema={"number": pl.Int64, "edit": pl.String}, orient="row")
