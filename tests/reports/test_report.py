"""Reports without a browser: what is refused, what is missing, what an exported notebook keeps."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat import v4

import workbench as wb
from workbench.coding import load_codebook
from workbench.errors import BadInput, WorkbenchError
from workbench.reports import export_notebook
from workbench.reports.chapters import chapters
from workbench.reports.running import run_notebook
from workbench.views.static import safe


class Addresses(HTMLParser):
    """Everything that elements of a page would load or lead to, but for places in the page itself."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found += [
            value
            for name, value in attrs
            if name in ("src", "href", "action", "data", "poster")
            and not value.startswith(("#", "data:"))
        ]


def notebook(tmp_path, *outputs, source="shown()"):
    cell = v4.new_code_cell(source, outputs=list(outputs), execution_count=1)
    file = tmp_path / "own.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Mine"), cell]), file)
    return file


def shown(**data):
    return v4.new_output("display_data", {name.replace("__", "/"): x for name, x in data.items()})


def widget(**data):
    view = {"model_id": "x", "version_major": 2, "version_minor": 0}
    return v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": view, **data})


def markup_of(page):
    """The page without the script that carries plotly.js."""
    return re.sub(r'<script type="text/plain".*?</script>', "", page, flags=re.DOTALL)


def test_the_file_names_no_other_file(written):
    page = written.read_text("utf-8")
    assert Addresses(page).found == []
    assert "default-src 'none'" in page
    assert written.stat().st_size < 4e6


def test_code_of_the_notebook_is_not_shown(written):
    page = written.read_text("utf-8")
    assert "cell-input" not in markup_of(page).split("</head>")[1]


def test_what_is_missing_is_named_with_its_command(bare, tmp_path):
    page = wb.report(bare, tmp_path / "bare.html").read_text("utf-8")
    for command in ("topics", "code", "emotion", "attribute"):
        assert f"<code>workbench {command} {bare.folder}</code>" in page
    assert "the steps were run one by one" in page


def test_provenance_gives_seed_checksum_and_versions(own_planted, tmp_path):
    from workbench.study import StepRecord

    own_planted.record_step(
        StepRecord("topics-helper", "f" * 64, {"random_state": 11, "side": "helper"}, 2.5, "cpu")
    )
    own_planted.write_manifest("1", {"finished": "then", "versions": {"bertopic": "9.9"}})
    page = wb.report(own_planted, tmp_path / "report.html").read_text("utf-8")
    tail = page[page.index('data-view="provenance"') :]
    assert own_planted.corpus.checksum() in tail
    row = next(row for row in tail.split("<tr>") if "topics-helper" in row)
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row)[2:5] == ["2.500", "cpu", "11"]
    assert ">bertopic (last run)<" in tail
    assert ">9.9<" in tail


def test_every_coded_scheme_has_its_codebook_with_examples(study):
    made = {x.anchor: x for x in chapters(study, conversation="t01")}
    coded = {name.split(".")[0] for name in study.layer_names() if name.startswith("annomi-")}
    assert {x for x in made if x.startswith("codebook-")} == {f"codebook-{x}" for x in coded}
    page = made["codebook-annomi-client"]._repr_html_()
    code = load_codebook("annomi").scheme("annomi-client").codes[0]
    assert safe(code.definition) in page
    assert "The 8 most confident of" in page


@pytest.fixture
def own_planted(study, tmp_path):
    import shutil

    return wb.Study.open(shutil.copytree(study.folder, tmp_path / "own"))


def test_an_unknown_conversation_is_refused_before_anything_runs(study, tmp_path):
    with pytest.raises(BadInput, match="no conversation 't99'"):
        wb.report(study, tmp_path / "report.html", conversation="t99")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_target(study, tmp_path):
    with pytest.raises(BadInput, match="is a folder"):
        wb.report(study, tmp_path)


def test_a_failing_cell_is_one_clear_line(tmp_path):
    file = tmp_path / "fails.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1 / 0")]), file)
    with pytest.raises(WorkbenchError, match=r"Cell 1 of fails.ipynb failed: ZeroDivisionError"):
        run_notebook(file)


def test_the_kernel_is_this_interpreter_and_keeps_no_history(tmp_path):
    source = "import sys\nprint(sys.executable)\nprint(get_ipython().history_manager.enabled)"
    file = tmp_path / "who.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source)]), file)
    done = run_notebook(file)
    assert done.cells[0].outputs[0].text.split() == [sys.executable, "False"]


def test_making_the_chapters_loads_no_heavy_package(study):
    program = (
        "import sys, workbench as wb\n"
        "from workbench.reports.chapters import chapters, opening\n"
        f"study = wb.Study.open({str(study.folder)!r})\n"
        "for chapter in chapters(study, conversation='t01'): chapter._repr_html_()\n"
        "heavy = {'torch', 'transformers', 'bertopic', 'umap', 'shap', 'panel'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_widget_keeps_its_static_face(tmp_path):
    file = notebook(tmp_path, widget(**{"text/html": "<p>the face</p>", "text/plain": "VBox()"}))
    page = export_notebook(file, tmp_path / "own.html").read_text("utf-8")
    assert "<p>the face</p>" in page
    assert "model_id" not in page
    assert "cell-input" in page
    assert Addresses(page).found == []


def test_a_widget_without_a_static_face_is_refused(tmp_path):
    file = notebook(tmp_path, widget(**{"text/plain": "IntSlider(value=3)"}))
    target = tmp_path / "own.html"
    target.write_text("old")
    with pytest.raises(WorkbenchError, match="Cell 2 shows a widget that has no static face"):
        export_notebook(file, target)
    assert target.read_text() == "old"


def test_progress_and_standard_error_are_left_out(tmp_path):
    bar = widget(**{"text/plain": "analyse:  40%|####      | 2/5"})
    warning = v4.new_output("stream", name="stderr", text="a warning of the moment")
    said = v4.new_output("stream", name="stdout", text="kept <b>")
    page = export_notebook(notebook(tmp_path, bar, warning, said), tmp_path / "own.html")
    text = page.read_text("utf-8")
    assert "2/5" not in text
    assert "a warning of the moment" not in text
    assert "kept &lt;b&gt;" in text


def test_plotly_figures_become_figures_of_the_page(tmp_path):
    figure = {"data": [{"type": "bar", "y": [1, 2], "name": "</script><b>"}], "layout": {}}
    output = v4.new_output(
        "display_data",
        {"application/vnd.plotly.v1+json": {**figure, "config": {}}, "text/html": "<script>"},
    )
    page = export_notebook(notebook(tmp_path, output), tmp_path / "own.html").read_text("utf-8")
    assert page.count('class="workbench-figure"') == 1
    assert 'id="workbench-plotly"' in page
    assert "</script><b>" not in page


def test_what_is_no_notebook_is_refused(tmp_path):
    file = tmp_path / "no.ipynb"
    file.write_text("not json")
    with pytest.raises(BadInput, match=r"no\.ipynb: this is no notebook"):
        export_notebook(file, tmp_path / "own.html")
