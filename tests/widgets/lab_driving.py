"""Start JupyterLab on a notebook, run it, and read what its widgets show."""

import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import numpy as np
from plotly_pointing import click_mark_of

from workbench.cli.lab import QUIET, environment
from workbench.views import VIEWS
from workbench.views.static import cell_writer
from workbench.widgets.parts import PAGE

_FIGURE = """
node => node.data.map(trace => Object.fromEntries(
    ["type", "x", "y", "z", "labels", "values"].filter(name => trace[name] !== undefined)
    .map(name => [name, plain(trace[name])])));
function plain(value) {
    if (ArrayBuffer.isView(value)) return Array.from(value);
    return Array.isArray(value) ? value.map(plain) : value;
}
"""
_CELLS = """
rows => rows.map(row => [...row.querySelectorAll("td")].map(cell => cell.textContent))
"""


def write_notebook(path):
    """A cell per screen, under the slug of its view."""
    opening = (
        "import os\nimport workbench as wb\nstudy = wb.Study.open(os.environ['WORKBENCH_STUDY'])"
    )
    cells = [opening, *(f"wb.widgets.{view.__name__}(study)" for view in VIEWS.values())]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, path)


@contextmanager
def lab(study, folder):
    """Address of a notebook in a started JupyterLab; it is stopped at the end."""
    (folder / "notebooks").mkdir(parents=True)
    write_notebook(folder / "notebooks" / "screens.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", *QUIET, "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    own = {f"JUPYTER_{x}_DIR": str(folder / x.lower()) for x in ("CONFIG", "DATA", "RUNTIME")}
    own["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
    own["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    variables = {**environment(study), **own, "OMP_NUM_THREADS": "1"}
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [*command, str(folder / "notebooks")], env=variables, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(server, f"{address}/api/status?token={token}", folder / "lab.log")
        yield f"{address}/lab/tree/screens.ipynb?token={token}"
    except BaseException:
        print((folder / "lab.log").read_text())
        raise
    finally:
        server.terminate()
        server.wait(30)


def _wait(server, address, log):
    until = time.monotonic() + 120
    while True:
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < until, "JupyterLab does not answer"
        try:
            urllib.request.urlopen(address, timeout=30)
            return
        except OSError:
            time.sleep(0.3)


def run_all(page, address):
    """Open the notebook and run all its cells."""
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


class Shown:
    """The widget of a view in the page, and what it should show.

    Parameters
    ----------
    view
        A view of the same study in this process: what the library says.
    """

    def __init__(self, page, view, place):
        self.page, self.view = page, view
        self.root = (
            page.locator(".jp-Notebook .jp-CodeCell").nth(place).locator(".workbench-screen")
        )

    def part(self, key):
        return self.root.locator(f".workbench-block-{key}")

    def choose(self, name, value):
        """Change a control in the page and in the view."""
        self.root.locator(f".workbench-control-{name} select").select_option(label=str(value))
        self.view.choose(name, value)

    def click_mark(self, key, index=0):
        """Click a mark of the first trace of a figure, in the page and in the view."""
        figure = next(block.content for block in self.view.blocks() if block.key == key)
        mark = self.part(key).locator(".js-plotly-plot .trace").first.locator(".point").nth(index)
        click_mark_of(self.page, mark)
        self.view.click(key, {"customdata": figure.data[0].customdata[index]})

    def click_row(self, key, index):
        """Click a row of a table, in the page and in the view."""
        table = next(block.content for block in self.view.blocks() if block.key == key)
        self.part(key).locator("tbody tr").nth(index).click()
        self.view.click(key, table.row(index, named=True))

    def chosen(self, name):
        """Label that a control of the page shows."""
        select = self.root.locator(f".workbench-control-{name} select")
        return select.evaluate("node => node.selectedOptions[0].text")

    def rows(self, key):
        return self.part(key).locator("tbody tr").evaluate_all(_CELLS)

    def figure(self, key):
        return self.part(key).locator(".js-plotly-plot").evaluate(_FIGURE)

    def picture(self, file):
        """Save a picture of the whole widget, in a window tall enough for it."""
        before = self.page.viewport_size
        height = self.root.evaluate("node => node.offsetHeight")
        self.page.set_viewport_size({"width": before["width"], "height": height + 260})
        self.root.scroll_into_view_if_needed()
        self.page.wait_for_timeout(500)
        self.root.screenshot(path=file)
        self.page.set_viewport_size(before)

    def wait_until_same(self, seconds=30):
        """Wait until every title, table, figure and text of the widget is the view's."""
        until = time.monotonic() + seconds
        while rest := self.differences():
            assert time.monotonic() < until, rest[0]
            self.page.wait_for_timeout(250)

    def differences(self):
        """What the page shows otherwise than the view has it."""
        found = []
        for block in self.view.blocks():
            part = self.part(block.key)
            if part.count() != 1 or part.locator("h3").count() < 1:
                found.append((block.key, "is not there"))
            elif part.locator("h3").first.text_content() != block.title:
                found.append((block.key, "has another title"))
            elif block.kind == "table" and self.rows(block.key) != _texts(block.content):
                found.append((block.key, self.rows(block.key), _texts(block.content)))
            elif block.kind == "figure":
                if part.locator(".js-plotly-plot").count() != 1:
                    found.append((block.key, "is not drawn"))
                elif not _same(self.figure(block.key), _data(block.content)):
                    found.append((block.key, self.figure(block.key), _data(block.content)))
            elif block.kind == "text" and not part.locator("p.workbench-told").count():
                found.append((block.key, "does not say what is missing"))
        return found


def _texts(table):
    columns = [[cell_writer(column)(value) for value in column.head(PAGE)] for column in table]
    return [list(row) for row in zip(*columns, strict=True)]


def _data(figure):
    names = ("type", "x", "y", "z", "labels", "values")
    return [
        {name: _plain(trace[name]) for name in names if name in trace and trace[name] is not None}
        for trace in figure.data
    ]


def _plain(value):
    if isinstance(value, np.ndarray):
        return [_plain(x) for x in value.tolist()]
    return [_plain(x) for x in value] if isinstance(value, list | tuple) else value


def _same(left, right):
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[k], right[k]) for k in left)
    numbers = (int, float, np.number)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return bool(np.isclose(left, right, rtol=1e-6, atol=1e-12, equal_nan=True))
    empty = (None, "NaN")
    return left == right or (left in empty and (right is None or np.isnan(right)))
