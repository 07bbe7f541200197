import pytest
from planted_study import bare_study, full_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Every kind of result, planted; read only."""
    return full_study(tmp_path_factory.mktemp("views") / "full")


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """A corpus on which nothing was computed; read only."""
    return bare_study(tmp_path_factory.mktemp("views") / "bare")
