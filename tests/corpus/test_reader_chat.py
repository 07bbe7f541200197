"""OpenAI messages and ShareGPT."""

import json
from pathlib import Path

import pytest

import workbench as wb
from workbench.settings import data_home

MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I slept badly."},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": "You are tired."}, {"type": "image_url"}],
    },
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}]},
    {"role": "tool", "content": "8 h", "tool_call_id": "c1"},
]


def load(folder, content, **options):
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "chat.json").write_text(text, "utf-8")
    return wb.load(folder / "chat.json", **options)


@pytest.mark.parametrize(
    "content",
    [
        {"messages": MESSAGES},
        [{"messages": MESSAGES}],
        MESSAGES,
        json.dumps({"messages": MESSAGES}) + "\n",
        json.dumps({"messages": MESSAGES}, indent=2),
    ],
)
def test_messages_in_every_wrapping(tmp_path, content):
    corpus = load(tmp_path, content)
    turns = corpus.utterances
    assert turns["role"].to_list() == ["system", "user", "assistant", "assistant", "tool"]
    assert turns["side"].to_list() == ["other", "client", "helper", "helper", "other"]
    assert turns["text"].to_list() == ["Be kind.", "I slept badly.", "You are tired.", "", "8 h"]
    assert turns["conversation_id"].unique().to_list() == ["chat"]
    assert json.loads(turns["meta.tool_calls"][3]) == [{"id": "c1"}]
    assert "1 part(s)" in corpus.report().filter(check="no text")["message"][0]


def test_json_lines_of_chats_with_ids_and_facts(tmp_path):
    chats = [
        {"id": "x", "model": "m1", "messages": MESSAGES[:3]},
        {"messages": MESSAGES[1:3], "model": "m2"},
    ]
    corpus = load(tmp_path, "\n".join(map(json.dumps, chats)))
    assert corpus.conversations.select("id", "meta.model").rows() == [("x", "m1"), ("chat-2", "m2")]
    assert corpus.speakers["id"].to_list()[:3] == ["system-x", "user-x", "assistant-x"]


def test_sharegpt_and_roles(tmp_path):
    turns = [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello."}]
    content = [{"id": "a", "conversations": turns}, {"id": "b", "conversations": turns}]
    assert load(tmp_path, content).utterances["role"].to_list() == ["user", "assistant"] * 2
    for name in ("gpt", "assistant"):
        mapped = load(tmp_path, content, roles={name: "therapist", "user": "client"})
        assert mapped.utterances["role"].to_list() == ["client", "therapist"] * 2
        assert mapped.utterances["side"].to_list() == ["client", "helper"] * 2


def test_roles_can_turn_the_sides_round(tmp_path):
    content = {"messages": MESSAGES[1:3]}
    corpus = load(tmp_path, content, roles={"user": "therapist", "assistant": "client"})
    assert corpus.utterances["side"].to_list() == ["helper", "client"]


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("number", [0, 1, 9])
@pytest.mark.parametrize("form", ["sharegpt", "openai_messages"])
def test_rendered_transcripts(number, form):
    folder = Path(data_home()) / "formats"
    gold = [json.loads(line) for line in (folder / f"annomi_{number}.gold.jsonl").open()]
    roles = {"assistant": "therapist", "user": "client"}
    turns = wb.load(folder / f"annomi_{number}.{form}.json", roles=roles).utterances
    assert turns["text"].to_list() == [row["text"] for row in gold]
    assert turns["role"].to_list() == [row["role"] for row in gold]
