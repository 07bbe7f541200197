"""The widgets that screens are made of: prose, figures, pages of tables, ES modules of the views."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import polars as pl
import traitlets

from workbench.views.esm import class_name, module_path, style_path
from workbench.views.static import cell_writer

__all__ = ["PAGE", "Figure", "Grid", "PlotlySource", "Prose", "module"]

_FOLDER = Path(__file__).resolve().parent / "esm"

PAGE = 15
"""Rows of a page."""


class Prose(anywidget.AnyWidget):
    """Lines of text, each with what it is: `title`, `question`, `caution`, `heading`, `note`, `told`."""

    _esm = _FOLDER / "prose.js"
    _css = _FOLDER / "screen.css"
    lines: Any = traitlets.List().tag(sync=True)

    def __init__(self, lines: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self.show(lines)

    def show(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show these lines."""
        self.lines = [list(line) for line in lines]

    def in_class(self, name: str) -> Prose:
        """Give the element a CSS class and return the widget."""
        self.add_class(name)
        return self


class PlotlySource(ipywidgets.Widget):
    """plotly.js of the installed plotly, gzip-packed; all figures of a kernel share one.

    It reaches the browser as a widget's state, when it is made: a running cell does not hold it up.
    """

    packed = traitlets.Bytes().tag(sync=True)

    _shared: PlotlySource | None = None

    @classmethod
    def shared(cls) -> PlotlySource:
        """Return the one of this kernel; a new one where the last was closed."""
        if cls._shared is None or cls._shared.comm is None:
            cls._shared = cls(packed=_packed_plotly())
        return cls._shared


@cache
def _packed_plotly() -> bytes:
    from plotly.offline import get_plotlyjs

    return gzip.compress(get_plotlyjs().encode("utf-8"), mtime=0)


class Figure(anywidget.AnyWidget):
    """A plotly figure, redrawn in place; a click on a mark arrives as the message `{"click": point}`.

    `plotly.graph_objects.FigureWidget` would send 5 MB of its own for each figure.
    """

    _esm = _FOLDER / "figure.js"
    figure = traitlets.Dict().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)
    source = traitlets.Instance(PlotlySource).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(self) -> None:
        super().__init__(source=PlotlySource.shared())


class Grid(anywidget.AnyWidget):
    """A table, a page at a time: cells are text, written as in an exported page."""

    _esm = _FOLDER / "grid.js"
    columns: Any = traitlets.List().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    page = traitlets.Int(0).tag(sync=True)
    size = traitlets.Int(PAGE).tag(sync=True)
    total = traitlets.Int(0).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._table = pl.DataFrame()
        self.observe(lambda _: self._show_page(), "page")

    def show(self, table: pl.DataFrame) -> None:
        """Show another table from its first page; an equal one stays at its page."""
        if table.equals(self._table) and table.schema == self._table.schema:
            return
        self._table = table
        self._writers = [cell_writer(column) for column in table]
        with self.hold_sync():
            self.columns = [
                [name.replace("_", " "), dtype.is_numeric()] for name, dtype in table.schema.items()
            ]
            self.total = table.height
            self.page = 0
            self._show_page()

    def on_row(self, take: Callable[[dict[str, Any]], None]) -> None:
        """Call `take` with each row that is clicked."""
        self.on_msg(lambda _, content, __: take(self._table.row(content["row"], named=True)))

    def _show_page(self) -> None:
        page = self._table.slice(self.page * PAGE, PAGE)
        columns = [
            [write(value) for value in column]
            for write, column in zip(self._writers, page, strict=True)
        ]
        self.rows = [list(row) for row in zip(*columns, strict=True)]


def module(name: str, traits: Iterable[str]) -> type[anywidget.AnyWidget]:
    """Return the widget class that runs the views' ES module `name` with these traits.

    Parameters
    ----------
    name
        Stem of the module and its style sheet in `workbench/views/esm`.
    traits
        Names the module reads and writes.
    """
    return _module(name, frozenset(traits))


@cache
def _module(name: str, traits: frozenset[str]) -> type[anywidget.AnyWidget]:
    members: dict[str, Any] = {trait: traitlets.Any().tag(sync=True) for trait in sorted(traits)}
    members |= {"_esm": module_path(name), "_css": style_path(name), "__module__": __name__}
    return type(class_name(name), (anywidget.AnyWidget,), members)
