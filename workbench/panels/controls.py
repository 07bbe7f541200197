"""Controls of a screen, made from the parameters of its view."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import panel as pn
import param

from workbench.views import Action, Export, View

__all__ = ["make_button", "make_control", "update_control"]

_WIDTH = 220


def _common(parameter: param.Parameter) -> dict[str, Any]:
    return {
        "css_classes": [f"control-{parameter.name}"],
        "label": parameter.label,
        "description": parameter.doc,
        "width": _WIDTH,
        "margin": (0, 16, 8, 0),
    }


def _select(view: View, name: str) -> pn.widgets.Widget:
    return pn.widgets.Select(
        options=_options(view, name), value=getattr(view, name), **_common(view.param[name])
    )


def _several(view: View, name: str) -> pn.widgets.Widget:
    return pn.widgets.MultiChoice(
        options=_options(view, name), value=getattr(view, name), **_common(view.param[name])
    )


def _check(view: View, name: str) -> pn.widgets.Widget:
    common = {**_common(view.param[name]), "margin": (24, 16, 8, 0)}
    common.pop("description")
    return pn.widgets.Checkbox(value=getattr(view, name), **common)


def _text(view: View, name: str) -> pn.widgets.Widget:
    return pn.widgets.TextInput(value=getattr(view, name), **_common(view.param[name]))


def _number(view: View, name: str) -> pn.widgets.Widget:
    parameter = view.param[name]
    low, high = parameter.bounds or (None, None)
    whole = isinstance(parameter, param.Integer)
    common = {**_common(parameter), "value": getattr(view, name)}
    if low is None or high is None:
        plain = pn.widgets.IntInput if whole else pn.widgets.FloatInput
        return plain(start=low, end=high, **common)
    common.pop("description")
    slider = pn.widgets.IntSlider if whole else pn.widgets.FloatSlider
    return slider(start=low, end=high, value_throttled=common["value"], **common)


_MAKERS: tuple[tuple[type[param.Parameter], Callable[[View, str], pn.widgets.Widget]], ...] = (
    (param.ListSelector, _several),
    (param.Selector, _select),
    (param.Boolean, _check),
    (param.Number, _number),
    (param.String, _text),
)


def make_control(view: View, name: str) -> pn.widgets.Widget:
    """Make the widget of one parameter.

    Raises
    ------
    TypeError
        If no widget is known for this kind of parameter.
    """
    for kind, make in _MAKERS:
        if isinstance(view.param[name], kind):
            widget = make(view, name)
            update_control(widget, view, name)
            return widget
    raise TypeError(f"No widget for {type(view).__name__}.{name}, {view.param[name]!r}.")


def make_button(
    action: Action | Export, run: Callable[[str], None], export: Callable[[str], tuple[str, bytes]]
) -> pn.widgets.Widget:
    """Make the button of an action, or the one that downloads a file made when it is pressed.

    Parameters
    ----------
    run, export
        Take the action's name; `export` returns name and content of the file.
    """
    common: dict[str, Any] = {
        "css_classes": [f"action-{action.name}"],
        "margin": (20, 12, 8, 0),
        "sizing_mode": "fixed",
        "width": max(96, 9 * len(action.label) + 28),
        "height": 34,
    }
    if isinstance(action, Action):
        button = pn.widgets.Button(label=action.label, **common)
        button.on_click(lambda _: run(action.name))
        return button

    def content() -> io.BytesIO:
        return io.BytesIO(export(action.name)[1])

    return pn.widgets.FileDownload(
        callback=content, filename=action.filename, label=action.label, auto=True, **common
    )


def update_control(widget: pn.widgets.Widget, view: View, name: str) -> None:
    """Bring choices and value of a widget to what the view has now; hide it where nothing is to choose."""
    value = getattr(view, name)
    if isinstance(view.param[name], param.Selector):
        options = _options(view, name)
        widget.param.update(options=options, value=value, visible=len(options) > 1)
    elif widget.value != value:
        widget.value = value


def _options(view: View, name: str) -> dict[str, Any]:
    return {str(choice): choice for choice in view.param[name].objects}
