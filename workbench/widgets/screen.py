"""One screen as a widget: heading, cautions, controls and blocks of a view."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import ipywidgets

from workbench.errors import WorkbenchError
from workbench.study import Study
from workbench.views import View
from workbench.views.static import static_html
from workbench.widgets.blocks import Card
from workbench.widgets.controls import make_control, update_control
from workbench.widgets.parts import Prose

__all__ = ["Screen", "skin"]


class Screen(ipywidgets.VBox):
    """Widget of one view: controls from its parameters, a card per block.

    Every change comes from a control or a click, goes to the view, and is followed by one redraw of
    what differs.

    Parameters
    ----------
    study
        The study to show; only the actions of a screen write to it.
    **params
        Values of the controls to begin with.

    Attributes
    ----------
    view
        The view that is shown.
    controls
        Widget of each control by its name.

    Raises
    ------
    BadInput
        If a control does not exist or has no such choice.
    """

    view_type: ClassVar[type[View]]

    def __init__(self, study: Study, **params: Any) -> None:
        view = self.view_type(study, **params)
        super().__init__()
        self.view = view
        self._lock, self._busy = threading.RLock(), False
        self._cards: dict[str, Card] = {}
        self.controls: dict[str, ipywidgets.Widget] = {}
        self._cautions = Prose().in_class("workbench-cautions")
        self._blocks = ipywidgets.VBox()
        head = Prose([("title", view.title), ("question", view.question)])
        bar = ipywidgets.HBox([self.control(name) for name in view.shown_controls])
        bar.add_class("workbench-controls")
        self.children = (head, self._cautions, bar, self._blocks)
        self.add_class("workbench-screen")
        self._show()

    @property
    def cards(self) -> dict[str, Card]:
        """Card of each block by its key, in reading order."""
        return dict(self._cards)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.view.study.name!r})"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any] | None:
        """Give the live widget, and its present state as HTML for pages without a kernel."""
        bundle: dict[str, Any] | None = super()._repr_mimebundle_(**options)
        with self._lock:
            return None if bundle is None else {**bundle, "text/html": static_html(self.view)}

    def _chosen(self, name: str, change: Mapping[str, Any]) -> None:
        self._act(lambda: self.view.choose(name, change["new"]))

    def control(self, name: str) -> ipywidgets.Widget:
        """Give the control of a parameter, made when it is first asked for."""
        if name not in self.controls:
            control = self.controls[name] = make_control(self.view, name)
            control.observe(partial(self._chosen, name), "value")
        return self.controls[name]

    def clicked(self, key: str, point: Mapping[str, Any]) -> None:
        """Take a click in a block."""
        self._act(lambda: self.view.click(key, point))

    def pressed(self, key: str, name: str) -> None:
        """Take a press on a button; a file is written where the kernel works."""
        self._act(lambda: self.view.act(key, name))

    def _act(self, change: Callable[[], None]) -> None:
        """Let the view take a change and show what follows; what we set ourselves is no change.

        JupyterLab sends messages of widgets to threads beside the cells: changes wait for each other.
        """
        with self._lock:
            if self._busy:
                return
            self._busy = True
            try:
                change()
                self._show()
            except WorkbenchError as error:
                self._cautions.show([("caution", str(error))])
            finally:
                self._busy = False

    def _show(self) -> None:
        for name, control in self.controls.items():
            update_control(control, self.view, name)
        self._cautions.show([("caution", told) for told in self.view.shown_cautions()])
        cards = {}
        for block in self.view.blocks():
            card = self._cards.get(block.key)
            if card is None:
                card = Card(block, self)
            else:
                card.show(block)
            cards[block.key] = card
        gone = [card for key, card in self._cards.items() if key not in cards]
        self._cards = cards
        self._blocks.children = tuple(card.shown for card in cards.values())
        for card in gone:
            card.close()


def skin(view: type[View]) -> type[Screen]:
    """Make the widget class of a view, under the view's own name."""
    members = {"__doc__": view.__doc__, "__module__": "workbench.widgets", "view_type": view}
    return type(view.__name__, (Screen,), members)
