"""The guided notebooks: run from a clean kernel on the demonstration study, then looked at as pages."""

import ast
import shutil
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from workbench.reports.exporter import notebook_page
from workbench.reports.running import run_notebook
from workbench.resources import bundled

NOTEBOOKS = sorted(bundled("notebooks").glob("*.ipynb"))
SHOWN = (
    *("01_corpus", "02_topics", "03_mi_coding", "04_agreement"),
    *("05_emotion", "07_attribution", "08_report"),
)

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_all_of_them_are_there():
    assert tuple(path.stem for path in NOTEBOOKS) == SHOWN


@each
def test_it_is_committed_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@each
def test_it_tells_a_story(path):
    notebook = nbformat.read(path, as_version=4)
    told = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert told[0].startswith(f"# {int(path.stem[:2])}. ")
    assert "**Question: " in told[0]
    assert any("hat to look at" in text for text in told)
    assert "> **Caution.**" in told[-1]


@each
def test_it_imports_public_names_only(path):
    for source in code_of(nbformat.read(path, as_version=4)):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("workbench"):
                assert node.module.count(".") == 1
                room = import_module(node.module)
                assert {alias.name for alias in node.names} <= set(room.__all__)


@pytest.fixture(scope="module")
def copied(_analysed_demo, tmp_path_factory):
    """The analysed demonstration study, for the notebooks to write to."""
    return Path(shutil.copytree(_analysed_demo, tmp_path_factory.mktemp("notebooks") / "study"))


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.timeout(900)
@each
def test_it_runs_and_can_be_read_without_a_kernel(
    path, copied, tmp_path, monkeypatch, browser_page, artefacts
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKBENCH_STUDY", str(copied))
    done = run_notebook(path)
    page = tmp_path / "page.html"
    page.write_text(notebook_page(done, title=path.stem, code=True), "utf-8")
    browser_page.goto(page.as_uri())
    browser_page.wait_for_function("document.documentElement.dataset.ready === 'true'")
    figures = page.read_text("utf-8").count('class="workbench-figure"')
    assert browser_page.locator(".js-plotly-plot").count() == figures
    views = sum(source.count("wb.widgets.") for source in code_of(done))
    assert browser_page.locator(".workbench-view").count() == views
    browser_page.screenshot(path=artefacts / f"notebook-{path.stem}.png", full_page=True)
