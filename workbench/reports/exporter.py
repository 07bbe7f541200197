"""A notebook with outputs as one HTML page: every widget by its static face, no address of another host."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.preprocessors import Preprocessor
from traitlets.config import Config

from workbench.errors import WorkbenchError
from workbench.reports.assets import page_assets
from workbench.views.static import figure_html

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["PageExporter", "StaticOutputs", "notebook_page"]

_FOLDER = Path(__file__).resolve().parent
_HTML, _PLAIN = "text/html", "text/plain"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_PLOTLY = "application/vnd.plotly.v1+json"
_PRIORITY = [
    _HTML,
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    _PLAIN,
]
_PROGRESS = re.compile(r"\d%\||\dit \[")
"""Text of a progress bar; what it says is over when the page is read."""


class StaticOutputs(Preprocessor):
    """Give every output a form that needs no kernel, or refuse.

    Plotly figures become places with their data; widgets keep their HTML; progress bars and what was
    written to standard error are left out.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Replace the outputs of one cell.

        Raises
        ------
        WorkbenchError
            If the cell shows a widget that has no HTML.
        """
        if cell.cell_type == "code":
            cell.outputs = [
                self._static(output, index) for output in cell.outputs if not _passing(output)
            ]
        return cell, resources

    def _static(self, output: NotebookNode, index: int) -> NotebookNode:
        data = output.get("data", {})
        if _PLOTLY in data:
            figure = data[_PLOTLY]
            drawn = {name: figure[name] for name in ("data", "layout") if name in figure}
            output.data = {_HTML: figure_html(json.dumps(drawn), name="Figure")}
        elif _WIDGET in data and _HTML not in data:
            raise WorkbenchError(
                f"Cell {index + 1} shows a widget that has no static face, so the page would be empty "
                "there. Show a widget of `workbench.widgets`, a table or a figure instead, and run again."
            )
        return output


def _passing(output: NotebookNode) -> bool:
    """Whether an output is of the moment: a progress bar, standard error, plotly's own start-up."""
    if output.output_type == "stream":
        return bool(output.name == "stderr")
    data = output.get("data", {})
    if _WIDGET in data:
        return _PROGRESS.search(data.get(_PLAIN, "")) is not None
    return "window.PlotlyConfig" in data.get(_HTML, "") and _PLOTLY not in data


class PageExporter(TemplateExporter):
    """nbconvert exporter of the page in `workbench/reports/page`."""

    export_from_notebook = "Workbench page"
    output_mimetype = _HTML

    def __init__(self, **options: Any) -> None:
        super().__init__(extra_template_basedirs=[str(_FOLDER)], template_name="page", **options)
        self.register_preprocessor(StaticOutputs, enabled=True)
        self.register_filter(
            "highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=self)
        )

    def _file_extension_default(self) -> str:
        return ".html"

    @property
    def default_config(self) -> Config:
        """Defaults, with HTML before everything a kernel would be needed for."""
        return Config({"NbConvertBase": {"display_data_priority": _PRIORITY}})


def notebook_page(notebook: NotebookNode, *, title: str, code: bool) -> str:
    """Return a notebook with outputs as a page.

    Parameters
    ----------
    title
        Title of the page.
    code
        Whether the code of the cells is shown.

    Raises
    ------
    WorkbenchError
        If a cell shows a widget that has no static face.
    """
    exporter = PageExporter(exclude_input=not code)
    resources = {"page_title": title, "with_code": code}
    page, _ = exporter.from_notebook_node(notebook, resources)
    return page.replace("<!-- assets -->", page_assets(page), 1)
