"""OpenAI and ShareGPT: what is not told as lost comes back as it was."""

import json
import tempfile
from pathlib import Path

import polars as pl
import pytest
from generated_corpora import CHECKS, PHASES, corpora, names, words
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.trees import paths
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.settings import data_home

FORMS = ("openai", "sharegpt")
KEYS = ("conversation_id", "id", "speaker")


def told(corpus, form):
    return {finding.where: finding.count for finding in writer(form).lost(corpus)}


def written_and_read_as_chat(corpus, form):
    with tempfile.TemporaryDirectory() as folder:
        corpus.write(Path(folder) / "out", format=form)
        return wb.load(Path(folder) / "out", format="chat")


def assert_rest_comes_back(corpus, form):
    """Every column of the turns that is not told comes back; of the other tables, those by their id."""
    missing, again = told(corpus, form), written_and_read_as_chat(corpus, form)
    linear = paths(corpus)
    for name in linear.utterances.columns:
        if f"utterances.{name}" not in missing and linear.utterances[name].null_count() < len(
            linear.utterances
        ):
            assert again.utterances[name].to_list() == linear.utterances[name].to_list(), name
    for table, key in (("conversations", "conversation_id"), ("speakers", "speaker")):
        ours = getattr(linear, table)
        kept = [
            n
            for n in ours.columns
            if f"{table}.{n}" not in missing and ours[n].null_count() < len(ours)
        ]
        if f"utterances.{key}" not in missing:
            assert getattr(again, table).select(kept).rows() == ours.select(kept).rows(), table


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=corpora())
def test_what_is_not_told_comes_back(form, corpus):
    assert_rest_comes_back(corpus, form)
    assert not any(place.startswith("utterances.text") for place in told(corpus, form))


calls = st.lists(
    st.fixed_dictionaries(
        {
            "id": names,
            "type": st.just("function"),
            "function": st.fixed_dictionaries({"name": names, "arguments": words}),
        }
    ),
    min_size=1,
    max_size=2,
)
stated = calls.map(lambda found: json.dumps(found, ensure_ascii=False))
odd = st.sampled_from(["no JSON", "[]", '{"id": "c1"}', '[{"id":"c1"}]', "[1]"])
turn = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "user", "assistant", "tool"]),
        "text": words,
        "meta.tool_calls": st.none() | stated | odd,
        "meta.tool_call_id": st.none() | words,
    }
)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(talks=st.lists(st.lists(turn, min_size=1, max_size=4), min_size=1, max_size=3))
def test_chats_come_back_whole(form, talks):
    rows = [
        {"conversation_id": f"out-{n}", "speaker": f"{row['role']}-out-{n}", **row}
        for n, talk in enumerate(talks, start=1)
        for row in talk
    ]
    kinds = {"meta.tool_calls": pl.String, "meta.tool_call_id": pl.String}
    corpus = Corpus.build(pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None))
    assert_rest_comes_back(corpus, form)
    missing = set(told(corpus, form))
    ids = {f"utterances.{key}" for key in KEYS} if form == "openai" else set()
    assert missing <= ids | {"utterances.meta.tool_calls", "utterances.meta.tool_call_id"}


def little(**columns):
    table = {
        "conversation_id": ["a", "a"],
        "speaker": ["Kim", "Dr. Lee"],
        "text": ["I slept badly.", "Tell me more."],
    }
    return Corpus.build(pl.DataFrame({**table, "role": ["client", "therapist"], **columns}))


def test_openai_lines(tmp_path):
    little().write(tmp_path / "out.jsonl", format="openai")
    record = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert record == {
        "messages": [
            {"role": "user", "content": "I slept badly.", "name": "Kim"},
            {"role": "assistant", "content": "Tell me more."},
        ]
    }
    found = told(little(), "openai")
    assert found["utterances.role"] == 2
    assert found["utterances.speaker"] == 1  # OpenAI takes no name with a space


def test_sharegpt_records(tmp_path):
    little().write(tmp_path / "out.json", format="sharegpt")
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == [
        {
            "id": "a",
            "conversations": [
                {"from": "human", "value": "I slept badly."},
                {"from": "gpt", "value": "Tell me more."},
            ],
        }
    ]
    assert told(little(), "sharegpt")["utterances.speaker"] == 2


def test_a_call_of_a_tool_goes_out_without_words(tmp_path):
    asked = '[{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]'
    corpus = little(**{"text": ["Rain?", ""], "meta.tool_calls": [None, asked]})
    corpus.write(tmp_path / "out.jsonl", format="openai")
    message = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))["messages"][1]
    assert (message["content"], message["tool_calls"]) == (None, json.loads(asked))
    assert wb.load(tmp_path / "out.jsonl").utterances["meta.tool_calls"].to_list() == [None, asked]
    assert "utterances.meta.tool_calls" not in told(corpus, "openai")
    assert "utterances.meta.tool_calls" in told(corpus, "sharegpt")


@pytest.mark.parametrize("form", FORMS)
def test_a_tree_is_written_as_its_paths_and_told(tmp_path, form):
    rows = {"conversation_id": ["t"] * 3, "speaker": ["user-t", "assistant-t", "assistant-t"]}
    tree = Corpus.build(
        pl.DataFrame(
            {
                **rows,
                "id": ["t-0", "t-1", "t-2"],
                "reply_to": [None, "t-0", "t-0"],
                "role": ["user", "assistant", "assistant"],
                "text": ["Hi.", "Hello.", "Good day."],
            }
        )
    )
    tree.write(tmp_path / "out", format=form)
    assert '"name"' not in (tmp_path / "out").read_text("utf-8")  # it would only repeat the role
    again = wb.load(tmp_path / "out")
    texts = (
        again.utterances.group_by("conversation_id", maintain_order=True)
        .agg("text")["text"]
        .to_list()
    )
    assert texts == [["Hi.", "Hello."], ["Hi.", "Good day."]]
    assert told(tree, form)["conversations"] == 1


@pytest.mark.parametrize("form", FORMS)
def test_nothing_to_write_is_said_and_nothing_written(tmp_path, form):
    with pytest.raises(BadInput, match="no conversation to write"):
        little().filter(conversations=[]).write(tmp_path / "out", format=form)
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("number", [0, 1, 9])
@pytest.mark.parametrize("form", FORMS)
def test_rendered_transcripts_come_back(tmp_path, number, form):
    folder = Path(data_home()) / "formats"
    gold = [json.loads(line) for line in (folder / f"annomi_{number}.gold.jsonl").open()]
    roles = {"assistant": "therapist", "user": "client"}
    corpus = wb.load(
        folder / f"annomi_{number}.{'sharegpt' if form == 'sharegpt' else 'openai_messages'}.json",
        roles=roles,
    )
    corpus.write(tmp_path / "out", format=form)
    turns = wb.load(tmp_path / "out", roles=roles).utterances
    assert turns.select("role", "text").rows() == [(row["role"], row["text"]) for row in gold]


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", ["annomi/AnnoMI-simple.csv", "esconv/FailedESConv.jsonl"])
def test_of_real_corpora_the_rest_comes_back(form, path):
    assert_rest_comes_back(wb.load(data_home() / path), form)
