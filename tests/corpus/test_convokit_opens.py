"""ConvoKit 5 itself opens what we write and finds the same utterances, speakers and metadata."""

import json

import pytest
from convokit_itself import as_convokit_reads, convokit_python

import workbench as wb
from workbench.resources import bundled
from workbench.settings import data_home


@pytest.fixture(scope="module")
def python(pytestconfig):
    return convokit_python(pytestconfig.rootpath / ".pytest_cache")


def test_it_finds_the_demonstration_corpus(python, tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    corpus.write(tmp_path / "out", format="convokit")
    found = as_convokit_reads(python, tmp_path / "out", tmp_path)
    assert list(found["utterances"]) == corpus.utterances["id"].to_list()
    coded = corpus.layers[0]
    label = dict(coded.table.select("unit_id", "label").iter_rows())
    for row in corpus.utterances.iter_rows(named=True):
        talk, speaker, text, reply, _, meta = found["utterances"][row["id"]]
        assert (talk, speaker, text) == (row["conversation_id"], row["speaker"], row["text"])
        assert reply == row["reply_to"]
        assert meta.get(coded.name) == label.get(row["id"])
    assert set(found["speakers"]) == set(corpus.speakers["id"])
    topics = dict(corpus.conversations.select("id", "topic").iter_rows())
    assert {name: meta["topic"] for name, meta in found["conversations"].items()} == topics


ODD = [
    {"a": None, "n": 1, "deep": {"x": [1, None]}},
    {"n": 2.5, "mixed": "text"},
    {"a": "", "mixed": 3, "flag": True},
    {},
]


def test_null_and_absent_metadata_stay_apart_in_its_eyes(python, tmp_path):
    """The same folder, read by ConvoKit before and after it went through the workbench."""
    given = tmp_path / "given"
    given.mkdir()
    lines = [
        {
            **{"id": f"u{n}", "conversation_id": "u0", "text": f"Line {n}", "speaker": f"s{n % 2}"},
            **{"meta": meta, "reply-to": f"u{n - 1}" if n else None, "timestamp": 10 * n},
            "vectors": [],
        }
        for n, meta in enumerate(ODD)
    ]
    (given / "utterances.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (given / "conversations.json").write_text('{"u0": {"meta": {"rating": null}, "vectors": []}}')
    speakers = {s: {"meta": m, "vectors": []} for s, m in (("s0", {"age": 3}), ("s1", {}))}
    (given / "speakers.json").write_text(json.dumps(speakers))
    (given / "corpus.json").write_text("{}")
    index = {f"{part}-index": {} for part in ("utterances", "speakers", "conversations", "overall")}
    (given / "index.json").write_text(json.dumps({**index, "version": 1, "vectors": []}))
    before = as_convokit_reads(python, given, tmp_path)
    wb.load(given).write(tmp_path / "out", format="convokit")
    after = as_convokit_reads(python, tmp_path / "out", tmp_path)
    assert [found[5] for found in after["utterances"].values()] == ODD
    assert after == before


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_it_finds_the_same_in_a_real_corpus(python, tmp_path):
    given = data_home() / "formats" / "convokit_annomi"
    before = as_convokit_reads(python, given, tmp_path)
    wb.load(given).write(tmp_path / "out", format="convokit")
    assert as_convokit_reads(python, tmp_path / "out", tmp_path) == before
    assert len(before["utterances"]) == 513
