"""`workbench agreement`: a study or a table, for people and for machines."""

import json
import shutil
import sys

import polars as pl
import pytest

import workbench as wb
from workbench.resources import bundled


@pytest.fixture
def codes(tmp_path):
    path = tmp_path / "codes.csv"
    rows = [
        (u, c, "xy"[(u * (2 if c == "ben" else 1)) % 2], f"t{u % 7}")
        for u in range(40)
        for c in ("anna", "ben")
    ]
    pl.DataFrame(rows, schema=["unit", "coder", "value", "conversation"], orient="row").write_csv(
        path
    )
    return path


def test_a_table_of_codes_is_compared(run, codes):
    code, out, _ = run("agreement", codes, "--by", "label")
    assert code == 0
    assert "cohen_kappa" in out
    assert "anna & ben" in out
    code, out, _ = run("agreement", codes, "--measure", "cohen_kappa", "--json")
    (row,) = json.loads(out)["agreement"]
    own = wb.agreement(pl.read_csv(codes), measures=["cohen_kappa"])
    assert row == own.row(0, named=True)
    assert row["n_clusters"] == 7


def test_counts_per_conversation(run, codes):
    code, out, _ = run("agreement", codes, "--unit", "conversation", "--json")
    assert code == 0
    assert {row["scale"] for row in json.loads(out)["agreement"]} == {"counts", "rates"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scale", "interval"], "give numbers"),
        (["--measure", "kapa"], "no utterance measure"),
        (["--merge", "x"], "expected GIVEN=MEANT"),
        (["--codebook", "annomi:annomi-client"], "not in the codebook annomi-client"),
        (["--codebook", "nobody"], "no codebook"),
        (["--scheme", "annomi-client"], "for a study"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(run, codes, options, message):
    code, out, err = run("agreement", codes, *options)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="no file name holds a colon there")
def test_the_path_of_a_book_may_hold_a_colon(run, codes, tmp_path):
    book = tmp_path / "C:books.yaml"
    shutil.copy(bundled("workbench", "coding", "codebooks", "annomi.yaml"), book)
    for given in (f"{book}:annomi-client", "annomi:annomi-client"):
        assert (
            "not in the codebook annomi-client" in run("agreement", codes, "--codebook", given)[2]
        )
    assert "several schemes" in run("agreement", codes, "--codebook", book)[2]


def test_what_is_not_there_is_said(run, tmp_path):
    code, _, err = run("agreement", tmp_path / "nothing.csv")
    assert code == 2
    assert "there is no such study or table" in err


def test_a_study_is_compared_scheme_by_scheme(run, own_demo_study):
    code, out, _ = run("agreement", own_demo_study.folder, "--scheme", "annomi-client", "--json")
    assert code == 0
    rows = pl.DataFrame(json.loads(out)["agreement"], infer_schema_length=None)
    assert set(rows["scheme"]) == {"annomi-client"}
    layers = [own_demo_study.layer(f"annomi-client.{x}") for x in ("head", "intended")]
    own = wb.agreement(layers, corpus=own_demo_study.corpus)
    assert rows["estimate"].to_list() == own["estimate"].to_list()
    code, _, err = run("agreement", own_demo_study.folder, "--scheme", "nothing")
    assert code == 2
    assert "no scheme with layers of two coders 'nothing'" in err
    code, _, err = run("agreement", own_demo_study.folder, "--scale", "ordinal")
    assert code == 2
    assert "not for a study" in err
