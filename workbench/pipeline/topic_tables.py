"""Tables that follow from fitted topics: made after a fit, and again after each edit."""

from __future__ import annotations

from workbench.pipeline.topic_details import write_topic_details
from workbench.pipeline.topic_groups import Comparison, write_group_tables
from workbench.study import Study
from workbench.topics import Topics

__all__ = ["write_topic_tables"]


def write_topic_tables(
    study: Study, found: Topics, comparison: Comparison
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the tables of a side's topics; return the files, relative to the study, and notes on them.

    Parameters
    ----------
    found
        Topics as they are now.
    comparison
        Which groups of conversations are compared, and how.
    """
    outputs, notes = write_group_tables(study, found, comparison)
    return (*outputs, *write_topic_details(study, found, group=comparison.group)), notes
