"""Blocks of a view as widgets that are changed in place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import ipywidgets

from workbench.views import Block
from workbench.widgets.controls import make_button
from workbench.widgets.parts import Figure, Grid, Prose, module

__all__ = ["Card", "Listener"]


class Listener(Protocol):
    """Takes what a reader does in a block, by the key of the block."""

    def clicked(self, key: str, point: Mapping[str, Any]) -> None:
        """Take a click on a mark or row, or the traits a module wrote."""

    def pressed(self, key: str, name: str) -> None:
        """Take a press on the button of an action or file."""

    def control(self, name: str) -> ipywidgets.Widget:
        """Give the control of a parameter."""


class _Body(Protocol):
    @property
    def shown(self) -> ipywidgets.Widget: ...

    def fits(self, block: Block) -> bool: ...

    def show(self, block: Block) -> None: ...


class _Figure:
    """A plotly figure; a click on a mark goes to the view."""

    def __init__(self, block: Block, listener: Listener) -> None:
        self.shown = Figure()
        self.shown.on_msg(lambda _, content, __: listener.clicked(block.key, content["click"]))
        self._content: Any = None
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "figure"

    def show(self, block: Block) -> None:
        if block.content is self._content:
            return
        self._content = block.content
        with self.shown.hold_sync():
            self.shown.figure = json.loads(self._content.to_json())
            self.shown.told = block.title


class _Table:
    """Pages of a table; a click on a row goes to the view."""

    def __init__(self, block: Block, listener: Listener) -> None:
        self.shown = Grid()
        self.shown.on_row(lambda row: listener.clicked(block.key, row))
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "table"

    def show(self, block: Block) -> None:
        content: Any = block.content
        self.shown.show(content)


class _Module:
    """A view's own ES module; traits it writes go to the view."""

    def __init__(self, block: Block, listener: Listener) -> None:
        content: Any = block.content
        self._content = content
        self._key, self._listener, self._showing = block.key, listener, False
        self.shown = module(content.name, content.state)(**content.state)
        self.shown.observe(self._changed, sorted(content.state))

    def _changed(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            self._listener.clicked(self._key, {change["name"]: change["new"]})

    def fits(self, block: Block) -> bool:
        return self._content.shares_model(block.content)

    def show(self, block: Block) -> None:
        content: Any = block.content
        self._showing = True
        try:
            with self.shown.hold_sync():
                for name, value in content.state.items():
                    setattr(self.shown, name, value)
        finally:
            self._showing = False


class _Text:
    """A sentence, such as what is missing and the command that makes it."""

    def __init__(self, block: Block, listener: Listener) -> None:
        self.shown = Prose()
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "text"

    def show(self, block: Block) -> None:
        self.shown.show([("told", str(block.content))])


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

        def press(name: str) -> None:
            listener.pressed(block.key, name)

        self.buttons = {action.name: make_button(action, press) for action in block.actions}
        inputs = [listener.control(name) for name in block.inputs]
        self._told = Prose()
        self._box = ipywidgets.HBox([*inputs, *self.buttons.values()])
        self._box.add_class("workbench-controls")
        self.shown = (self._box, self._told) if self._made_for else ()

    def fits(self, block: Block) -> bool:
        return _tools(block) == self._made_for

    def show(self, block: Block) -> None:
        self._told.show([("told", block.told)] if block.told else [])

    def close(self) -> None:
        for widget in (*self.buttons.values(), self._box, self._told):
            widget.close()


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

    Attributes
    ----------
    shown
        The widget.
    """

    def __init__(self, block: Block, listener: Listener) -> None:
        self._listener = listener
        self._head = Prose()
        self._bar = _Bar(block, listener)
        self._body = _BODIES[block.kind](block, listener)
        self.shown = ipywidgets.VBox()
        self.shown.add_class("workbench-card")
        self.shown.add_class(f"workbench-block-{block.key}")
        self._lay_out()
        self._show_head(block)

    def _lay_out(self) -> None:
        self.shown.children = (self._head, *self._bar.shown, self._body.shown)

    @property
    def content(self) -> ipywidgets.Widget:
        """The widget below heading, note and tools."""
        return self._body.shown

    @property
    def buttons(self) -> dict[str, ipywidgets.Button]:
        """Button of each action by its name."""
        return dict(self._bar.buttons)

    def show(self, block: Block) -> None:
        """Show another state of the block; what is equal stays untouched."""
        gone: list[Any] = []
        if not self._bar.fits(block):
            gone.append(self._bar)
            self._bar = _Bar(block, self._listener)
        if self._body.fits(block):
            self._body.show(block)
        else:
            gone.append(self._body.shown)
            self._body = _BODIES[block.kind](block, self._listener)
        if gone:
            self._lay_out()
        for part in gone:
            part.close()
        self._show_head(block)

    def close(self) -> None:
        """Release the widgets of a block that is no longer part of its view."""
        for part in (self.shown, self._head, self._bar, self._body.shown):
            part.close()

    def _show_head(self, block: Block) -> None:
        note = [("note", block.note)] if block.note else []
        self._head.show([("heading", block.title), *note])
        self._bar.show(block)
