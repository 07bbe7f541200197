"""JupyterLab skins over the views: one widget per screen, live beside a kernel and readable without.

Every view of `workbench.views.VIEWS` is here under its own name, as `CorpusOverview(study)`. Shown in a
notebook it is a widget; in an exported page its static HTML stands in its place. Nothing is asked from
another host: plotly.js comes from the installed plotly, through the kernel, once for all figures.

No text becomes markup in the browser: the ES modules set `textContent` alone.
"""

from __future__ import annotations

from workbench.resources import need

for _package in ("ipywidgets", "anywidget"):
    need(_package, feature="A widget", extra="lab")

from workbench.views import VIEWS  # noqa: E402 - the packages were asked for first
from workbench.widgets.screen import Screen, skin  # noqa: E402

__all__ = ["Screen", *(view.__name__ for view in VIEWS.values())]

_SKINS: dict[str, type[Screen]] = {view.__name__: skin(view) for view in VIEWS.values()}


def __getattr__(name: str) -> type[Screen]:
    if name in _SKINS:
        return _SKINS[name]
    raise AttributeError(f"module 'workbench.widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
