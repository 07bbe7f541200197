"""Blocks of a view as widgets that are changed in place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import ipywidgets

from workbench.views import Block
from workbench.widgets.parts import Figure, Grid, Prose, module

__all__ = ["Card", "Click"]

Click = Callable[[str, Mapping[str, Any]], None]
"""Takes the key of a block and what was clicked in it."""


class _Body(Protocol):
    @property
    def shown(self) -> ipywidgets.Widget: ...

    def fits(self, block: Block) -> bool: ...

    def show(self, block: Block) -> None: ...


class _Figure:
    """A plotly figure; a click on a mark goes to the view."""

    def __init__(self, block: Block, click: Click) -> None:
        self.shown = Figure()
        self.shown.on_msg(lambda _, content, __: click(block.key, content["click"]))
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "figure"

    def show(self, block: Block) -> None:
        content: Any = block.content
        with self.shown.hold_sync():
            self.shown.figure = json.loads(content.to_json())
            self.shown.told = block.title


class _Table:
    """Pages of a table; a click on a row goes to the view."""

    def __init__(self, block: Block, click: Click) -> None:
        self.shown = Grid()
        self.shown.on_row(lambda row: click(block.key, row))
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "table"

    def show(self, block: Block) -> None:
        content: Any = block.content
        self.shown.show(content)


class _Module:
    """A view's own ES module; traits it writes go to the view."""

    def __init__(self, block: Block, click: Click) -> None:
        content: Any = block.content
        self._content = content
        self._key, self._click, self._showing = block.key, click, False
        self.shown = module(content.name, content.state)(**content.state)
        self.shown.observe(self._changed, sorted(content.state))

    def _changed(self, change: Mapping[str, Any]) -> None:
        if not self._showing:
            self._click(self._key, {change["name"]: change["new"]})

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

    def __init__(self, block: Block, click: Click) -> None:
        self.shown = Prose()
        self.show(block)

    def fits(self, block: Block) -> bool:
        return block.kind == "text"

    def show(self, block: Block) -> None:
        self.shown.show([("told", str(block.content))])


_BODIES: dict[str, Callable[[Block, Click], _Body]] = {
    "figure": _Figure,
    "table": _Table,
    "esm": _Module,
    "text": _Text,
}


class Card:
    """Heading, note and content of one block.

    Parameters
    ----------
    block
        What to show.
    click
        Called with clicks in the content.

    Attributes
    ----------
    shown
        The widget.
    """

    def __init__(self, block: Block, click: Click) -> None:
        self._click = click
        self._head = Prose()
        self._body = _BODIES[block.kind](block, click)
        self.shown = ipywidgets.VBox([self._head, self._body.shown])
        self.shown.add_class("workbench-card")
        self.shown.add_class(f"workbench-block-{block.key}")
        self._show_head(block)

    @property
    def content(self) -> ipywidgets.Widget:
        """The widget below heading and note."""
        return self._body.shown

    def show(self, block: Block) -> None:
        """Show another state of the block; what is equal stays untouched."""
        if self._body.fits(block):
            self._body.show(block)
        else:
            before = self._body.shown
            self._body = _BODIES[block.kind](block, self._click)
            self.shown.children = (self._head, self._body.shown)
            before.close()
        self._show_head(block)

    def close(self) -> None:
        """Release the widgets of a block that is no longer part of its view."""
        for widget in (self.shown, self._head, self._body.shown):
            widget.close()

    def _show_head(self, block: Block) -> None:
        note = [("note", block.note)] if block.note else []
        self._head.show([("heading", block.title), *note])
