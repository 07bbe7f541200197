"""One screen as a page: heading, cautions, controls and blocks of a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import panel as pn

from workbench.errors import WorkbenchError
from workbench.panels.blocks import Card, set_widths
from workbench.panels.controls import make_control, update_control
from workbench.panels.pages import read_page
from workbench.study import Study
from workbench.views import VIEWS, View
from workbench.views.static import marked_up

__all__ = ["Screen", "page"]


class Screen:
    """Panel skin of any view: it makes controls from the parameters and cards from the blocks.

    Every change comes from a control or a click, goes to the view, and is followed by one redraw of
    what differs.

    Parameters
    ----------
    view
        The view to show; one per session, for it holds what this reader chose.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._busy = False
        self._cards: dict[str, Card] = {}
        self.controls: dict[str, pn.widgets.Widget] = {}
        self._bar = [self.control(name) for name in view.shown_controls]
        self.cautions = pn.pane.HTML(
            stylesheets=[read_page("parts.css")], sizing_mode="stretch_width", margin=0
        )
        self.blocks = pn.Column(
            sizing_mode="stretch_width", margin=0, stylesheets=[read_page("grid.css")]
        )
        self._show()

    @property
    def control_bar(self) -> pn.FlexBox:
        """The controls side by side, wrapping on narrow windows."""
        return pn.FlexBox(*self._bar, sizing_mode="stretch_width", margin=0)

    def control(self, name: str) -> pn.widgets.Widget:
        """Give the control of a parameter, made when it is first asked for."""
        if name not in self.controls:
            widget = self.controls[name] = make_control(self.view, name)
            trait = "value_throttled" if hasattr(widget, "value_throttled") else "value"
            widget.param.watch(partial(self._chosen, name), trait)
        return self.controls[name]

    def _chosen(self, name: str, event: Any) -> None:
        self._act(lambda: self.view.choose(name, event.new))

    def clicked(self, key: str, point: Mapping[str, Any]) -> None:
        """Take a click in a block."""
        self._act(lambda: self.view.click(key, point))

    def pressed(self, key: str, name: str) -> None:
        """Take a press on the button of an action."""
        self._act(lambda: self.view.act(key, name))

    def exported(self, key: str, name: str) -> tuple[str, bytes]:
        """Name and content of the file that a button gives."""
        return self.view.export(key, name)

    def _act(self, change: Callable[[], None]) -> None:
        """Let the view take a change and show what follows; what we set ourselves is no change."""
        if self._busy:
            return
        self._busy = True
        try:
            change()
            self._show()
        except WorkbenchError as error:
            self.cautions.object = _list_of([str(error)])
        finally:
            self._busy = False

    def _show(self) -> None:
        for name, widget in self.controls.items():
            update_control(widget, self.view, name)
        self.cautions.object = _list_of(self.view.shown_cautions())
        blocks = self.view.blocks()
        cards = {}
        for block in blocks:
            card = self._cards.get(block.key)
            if card is None:
                card = Card(block, self)
            else:
                card.show(block)
            cards[block.key] = card
        set_widths(list(cards.values()))
        if list(cards) != list(self._cards):
            self.blocks.objects = [card.shown for card in cards.values()]
        self._cards = cards


def _list_of(cautions: list[str]) -> str:
    items = "".join(f"<li>{marked_up(caution)}</li>" for caution in cautions)
    return f'<ul class="cautions" aria-label="Cautions">{items}</ul>' if items else ""


def page(
    study: Study, slug: str, *, site: bool = True, logout: bool = False, public: bool = False
) -> pn.Template:
    """Make the page of a screen with a view of its own, for one session.

    Parameters
    ----------
    slug
        Key of `workbench.views.VIEWS`.
    site
        Whether the page belongs to the site of `serve`, which has an index.
    logout
        Whether to offer to log out.
    public
        Whether to show nothing that was said and no figure on few people.
    """
    view = VIEWS[slug](study, public=public)
    screen = Screen(view)
    template = pn.Template(read_page("screen.html"))
    template.add_panel("cautions", screen.cautions)
    template.add_panel("controls", screen.control_bar)
    template.add_panel("blocks", screen.blocks)
    variables = {
        "style": read_page("site.css"),
        "page_title": f"{view.title} · {study.name}",
        "study_name": study.name,
        "screen_title": view.title,
        "question": view.question,
        "links": [{"slug": x, "title": VIEWS[x].title, "here": x == slug} for x in VIEWS],
        "site": site,
        "logout": logout,
    }
    for name, value in variables.items():
        template.add_variable(name, value)
    return template
