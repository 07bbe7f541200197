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
