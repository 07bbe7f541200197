"""A view as HTML that needs no kernel: the static face of widgets, and the matter of reports.

The markup is complete without scripts: texts, notes and tables whole, a conversation as a plain list.
Beside them stand data for a page that has scripts, as `workbench.reports` makes it:

- `.workbench-figure` holds a `<script type="application/json">` with a plotly figure to be drawn there;
- `.workbench-module` with `data-module` holds the traits of an ES module of `workbench/views/esm` the same
  way; what the module draws takes the place of `.workbench-plain`.

Every text passes through `safe`, here the one door into markup.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from workbench.views.view import Block, View

__all__ = [
    "block_html",
    "cell_writer",
    "figure_html",
    "marked_up",
    "safe",
    "static_html",
    "table_html",
]

_COMMAND = re.compile(r"`([^`]+)`")
_ROWS, _LONG = 2000, 60
"""Rows of a table that are given, and characters from which a text is long."""

_EMPTY = "–"


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


def static_html(
    view: View, *, title: str = "", anchor: str = "", level: int = 2, without: Sequence[str] = ()
) -> str:
    """Return a view in its present state as a fragment of HTML.

    Parameters
    ----------
    title
        Heading; default the view's own.
    anchor
        Id of the fragment, for links to it.
    level
        Level of the heading; blocks have headings one below.
    without
        Keys of blocks to leave out.
    """
    named = f' id="{safe(anchor)}"' if anchor else ""
    blocks = "\n".join(
        block_html(block, level=level + 1) for block in view.blocks() if block.key not in without
    )
    return (
        f'<section class="workbench-view" data-view="{safe(view.slug)}"{named}>\n'
        f"<h{level}>{safe(title or view.title)}</h{level}>\n"
        f'<p class="workbench-question">{safe(view.question)}</p>\n'
        f"{_cautions(view)}{_choices(view)}{blocks}\n</section>\n"
    )


def block_html(block: Block, *, level: int = 3) -> str:
    """Return one block as HTML, with its heading and note."""
    note = f'<p class="workbench-note">{marked_up(block.note)}</p>\n' if block.note else ""
    content: Any = block.content
    if block.kind == "table":
        body = table_html(content)
    elif block.kind == "figure":
        body = figure_html(content.to_json(), name=block.title)
    elif block.kind == "esm":
        body = _module_html(content.name, content.state)
    else:
        body = f'<p class="workbench-told">{marked_up(content)}</p>'
    return (
        f'<section class="workbench-block" data-block="{safe(block.key)}" data-kind="{block.kind}">\n'
        f"<h{level}>{safe(block.title)}</h{level}>\n{note}{body}\n</section>"
    )


def figure_html(figure: str, *, name: str) -> str:
    """Return the place of a figure, with its data.

    Parameters
    ----------
    figure
        The figure as plotly's JSON.
    name
        What it is, for those who do not see it.
    """
    height = json.loads(figure).get("layout", {}).get("height", 450)
    return (
        f'<div class="workbench-figure" role="img" aria-label="{safe(name)}" '
        f'style="min-height:{float(height):.0f}px">{_data(figure)}'
        "<noscript>The figure needs scripts.</noscript></div>"
    )


def table_html(table: pl.DataFrame) -> str:
    """Return a table as HTML: numbers with three decimals, or six where a value is very small.

    Beyond 2,000 rows the first 2,000 are given, and the caption says so.
    """
    shown = table.head(_ROWS)
    columns = [(name, table.schema[name].is_numeric()) for name in table.columns]
    head = "".join(
        f'<th scope="col"{_number(numeric)}>{safe(name.replace("_", " "))}</th>'
        for name, numeric in columns
    )
    cells = [_cells(shown[name], table[name]) for name, _ in columns]
    rows = "\n".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    told = (
        f"<caption>The first {_ROWS:,} of {table.height:,} rows.</caption>"
        if table.height > _ROWS
        else ""
    )
    return (
        f'<div class="workbench-table" tabindex="0"><table>{told}<thead><tr>{head}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _cautions(view: View) -> str:
    items = "".join(f"<li>{marked_up(caution)}</li>" for caution in view.shown_cautions())
    return f'<ul class="workbench-cautions" aria-label="Cautions">{items}</ul>\n' if items else ""


def _choices(view: View) -> str:
    """What the controls are set to, for here nobody can set them."""
    chosen = {name: getattr(view, name) for name in view.shown_controls}
    items = "".join(
        f"<div><dt>{safe(name.replace('_', ' '))}</dt><dd>{safe(value)}</dd></div>"
        for name, value in chosen.items()
        if value not in (None, "")
    )
    return f'<dl class="workbench-choices">{items}</dl>\n' if items else ""


# -- tables ------------------------------------------------------------------------------------------


def _number(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def _cells(shown: pl.Series, whole: pl.Series) -> list[str]:
    write = cell_writer(whole)
    if whole.dtype.is_numeric():
        return [f'<td class="number">{write(value)}</td>' for value in shown]
    texts = [write(value) for value in shown]
    long = ' class="long"' if max(map(len, texts), default=0) > _LONG else ""
    return [f'<td{long} dir="auto">{safe(text)}</td>' for text in texts]


def cell_writer(column: pl.Series) -> Callable[[Any], str]:
    """Return the function that writes a value of this column as text, with decimals to suit them all."""
    if column.dtype.is_integer():
        return lambda value: _EMPTY if value is None else f"{value:,}"
    if column.dtype.is_numeric():
        size = column.drop_nulls().abs()
        decimals = 6 if ((size > 0) & (size < 0.0005)).any() else 3
        return lambda value: (
            _EMPTY if value is None or math.isnan(value) else f"{value:,.{decimals}f}"
        )
    if isinstance(column.dtype, pl.List):
        return lambda value: "" if value is None else "; ".join(str(x) for x in value)
    if column.dtype == pl.Boolean:
        return lambda value: "" if value is None else str(value).lower()
    return lambda value: "" if value is None else str(value)


# -- ES modules ----------------------------------------------------------------------------------------


def _data(text: str) -> str:
    """JSON beside the markup; no `<` of it can end the element."""
    written = text.replace("<", "\\u003c")
    return f'<script type="application/json">{written}</script>'


def _module_html(name: str, state: Mapping[str, Any]) -> str:
    plain = _PLAIN[name](state)
    return (
        f'<div class="workbench-module" data-module="{safe(name)}">'
        f"{_data(json.dumps(state, ensure_ascii=False))}"
        f'<div class="workbench-plain">{plain}</div></div>'
    )


def _plain_reader(state: Mapping[str, Any]) -> str:
    """A conversation as a list of turns."""
    facts = "; ".join(f"{name}: {value}" for name, value in state["facts"])
    turns = []
    for turn in state["turns"]:
        labels = [mark["label"] for lane in state["lanes"] for mark in turn.get(lane["key"]) or []]
        codes = f" <small>[{safe(', '.join(labels))}]</small>" if labels else ""
        turns.append(
            f'<li value="{int(turn["turn"])}"><b>{safe(turn["role"])}:</b> '
            f'<span dir="auto">{safe(turn["text"])}</span>{codes}</li>'
        )
    note = f"<p>{safe(state['note'])}</p>" if state["note"] else ""
    return (
        f"<p><b>{safe(state['title'])}</b> {safe(facts)}</p>{note}<ol>\n"
        + "\n".join(turns)
        + "</ol>"
    )


def _plain_prompt(state: Mapping[str, Any]) -> str:
    """A prompt as a list of its components with their values."""
    parts = []
    for part in state["parts"]:
        value = "always there" if part["value"] is None else f"{part['value']:+.2f}"
        noise = ", within noise" if part["above"] is False else ""
        lines = "".join(
            f"<br>{safe(line['role'])}: <span dir='auto'>{safe(line['text'])}</span>"
            for line in part["lines"]
        )
        parts.append(f"<li><b>{safe(part['name'])}</b> ({value}{noise}){lines}</li>")
    return f"<ul>{''.join(parts)}</ul>"


def _plain_map(state: Mapping[str, Any]) -> str:
    """What a map shows, in words: its topics and their numbers."""
    return f"<p>{safe(state['told'])}</p>"


def _plain_task(state: Mapping[str, Any]) -> str:
    """A question with its choices."""
    choices = "".join(f'<li dir="auto">{safe(text)}</li>' for text in state["options"])
    return f"<p>{safe(state['told'] or state['asked'])}</p><ol>{choices}</ol>"


_PLAIN: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "conversation_reader": _plain_reader,
    "intrusion_task": _plain_task,
    "painted_prompt": _plain_prompt,
    "topic_map": _plain_map,
}
