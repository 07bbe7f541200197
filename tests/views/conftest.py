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


@pytest.fixture
def page(browser):
    """A page that may ask nobody for anything and must not complain."""
    opened = browser.new_page(viewport={"width": 900, "height": 900})
    told: list[str] = []

    def hear(message):
        # a browser without a graphics card tells how long it takes to copy what WebGL drew
        if message.type in {"error", "warning"} and "GL Driver Message" not in message.text:
            told.append(message.text)

    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("console", hear)
    opened.route("http*://**", lambda route: (told.append(route.request.url), route.abort()))
    yield opened
    opened.close()
    assert told == []
