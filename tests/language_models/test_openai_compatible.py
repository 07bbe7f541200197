"""A model behind a server: options scored by their first token, and nothing sent without permission."""

import numpy as np
import pytest
from openai_server import ELSEWHERE, model_elsewhere, model_server

from workbench import offline
from workbench.errors import BadInput, NetworkRefused, WorkbenchError
from workbench.language_models import EndpointError, OpenAICompatibleLM, RecordedLM
from workbench.language_models.openai_compatible import permitting

OPTIONS = ("question", "reflection")
TALK = [
    [{"role": "user", "content": "How are you?"}],
    [{"role": "user", "content": "You are tired."}],
]


def first_token(logprob):
    """A completion whose first token has this log-probability."""
    content = [{"token": "q", "top_logprobs": [{"token": "q", "logprob": logprob}]}]
    return {"choices": [{"logprobs": {"content": content}}]}


@pytest.fixture
def server():
    with model_server() as started:
        yield started


def test_options_are_scored_by_the_tokens_that_begin_them_alone(server):
    scores = OpenAICompatibleLM(server.endpoint, "small").score_options(TALK, OPTIONS)
    # "quest" belongs to `question` too, "re" to `reflection`; "The" to none
    np.testing.assert_allclose(np.exp(scores), [[0.75, 0.14], [0.15, 0.74]], rtol=1e-9)
    path, content = server.asked[0]
    assert path == "/v1/chat/completions"
    assert content["model"] == "small"
    assert content["logprobs"]
    assert content["messages"] == TALK[0]


def test_an_option_that_no_token_begins_gets_the_least_as_a_bound(server):
    scores = OpenAICompatibleLM(server.endpoint, "small").score_options(TALK, ("question", "none"))
    np.testing.assert_allclose(np.exp(scores[:, 1]), 0.02)


def test_a_token_of_two_options_counts_for_neither(server):
    scores = OpenAICompatibleLM(server.endpoint, "small").score_options(
        TALK, ("reflection", "request")
    )
    np.testing.assert_allclose(np.exp(scores[0]), [0.1, 0.02])


def test_a_server_of_this_machine_answers_offline_and_is_recorded(server, tmp_path):
    model = OpenAICompatibleLM(server.endpoint, "org/small:1")
    with offline():
        scores = RecordedLM(tmp_path / "a.jsonl", model=model).score_options(TALK, OPTIONS)
    replay = RecordedLM(tmp_path / "a.jsonl").score_options(TALK, OPTIONS)
    np.testing.assert_array_equal(replay, scores)
    assert "/" not in model.fingerprint
    assert len(server.asked) == 2


def test_another_machine_gets_nothing_unless_somebody_permits(monkeypatch):
    asked = []
    with model_elsewhere(monkeypatch) as server:
        model = OpenAICompatibleLM(ELSEWHERE, "large")
        with pytest.raises(NetworkRefused, match="remote_calls"):
            model.score_options(TALK, OPTIONS)
        assert server.asked == []
        with permitting(asked.append):
            model.score_options(TALK, OPTIONS)
        assert [path for path, _ in server.asked] == [f"{ELSEWHERE}/chat/completions"] * 2
    (call,) = asked
    assert (call.endpoint, call.model) == (ELSEWHERE, "large")
    assert call.texts == ("How are you?", "You are tired.")


def test_a_refusal_comes_before_the_first_byte(monkeypatch):
    def refuse(call):
        raise NetworkRefused("no")

    with model_elsewhere(monkeypatch) as server:
        with permitting(refuse), pytest.raises(NetworkRefused):
            OpenAICompatibleLM(ELSEWHERE, "large").score_options(TALK, OPTIONS)
        assert server.asked == []


def test_offline_refuses_even_what_is_permitted():
    model = OpenAICompatibleLM(ELSEWHERE, "large")
    with offline(), permitting(lambda call: None), pytest.raises(NetworkRefused, match="offline"):
        model.score_options(TALK, OPTIONS)


def test_the_key_is_sent_only_where_its_variable_is_named(monkeypatch):
    monkeypatch.setenv(
        "SOME_KEY", "k\n"
    )  # as `$(cat file)` does not leave it, but an .env file may
    seen = []
    with model_server() as server:
        original = server.RequestHandlerClass.do_POST
        monkeypatch.setattr(
            server.RequestHandlerClass,
            "do_POST",
            lambda handler: (seen.append(handler.headers["Authorization"]), original(handler)),
        )
        OpenAICompatibleLM(server.endpoint, "m").score_options(TALK[:1], OPTIONS)
        OpenAICompatibleLM(server.endpoint, "m", key_variable="SOME_KEY").score_options(
            TALK[:1], OPTIONS
        )
    assert seen == [None, "Bearer k"]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "SOME_KEY holds no key: it is not set"),
        ("a\nb", "SOME_KEY holds no key: it holds line breaks"),
        ("k\u00eby", "SOME_KEY holds no key"),
    ],
)
def test_a_key_that_is_none_is_told_before_anything_is_sent(server, monkeypatch, key, told):
    monkeypatch.setenv("SOME_KEY", key)
    with pytest.raises(BadInput, match=told) as raised:
        OpenAICompatibleLM(server.endpoint, "m", key_variable="SOME_KEY").complete(TALK[0])
    assert server.asked == []
    assert not key or key not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "status", "error", "told"),
    [
        (
            {"choices": [{"message": {"content": "question"}}]},
            200,
            BadInput,
            "no log-probabilities",
        ),
        ({"choices": []}, 200, BadInput, "no log-probabilities"),
        ([], 200, BadInput, "no log-probabilities"),
        (first_token(float("nan")), 200, BadInput, "no log-probabilities"),
        (first_token(1000.0), 200, BadInput, "no log-probabilities"),
        ({"choices": [{"finish_reason": "content_filter"}]}, 200, EndpointError, "declined"),
        ({"error": "You are tired."}, 500, WorkbenchError, "answered 500"),
    ],
)
def test_what_a_server_can_do_wrong_is_one_clear_error(answer, status, error, told):
    with model_server(lambda content: answer, status) as server:
        model = OpenAICompatibleLM(server.endpoint, "m")
        with pytest.raises(error, match=told) as raised:
            model.score_options(TALK, OPTIONS)
    assert "tired" not in str(raised.value)


def test_nobody_listens():
    with model_server() as server:
        endpoint = server.endpoint
    with pytest.raises(WorkbenchError, match="cannot be reached"):
        OpenAICompatibleLM(endpoint, "m", timeout=2).score_options(TALK, OPTIONS)


@pytest.mark.parametrize("options", [("one",), ("", "b"), ("yes", "yesterday"), ("a", "a")])
def test_options_that_cannot_be_told_apart_are_refused(server, options):
    with pytest.raises(BadInput):
        OpenAICompatibleLM(server.endpoint, "m").score_options(TALK, options)


@pytest.mark.parametrize(
    "address",
    [
        "localhost:8000",
        "http://localhost:abc/v1",
        "http://[::1/v1",
        "http://key@localhost/v1",
        "http://localhost/v1\n",
        "http:///v1",
    ],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(BadInput, match="no address"):
        OpenAICompatibleLM(address, "m")


def test_an_answer_is_written_at_temperature_zero():
    with model_server(lambda _: {"choices": [{"message": {"content": " Two words. "}}]}) as server:
        model = OpenAICompatibleLM(server.endpoint, "small")
        assert model.complete(TALK[0], max_tokens=5) == "Two words."
        _, content = server.asked[0]
    assert content["messages"] == TALK[0]
    assert (content["temperature"], content["max_tokens"]) == (0.0, 5)


def test_an_answer_without_a_message_is_refused(server):
    with pytest.raises(BadInput, match="gave no message"):
        OpenAICompatibleLM(server.endpoint, "small").complete(TALK[0])


def test_no_answer_is_written_elsewhere_without_permission(monkeypatch):
    with model_elsewhere(monkeypatch) as server:
        with pytest.raises(NetworkRefused):
            OpenAICompatibleLM(ELSEWHERE, "large").complete(TALK[0])
        assert not server.asked
