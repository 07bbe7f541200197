"""`workbench validate`: what is printed, and how it ends."""

import json

import pytest

HEADER = "id,conversation_id,speaker,role,source,text\n"
GOOD = (
    HEADER
    + "1,a,T,therapist,ann,How are you today?\n2,a,C,client,ann,Tired of smoking.\n"
    + "3,b,T,therapist,ann,What would you like?\n4,b,C,client,ann,A plan.\n"
)
WARNED = GOOD.replace("2,a,C,client", "2,a,T,client")


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return path

    return write


def test_a_sound_corpus_ends_with_0(run, written):
    code, out, _ = run("validate", written("c.csv", GOOD), "--strict")
    assert code == 0
    assert "0 error" not in out
    assert "2 conversations, 4 utterances" in out


def test_warnings_end_with_0_and_strictly_with_2(run, written):
    path = written("c.csv", WARNED)
    code, out, _ = run("validate", path)
    assert code == 0
    assert "warning: c, speaker T: 1 speaker(s) have more than one role." in out
    assert out.splitlines()[-1] == "2 warnings."
    assert run("validate", path, "--strict")[0] == 2


def test_what_cannot_be_loaded_ends_with_2(run, written):
    code, _, err = run("validate", written("c.csv", GOOD.replace("\n2,", "\n1,")))
    assert code == 2
    assert "row 3" in err


SPLITS = {
    "table.csv": "id,split\na,train\nb,test\n",
    "table.tsv": "conversation_id\tsplit\na\ttrain\nb\ttest\n",
    "of_id.json": '{"a": "train", "b": "test"}',
    "of_split.json": '{"train": ["a"], "test": ["b"]}',
    "records.json": '[{"id": "a", "split": "train"}, {"id": "b", "split": "test"}]',
    "lines.jsonl": '{"id": "a", "split": "train"}\n{"id": "b", "split": "test"}\n',
}


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_that_cuts_a_client_ends_with_2(run, written, name):
    split = written(name, SPLITS[name])
    code, out, _ = run("validate", written("c.csv", GOOD), "--split", split, "--json")
    assert code == 2
    told = json.loads(out)
    assert told["errors"] == 1
    (error,) = [finding for finding in told["findings"] if finding["level"] == "error"]
    assert (error["check"], error["count"], error["where"]) == (
        "source spans splits",
        1,
        "c, source ann",
    )


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_that_keeps_clients_whole_ends_with_0(run, written, name):
    split = written(name, SPLITS[name].replace("test", "train"))
    code, out, err = run("validate", written("c.csv", GOOD), "--split", split)
    assert code == 0, out + err


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "[1, 2]", "{", '{"a": ["x", {"y": 1}]}', "\x00\x01", '"a"', "3"]
)
def test_a_broken_split_is_one_clear_message(run, written, content):
    split = written("split.json", content)
    code, _, err = run("validate", written("c.csv", GOOD), "--split", split)
    assert code == 2
    assert "split.json" in err
    assert "{id: split}" in err


def test_a_conversation_in_two_splits_is_an_error(run, written):
    split = written("split.json", '{"train": ["a", "b"], "test": ["b"]}')
    code, out, _ = run("validate", written("c.csv", GOOD), "--split", split)
    assert code == 2
    assert "error: c, source ann" in out


def test_a_missing_split_file_is_named(run, written):
    code, _, err = run("validate", written("c.csv", GOOD), "--split", "nowhere.csv")
    assert code == 2
    assert "nowhere.csv" in err
