"""Read what a page shows, and compare it with what a view gives."""

import base64
import time
from decimal import Decimal, InvalidOperation

import numpy as np
from plotly_pointing import click_mark_of

from workbench.panels.tables import PAGE, page_frame

_FIGURE = """
node => (node.data ?? []).map(trace => Object.fromEntries(
    ["type", "x", "y", "z", "labels", "values"].filter(name => trace[name] !== undefined)
    .map(name => [name, Array.isArray(trace[name]) || ArrayBuffer.isView(trace[name])
        ? Array.from(trace[name], x => ArrayBuffer.isView(x) ? Array.from(x) : x) : trace[name]])))
"""
_LISTEN = """
() => {
    window.heard = false;
    document.addEventListener("click", () => { window.heard = true; }, { capture: true, once: true });
}
"""
_MARKS = """
node => node.querySelectorAll(
    ".point, .points path, .box, .js-line, .js-fill, .slice, .heatmaplayer image, .boxlayer path, .annotation"
).length
"""


def part(page, key):
    return page.locator(f".block-{key}")


def open_screen(page, site, slug):
    page.goto(f"{site}/{slug}")
    page.locator("[class*=block-] h2").first.wait_for()


def cells(page, key):
    """Texts of the rows on the table's page that is shown."""
    rows = part(page, key).locator(".tabulator-row")
    return rows.evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('.tabulator-cell')]"
        ".filter(cell => cell.offsetWidth).map(cell => cell.innerText.trim()))"
    )


def expected_cells(table):
    """Texts a grid has to show of the first page of a table."""
    frame = page_frame(table)
    columns = [[_written(value, column.dtype) for value in column] for column in frame.head(PAGE)]
    return [list(row) for row in zip(*columns, strict=True)]


def _written(value, dtype):
    if dtype.is_numeric() and (value is None or np.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and 0 < abs(value) < 0.0005:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent):+d}"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
    return "" if value is None else " ".join(str(value).split())


def figure_data(page, key):
    return part(page, key).locator(".js-plotly-plot").evaluate(_FIGURE)


def count_marks(page, key):
    return part(page, key).locator(".js-plotly-plot").evaluate(_MARKS)


def expected_data(figure):
    names = ("type", "x", "y", "z", "labels", "values")
    return [
        {name: _plain(trace[name]) for name in names if name in trace and trace[name] is not None}
        for trace in figure.to_plotly_json()["data"]
    ]


def _plain(value):
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        shape = [int(n) for n in str(value.get("shape", len(array))).split(",")]
        return array.reshape(shape).tolist()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def _same_numbers(left, right):
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same_numbers, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same_numbers(left[k], right[k]) for k in left)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return bool(np.isclose(left, right, rtol=1e-6, atol=1e-12, equal_nan=True))
    return left == right or {left, right} <= {None, "NaN"}


def _same_cells(shown, wanted):
    """Equal texts, or numbers that differ by rounding a five in the last place."""
    if len(shown) != len(wanted) or any(map(lambda a, b: len(a) != len(b), shown, wanted)):
        return False
    pairs = [pair for rows in zip(shown, wanted, strict=True) for pair in zip(*rows, strict=True)]
    return all(a == b or _differ_by_rounding(a, b) for a, b in pairs)


def _differ_by_rounding(left, right):
    if not (left[-1:].isdigit() and right[-1:].isdigit() and "." in left and "." in right):
        return False
    place = Decimal(1).scaleb(-len(right.rpartition(".")[2]))
    try:
        return abs(Decimal(left.replace(",", "")) - Decimal(right.replace(",", ""))) <= place
    except InvalidOperation:
        return False


def differences(page, view):
    """What the page shows otherwise than the view has it; empty when all is equal."""
    found = []
    for block in view.blocks():
        if part(page, block.key).count() != 1:
            found.append((block.key, "is not there"))
            continue
        title = part(page, block.key).locator("h2").inner_text()
        shown, wanted, same = title, block.title, _same_numbers
        if title == block.title and block.kind == "table":
            shown, wanted = cells(page, block.key), expected_cells(block.content)
            shown = [[" ".join(text.split()) for text in row] for row in shown]
            same = _same_cells
        elif title == block.title and block.kind == "figure":
            if part(page, block.key).locator(".js-plotly-plot").count() != 1:
                found.append((block.key, "is not drawn"))
                continue
            shown, wanted = figure_data(page, block.key), expected_data(block.content)
        elif title == block.title and block.kind == "text":
            shown = part(page, block.key).locator(".told").inner_text()
            wanted = " ".join(block.content.replace("`", "").split())
        if not same(shown, wanted):
            found.append((block.key, shown, wanted))
    return found


def wait_until_same(page, view, *, seconds=40):
    """Wait until every table, figure and text of the page is the view's."""
    until = time.monotonic() + seconds
    while rest := differences(page, view):
        assert time.monotonic() < until, rest[0]
        page.wait_for_timeout(250)


def click_until_heard(page, place, tries=10):
    """Click as a person does who clicks again where nothing came of it.

    Tabulator puts new cells in the place of the old ones when the page around it changes its size; a
    button pressed on the one and let go on the other is no click for the browser.
    """
    for _ in range(tries):
        page.wait_for_timeout(1000)  # a grid just made binds its clicks after it shows its rows
        page.evaluate(_LISTEN)
        place.click()
        page.wait_for_timeout(100)
        if page.evaluate("window.heard"):
            return
    raise AssertionError("no click is heard")


def choose(page, name, value):
    page.locator(f".control-{name} select").select_option(label=str(value))


def click_mark(page, key, index=0, selector=".point"):
    click_mark_of(page, part(page, key).locator(f".js-plotly-plot {selector}").nth(index))
