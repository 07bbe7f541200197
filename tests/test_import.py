"""`import workbench` is light, and its public names are what the documentation says."""

import subprocess
import sys
import time

import pytest

import workbench as wb

HEAVY = (
    "torch",
    "transformers",
    "sentence_transformers",
    "bertopic",
    "umap",
    "shap",
    "panel",
    "plotly",
)


def test_import_loads_nothing_heavy():
    program = f"import workbench, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_answers_at_once():
    def seconds(*arguments):
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            times.append(time.perf_counter() - begun)
        return min(times)

    assert seconds("-m", "workbench", "--help") < 3 * seconds("-c", "pass") + 0.5


@pytest.mark.parametrize("name", wb.__all__)
def test_every_public_name_is_there(name):
    assert getattr(wb, name) is not None


def test_rooms_do_not_shadow_the_functions_of_the_same_name():
    program = (
        "import workbench.topics, workbench.emotion, workbench as wb; "
        "print(callable(wb.topics), callable(wb.emotion)); "
        "from workbench.topics import TopicModel"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True True"
