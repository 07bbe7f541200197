"""What a page carries so that it needs nothing else: style, plotly.js, ES modules, a script to run them."""

from __future__ import annotations

import base64
import gzip
import re
from functools import cache
from pathlib import Path

from workbench.views.esm import module_path, style_path

__all__ = ["page_assets"]

_FOLDER = Path(__file__).resolve().parent / "page"
_MODULE = re.compile(r'class="workbench-module" data-module="(\w+)"')


def page_assets(page: str) -> str:
    """Return the elements for the head of a page: only what its content needs."""
    modules = sorted(set(_MODULE.findall(page)))
    styles = [(_FOLDER / "page.css").read_text("utf-8")]
    styles += [style_path(name).read_text("utf-8") for name in modules]
    parts = [f"<style>\n{style}</style>" for style in styles]
    parts += [_module(name) for name in modules]
    if 'class="workbench-figure"' in page:
        parts.append(f'<script type="text/plain" id="workbench-plotly">{_packed_plotly()}</script>')
    script = (_FOLDER / "page.js").read_text("utf-8")
    return "\n".join([*parts, f'<script type="module">\n{script}</script>'])


def _module(name: str) -> str:
    """Source of an ES module, as base64 so that none of it is read as markup."""
    source = base64.b64encode(module_path(name).read_bytes()).decode("ascii")
    return f'<script type="text/plain" data-module-source="{name}">{source}</script>'


@cache
def _packed_plotly() -> str:
    """plotly.js of the installed plotly, gzip and base64: half of its size."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode("utf-8"), mtime=0)).decode("ascii")
