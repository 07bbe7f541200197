"""Tables that follow from fitted topics: made after a fit, and again after each edit."""

from __future__ import annotations

from workbench.study import Study
from workbench.topics import Topics, group_table

__all__ = ["write_topic_tables"]


def write_topic_tables(study: Study, found: Topics, *, group: str | None) -> tuple[str, ...]:
    """Make the tables of a side's topics and return the files, relative to the study.

    Parameters
    ----------
    found
        Topics as they are now.
    group
        Conversation column whose groups are compared; None for no comparison.
    """
    outputs = []
    if group is not None:
        study.write_table(
            f"topics/{found.side}-groups", group_table(study.corpus, found.layer, by=group)
        )
        outputs.append(f"topics/{found.side}-groups.parquet")
    return tuple(outputs)
