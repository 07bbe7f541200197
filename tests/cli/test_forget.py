"""`workbench forget`, as it is called."""

import json

import pytest

from workbench.study import Study

HEADER = "conversation_id,speaker,role,text,retention_until\n"
ROWS = (
    "a,T1,therapist,How was the week?,2001-01-31\n"
    "a,Ines,client,Long and cold and without a single letter.,2001-01-31\n"
    "b,T1,therapist,And the week of yours?,\n"
    "b,Otto,client,Short.,\n"
)


@pytest.fixture
def study(run, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "c.csv").write_text(HEADER + ROWS)
    steps = ("embed", "code", "emotion", "agreement", "topics", "attribution")
    skip = [x for s in steps for x in ("--skip", s)]
    code, _, err = run("analyse", tmp_path / "c.csv", "--out", tmp_path / "s", *skip)
    assert code == 0, err
    return Study.open(tmp_path / "s")


def test_a_dry_run_first_then_the_removal(run, study, tmp_path):
    (tmp_path / "mail.html").write_text("Long and cold and without a single letter.")
    options = ("--study", study.folder, "--reports", tmp_path / "mail.html", "--json")
    code, out, err = run("forget", "Ines", *options, "--dry-run")
    assert code == 0, err
    told = json.loads(out)
    assert told["dry_run"]
    assert {row["what"]: row["rows"] for row in told["removed"]} == {"speakers": 1, "utterances": 1}
    assert [row["holds"] for row in told["still_held"]] == ["words"]
    assert study.corpus.utterances.height == 4
    assert run("forget", "Ines", *options)[0] == 0
    again = Study.open(study.folder)
    assert again.corpus.utterances["speaker"].to_list() == ["T1", "T1", "Otto"]
    assert again.ledger()[0]["event"] == "forgotten"


def test_what_is_past_its_retention(run, study):
    code, out, err = run("forget", "--expired", "--study", study.folder)
    assert code == 0, err
    assert "Removed" in out
    assert Study.open(study.folder).corpus.conversations["id"].to_list() == ["b"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Inez",), "Nearest: ['Ines']"),
        (("Ines", "--expired"), "not both"),
        ((), "Name a person"),
        (("Ines", "--reports", "nowhere.html"), "nowhere.html"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(run, study, arguments, told):
    code, _, err = run("forget", *arguments, "--study", study.folder)
    assert code == 2
    assert told in err
    assert Study.open(study.folder).corpus.utterances.height == 4


def test_validate_lists_what_is_past_its_retention(run, study, tmp_path):
    code, out, _ = run("validate", tmp_path / "c.csv")
    assert code == 0
    assert "past their `retention_until`" in out
    assert "workbench forget --expired" in out
