"""Tables beside the fitted topics of a side: hierarchy, course over the session and sessions, classes."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from workbench.errors import InsufficientData
from workbench.study import Study
from workbench.topics import (
    Topics,
    topic_hierarchy,
    topics_over_position,
    topics_over_sessions,
    topics_per_class,
)

__all__ = ["write_topic_details"]


def write_topic_details(
    study: Study, topics: Topics, *, group: str | None = None
) -> tuple[str, ...]:
    """Compute and keep the tables that follow from fitted (or edited) topics.

    ``topics/<side>-hierarchy``, ``-positions``, ``-sessions`` and, for conversations grouped by the column
    `group`, ``-classes``. A table that cannot be made (one topic only, no session numbers) is left out,
    and one of an earlier fit is removed.

    Returns
    -------
    tuple of str
        Files written, relative to the study.
    """
    corpus, layer = study.corpus, topics.layer
    makers: dict[str, Callable[[], pl.DataFrame]] = {
        "hierarchy": lambda: topic_hierarchy(topics),
        "positions": lambda: topics_over_position(corpus, layer),
        "sessions": lambda: topics_over_sessions(corpus, layer),
    }
    if group is not None:
        makers["classes"] = lambda: topics_per_class(corpus, layer, by=group)
    outputs = []
    for name in ("hierarchy", "positions", "sessions", "classes"):
        kept = f"topics/{topics.side}-{name}"
        table = _made(makers.get(name))
        if table is None:
            (study.folder / f"{kept}.parquet").unlink(missing_ok=True)
            continue
        study.write_table(kept, table)
        outputs.append(f"{kept}.parquet")
    return tuple(outputs)


def _made(make: Callable[[], pl.DataFrame] | None) -> pl.DataFrame | None:
    try:
        return None if make is None else make()
    except InsufficientData:
        return None
