"""Spoiled chats, logs, trees and messenger exports: a corpus or `BadInput`, never another error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus.readers import readers
from workbench.corpus.trees import main_path, paths
from workbench.errors import BadInput

HI, HELLO = {"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}
NODES = {
    "r": {"id": "r", "message": None, "parent": None, "children": ["q"]},
    "q": {
        "id": "q",
        "parent": "r",
        "children": ["a"],
        "message": {
            "author": {"role": "user"},
            "content": {"content_type": "text", "parts": ["Hi."]},
            "create_time": 1.5,
        },
    },
    "a": {
        "id": "a",
        "parent": "q",
        "children": [],
        "message": {
            "author": {"role": "assistant", "name": None},
            "recipient": "python",
            "content": {"content_type": "code", "text": "1"},
            "metadata": {"model_slug": "m"},
        },
    },
}
REPLY = {"message_id": "b", "text": "Hello.", "role": "assistant", "rank": 0, "replies": []}
SEEDS = {
    "chat": [
        json.dumps({"messages": [HI, HELLO], "system": "x"}),
        json.dumps([["Hi.", "Hello."]]),
        json.dumps(
            {
                "chosen": "\n\nHuman: Hi.\n\nAssistant: A",
                "rejected": "\n\nHuman: Hi.\n\nAssistant: B",
            }
        ),
        json.dumps({"prompt": "Hi.", "chosen": [HELLO], "rejected": [HELLO], "score_chosen": 1}),
        json.dumps(
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [{}]}]}]}
        ),
        json.dumps({"conversations": [{"from": "function_call", "value": '{"name": 1}'}], "id": 1}),
    ],
    "llm-log": [
        json.dumps(
            {
                "request": {"messages": [HI]},
                "response": {"choices": [{"message": HELLO}]},
                "usage": {},
            }
        ),
        json.dumps(
            {
                "input": [HI],
                "output": [{"type": "message", "content": [{"text": "x"}]}],
                "user": "u",
            }
        ),
        json.dumps({"prompt": "Hi.", "completion": "Hello.", "session_id": "s", "timestamp": 1})
        + "\n"
        + json.dumps({"prompt": "Hi.", "completion": "Hello.", "session_id": "s", "timestamp": 2}),
    ],
    "chatgpt": [
        json.dumps(
            [{"mapping": NODES, "current_node": "a", "conversation_id": "c", "create_time": 1}]
        )
    ],
    "openassistant": [
        json.dumps(
            {"message_tree_id": "a", "prompt": {**REPLY, "message_id": "a", "replies": [REPLY]}}
        ),
        json.dumps(
            {**REPLY, "parent_id": "x", "labels": {"name": ["l"], "value": [1], "count": [1]}}
        ),
    ],
    "discord": [
        json.dumps(
            {
                "guild": {"id": "1"},
                "channel": {"id": "2"},
                "messages": [
                    {"id": "1", "content": "x", "author": {"id": "1", "name": "a"}, "reference": {}}
                ],
            }
        ),
        'AuthorID,Author,Date,Content,Attachments,Reactions\n1,a,b,"c",,\n',
        "ID,Timestamp,Contents,Attachments\n1,b,c,\n",
    ],
    "whatsapp": [
        "31.12.23, 23:59 - Anna: Hi. <3\nmore\n1.1.24, 0:01 - Ben: <a b>\n",
        "\u200e[12/31/23, 11:59:59\u202fPM] G: \u200eX\r\n[1/1/24, 12:00:00 AM] A: B: c\r\n",
    ],
}
PIECES = [
    '"',
    "\n",
    ",",
    "null",
    "[]",
    "{}",
    "NaN",
    "-1",
    "true",
    "1e999",
    '"x"',
    ":",
    "\u200e",
    "<",
    "٣",
]


@st.composite
def spoiled(draw):
    """A small good file with a few places cut, changed or doubled, and its format."""
    form = draw(st.sampled_from(sorted(SEEDS)))
    content = draw(st.sampled_from(SEEDS[form]))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.integers(0, 12)))
        content = (
            content[:at] + draw(st.sampled_from(PIECES) | st.text(max_size=4)) + content[until:]
        )
    return form, content.encode("utf-8", "replace")


@settings(max_examples=250, deadline=None)
@given(spoiled())
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, case):
    form, content = case
    path = tmp_path_factory.mktemp("any") / "file.json"
    path.write_bytes(content)
    assert 0 <= readers()[form].sniff(path) <= 1
    assert_loads_or_refuses(path, form)


def assert_loads_or_refuses(path, form):
    try:
        corpus = wb.load(path, format=form)
    except BadInput as refused:
        fine = path.name in str(refused)
    else:
        fine = corpus.utterances.height > 0 and bool(corpus.utterances["id"].is_unique().all())
        fine = fine and 0 < main_path(corpus).utterances.height <= paths(corpus).utterances.height
    assert fine


loose = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "b", "user", "tool_use"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("messages", "role", "content", "text", "type", "name", "tool_calls", "parts"),
                    *("request", "response", "choices", "message", "usage", "input", "output"),
                    *("mapping", "a", "b", "parent", "children", "author", "current_node", "id"),
                    *("message_id", "parent_id", "prompt", "replies", "labels", "value", "rank"),
                    *("chosen", "rejected", "history", "conversation", "metadata", "recipient"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@st.composite
def altered(draw):
    """A good file in which some values were exchanged for any others, and its format."""
    form = draw(st.sampled_from([form for form in SEEDS if form != "whatsapp"]))
    lines = draw(st.sampled_from([seed for seed in SEEDS[form] if seed[0] in "[{"])).split("\n")
    content = [json.loads(line) for line in lines]
    for _ in range(draw(st.integers(0, 3))):
        at = content
        while True:
            place = draw(st.sampled_from(list(at) if isinstance(at, dict) else range(len(at))))
            if not (isinstance(at[place], dict | list) and at[place] and draw(st.booleans())):
                break
            at = at[place]
        at[place] = draw(loose)
    return form, "\n".join(map(json.dumps, content))


@settings(max_examples=250, deadline=None)
@given(altered())
def test_a_file_with_other_values_loads_or_is_refused(tmp_path_factory, case):
    form, content = case
    path = tmp_path_factory.mktemp("any") / "file.json"
    path.write_text(content, "utf-8")
    assert 0 <= readers()[form].sniff(path) <= 1
    assert_loads_or_refuses(path, form)


@pytest.mark.parametrize("form", SEEDS)
def test_nothing_there_is_not_claimed(tmp_path, form):
    assert readers()[form].sniff(tmp_path / "absent.json") == 0.0
    assert readers()[form].sniff(tmp_path) == 0.0
    with pytest.raises(BadInput, match="no such file"):
        wb.load(tmp_path / "absent.json", format=form)
