"""Hand-written ES modules, one file and one style sheet per custom view.

A module is `export default { render({ model, el }) {...} }` without imports. It runs unchanged as
`anywidget.AnyWidget`, as `panel.custom.AnyWidgetComponent`, and in an exported page with a model of
`get`, `set`, `on` and `save_changes`. Dialogue text reaches the page through `textContent` only.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["class_name", "module_path", "style_path"]

_FOLDER = Path(__file__).resolve().parent


def module_path(name: str) -> Path:
    """Path of the ES module `name`."""
    return _FOLDER / f"{name}.js"


def style_path(name: str) -> Path:
    """Path of the style sheet of the ES module `name`."""
    return _FOLDER / f"{name}.css"


def class_name(name: str) -> str:
    """Name of the class that a skin makes of the ES module `name`."""
    return "".join(part.capitalize() for part in name.split("_"))
