import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))  # the planted study of the views

from planted_study import bare_study, full_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Every kind of result, planted; one turn holds markup. Read only."""
    return full_study(tmp_path_factory.mktemp("widgets") / "full")


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """A corpus on which nothing was computed; read only."""
    return bare_study(tmp_path_factory.mktemp("widgets") / "bare")
