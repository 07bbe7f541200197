"""A report of a study in which everything is planted, markup in the dialogue included."""

import sys
from pathlib import Path

import pytest

import workbench as wb

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))
from planted_study import bare_study, full_study
from report_reading import TALK, open_report


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    return full_study(tmp_path_factory.mktemp("reports") / "planted")


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    return bare_study(tmp_path_factory.mktemp("reports") / "bare")


@pytest.fixture(scope="session")
def written(study, tmp_path_factory):
    return wb.report(study, tmp_path_factory.mktemp("report") / "report.html", conversation=TALK)


@pytest.fixture
def page(browser_page, written):
    """The report opened from the disk, all of it drawn."""
    open_report(browser_page, written)
    return browser_page
