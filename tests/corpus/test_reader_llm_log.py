"""Logs of calls of a language model: joined to conversations, with what each call cost."""

import json

import pytest

import workbench as wb
from workbench.errors import BadInput


def user(text):
    return {"role": "user", "content": text}


def said(text):
    return {"role": "assistant", "content": text}


SYSTEM = {"role": "system", "content": "Be kind."}


def call(sent, *replies, **record):
    choices = [
        {"index": n, "message": said(text), "finish_reason": "stop"}
        for n, text in enumerate(replies)
    ]
    usage = {"prompt_tokens": 10 * len(sent), "completion_tokens": 5}
    return {
        "request": {"messages": sent, "model": "m1", "temperature": 0.7},
        "response": {"id": "r", "model": "m1-2024", "choices": choices, "usage": usage},
        "latency": 0.5,
        **record,
    }


def load(folder, *records, **options):
    (folder / "log.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    return wb.load(folder / "log.jsonl", **options)


def turns(corpus):
    return corpus.utterances.select("role", "text").rows()


def test_calls_that_extend_each_other_are_one_conversation(tmp_path):
    first = call([SYSTEM, user("Hi.")], "Hello.")
    other = call([SYSTEM, user("Good evening.")], "Hello.")
    second = call([SYSTEM, user("Hi."), said("Hello."), user("I slept badly.")], "Tell me more.")
    corpus = load(tmp_path, first, other, second)
    assert corpus.conversations["id"].to_list() == ["log-1", "log-2"]
    talk = corpus.conversation("log-1").utterances
    assert talk["text"].to_list() == [
        "Be kind.",
        "Hi.",
        "Hello.",
        "I slept badly.",
        "Tell me more.",
    ]
    assert talk["reply_to"].to_list() == [None, *talk["id"].to_list()[:-1]]
    assert talk["meta.usage.prompt_tokens"].to_list() == [None, None, 20, None, 40]
    assert talk["meta.temperature"].to_list() == [None, None, 0.7, None, 0.7]
    assert talk["meta.model"].drop_nulls().unique().to_list() == ["m1"]
    assert talk["meta.response.model"].drop_nulls().unique().to_list() == ["m1-2024"]
    assert talk["meta.latency"].sum() == 1.0
    assert "trees" not in corpus.report()["check"]


def test_equal_first_messages_of_two_people_stay_two_conversations(tmp_path):
    corpus = load(tmp_path, call([user("Hi.")], "Hello."), call([user("Hi.")], "Hello."))
    assert corpus.conversations.height == 2


def test_an_id_joins_calls_that_do_not_send_the_history(tmp_path):
    corpus = load(
        tmp_path,
        call([SYSTEM, user("Hi.")], "Hello.", session_id="s", user="u7"),
        call([SYSTEM, user("I slept badly.")], "Tell me more.", session_id="s"),
        call([SYSTEM, said("Tell me more."), user("The noise.")], "I see.", session_id="s"),
    )
    assert corpus.conversations.select("id", "source").rows() == [("s", "u7")]
    assert [text for _, text in turns(corpus)] == [
        *("Be kind.", "Hi.", "Hello.", "I slept badly.", "Tell me more.", "The noise.", "I see."),
    ]


def test_a_system_prompt_that_changes_is_kept_with_the_reply(tmp_path):
    later = {"role": "system", "content": "Be brief."}
    corpus = load(
        tmp_path,
        call([SYSTEM, user("Hi.")], "Hello.", session_id="s"),
        call([later, user("Hi."), said("Hello."), user("Well?")], "Yes.", session_id="s"),
    )
    assert [text for _, text in turns(corpus)] == ["Be kind.", "Hi.", "Hello.", "Well?", "Yes."]
    assert corpus.utterances["meta.system"].to_list() == [None] * 4 + ["Be brief."]


def test_several_choices_are_several_replies_to_one_message(tmp_path):
    corpus = load(
        tmp_path,
        call([user("Hi.")], "Hello.", "Good day."),
        call([user("Hi."), said("Good day."), user("I slept badly.")], "Tell me more."),
    )
    table = corpus.utterances
    assert table["text"].to_list() == [
        "Hi.",
        "Good day.",
        "I slept badly.",
        "Tell me more.",
        "Hello.",
    ]
    assert table["reply_to"][1] == table["reply_to"][4] == table["id"][0]
    assert table["meta.usage.completion_tokens"].sum() == 10  # of a call, not of a choice
    assert corpus.conversations["meta.branches"].to_list() == [2]
    assert corpus.report().filter(check="trees").height == 1


def test_a_message_sent_anew_in_one_session_is_a_branch(tmp_path):
    corpus = load(
        tmp_path,
        call([user("Hi.")], "Hello.", session_id="s"),
        call([user("Hello?")], "Yes?", session_id="t"),
        call([user("Hi.")], "Good day.", session_id="s"),
    )
    table = corpus.conversation("s").utterances
    assert table["text"].to_list() == ["Hi.", "Good day.", "Hello."]
    assert table["reply_to"].to_list() == [None, "s-0", "s-0"]


LAYOUTS = {
    "LiteLLM": {
        "id": "1",
        "trace_id": "t",
        "call_type": "acompletion",
        "status": "success",
        "model": "m1",
        "messages": [user("Hi.")],
        "response": {"choices": [{"message": said("Hello.")}]},
        "startTime": 1.5,
        "model_parameters": {"temperature": 0.2},
    },
    "Langfuse": {
        "id": "1",
        "type": "GENERATION",
        "sessionId": "s",
        "model": "m1",
        "input": [user("Hi.")],
        "output": said("Hello."),
        "startTime": "2024-04-13T10:00:00Z",
        "latency": 0.4,
    },
    "Langfuse, nested": {"input": {"messages": [user("Hi.")]}, "output": "Hello.", "model": "m1"},
    "Helicone": {
        "request_body": {"model": "m1", "messages": [user("Hi.")]},
        "response_body": {"choices": [{"message": said("Hello.")}]},
    },
    "gateway": {
        "request": {"url": "x", "body": {"model": "m1", "messages": [user("Hi.")]}},
        "response": {"status": 200, "body": {"choices": [{"message": said("Hello.")}]}},
    },
    "Anthropic": {
        "request": {"model": "m1", "system": "Be kind.", "messages": [user("Hi.")]},
        "response": {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": "Hello."}],
            "usage": {"input_tokens": 3, "output_tokens": 2},
            "stop_reason": "end_turn",
        },
    },
    "OpenAI responses": {
        "request": {"model": "m1", "input": "Hi."},
        "response": {
            "output": [
                {"type": "reasoning", "summary": []},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hello."}],
                },
            ]
        },
    },
    "Gemini": {
        "request": {"model": "m1", "contents": [{"role": "user", "parts": [{"text": "Hi."}]}]},
        "response": {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": "Hello."}]},
                    "finishReason": "STOP",
                }
            ]
        },
    },
    "old completions": {
        "model": "m1",
        "prompt": "Hi.",
        "response": {"choices": [{"text": "Hello."}]},
    },
    "prompt and completion": {"model": "m1", "prompt": "Hi.", "completion": "Hello."},
    "prompt and response": {"model": "m1", "prompt": "Hi.", "response": "Hello."},
    "marked prompt": {
        "model": "m1",
        "prompt": "\n\nHuman: Hi.\n\nAssistant:",
        "completion": " Hello.",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_the_same_call(tmp_path, layout):
    corpus = load(tmp_path, LAYOUTS[layout])
    spoken = [(role, text.strip()) for role, text in turns(corpus) if role != "system" and text]
    assert spoken == [("user", "Hi."), ("assistant", "Hello.")]
    reply = (
        corpus.utterances.filter(role="assistant", text="Hello.")
        if layout != "marked prompt"
        else corpus.utterances[-1:]
    )
    assert reply["meta.model"].to_list() == ["m1"]


def test_what_anthropic_says_beside_the_messages(tmp_path):
    corpus = load(tmp_path, LAYOUTS["Anthropic"])
    assert turns(corpus)[0] == ("system", "Be kind.")
    assert corpus.utterances["meta.usage.output_tokens"].to_list() == [None, None, 2]
    assert corpus.utterances["meta.stop_reason"].to_list() == [None, None, "end_turn"]


def test_instruction_and_input_are_one_prompt(tmp_path):
    corpus = load(
        tmp_path, {"instruction": "Put it kindly.", "input": "Go away.", "output": "Please go."}
    )
    assert turns(corpus) == [("user", "Put it kindly.\n\nGo away."), ("assistant", "Please go.")]


def test_calls_of_tools_in_between(tmp_path):
    calls = [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]
    asking = {"role": "assistant", "content": None, "tool_calls": calls}
    answer = {"role": "tool", "tool_call_id": "c1", "content": "Rain."}
    first = {
        "request": {"messages": [user("Rain?")]},
        "response": {"choices": [{"message": asking}]},
    }
    second = call([user("Rain?"), asking, answer], "Take a coat.")
    corpus = load(tmp_path, first, second)
    assert turns(corpus) == [
        ("user", "Rain?"),
        ("assistant", ""),
        ("tool", "Rain."),
        ("assistant", "Take a coat."),
    ]
    assert json.loads(corpus.utterances["meta.tool_calls"][1]) == calls
    assert corpus.utterances["meta.tool_call_id"][2] == "c1"


def test_calls_without_reply_are_kept_and_told(tmp_path):
    failed = {"request": {"messages": [user("Hi.")]}, "response": None, "error": {"code": 429}}
    corpus = load(tmp_path, failed, call([user("Hello?")], "Yes?"))
    assert turns(corpus) == [("user", "Hi."), ("user", "Hello?"), ("assistant", "Yes?")]
    assert json.loads(corpus.utterances["meta.error"][0]) == {"code": 429}
    found = corpus.report().filter(check="no reply")
    assert found.select("level", "count").rows() == [("warning", 1)]
    assert "row 1" in found["where"][0]


def test_an_export_that_begins_with_the_newest_is_turned_round(tmp_path):
    first = call([user("Hi.")], "Hello.", timestamp="2024-04-13T10:00:00")
    second = call(
        [user("Hi."), said("Hello."), user("Well?")], "Yes.", timestamp="2024-04-13T10:01:00"
    )
    corpus = load(tmp_path, second, first)
    assert [text for _, text in turns(corpus)] == ["Hi.", "Hello.", "Well?", "Yes."]
    assert corpus.utterances["timestamp"].to_list()[::2] == [
        "2024-04-13T10:00:00",
        "2024-04-13T10:01:00",
    ]


def test_roles_of_the_user(tmp_path):
    corpus = load(
        tmp_path, call([user("Hi.")], "Hello."), roles={"assistant": "therapist", "user": "client"}
    )
    assert corpus.utterances["role"].to_list() == ["client", "therapist"]


def test_records_that_say_nothing_are_refused(tmp_path):
    with pytest.raises(BadInput, match="row 2: the call does not say what was sent"):
        load(tmp_path, call([user("Hi.")], "Hello."), {"model": "m1"})


def test_chats_are_no_logs(tmp_path):
    corpus = load(tmp_path, {"messages": [user("Hi."), said("Hello.")], "model": "m1"})
    assert corpus.conversations["meta.model"].to_list() == ["m1"]
