"""Reports: a study in, one HTML file out that needs neither network nor kernel."""

from workbench.reports.report import export_notebook, report

__all__ = ["export_notebook", "report"]
