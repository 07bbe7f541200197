"""The page "When one machine is not enough": its example runs as it stands, its other code is Python."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus

pytest.importorskip("distributed")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "one-machine-is-not-enough.md"
EXECUTED = "<!-- executed by tests/pipeline/test_cluster_page.py -->\n"


def blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_every_example_is_python():
    found = blocks(PAGE.read_text("utf-8"))
    assert len(found) >= 6
    for block in found:
        ast.parse(block)


@pytest.mark.xdist_group("cluster")
def test_the_local_example_runs_as_it_stands(tmp_path):
    turns = pl.DataFrame(
        {
            "conversation_id": ["a", "a"],
            "speaker": ["T", "C"],
            "role": ["therapist", "client"],
            "text": ["What brings you here today, then?", "I want to drink less, I think."],
        }
    )
    study = wb.Study.create(tmp_path / "my-study", Corpus.build(turns))
    (example,) = blocks(PAGE.read_text("utf-8").split(EXECUTED)[1])[:1]
    # attribution scores prompts with a language model, which takes minutes and is not what is shown
    example = example.replace("wb.analyse(study,", 'wb.analyse(study, skip=["attribution"],')
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Computed: agreement, code-annomi, embed, emotion" in done.stdout
    assert study.layer("goemotions.head").table.height
