"""What many tests share: a cache of their own, the demonstration study, the real corpora."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Keep embeddings and converted models of the tests out of the user's cache."""
    os.environ.setdefault(
        "WORKBENCH_CACHE_HOME", str(config.rootpath / ".pytest_cache" / "workbench")
    )
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # the worker processes of the test run already use all cores; threads that spin on top of them
    # cost five to eight times the time
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def _analysed_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The analysed demonstration study, made once for all worker processes."""
    from filelock import FileLock

    import workbench as wb
    from workbench.resources import bundled

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "demo-study"
    with FileLock(shared / "demo-study.lock"):
        if not (shared / "demo-study.done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            study = wb.Study.create(folder, wb.load(bundled("data", "demo")))
            wb.analyse(study)
            (shared / "demo-study.done").touch()
    return folder


@pytest.fixture(scope="session")
def demo_study(_analysed_demo: Path):
    """The analysed demonstration study; read only."""
    import workbench as wb

    return wb.Study.open(_analysed_demo)


@pytest.fixture
def own_demo_study(_analysed_demo: Path, tmp_path: Path):
    """A copy of the analysed demonstration study, to write to."""
    import workbench as wb

    return wb.Study.open(shutil.copytree(_analysed_demo, tmp_path / "demo-study"))


@pytest.fixture(scope="session")
def data_home() -> Path:
    """Folder of the real corpora; where it is absent, the test says so and is skipped."""
    from workbench import settings

    home = settings.data_home()
    if home is None:
        pytest.skip("the real corpora are not here (set WORKBENCH_DATA_HOME)")
    return home


# -- the browser -------------------------------------------------------------------------------------

QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]
OWN_SCHEMES = ("data:", "blob:", "about:", "file:")
OWN_HOSTS = ("127.0.0.1", "localhost")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: $WORKBENCH_CHROMIUM, else the system's."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("WORKBENCH_CHROMIUM") or shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium, and in CI no screen goes untested")
        pytest.skip("no chromium here (install it, or set WORKBENCH_CHROMIUM)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET_CHROMIUM)
        yield chromium
        chromium.close()


GONE_WHILE_DRAWN = ("reading '_guiEditing'", "reading '_redrawFromAutoMarginCount'")
"""What plotly.js says of a figure that is taken off the page before it is drawn to its end; nobody sees
anything of it (https://github.com/plotly/plotly.js/issues/5159)."""


@pytest.fixture
def watched_page(browser):
    """A page with its trouble: `page.foreign` requests (all blocked) and `page.troubles` of the console."""
    from urllib.parse import urlsplit

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.foreign, page.troubles = [], []

    def judge(route):
        url = route.request.url
        if url.startswith(OWN_SCHEMES) or urlsplit(url).hostname in OWN_HOSTS:
            route.continue_()
        else:
            page.foreign.append(url)
            route.abort()

    context.route("**/*", judge)

    def note(error):
        if not any(mark in str(error) for mark in GONE_WHILE_DRAWN):
            page.troubles.append(str(error))

    page.on("console", lambda m: note(m.text) if m.type == "error" else None)
    page.on("pageerror", note)
    yield page
    context.close()


@pytest.fixture
def browser_page(watched_page):
    """A page that must ask no other host for anything and log no error."""
    yield watched_page
    assert watched_page.foreign == []
    assert watched_page.troubles == []


@pytest.fixture(scope="session")
def artefacts(pytestconfig: pytest.Config) -> Path:
    """Folder for screenshots, to be looked at."""
    folder = pytestconfig.rootpath / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def smollm2():
    """The real language model; converted from the installed wheel once per machine."""
    from workbench import language_models

    return language_models.local()
