"""Panel skins over the views: one page per screen, and all of them as one site.

The pages make no request to another host. Text reaches their markup through `workbench.views.static`
alone, or through an ES module's `textContent`.
"""

from __future__ import annotations

from workbench.resources import need

for _package in ("panel", "bokeh"):
    need(_package, feature="The dashboard", extra="serve")

from workbench.panels.entry import entry  # noqa: E402 - the packages were asked for first
from workbench.panels.screen import Screen  # noqa: E402
from workbench.panels.site import make_server, serve  # noqa: E402

__all__ = ["Screen", "entry", "make_server", "serve"]
