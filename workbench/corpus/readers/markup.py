"""Words out of HTML fragments, as forums and question-and-answer sites publish them."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

__all__ = ["has_markup", "words_of_markup"]

_NAMES = (
    "a abbr article aside b big blockquote body br caption center cite code col dd del details div dl "
    "dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins "
    "label li link main mark meta nav noscript ol p pre q s script section small span strike strong "
    "style sub summary sup table tbody td tfoot th thead time title tr tt u ul video"
)
_ELEMENTS = frozenset(_NAMES.split())
"""What may stand in angle brackets as markup; anything else there was typed by somebody."""

_MARKUP = re.compile(
    rf"</?(?:{'|'.join(sorted(_ELEMENTS))})\b[^<>]*>|<!--.*?-->"
    r"|&(?:#\d{1,7}|#x[\da-fA-F]{1,6}|nbsp|amp|lt|gt|quot|apos|[lr][sd]quo|[mn]dash|hellip);",
    re.DOTALL | re.IGNORECASE,
)
_BREAKS = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "blockquote")
)
_UNSAID = frozenset(("script", "style", "head", "title", "noscript"))


def has_markup(text: str) -> bool:
    """Whether there is an element, a comment or an entity of HTML in a text; a lone `<` is none."""
    return _MARKUP.search(text) is not None


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unsaid: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSAID:
            self._unsaid.append(tag)
        elif tag in _BREAKS:
            self.said.append("\n")
        elif tag not in _ELEMENTS:
            self.handle_data(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._unsaid and tag == self._unsaid[-1]:
            self._unsaid.pop()
        elif tag in _BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.said.append(data)


def words_of_markup(text: str) -> str:
    """What a browser would show of an HTML fragment, blocks on lines of their own.

    >>> words_of_markup("<p>Well,&nbsp;yes.</p><script>x()</script><p>3 < 4 &amp; so on.</p>")
    'Well, yes.\\n3 < 4 & so on.'
    """
    parser = _Words()
    try:
        parser.feed(text)
        parser.close()
        said = "".join(parser.said)
    except (AssertionError, ValueError):  # the standard parser gives up on some `<![`
        said = unescape(_MARKUP.sub(" ", text))
    lines = (" ".join(line.split()) for line in said.split("\n"))
    return "\n".join(line for line in lines if line)
