"""ES modules of the views as Panel components."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import param
from panel.custom import AnyWidgetComponent

from workbench.views.esm import class_name, module_path, style_path

__all__ = ["component"]


def component(name: str, traits: Iterable[str]) -> type[AnyWidgetComponent]:
    """Return the component class that runs module `name` with these traits.

    Parameters
    ----------
    name
        Stem of the module and its style sheet in `workbench/views/esm`.
    traits
        Names the module reads and writes.
    """
    return _component(name, frozenset(traits))


@cache
def _component(name: str, traits: frozenset[str]) -> type[AnyWidgetComponent]:
    members: dict[str, Any] = {trait: param.Parameter(default=None) for trait in sorted(traits)}
    members["_esm"] = module_path(name)
    members["_stylesheets"] = [style_path(name).read_text("utf-8")]
    return type(class_name(name), (AnyWidgetComponent,), members)
