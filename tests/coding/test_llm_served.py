"""The LLM coder behind a server: outcomes of their own, repair, votes, trouble, bad options."""

import json
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from llm_talk import FIRST, by_question_mark, small_corpus, through
from openai_server import (
    Trouble,
    model_server,
    question_or_reflection,
    saying,
    smollm2_answers,
    talking_at_a_port,
)

from workbench.coding.llm import code_with_llm, plan_coding, trail
from workbench.errors import BadInput, WorkbenchError
from workbench.language_models import OpenAICompatibleLM


def talk_coded(server, book, recording, **options):
    """The small corpus coded with one scheme by the model behind a server."""
    return code_with_llm(
        small_corpus(),
        book,
        model=through(server),
        schemes=["talk"],
        recording=recording,
        **options,
    )


def test_smollm2_behind_a_server_in_the_form_of_a_schema(smollm2, book, tmp_path):
    """The real model, made to answer in a form: its log-probabilities come through as probabilities."""
    with model_server(smollm2_answers(smollm2)) as server:
        coding = talk_coded(server, book, tmp_path / "a.jsonl", units=FIRST, context_turns=1)
    (layer,) = coding.layers
    assert coding.outcomes["outcome"].to_list() == ["coded", "coded"]
    assert layer.probabilities.height == 2
    for row in layer.probabilities.to_dicts():
        assert row["question"] + row["reflection"] == pytest.approx(1, abs=2e-4)
    assert coding.recording.models == {through(server).identity}


def test_smollm2_talking_freely_is_malformed_and_repaired_at_most_once(
    smollm2, book, tmp_path, monkeypatch
):
    """A server without forms: what the small model says is seldom a code, and nothing becomes one."""
    monkeypatch.setattr("workbench.coding.llm.asking.MAX_TOKENS", 16)
    with model_server(smollm2_answers(smollm2, schema=False, logprobs=False)) as server:
        coding = talk_coded(
            server,
            book,
            tmp_path / "a.jsonl",
            units=FIRST[:1],
            context_turns=1,
            prompt="definitions",
        )
        written = [c for _, c in server.asked if not {"response_format", "logprobs"} & set(c)]
    (row,) = coding.outcomes.to_dicts()
    assert len(row["keys"]) == len(written) == (2 if row["repaired"] else 1)
    (given,) = coding.layers[0].table.to_dicts()
    assert (given["label"] is None) == (row["outcome"] != "coded")
    assert coding.layers[0].probabilities is None
    raw = coding.recording[row["keys"][0]]["answer"]
    allowed = '"label": "question"' in raw or '"label": "reflection"' in raw
    assert row["repaired"] == (not allowed and row["outcome"] != "refusal" and "unclear" not in raw)


def one_by_one(*texts):
    """A server that says these, one after the other, and then goes on as `by_question_mark`."""
    left = list(texts)
    return lambda content: left.pop(0) if left else by_question_mark(content)


def test_outcomes_of_their_own(book, tmp_path):
    says = one_by_one(
        saying("Sorry, I cannot."),
        Trouble.error(400, "content_filter"),
        saying('{"label": "unclear"}'),
        saying("Well ..."),
        saying("Hm."),
        saying("Hm."),
        saying("Still well ..."),
        saying('{"label": "question"}'),
    )
    with model_server(says) as server:
        coding = talk_coded(server, book, tmp_path / "a.jsonl")
        repair = server.asked[6][1]["messages"]
    assert coding.outcomes.select("outcome", "repaired").rows() == [
        ("refusal", False),
        ("refusal", False),
        ("unclear", False),
        ("malformed", True),
        ("coded", True),
        ("coded", True),
    ]
    assert repair[-2] == {"role": "assistant", "content": "Well ..."}
    assert "Allowed: question, reflection, unclear." in repair[-1]["content"]
    layer = coding.layers[0]
    notes = layer.table.filter(pl.col("note").is_not_null()).select("label", "note").rows()
    assert notes == [
        (None, f"not coded: {x}") for x in ("refusal", "refusal", "unclear", "malformed")
    ]
    assert dict(coding.counts().select("outcome", "turns").iter_rows()) == {
        "coded": 2,
        "refusal": 2,
        "unclear": 1,
        "malformed": 1,
    }
    assert layer.metadata.facts["no_probabilities"] == {"the server gives no log-probabilities": 2}


TOO_LONG = [
    pytest.param(Trouble.error(413), id="too large"),
    pytest.param(Trouble.error(400, "context_length_exceeded"), id="by code"),
    pytest.param(
        Trouble(400, {}, b'{"message": "The maximum context length is 512.", "code": 400}'),
        id="by words",
    ),
]


@pytest.mark.parametrize("trouble", TOO_LONG)
def test_a_prompt_that_is_too_long_is_told_and_not_asked_again(book, tmp_path, trouble):
    with model_server(one_by_one(trouble)) as server:
        coding = talk_coded(server, book, tmp_path / "a.jsonl", units=FIRST)
        assert len(server.asked) == 2
    ends = coding.outcomes.select("outcome", "repaired", "reason").rows()
    assert ends[0] == ("malformed", False, "the prompt is longer than the model reads")
    assert ends[1][0] == "coded"


FILTERED = [
    Trouble.error(400, "content_filter"),
    {"choices": [{"finish_reason": "content_filter", "message": {"content": ""}}]},
    {"choices": [{"message": {"refusal": "I would rather not."}}]},
]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        *(pytest.param(x.values[0], "malformed", id=x.id) for x in TOO_LONG),
        *((x, "refusal") for x in FILTERED),
    ],
)
def test_options_that_are_not_scored_are_the_outcome_of_their_turn_alone(
    book, tmp_path, said, outcome
):
    left = [said]
    with model_server(lambda c: left.pop() if left else question_or_reflection(c)) as server:
        for _ in range(2):
            coding = talk_coded(server, book, tmp_path / "a.jsonl", units=FIRST, way="options")
        assert len(server.asked) == 2  # the second time from the recording
    first, second = coding.outcomes.to_dicts()
    assert (first["outcome"], first["labels"], second["outcome"]) == (outcome, [], "coded")
    told = trail(coding.outcomes, coding.recording, coding.settings).table
    assert told["step"].to_list() == ["first", "first"]


def no_flag(content):
    """The first options of a server that knows yes and no."""
    top = [{"token": "no", "logprob": -0.2}, {"token": "yes", "logprob": -2.0}]
    return {"choices": [{"logprobs": {"content": [{"top_logprobs": top}]}}]}


def test_a_question_about_a_code_that_was_not_read_is_none_of_a_repair(book, tmp_path):
    left = [Trouble.error(413)]
    with model_server(lambda c: left.pop() if left else no_flag(c)) as server:
        coding = code_with_llm(
            small_corpus(),
            book,
            model=through(server),
            way="options",
            schemes=["flags"],
            units=FIRST,
            recording=tmp_path / "a.jsonl",
        )
    assert coding.outcomes["outcome"].to_list() == ["malformed", "coded"]
    told = trail(coding.outcomes, coding.recording, coding.settings).table
    assert told["step"].to_list() == ["code 1", "code 2", "code 3"] * 2


def test_what_cannot_be_centred_is_told_and_stops_nothing(book, tmp_path):
    def no_words_no_answer(content):
        silent = content["messages"][-1]["content"].endswith("N/A")
        return Trouble.error(413) if silent else question_or_reflection(content)

    with model_server(no_words_no_answer) as server:
        coding = talk_coded(
            server, book, tmp_path / "a.jsonl", units=FIRST, way="options", centred=True
        )
    assert coding.outcomes.select("outcome", "reason").unique().rows() == [
        ("malformed", "the turn that says nothing, which centring takes off, was not scored")
    ]
    told = trail(coding.outcomes, coding.recording, coding.settings).table
    assert told["step"].to_list() == ["first", "turn that says nothing"] * 2


def test_several_seeds_vote(book, tmp_path):
    says = one_by_one(
        *(saying(json.dumps({"label": x})) for x in ("question", "reflection", "question"))
    )
    with model_server(says) as server:
        coding = talk_coded(server, book, tmp_path / "a.jsonl", units=["c0-3"], seeds=(0, 1, 2))
        sent = [(c["seed"], c["temperature"]) for _, c in server.asked]
    assert sent == [(0, 0.7), (1, 0.7), (2, 0.7)]
    (layer,) = coding.layers
    assert layer.table.select("label", "probability").rows() == [("question", 0.6667)]
    assert layer.probabilities.row(0) == ("c0-3", 0.6667, 0.3333)


def test_a_server_that_goes_down_loses_nothing(book, tmp_path):
    file = tmp_path / "a.jsonl"
    says = one_by_one(saying('{"label": "question"}'), saying('{"label": "question"}'), Trouble())
    with model_server(says) as server:
        with pytest.raises(WorkbenchError, match=r"no JSON\. 2 of 6 answers .* run the same again"):
            talk_coded(server, book, file)
        talk_coded(server, book, file)
        assert len(server.asked) == 3 + 4
        talk_coded(server, book, file)
        assert len(server.asked) == 3 + 4


def test_a_server_that_dies_while_it_answers_loses_nothing(book, tmp_path):
    half = b'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"choices": '
    with talking_at_a_port(half) as address:
        model = OpenAICompatibleLM(address, "small")
        with pytest.raises(WorkbenchError, match=r"broke off .* 0 of 6 answers .* the same again"):
            code_with_llm(
                small_corpus(), book, model=model, schemes=["talk"], recording=tmp_path / "a.jsonl"
            )


def test_an_executor_changes_nothing(book, tmp_path):
    with model_server(by_question_mark) as server:
        here = talk_coded(server, book, tmp_path / "a.jsonl")
        with ThreadPoolExecutor(3) as pool:
            there = talk_coded(server, book, tmp_path / "b.jsonl", executor=pool)
        assert len(server.asked) == 12
    assert here.layers[0].table.equals(there.layers[0].table)
    assert here.outcomes.equals(there.outcomes)


def test_a_limit_draws_turns_and_says_how(book, tmp_path):
    with model_server(by_question_mark) as server:
        drawn = {
            n: code_with_llm(
                small_corpus(5),
                book,
                model=through(server),
                schemes=["talk"],
                limit=n,
                recording=tmp_path / "a",
            )
            for n in (3, 6)
        }
        assert len(server.asked) == 6  # the larger draw holds the smaller
    units = {n: set(coding.outcomes["unit_id"]) for n, coding in drawn.items()}
    assert units[3] < units[6]
    assert drawn[3].layers[0].metadata.sampling.startswith("3 of 15 turns with words, drawn")


def test_ratings_and_other_units_are_declined(tmp_path):
    with model_server(by_question_mark) as server:
        plan = plan_coding(small_corpus(), "miti", model=through(server), recording=tmp_path / "a")
    assert [refusal.scheme for refusal in plan.refusals] == ["miti-globals"] or plan.refusals
    assert all(part.scheme.unit == "utterance" for part in plan.parts)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"prompt": "standart"}, "Did you mean 'standard'"),
        ({"schemes": ["talks"]}, "Did you mean 'talk'"),
        ({"name": "gpt 4.1"}, "name is of letters, digits"),
        ({"limit": 0}, "limit is a number of turns"),
        ({"context_turns": -1}, "context_turns"),
        ({"seeds": ()}, "seeds are at least one"),
        ({"units": ["x"]}, "1 utterances are not in the corpus"),
    ],
)
def test_bad_options_are_named(book, tmp_path, options, told):
    with model_server(by_question_mark) as server:
        with pytest.raises(BadInput, match=told):
            code_with_llm(
                small_corpus(), book, model=through(server), recording=tmp_path / "a", **options
            )
        assert server.asked == []
