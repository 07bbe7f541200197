"""Servers that are busy, broken, slow or talk nonsense: waited for, or one clear error without the prompt."""

import datetime
from email.utils import format_datetime

import pytest
from openai_server import Trouble, model_server, saying, talking_at_a_port

from workbench.errors import WorkbenchError
from workbench.language_models import EndpointError, OpenAICompatibleLM

TALK = [{"role": "user", "content": "You are tired."}]
SCHEMA = {"type": "object", "properties": {"label": {"enum": ["a", "b"]}}}


def good(_):
    return saying("fine")


def told_by(trouble, *, times=9, **options):
    """What is said to a user about a server that gives this answer so many times and then a good one."""
    with model_server(good, trouble=[trouble] * times) as server:
        model = OpenAICompatibleLM(server.endpoint, "small", **options)
        try:
            return model.complete(TALK), len(server.asked)
        except WorkbenchError as error:
            return error, len(server.asked)


def test_a_busy_server_is_asked_again_when_it_says(monkeypatch):
    waits = []
    monkeypatch.setattr("workbench.language_models.endpoint.sleep", waits.append)
    assert told_by(Trouble.error(429, Retry_After="7"), times=2) == ("fine", 3)
    assert waits == [7, 7]


def test_it_may_say_so_by_a_date(monkeypatch):
    waits = []
    monkeypatch.setattr("workbench.language_models.endpoint.sleep", waits.append)
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=20)
    date = format_datetime(soon, usegmt=True)
    assert told_by(Trouble.error(429, Retry_After=date), times=1) == ("fine", 2)
    assert 15 < waits[0] <= 20


def test_without_a_hint_waits_double_until_patience_ends(monkeypatch):
    waits = []
    monkeypatch.setattr("workbench.language_models.endpoint.sleep", waits.append)
    error, asked = told_by(Trouble.error(429), patience=5)
    assert waits == [0.5, 1, 2]
    assert asked == 4
    assert (error.status, isinstance(error, EndpointError)) == (429, True)
    assert "too many requests" in str(error)


def test_a_wait_beyond_patience_is_told_and_not_waited():
    error, asked = told_by(Trouble.error(429, Retry_After="3600"))
    assert asked == 1
    assert "a wait of 3600 seconds, beyond the 60" in str(error)


def test_what_is_broken_for_the_moment_is_asked_again(monkeypatch):
    monkeypatch.setattr("workbench.language_models.endpoint.sleep", lambda _: None)
    assert told_by(Trouble.error(503), times=2) == ("fine", 3)
    error, asked = told_by(Trouble.error(503))
    assert (error.status, asked) == (503, 3)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (Trouble.error(401, "invalid_api_key"), "the key is missing or wrong"),
        (Trouble.error(404, "model_not_found"), "no such model"),
        (Trouble(), "no JSON"),
        (Trouble(seconds=1.5), "no answer within 0.3 seconds"),
    ],
)
def test_every_other_trouble_is_one_clear_error(trouble, told):
    error, asked = told_by(trouble, timeout=0.3)
    assert told in str(error)
    assert asked == 1
    assert "tired" not in str(error)


def test_a_server_that_always_says_at_once_is_not_asked_for_ever(monkeypatch):
    monkeypatch.setattr("workbench.language_models.endpoint.sleep", lambda _: None)
    error, asked = told_by(Trouble.error(429, Retry_After="0"), times=99, patience=5)
    assert (error.status, asked) == (429, 4)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"choices": [', "broke off in the middle"),
        (b"HTTP/1.1 400 No\r\ncontent-length: 900\r\n\r\n{", "answered 400"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 50_000, "no JSON"),
        (b"", "cannot be reached"),
    ],
    ids=["no web server", "dies in its answer", "dies in its error", "endless nesting", "silence"],
)
def test_whatever_listens_at_the_port_gives_one_clear_error(said, told):
    with talking_at_a_port(said) as address, pytest.raises(EndpointError, match=told) as raised:
        OpenAICompatibleLM(address, "small").ask(TALK)
    assert str(raised.value).startswith(address)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_key_and_words_do_not_follow_a_redirect(status, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "k")
    with model_server(good) as other:
        on = Trouble(status, {"Location": f"{other.endpoint}/chat/completions"})
        with model_server(good, trouble=[on]) as server:
            model = OpenAICompatibleLM(server.endpoint, "small", key_variable="SOME_KEY")
            with pytest.raises(EndpointError, match=f"sends on to '{other.endpoint}'"):
                model.ask(TALK)
        assert other.asked == []


def test_a_form_is_asked_for_as_far_as_the_server_takes_it():
    def old(content):
        taken = not {"response_format", "logprobs"} & set(content)
        return saying("a") if taken else Trouble.error(400, "unknown_parameter")

    with model_server(old) as server:
        model = OpenAICompatibleLM(server.endpoint, "small")
        assert model.ask(TALK, schema=SCHEMA).text == "a"
        assert len(server.asked) == 4
        model.ask(TALK, schema=SCHEMA)
        assert len(server.asked) == 5  # what it takes is remembered
        first, last = server.asked[0][1], server.asked[-1][1]
    assert first["response_format"]["json_schema"]["schema"] == SCHEMA
    assert first["top_logprobs"] == 20
    assert "logprobs" not in last


def test_a_call_that_began_before_the_form_was_known_goes_on_looking_for_it():
    """Threads share a model: another one learns what the server takes while this one is being refused."""
    began = []

    def old(content):
        if not began:
            began.append(content)
            assert model.ask(TALK, schema=SCHEMA).text == "a"
        return Trouble.error(400) if "response_format" in content else saying("a")

    with model_server(old) as server:
        model = OpenAICompatibleLM(server.endpoint, "small")
        assert model.ask(TALK, schema=SCHEMA).text == "a"


def test_a_prompt_that_a_filter_stops_is_a_refusal_and_no_error():
    with model_server(lambda _: Trouble.error(400, "content_filter")) as server:
        assert OpenAICompatibleLM(server.endpoint, "small").ask(TALK).refused


def test_a_reply_tells_how_it_came_about():
    given = saying("no", finish_reason="length") | {
        "usage": {"prompt_tokens": 12, "completion_tokens": 3}
    }
    with model_server(lambda _: given) as server:
        model = OpenAICompatibleLM(server.endpoint, "small")
        reply = model.ask(TALK, temperature=0.7, seed=5)
        content = server.asked[0][1]
    assert (reply.text, reply.finish, reply.tokens_in, reply.tokens_out) == ("no", "length", 12, 3)
    assert (content["temperature"], content["seed"]) == (0.7, 5)
