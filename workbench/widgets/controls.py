"""Controls of a screen, made from the parameters of its view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import param

from workbench.views import Action, Export, View

__all__ = ["make_button", "make_control", "update_control"]


def _common(parameter: param.Parameter) -> dict[str, Any]:
    return {"description": parameter.label, "tooltip": parameter.doc}


def _select(view: View, name: str) -> ipywidgets.Widget:
    return ipywidgets.Dropdown(options=_options(view, name), **_common(view.param[name]))


def _check(view: View, name: str) -> ipywidgets.Widget:
    return ipywidgets.Checkbox(indent=False, **_common(view.param[name]))


def _text(view: View, name: str) -> ipywidgets.Widget:
    return ipywidgets.Text(continuous_update=False, **_common(view.param[name]))


def _number(view: View, name: str) -> ipywidgets.Widget:
    low, high = view.param[name].bounds
    return ipywidgets.IntSlider(
        min=low, max=high, continuous_update=False, **_common(view.param[name])
    )


_MAKERS: tuple[tuple[type[param.Parameter], Callable[[View, str], ipywidgets.Widget]], ...] = (
    (param.Selector, _select),
    (param.Boolean, _check),
    (param.Integer, _number),
    (param.String, _text),
)


def make_control(view: View, name: str) -> ipywidgets.Widget:
    """Make the widget of one parameter.

    Raises
    ------
    TypeError
        If no widget is known for this kind of parameter.
    """
    for kind, make in _MAKERS:
        if isinstance(view.param[name], kind):
            widget = make(view, name)
            widget.add_class(f"workbench-control-{name}")
            update_control(widget, view, name)
            return widget
    raise TypeError(f"No widget for {type(view).__name__}.{name}, {view.param[name]!r}.")


def make_button(action: Action | Export, press: Callable[[str], None]) -> ipywidgets.Button:
    """Make the button of an action; `press` takes its name."""
    button = ipywidgets.Button(description=action.label)
    button.add_class(f"workbench-action-{action.name}")
    button.on_click(lambda _: press(action.name))
    return button


def update_control(widget: ipywidgets.Widget, view: View, name: str) -> None:
    """Bring choices and value of a widget to what the view has now; hide it where nothing is to choose."""
    with widget.hold_sync():
        if isinstance(view.param[name], param.Selector):
            options = _options(view, name)
            if options != widget.options:
                widget.options = options
            widget.layout.display = None if len(options) > 1 else "none"
        if widget.value != getattr(view, name):
            widget.value = getattr(view, name)


def _options(view: View, name: str) -> tuple[tuple[str, Any], ...]:
    return tuple((str(choice), choice) for choice in view.param[name].objects)
