"""The program as a user meets it: exit codes, one clear line, JSON for machines."""

import json

import polars as pl
import pytest

from workbench.cli.main import VERBS

HEADER = "conversation_id,speaker,role,text\n"
GOOD = HEADER + "a,T,therapist,How are you today?\na,C,client,Tired of smoking.\n"


def _written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


BAD = {
    "missing file": (None, "nowhere.csv", []),
    "empty file": ("", "empty.csv", ["empty.csv"]),
    "wrong encoding": (
        GOOD.replace("Tired", "Müde").encode("latin-1"),
        "w.csv",
        ["w.csv", "UTF-8"],
    ),
    "no needed column": ("a,b\n1,2\n", "n.csv", ["n.csv"]),
    "broken JSON line": (
        '{"conversation_id":"a","speaker":"x","text":"hi"}\n{"conversation_id":\n',
        "b.jsonl",
        ["b.jsonl", "2"],
    ),
    "duplicate ids": (
        "id," + HEADER + "1,a,T,therapist,Hi\n1,a,C,client,Ho\n",
        "d.csv",
        ["d.csv", "row"],
    ),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_input_is_one_clear_message_and_exit_2(run, tmp_path, case):
    content, name, told = BAD[case]
    path = tmp_path / name
    if content is not None:
        _written(path, content)
    code, _, err = run("analyse", path, "--out", tmp_path / "study")
    assert code == 2, err
    assert name in err
    for word in told:
        assert word in err
    assert "Traceback" not in err
    assert not (tmp_path / "study").exists()


def test_what_can_go_on_goes_on_with_a_warning(run, tmp_path):
    path = _written(
        tmp_path / "gaps.csv",
        "id,conversation_id,turn,speaker,role,reply_to,text\n"
        f"1,a,0,T,therapist,,Hello\n2,a,5,C,client,nobody,{'well ' * 200_000}\n",
    )
    code, out, _ = run("validate", path, "--json")
    assert code == 0
    checks = {finding["check"]: finding for finding in json.loads(out)["findings"]}
    assert {"turn gap", "reply to nowhere", "long text"} <= set(checks)
    assert "gaps.csv" in checks["turn gap"]["where"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(run, verb):
    code, out, _ = run(verb, "--help")
    assert code == 0
    assert "Usage" in out


def test_unknown_verb_is_usage_error(run):
    assert run("analyze")[0] == 2


def test_a_study_of_another_version_is_refused(run, tmp_path):
    (tmp_path / "study.json").write_text('{"study_version": 42, "name": "x"}')
    code, _, err = run("report", tmp_path)
    assert code == 2
    assert "study version 42" in err


def test_not_computed_names_the_command(run, tmp_path):
    path = _written(tmp_path / "c.csv", GOOD)
    stations = [
        x for s in ("embed", "code", "emotion", "topics", "attribution") for x in ("--skip", s)
    ]
    code, _, err = run("analyse", path, "--out", tmp_path / "s", *stations)
    assert code == 0, err
    code, _, err = run("topics", tmp_path / "s")
    assert code == 1
    assert "cannot be fitted" in err


def test_another_corpus_for_an_existing_study_is_refused(run, tmp_path):
    skip = [x for s in ("embed", "code", "emotion", "topics", "attribution") for x in ("--skip", s)]
    first = _written(tmp_path / "1.csv", GOOD)
    second = _written(tmp_path / "2.csv", GOOD.replace("Tired", "Sick"))
    assert run("analyse", first, "--out", tmp_path / "s", *skip)[0] == 0
    code, _, err = run("analyse", second, "--out", tmp_path / "s", *skip)
    assert code == 2
    assert "--add" in err


def test_outcomes_join_by_conversation(run, tmp_path):
    from workbench.study import Study

    skip = [x for s in ("embed", "code", "emotion", "topics", "attribution") for x in ("--skip", s)]
    corpus = _written(tmp_path / "c.csv", GOOD)
    ratings = _written(tmp_path / "r.csv", "session,rating\na,6\n")
    code, _, err = run(
        "analyse",
        corpus,
        "--out",
        tmp_path / "s",
        "--outcomes",
        ratings,
        "--outcomes-key",
        "session",
        *skip,
    )
    assert code == 0, err
    assert Study.open(tmp_path / "s").corpus.conversations["rating"].to_list() == [6]


def test_convert_and_load_again(run, tmp_path):
    corpus = _written(tmp_path / "c.csv", GOOD)
    assert run("convert", corpus, tmp_path / "out", "--to", "convokit")[0] == 0
    code, out, _ = run("validate", tmp_path / "out", "--json")
    assert code == 0
    assert "2 utterances" in json.loads(out)["corpus"]


def test_export_writes_what_the_study_holds(run, demo_study, tmp_path):
    code, out, err = run(
        "export", demo_study.folder, "--out", tmp_path, "--wide", "--format", "xlsx"
    )
    assert code == 0, err
    codes = pl.read_excel(tmp_path / "codes.xlsx")
    table = demo_study.layer("annomi-client.head").table.unique("unit_id", maintain_order=True)
    assert (
        codes["annomi-client.head"].drop_nulls().to_list() == table["label"].drop_nulls().to_list()
    )
    assert str(tmp_path / "codes.xlsx") in out


def test_doctor_finds_the_models(run):
    code, out, _ = run("doctor", "--json")
    assert code == 0
    found = {check["part"]: check["found"] for check in json.loads(out)["checks"]}
    assert found["sentence encoder all-MiniLM-L6-v2"]
    assert found["head annomi-helper"] == "shipped"


def test_json_of_the_stations(run, demo_study):
    code, out, err = run("code", demo_study.folder, "--json")
    assert code == 0, err
    counts = json.loads(out)["layers"]["annomi-client.head"]
    assert counts == demo_study.layer("annomi-client.head").counts().to_dicts()
