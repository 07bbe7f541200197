import pytest

from workbench import language_models


@pytest.fixture(scope="session")
def smollm2():
    """The real model; converted from the installed wheel once per machine."""
    return language_models.local()
