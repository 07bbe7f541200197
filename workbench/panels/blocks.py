"""Blocks of a view as Panel components that are changed in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import panel as pn

from workbench.panels.controls import make_button
from workbench.panels.modules import component
from workbench.panels.pages import read_page
from workbench.panels.tables import estimated_width, grid
from workbench.views import Block
from workbench.views.static import marked_up, safe

__all__ = ["Card", "Listener", "set_widths"]


class Listener(Protocol):
    """Takes what a reader does in a block, by the key of the block."""

    def clicked(self, key: str, point: Mapping[str, Any]) -> None:
        """Take a click on a mark or row, or the traits a module wrote."""

    def pressed(self, key: str, name: str) -> None:
        """Take a press on the button of an action."""

    def exported(self, key: str, name: str) -> tuple[str, bytes]:
        """Name and content of the file that a button gives."""

    def control(self, name: str) -> pn.widgets.Widget:
        """Give the control of a parameter."""


_COMPACT_HEIGHT, _COMPACT_MARKS, _COMPACT_CHARACTERS = 480, 12, 14
_HALF = 540
"""Pixels that a card of half the page leaves to its content."""


class _Body(Protocol):
    @property
    def shown(self) -> pn.viewable.Viewable: ...

    @property
    def narrow(self) -> bool: ...

    def fits(self, block: Block) -> bool: ...

    def show(self, block: Block) -> None: ...


class _Figure:
    """A plotly figure; a click on a mark goes to the view."""

    def __init__(self, block: Block, listener: Listener) -> None:
        figure: Any = block.content
        self.narrow = _is_compact(figure)
        self.shown = pn.pane.Plotly(
            figure,
            config={"responsive": True, "displaylogo": False},
            sizing_mode="stretch_width",
            height=figure.layout.height,
            margin=0,
        )
        self.shown.param.watch(
            lambda event: self._clicked(event.new), "click_data", onlychanged=False
        )
        self._key, self._listener = block.key, listener

    def _clicked(self, data: Mapping[str, Any] | None) -> None:
        if data and data.get("points"):
            self._listener.clicked(self._key, data["points"][0])

    def fits(self, block: Block) -> bool:
        content: Any = block.content  # a drawn figure keeps its height
        return block.kind == "figure" and content.layout.height == self.shown.height

    def show(self, block: Block) -> None:
        figure: Any = block.content
        self.narrow = _is_compact(figure)
        if figure is not self.shown.object and figure != self.shown.object:
            self.shown.object = figure


def _is_compact(figure: Any) -> bool:
    """Whether marks, names and caption of a figure have room in half the page."""
    across, down = _values(figure, "x"), _values(figure, "y")
    return (
        (figure.layout.height or 0) <= _COMPACT_HEIGHT
        and len(across) <= _COMPACT_MARKS
        and max((len(x) for x in down if isinstance(x, str)), default=0) <= _COMPACT_CHARACTERS
    )


def _values(figure: Any, axis: str) -> list[Any]:
    arrays = [getattr(trace, axis, None) for trace in figure.data]
    return [value for array in arrays if array is not None for value in array]


class _Table:
    """A grid; a click on a row goes to the view."""

    def __init__(self, block: Block, listener: Listener) -> None:
        table: Any = block.content
        self._table = table
        self.narrow = estimated_width(table) <= _HALF
        self.shown = grid(table)
        self.shown.on_click(
            lambda event: listener.clicked(block.key, table.row(event.row, named=True))
        )

    def fits(self, block: Block) -> bool:
        content: Any = block.content
        return block.kind == "table" and content.equals(self._table)

    def show(self, block: Block) -> None:
        """Nothing to do: an equal table fits, for any other a new grid is made."""


class _Module:
    """A view's own ES module; traits it writes go to the view."""

    narrow = False

    def __init__(self, block: Block, listener: Listener) -> None:
        content: Any = block.content
        self._content = content
        self.shown = component(content.name, content.state)(
            **content.state, sizing_mode="stretch_width", margin=0
        )
        self._key, self._listener, self._showing = block.key, listener, False
        self.shown.param.watch(self._changed, sorted(content.state))

    def _changed(self, *events: Any) -> None:
        if not self._showing:
            self._listener.clicked(self._key, {event.name: event.new for event in events})

    def fits(self, block: Block) -> bool:
        return self._content.shares_model(block.content)

    def show(self, block: Block) -> None:
        content: Any = block.content
        changed = {k: v for k, v in content.state.items() if getattr(self.shown, k) != v}
        self._showing = True
        try:
            self.shown.param.update(**changed)
        finally:
            self._showing = False


class _Text:
    """A sentence, such as what is missing and the command that makes it."""

    narrow = True

    def __init__(self, block: Block, listener: Listener) -> None:
        self.shown = pn.pane.HTML(
            stylesheets=[read_page("parts.css")], sizing_mode="stretch_width", margin=0
        )
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "text"

    def show(self, block: Block) -> None:
        self.shown.object = f'<p class="told">{marked_up(block.content)}</p>'


_BODIES: dict[str, Callable[[Block, Listener], _Body]] = {
    "figure": _Figure,
    "table": _Table,
    "esm": _Module,
    "text": _Text,
}


class _Bar:
    """Inputs and buttons of a block, and what the last press came to."""

    def __init__(self, block: Block, listener: Listener) -> None:
        self._made_for = _tools(block)

        def run(name: str) -> None:
            listener.pressed(block.key, name)

        def export(name: str) -> tuple[str, bytes]:
            return listener.exported(block.key, name)

        self._told = pn.pane.HTML(
            stylesheets=[read_page("parts.css")], sizing_mode="stretch_width", margin=0
        )
        tools = [
            *(listener.control(name) for name in block.inputs),
            *(make_button(action, run, export) for action in block.actions),
        ]
        box = pn.FlexBox(*tools, sizing_mode="stretch_width", margin=0)
        self.shown = [box, self._told] if tools else []

    def fits(self, block: Block) -> bool:
        return _tools(block) == self._made_for

    def show(self, block: Block) -> None:
        told = f'<p class="told" role="status">{marked_up(block.told)}</p>' if block.told else ""
        self._told.object = told


def _tools(block: Block) -> list[str]:
    labels = [f"{action.name}: {action.label}" for action in block.actions]
    return [*block.inputs, *labels]


class Card:
    """Heading, note, tools and content of one block.

    Parameters
    ----------
    block
        What to show.
    listener
        Told of what a reader does in it.
    """

    def __init__(self, block: Block, listener: Listener) -> None:
        self._listener = listener
        self._head = pn.pane.HTML(
            stylesheets=[read_page("parts.css")], sizing_mode="stretch_width", margin=0
        )
        self._bar = _Bar(block, listener)
        self._body = _BODIES[block.kind](block, listener)
        self.shown = pn.Column(
            stylesheets=[read_page("card.css")], sizing_mode="stretch_width", margin=0
        )
        self._lay_out(block)
        self._show_head(block)

    def _lay_out(self, block: Block) -> None:
        self.shown.param.update(
            objects=[self._head, *self._bar.shown, self._body.shown],
            css_classes=[f"block-{block.key}", f"kind-{block.kind}"],
        )

    def _show_head(self, block: Block) -> None:
        note = f'<p class="note">{marked_up(block.note)}</p>' if block.note else ""
        self._head.object = f"<h2>{safe(block.title)}</h2>{note}"
        self._bar.show(block)

    @property
    def narrow(self) -> bool:
        """Whether half the page is enough for it."""
        return self._body.narrow and not self._bar.shown

    def show(self, block: Block) -> None:
        """Show another state of the block; what is equal stays untouched."""
        stays = self._bar.fits(block)
        if not stays:
            self._bar = _Bar(block, self._listener)
        if self._body.fits(block):
            self._body.show(block)
        else:
            self._body, stays = _BODIES[block.kind](block, self._listener), False
        if not stays:
            self._lay_out(block)
        self._show_head(block)


def set_widths(cards: list[Card]) -> None:
    """Let two narrow cards that follow each other share a line, and give every other card a whole one."""
    at = 0
    while at < len(cards):
        pair = cards[at : at + 2]
        together = len(pair) == 2 and all(card.narrow for card in pair)
        for card in pair if together else pair[:1]:
            card.shown.styles = {} if together else {"grid-column": "1 / -1"}
        at += 2 if together else 1
