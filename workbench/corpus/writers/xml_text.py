"""Text that XML 1.0 can hold: most control characters have no place in it, not even escaped."""

from __future__ import annotations

import re

__all__ = ["fits_xml", "xml_text"]

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text with what XML cannot hold replaced by U+FFFD."""
    return _NO_XML.sub("\ufffd", text)


def fits_xml(text: str | None) -> bool:
    """Whether XML holds the text as it is; none fits."""
    return text is None or _NO_XML.search(text) is None
