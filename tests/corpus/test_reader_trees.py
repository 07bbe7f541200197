"""ChatGPT exports and OpenAssistant trees: every branch is kept, the one that counts stands first."""

import json

import pytest

import workbench as wb
from workbench.corpus.trees import main_path, paths
from workbench.errors import BadInput


def write(folder, content, name="conversations.json"):
    lines = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(lines, "utf-8")
    return folder / name


# -- ChatGPT ---------------------------------------------------------------------------------------


def node(name, parent, role=None, text="", *, children=(), kind="text", **more):
    content = (
        {"content_type": kind, "parts": [text]}
        if kind == "text"
        else {"content_type": kind, **text}
    )
    message = {
        "id": name,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": 1.5,
        "content": content,
        "recipient": "all",
        "metadata": {},
        "weight": 1.0,
        **more,
    }
    return {
        name: {
            "id": name,
            "message": message if role else None,
            "parent": parent,
            "children": list(children),
        }
    }


def exported(*nodes, current, **facts):
    mapping = {name: each for one in nodes for name, each in one.items()}
    return {
        "title": "Sleep",
        "create_time": 2.0,
        "mapping": mapping,
        "current_node": current,
        "conversation_id": "talk",
        **facts,
    }


EDITED = exported(
    node("root", None, children=["sys"]),
    node(
        "sys",
        "root",
        "system",
        children=["q1", "q2"],
        metadata={"is_visually_hidden_from_conversation": True},
    ),
    node("q1", "sys", "user", "I slep badly.", children=["a1"]),
    node("a1", "q1", "assistant", "Slep?"),
    node("q2", "sys", "user", "I slept badly.", children=["a2", "a3"]),
    node("a2", "q2", "assistant", "Sleep more."),
    node("a3", "q2", "assistant", "Tell me more.", metadata={"model_slug": "m4"}),
    current="a3",
)


def test_an_edited_chat_is_a_tree_with_the_shown_branch_first(tmp_path):
    corpus = wb.load(write(tmp_path, [EDITED]))
    turns = corpus.utterances
    assert turns.select("id", "reply_to", "role").rows() == [
        ("q2", None, "user"),
        ("a3", "q2", "assistant"),
        ("a2", "q2", "assistant"),
        ("q1", None, "user"),
        ("a1", "q1", "assistant"),
    ]
    assert turns["meta.model"].to_list() == [None, "m4", None, None, None]
    assert corpus.conversations.select("id", "meta.title", "meta.branches").rows() == [
        ("talk", "Sleep", 3)
    ]
    report = corpus.report()
    assert report.filter(check="trees")["message"][0].startswith(
        "1 conversation(s) are trees with 3"
    )
    assert report.filter(check="empty nodes")["count"].to_list() == [2]


def test_a_linear_chat_is_no_tree(tmp_path):
    chat = exported(
        node("root", None, children=["q"]),
        node("q", "root", "user", "Hi.", children=["a"]),
        node("a", "q", "assistant", "Hello."),
        current="a",
    )
    corpus = wb.load(write(tmp_path, [chat]))
    assert corpus.utterances["reply_to"].to_list() == [None, "q"]
    assert "meta.branches" not in corpus.conversations.columns
    assert main_path(corpus) is corpus
    assert paths(corpus) is corpus


def test_contents_that_are_no_plain_text(tmp_path):
    picture = {
        "content_type": "image_asset_pointer",
        "asset_pointer": "file-service://x",
        "size_bytes": 9,
    }
    chat = exported(
        node(
            "ctx",
            None,
            "user",
            {"user_profile": "Works nights.", "user_instructions": "Be kind."},
            kind="user_editable_context",
            metadata={"is_visually_hidden_from_conversation": True},
        ),
        node("q", "ctx", "user", {"parts": [picture, "What is this?"]}, kind="multimodal_text"),
        node("t", "q", "assistant", {"thoughts": [{"content": "A plot."}]}, kind="thoughts"),
        node(
            "c",
            "t",
            "assistant",
            {"language": "python", "text": "print(1)"},
            kind="code",
            recipient="python",
        ),
        node(
            "o",
            "c",
            "tool",
            {"text": "1"},
            kind="execution_output",
            author={"role": "tool", "name": "python"},
        ),
        node("a", "o", "assistant", "A plot."),
        current="a",
    )
    turns = wb.load(write(tmp_path, [chat])).utterances
    assert turns.select("role", "text").rows() == [
        ("user", ""),
        ("user", "What is this?"),
        ("assistant", ""),
        ("assistant", ""),
        ("tool", "1"),
        ("assistant", "A plot."),
    ]
    assert turns["meta.hidden"].to_list() == [True] + [None] * 5
    assert json.loads(turns["meta.parts"][0])[0]["user_instructions"] == "Be kind."
    assert json.loads(turns["meta.parts"][1]) == [picture]
    assert json.loads(turns["meta.tool_calls"][3])[0]["function"] == {
        "name": "python",
        "arguments": "print(1)",
    }
    assert turns["speaker"][4] == "python"


def test_one_export_is_one_source(tmp_path):
    later = {**EDITED, "conversation_id": "later", "create_time": 9.0}
    later["mapping"] = {
        f"x{n}": {**e, "id": f"x{n}", "parent": e["parent"] and f"x{e['parent']}", "children": []}
        for n, e in EDITED["mapping"].items()
    }
    corpus = wb.load(write(tmp_path, [later, EDITED]))
    assert corpus.conversations.select("id", "source").rows() == [
        ("later", "talk"),
        ("talk", "talk"),
    ]


def test_a_large_export_is_known_by_its_beginning(tmp_path):
    long = exported(
        node("root", None, children=["q"]), node("q", "root", "user", "word " * 40_000), current="q"
    )
    assert wb.load(write(tmp_path, [long])).utterances["id"].to_list() == ["q"]


def test_nodes_in_a_circle_end(tmp_path):
    chat = exported(
        node("a", "b", "user", "Hi."), node("b", "a", "assistant", "Hello."), current="b"
    )
    assert wb.load(write(tmp_path, [chat])).utterances["id"].to_list() == ["a", "b"]


def test_an_empty_conversation_is_told_and_an_empty_export_refused(tmp_path):
    empty = exported(node("root", None), current="root", id="none")
    corpus = wb.load(write(tmp_path, [EDITED, {**empty, "conversation_id": "none"}]))
    assert corpus.conversations["id"].to_list() == ["talk"]
    assert corpus.report().filter(check="empty conversations")["where"][0].endswith("row 2")
    with pytest.raises(BadInput, match="no message in it"):
        wb.load(write(tmp_path, [empty]))


# -- OpenAssistant ---------------------------------------------------------------------------------


def reply(name, role, text, *replies, rank=None, **more):
    return {
        "message_id": name,
        "text": text,
        "role": role,
        "lang": "en",
        "rank": rank,
        "replies": list(replies),
        **more,
    }


TREE = {
    "message_tree_id": "q",
    "tree_state": "ready_for_export",
    "prompt": reply(
        "q",
        "prompter",
        "I slept badly.",
        reply("worse", "assistant", "Sleep more.", rank=1),
        reply(
            "best",
            "assistant",
            "Tell me more.",
            reply("q2", "prompter", "The noise."),
            rank=0,
            labels={"quality": {"value": 0.75, "count": 3}, "spam": {"value": 0.0, "count": 3}},
        ),
    ),
}


def flat(tree):
    def rows(entry, parent):
        labels = entry.get("labels") or {}
        lists = {
            "name": list(labels),
            "value": [v["value"] for v in labels.values()],
            "count": [v["count"] for v in labels.values()],
        }
        own = {key: value for key, value in entry.items() if key not in ("replies", "labels")}
        yield {
            **own,
            "parent_id": parent,
            "message_tree_id": tree["message_tree_id"],
            "tree_state": tree["tree_state"],
            "labels": lists if labels else None,
        }
        for below in entry["replies"]:
            yield from rows(below, entry["message_id"])

    return "\n".join(json.dumps(row) for row in rows(tree["prompt"], None))


@pytest.mark.parametrize("content", [json.dumps(TREE), flat(TREE)], ids=["nested", "flat"])
def test_ranks_order_the_answers_and_labels_are_a_layer(tmp_path, content):
    corpus = wb.load(write(tmp_path, content, "trees.jsonl"))
    assert corpus.utterances.select("id", "reply_to", "role").rows() == [
        ("q", None, "user"),
        ("best", "q", "assistant"),
        ("q2", "best", "user"),
        ("worse", "q", "assistant"),
    ]
    assert corpus.conversations.select("id", "meta.tree_state", "meta.branches").rows() == [
        ("q", "ready_for_export", 2)
    ]
    layer = corpus.layer("openassistant.volunteers")
    assert layer.table.select("unit_id", "label", "value", "note").rows() == [
        ("best", "quality", 0.75, "3 volunteers"),
        ("best", "spam", 0.0, "3 volunteers"),
    ]
    assert corpus.utterances["meta.rank"].to_list() == [None, 0, None, 1]


def test_flat_messages_without_a_tree_id_are_joined_by_their_parents(tmp_path):
    lines = [
        {k: v for k, v in json.loads(line).items() if k != "message_tree_id"}
        for line in flat(TREE).split("\n")
    ]
    corpus = wb.load(write(tmp_path, "\n".join(map(json.dumps, lines)), "trees.jsonl"))
    assert corpus.conversations["id"].to_list() == ["q"]


def test_people_are_speakers_and_an_absent_parent_is_told(tmp_path):
    row = {
        "message_id": "m",
        "parent_id": "gone",
        "user_id": "u1",
        "text": "Hi.",
        "role": "prompter",
    }
    corpus = wb.load(write(tmp_path, json.dumps(row), "trees.jsonl"), roles={"u1": "client"})
    assert corpus.utterances.select("speaker", "role", "reply_to", "meta.reply_to").rows() == [
        ("u1", "client", None, "gone")
    ]
    assert "reply to nowhere" in corpus.report()["check"]


def test_a_deep_tree_loads(tmp_path):
    entry = reply("m99", "prompter", "x")
    for n in range(98, -1, -1):
        entry = reply(f"m{n}", "prompter", "x", entry)
    corpus = wb.load(write(tmp_path, {"message_tree_id": "m0", "prompt": entry}, "tree.json"))
    assert corpus.utterances.height == 100


# -- linear talks ----------------------------------------------------------------------------------


def test_the_main_path_keeps_ids_and_layers(tmp_path):
    main = main_path(wb.load(write(tmp_path, json.dumps(TREE), "trees.jsonl")))
    assert main.utterances.select("id", "turn").rows() == [("q", 0), ("best", 1), ("q2", 2)]
    assert main.conversations["id"].to_list() == ["q"]
    assert "meta.branches" not in main.conversations.columns
    assert main.layer("openassistant.volunteers").table.height == 2
    assert main_path(main) is main


def test_every_path_is_a_conversation_of_the_same_source(tmp_path):
    corpus = wb.load(write(tmp_path, json.dumps(TREE), "trees.jsonl"))
    linear = paths(corpus)
    assert linear.conversations.select("id", "source", "meta.tree_state").rows() == [
        ("q~q2", "q", "ready_for_export"),
        ("q~worse", "q", "ready_for_export"),
    ]
    assert linear.utterances.select(
        "id", "conversation_id", "turn", "reply_to", "meta.original_id"
    ).rows() == [
        ("q~q2", "q~q2", 0, None, "q"),
        ("best~q2", "q~q2", 1, "q~q2", "best"),
        ("q2~q2", "q~q2", 2, "best~q2", "q2"),
        ("q~worse", "q~worse", 0, None, "q"),
        ("worse~worse", "q~worse", 1, "q~worse", "worse"),
    ]
    assert linear.layer("openassistant.volunteers").table["unit_id"].to_list() == ["best~q2"] * 2


def test_a_forest_of_edited_first_messages_has_paths_too(tmp_path):
    corpus = wb.load(write(tmp_path, [EDITED]))
    assert main_path(corpus).utterances["id"].to_list() == ["q2", "a3"]
    assert paths(corpus).conversations["id"].to_list() == ["talk~a3", "talk~a2", "talk~a1"]
