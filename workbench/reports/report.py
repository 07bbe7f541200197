"""Run the notebook of the report on a study and write it as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.coding.session_sheet import first_long_enough
from workbench.errors import BadInput
from workbench.files import atomic_path
from workbench.resources import need
from workbench.study import Study

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["export_notebook", "report"]

TEMPLATE = Path(__file__).resolve().parent / "template.ipynb"
"""Notebook of the report; it takes the parameters `study_folder`, `conversation` and `public`."""


def report(
    study: Study, path: str | Path, *, conversation: str | None = None, public: bool = False
) -> Path:
    """Write one HTML file with all figures, tables and a readable conversation of a study.

    The file works from a disk, without network and without a kernel. It contains dialogue text: it is as
    private as the transcripts. What the study does not hold is named in it, with the command that makes it.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    conversation
        Id of the conversation that is shown in full; default: the first that is long
        enough for the ratios of its session sheet.
    public
        Show nothing that was said, no single conversation, and no figure on few people; see
        `workbench.views.public`.

    Returns
    -------
    Path
        The written file.

    Raises
    ------
    BadInput
        If there is no such conversation, `path` is a folder, or one asks for a conversation in a public
        report.
    MissingPackage
        If papermill, nbconvert or ipykernel is not installed.
    WorkbenchError
        If the notebook of the report fails.
    """
    path = _target(path)
    ids = study.corpus.conversations["id"].to_list()
    if conversation is not None and public:
        raise BadInput("A public report shows no single conversation; leave `conversation` out.")
    if conversation is not None and conversation not in ids:
        raise BadInput.unknown("conversation", conversation, ids[:20])
    _need_packages()
    from workbench.reports.running import run_notebook

    done = run_notebook(
        TEMPLATE,
        study_folder=str(study.folder.resolve()),
        conversation=conversation or first_long_enough(study.corpus),
        public=public,
    )
    return _write(done, path, title=f"{study.name}: report", code=False)


def export_notebook(notebook: str | Path, path: str | Path) -> Path:
    """Write a notebook that was run as one HTML file, code and outputs, that needs no network.

    Widgets of the workbench show their static face, plotly figures stay figures.

    Parameters
    ----------
    notebook
        The notebook, saved with its outputs.
    path
        File to write; an existing one is replaced.

    Raises
    ------
    BadInput
        If the notebook cannot be read, or `path` is a folder.
    WorkbenchError
        If a cell shows a widget that has no static face.
    """
    notebook, path = Path(notebook), _target(path)
    _need_packages()
    import nbformat

    try:
        content = nbformat.read(notebook, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise BadInput.in_file(
            notebook, f"this is no notebook ({type(error).__name__})."
        ) from error
    return _write(content, path, title=notebook.stem, code=True)


def _target(path: str | Path) -> Path:
    path = Path(path)
    if path.is_dir():
        raise BadInput(
            f"{path} is a folder. Name the HTML file to write, as {path / 'report.html'}."
        )
    return path


def _need_packages() -> None:
    for package in ("papermill", "nbconvert", "ipykernel"):
        need(package, feature="A report", extra="report")


def _write(notebook: NotebookNode, path: Path, *, title: str, code: bool) -> Path:
    from workbench.reports.exporter import notebook_page

    page = notebook_page(notebook, title=title, code=code)
    with atomic_path(path) as temporary:
        temporary.write_text(page, "utf-8")
    return path
