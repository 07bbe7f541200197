"""OpenAI messages, ShareGPT, and whatever else says role and content."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import BadInput
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


def roles_and_texts(corpus):
    return corpus.utterances.select("role", "text").rows()


HI = [("user", "Hi."), ("assistant", "Hello.")]
SHAPES = {
    "sender and text": {
        "turns": [{"sender": "user", "text": "Hi."}, {"sender": "bot", "text": "Hello."}]
    },
    "author and message": {
        "history": [{"author": "human", "message": "Hi."}, {"author": "ai", "message": "Hello."}]
    },
    "from and value": {
        "dialogue": [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello."}]
    },
    "role and parts (Gemini)": {
        "contents": [
            {"role": "user", "parts": [{"text": "Hi."}]},
            {"role": "model", "parts": [{"text": "Hello."}]},
        ]
    },
    "lists of lists": [
        [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    ],
    "pairs": [["Hi.", "Hello."]],
    "pairs in a history": {"history": [["Hi.", "Hello."]]},
    "texts in turns": {"conversation": ["Hi.", "Hello."]},
    "one marked text": {"text": "### Human: Hi.### Assistant: Hello."},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_other_shapes_of_the_same_chat(tmp_path, shape):
    corpus = load(tmp_path, SHAPES[shape])
    assert roles_and_texts(corpus) == HI
    assert corpus.utterances["side"].to_list() == ["client", "helper"]


def test_who_speaks_is_guessed_and_told_where_only_the_order_says_so(tmp_path):
    corpus = load(tmp_path, [["Hi.", "Hello."], ["How are you?", None]])
    assert roles_and_texts(corpus) == [*HI, ("user", "How are you?")]
    assert corpus.report().filter(check="roles guessed")["count"].to_list() == [1]


def test_names_are_speakers_and_words_for_roles_are_roles(tmp_path):
    turns = [{"sender": "Therapeutin", "text": "Hallo."}, {"sender": "Kim", "text": "Guten Tag."}]
    corpus = load(tmp_path, {"id": "a", "messages": turns})
    assert corpus.utterances.select("speaker", "role").rows() == [
        ("therapist-a", "therapist"),
        ("Kim", "other"),
    ]
    asked = load(
        tmp_path,
        {"id": "a", "messages": turns},
        roles={"Kim": "client", "Therapeutin": "counsellor"},
    )
    assert asked.utterances["role"].to_list() == ["counsellor", "client"]


def test_a_question_beside_its_history_is_the_last_turn(tmp_path):
    record = {"prompt": "And you?", "response": "Well.", "history": [["Hi.", "Hello."]]}
    corpus = load(tmp_path, record)
    assert roles_and_texts(corpus) == [*HI, ("user", "And you?"), ("assistant", "Well.")]


def test_a_system_prompt_beside_the_messages_is_a_turn(tmp_path):
    corpus = load(tmp_path, {"system": "Be kind.", "messages": MESSAGES[1:3], "model": "m"})
    assert roles_and_texts(corpus)[0] == ("system", "Be kind.")
    assert corpus.conversations.columns[-1] == "meta.model"


def test_messages_one_by_one_are_grouped_by_their_conversation(tmp_path):
    rows = [{"conversation_id": talk, **message} for talk in "ab" for message in MESSAGES[:3]]
    corpus = load(tmp_path, "\n".join(map(json.dumps, rows)), format="chat")
    assert corpus.conversations["id"].to_list() == ["a", "b"]
    assert corpus.utterances["turn"].to_list() == [0, 1, 2, 0, 1, 2]


# -- answers to compare ----------------------------------------------------------------------------


def test_chosen_and_rejected_are_two_conversations_of_one_source(tmp_path):
    start = "\n\nHuman: Hi.\n\nAssistant: Hello.\n\nHuman: I slept badly.\n\nAssistant:"
    rows = [{"chosen": f"{start} Tell me more.", "rejected": f"{start} Sleep more.\nB: better"}] * 2
    corpus = load(tmp_path, "\n".join(map(json.dumps, rows)))
    assert corpus.conversations.select("id", "source", "meta.variant").rows()[:2] == [
        ("chat-1~chosen", "chat-1", "chosen"),
        ("chat-1~rejected", "chat-1", "rejected"),
    ]
    assert corpus.conversation("chat-2~rejected").utterances["text"].to_list() == [
        "Hi.",
        "Hello.",
        "I slept badly.",
        "Sleep more.\nB: better",
    ]


def test_answers_as_messages_get_the_prompt_before_them(tmp_path):
    record = {
        "prompt": "Hi.",
        "chosen": [{"role": "assistant", "content": "Hello."}],
        "rejected": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "What?"}],
        "score_chosen": 4.5,
        "score_rejected": 1.0,
    }
    corpus = load(tmp_path, record)
    assert roles_and_texts(corpus) == [*HI, ("user", "Hi."), ("assistant", "What?")]
    assert corpus.conversations["meta.score"].to_list() == [4.5, 1.0]


def test_an_arena_battle_is_two_conversations(tmp_path):
    turns = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    battle = {"question_id": "q1", "model_a": "m1", "model_b": "m2", "winner": "model_a"}
    corpus = load(tmp_path, [{**battle, "conversation_a": turns, "conversation_b": turns}])
    assert corpus.conversations.select("id", "source", "meta.model", "meta.winner").rows() == [
        ("chat~a", "chat", "m1", "model_a"),
        ("chat~b", "chat", "m2", "model_a"),
    ]


def test_wildchat_is_split_by_person_not_by_chat(tmp_path):
    turns = [
        {
            "role": "user",
            "content": "Hi.",
            "language": "English",
            "toxic": False,
            "turn_identifier": 1,
        },
        {"role": "assistant", "content": "Hello.", "language": "English", "toxic": False},
    ]
    rows = [
        {"conversation_hash": name, "model": "m", "hashed_ip": "7f", "conversation": turns}
        for name in "ab"
    ]
    corpus = load(tmp_path, rows)
    assert corpus.conversations.select("id", "source").rows() == [("a", "7f"), ("b", "7f")]
    assert corpus.utterances["meta.toxic"].to_list() == [False] * 4


# -- what is no text -------------------------------------------------------------------------------


def test_parts_are_kept_without_their_base64(tmp_path):
    picture = {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64," + "iVBOR/w0" * 100},
    }
    turn = {"role": "user", "content": [{"type": "input_text", "text": "Look."}, picture]}
    corpus = load(tmp_path, {"messages": [turn, {"role": "assistant", "content": "I see."}]})
    assert corpus.utterances["text"].to_list() == ["Look.", "I see."]
    kept = json.loads(corpus.utterances["meta.parts"][0])
    assert kept == [
        {"type": "image_url", "image_url": {"url": "(base64, 800 characters left out)"}}
    ]
    assert "800 characters" in corpus.report().filter(check="base64 left out")["message"][0]


def test_calls_of_tools_have_one_form_whoever_wrote_them(tmp_path):
    anthropic = [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"at": "Ulm"}}
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "Rain."}],
        },
    ]
    old = [
        {
            "role": "assistant",
            "content": None,
            "function_call": {"name": "weather", "arguments": '{"at": "Ulm"}'},
        },
        {"role": "function", "name": "weather", "content": "Rain."},
    ]
    factory = [
        {"from": "function_call", "value": '{"name": "weather", "arguments": {"at": "Ulm"}}'},
        {"from": "observation", "value": "Rain."},
    ]
    function = {"name": "weather", "arguments": '{"at": "Ulm"}'}
    for messages in (anthropic, old, factory):
        corpus = load(tmp_path, {"messages": messages})
        assert roles_and_texts(corpus) == [("assistant", ""), ("tool", "Rain.")]
        assert json.loads(corpus.utterances["meta.tool_calls"][0])[0]["function"] == function
        assert corpus.report().filter(check="only tool calls")["count"].to_list() == [1]


def test_results_of_tools_beside_words_are_not_the_words_of_the_user(tmp_path):
    content = [
        {"type": "tool_result", "tool_use_id": "c1", "content": "Rain."},
        {"type": "text", "text": "Thanks."},
    ]
    corpus = load(tmp_path, {"messages": [{"role": "user", "content": content}]})
    assert roles_and_texts(corpus) == [("user", "Thanks.")]
    assert json.loads(corpus.utterances["meta.parts"][0]) == content[:1]


def test_spoken_and_refused_answers_have_words(tmp_path):
    spoken = {
        "role": "assistant",
        "content": None,
        "audio": {"id": "a1", "transcript": "Good morning."},
    }
    refused = {"role": "assistant", "content": None, "refusal": "I can not help with that."}
    corpus = load(tmp_path, {"messages": [spoken, refused]})
    assert corpus.utterances["text"].to_list() == ["Good morning.", "I can not help with that."]


# -- hard files ------------------------------------------------------------------------------------


def test_chat_ids_that_stand_twice_are_made_unique_and_stay_one_source(tmp_path):
    content = [{"id": name, "messages": MESSAGES[1:2]} for name in ("a", "a", "a-2")]
    corpus = load(tmp_path, content)
    assert corpus.conversations.select("id", "source").rows() == [
        ("a", "a"),
        ("a-3", "a"),
        ("a-2", "a-2"),
    ]
    assert corpus.report().filter(check="chat id twice")["count"].to_list() == [1]


def test_a_line_of_ten_megabytes(tmp_path):
    chat = {
        "messages": [
            {"role": "user", "content": "word " * 2_000_000},
            {"role": "assistant", "content": "Ok."},
        ]
    }
    assert load(tmp_path, json.dumps(chat) + "\n").utterances["text"].str.len_chars().to_list() == [
        10_000_000,
        3,
    ]


def test_deeply_nested_extras_are_kept_or_refused(tmp_path):
    def nested(depth):
        deep = "[" * depth + "]" * depth
        return f'{{"messages": [{{"role": "user", "content": "Hi.", "extra": {deep}}}]}}'

    assert load(tmp_path, nested(200)).utterances["text"].to_list() == ["Hi."]
    with pytest.raises(BadInput, match="nested too deeply"):
        load(tmp_path, nested(5_000), format="chat")
    for depth in range(850, 1_000, 3):  # where reading still goes and writing does not
        with suppress(BadInput):
            load(tmp_path, nested(depth), format="chat")


def test_a_broken_message_is_named(tmp_path):
    rows = [{"messages": MESSAGES[:2]}, {"messages": [MESSAGES[1], {"content": "my secret"}]}]
    with pytest.raises(BadInput, match="row 2: message 1 lacks its role") as refused:
        load(tmp_path, "\n".join(map(json.dumps, rows)))
    assert "secret" not in str(refused.value)


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
