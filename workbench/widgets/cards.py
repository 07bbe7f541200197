"""Blocks of a view as notebook widgets that are changed in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import anywidget
import ipywidgets
import plotly.graph_objects as go
import traitlets

from workbench.views import Block
from workbench.views.esm import module_path, style_path
from workbench.views.static import marked_up, safe, table_html

__all__ = ["Card", "Click"]

Click = Callable[[str, Mapping[str, Any]], None]
"""Takes the key of a block and what was clicked in it."""

_PAGE = 20


class _Body(Protocol):
    shown: ipywidgets.DOMWidget

    def show(self, content: Any) -> None: ...


class _Figure:
    """A live plotly figure; a click on a mark goes to the view."""

    def __init__(self, click: Callable[[Mapping[str, Any]], None]) -> None:
        self.shown = go.FigureWidget()
        self._click = click
        self._drawn: go.Figure | None = None

    def show(self, content: go.Figure) -> None:
        if content == self._drawn:
            return
        self._drawn = content
        # a new widget would send plotly.js again, so the one that is there takes the new figure
        with self.shown.batch_update():
            self.shown.data = ()
            self.shown.add_traces(content.data)
            self.shown.update_layout(content.layout.to_plotly_json(), overwrite=True)
        for trace in self.shown.data:
            trace.on_click(self._clicked)

    def _clicked(self, trace: Any, points: Any, _state: Any) -> None:
        if points.point_inds:
            self._click(_point(trace, points.point_inds[0], points))


def _point(trace: Any, index: int, points: Any) -> dict[str, Any]:
    """What was clicked, with the names plotly gives it in a page."""
    found: dict[str, Any] = {"curveNumber": points.trace_index, "pointNumber": index}
    for name in ("x", "y", "customdata"):
        values = getattr(trace, name, None)
        if values is not None and index < len(values):
            value = values[index]
            found[name] = value.tolist() if hasattr(value, "tolist") else value
    return found


class _Table:
    """A table, twenty rows at a time."""

    def __init__(self, click: Callable[[Mapping[str, Any]], None]) -> None:
        self._rows = ipywidgets.HTML()
        self._place = ipywidgets.Label()
        self._page, self._table = 0, None
        steps = []
        for text, step in (("Previous rows", -1), ("Next rows", 1)):
            button = ipywidgets.Button(description=text)
            button.on_click(lambda _button, step=step: self._turn(step))
            steps.append(button)
        self._bar = ipywidgets.HBox([*steps, self._place])
        self.shown = ipywidgets.VBox([self._rows, self._bar])

    def show(self, content: Any) -> None:
        if self._table is None or not content.equals(self._table):
            self._table, self._page = content, 0
            self._turn(0)

    def _turn(self, step: int) -> None:
        table: Any = self._table
        last = max(0, (table.height - 1) // _PAGE)
        self._page = min(max(self._page + step, 0), last)
        first = self._page * _PAGE
        shown = table.slice(first, _PAGE)
        self._rows.value = table_html(shown)
        self._place.value = f"{first + 1} to {first + shown.height} of {table.height:,}"
        self._bar.layout.display = "" if last else "none"


class _Module:
    """A view's own ES module; traits it writes go to the view."""

    def __init__(self, click: Callable[[Mapping[str, Any]], None]) -> None:
        self.shown = ipywidgets.VBox()
        self._click = click
        self._name = ""

    def show(self, content: Any) -> None:
        if content.name != self._name:
            widget = _module_widget(content.name, content.state)
            widget.observe(
                lambda change: self._click({change["name"]: change["new"]}), sorted(content.state)
            )
            self.shown.children = [widget]
            self._name = content.name
            return
        widget = self.shown.children[0]
        with widget.hold_sync():
            for name, value in content.state.items():
                setattr(widget, name, value)


def _module_widget(name: str, state: Mapping[str, Any]) -> anywidget.AnyWidget:
    traits: dict[str, Any] = {trait: traitlets.Any().tag(sync=True) for trait in state}
    sources = {
        "_esm": module_path(name).read_text("utf-8"),
        "_css": style_path(name).read_text("utf-8"),
    }
    made = type(name, (anywidget.AnyWidget,), {**traits, **sources})
    widget: anywidget.AnyWidget = made(**state)
    return widget


class _Text:
    """A sentence, such as what is missing and the command that makes it."""

    def __init__(self, click: Callable[[Mapping[str, Any]], None]) -> None:
        self.shown = ipywidgets.HTML()

    def show(self, content: str) -> None:
        self.shown.value = f'<p class="workbench-told">{marked_up(content)}</p>'


_BODIES: dict[str, Callable[[Callable[[Mapping[str, Any]], None]], _Body]] = {
    "figure": _Figure,
    "table": _Table,
    "esm": _Module,
    "text": _Text,
}


class Card:
    """Heading, note and content of one block.

    Parameters
    ----------
    key
        Key of the block.
    click
        Called with the key and what was clicked in the content.
    """

    def __init__(self, key: str, click: Click) -> None:
        self._take = lambda point: click(key, point)
        self._head = ipywidgets.HTML()
        self._kind = ""
        self.body: _Body
        self.shown = ipywidgets.VBox()
        self.shown.add_class(f"workbench-block-{key}")

    def show(self, block: Block) -> None:
        """Show a state of the block; what is equal stays untouched."""
        note = f'<p class="workbench-note">{marked_up(block.note)}</p>' if block.note else ""
        self._head.value = f"<h3>{safe(block.title)}</h3>{note}"
        if block.kind != self._kind:
            self._kind = block.kind
            self.body = _BODIES[block.kind](self._take)
            self.shown.children = [self._head, self.body.shown]
        self.body.show(block.content)
