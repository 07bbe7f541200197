"""Screens for `panel serve`, one file each."""

from __future__ import annotations

import os

import panel as pn

from workbench.errors import BadInput
from workbench.panels.screen import page
from workbench.panels.site import EXTENSIONS
from workbench.study import Study

__all__ = ["entry"]


def entry(slug: str) -> pn.Template:
    """Make the page of a screen on the study that the variable WORKBENCH_STUDY names.

    Raises
    ------
    BadInput
        If the variable is not set, or names no study.
    """
    folder = os.environ.get("WORKBENCH_STUDY", "")
    if not folder:
        raise BadInput("Set WORKBENCH_STUDY to the folder of a study.")
    pn.extension(*EXTENSIONS)
    return page(Study.open(folder), slug, site=False)
