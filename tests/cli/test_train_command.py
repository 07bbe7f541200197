"""`workbench train`: what is not understood is refused before anything is trained."""

import pytest

from workbench.coding.full_training import FULL
from workbench.coding.training import TRAINABLE
from workbench.emotion import TRAINERS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name a HEAD, or give --codebook, --corpus, --layer, --out"),
        (["nothing"], "no head 'nothing'"),
        (["annomi-helper", "--no-context"], "--context is for a head of your own"),
        (["annomi-helper", "--layer", "gold"], "--layer is for a head of your own"),
        (["--data", "folder", "--codebook", "annomi"], "--data is for a HEAD of the workbench"),
        (
            ["--codebook", "annomi", "--corpus", "c", "--layer", "x", "--out", "o", "--merge", "y"],
            "--merge takes CODED=LEARNED",
        ),
    ],
)
def test_bad_usage_ends_with_2_and_one_line(run, arguments, message):
    code, out, err = run("train", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_help_names_every_head(run):
    code, out, _ = run("train", "--help")
    assert code == 0
    words = out.replace(",", " ").split()
    for name in (*TRAINABLE, FULL, *TRAINERS):
        assert name.removesuffix("-alone") in words
