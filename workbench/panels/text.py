"""The one door through which text enters the markup of a page."""

from __future__ import annotations

import html
import re

__all__ = ["marked_up", "safe"]

_COMMAND = re.compile(r"`([^`]+)`")


def safe(text: object) -> str:
    """Escape text for markup, in content and in attributes.

    >>> safe("<img src=x>")
    '&lt;img src=x&gt;'
    """
    return html.escape(str(text), quote=True)


def marked_up(text: object) -> str:
    """Escape a message and set what stands between backticks, a command, as code.

    >>> marked_up("Run `workbench code <study>`.")
    'Run <code>workbench code &lt;study&gt;</code>.'
    """
    return _COMMAND.sub(r"<code>\1</code>", safe(text))
