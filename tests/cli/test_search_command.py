"""`workbench search`: tables for people, JSON for machines, one clear line where it fails."""

import json

import pytest

import workbench as wb
from workbench.embedding.search import Filters
from workbench.pipeline import embed_study
from workbench.resources import bundled

EXAMPLE = "complex reflection, then sustain talk within two turns"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search") / "study"
    embed_study(wb.Study.create(folder, wb.load(bundled("data", "demo"))))
    return folder


def test_hits_are_printed_with_how_they_were_scored(run, folder):
    code, out, err = run(
        "search", folder, "I cannot sleep", "--keywords", "sleep", "--side", "client", "-k", 3
    )
    assert (code, err) == (0, "")
    hits = wb.search(
        wb.Study.open(folder), "I cannot sleep", keywords="sleep", where=Filters(side="client"), k=3
    ).table
    assert all(text in out for text in hits["text"])
    assert (
        "score = 1/(60 + rank by similarity of meaning) + 1/(60 + rank by 1 keyword (BM25))" in out
    )


def test_json_is_the_table_of_the_library(run, folder):
    code, out, _ = run("search", folder, "I cannot sleep", "-k", 4, "--code", "change", "--json")
    assert code == 0
    wanted = wb.search(wb.Study.open(folder), "I cannot sleep", k=4, where=Filters(code="change"))
    assert json.loads(out)["hits"] == wanted.table.to_dicts()


def test_sequences_are_printed_step_by_step(run, folder):
    code, out, _ = run("search", folder, "--sequence", EXAMPLE, "--json")
    found = json.loads(out)
    assert code == 0
    assert len(found["matches"]) == sum(x["matches"] for x in found["counts"]) > 3
    code, out, _ = run("search", folder, "--sequence", EXAMPLE, "-k", 2)
    assert code == 0
    assert f"{len(found['matches'])} matches in" in out
    assert all(unit in out for match in found["matches"][:2] for unit in match["unit_ids"])
    assert found["matches"][2]["unit_ids"][0] not in out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "Nothing is sought"),
        (["--regex", "(a"], "unclosed group"),
        (["--sequence", "question then sustian"], "Did you mean 'sustain'"),
        (["--sequence", EXAMPLE, "--keywords", "sleep"], "--sequence stands alone"),
        (["--keywords", "sleep", "--code", "chnage"], "Did you mean 'change'"),
        (["--keywords", "sleep", "--topic", "1"], "workbench topics"),
        (["--keywords", "sleep", "-k", "0"], "k=0"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_2(run, folder, options, told):
    code, out, err = run("search", folder, *options)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


def test_missing_embeddings_name_the_command(run, tmp_path):
    wb.Study.create(tmp_path / "bare", wb.load(bundled("data", "demo")))
    code, _, err = run("search", tmp_path / "bare", "sleep")
    assert code == 2
    assert f"workbench analyse {tmp_path / 'bare'}" in err
