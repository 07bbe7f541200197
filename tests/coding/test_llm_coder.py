"""The LLM coder over the real SmolLM2: prompts, answers, probabilities, recordings, cost."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from llm_talk import FIRST, by_question_mark, small_book, small_corpus, through
from openai_server import model_server

from workbench.coding import load_codebook
from workbench.coding.llm import code_with_llm, estimate_cost, plan_coding, trail
from workbench.coding.llm.answers import from_reply
from workbench.coding.llm.prompt import VARIANTS, coding_prompts
from workbench.coding.llm.turn import Turn
from workbench.corpus import Code, Scheme
from workbench.errors import BadInput, NotComputed
from workbench.language_models import Reply


@pytest.fixture(scope="module")
def coded(smollm2, tmp_path_factory):
    """Two turns of each scheme coded by the local model, with its recording."""
    folder = tmp_path_factory.mktemp("coded")
    file = folder / "answers.jsonl"
    book = small_book(folder)
    coding = code_with_llm(
        small_corpus(), book, model=smollm2, units=[*FIRST, "c0-6"], context_turns=1, recording=file
    )
    return coding, book, file


@pytest.mark.parametrize("way", ["options", "json"])
def test_a_turn_that_is_too_long_for_the_model_stops_no_other(smollm2, book, tmp_path, way):
    corpus = small_corpus()
    spoken = pl.when(pl.col("id") == FIRST[0]).then(pl.lit("and then " * 9000)).otherwise("text")
    corpus = replace(corpus, utterances=corpus.utterances.with_columns(text=spoken))
    coding = code_with_llm(
        corpus,
        book,
        model=smollm2,
        way=way,
        schemes=["talk"],
        units=FIRST,
        context_turns=0,
        recording=tmp_path / "a.jsonl",
    )
    long, short = coding.outcomes.to_dicts()
    assert (long["outcome"], long["repaired"]) == ("malformed", False)
    assert long["reason"] == "the prompt is longer than the model reads"
    assert short["reason"] != long["reason"]
    assert trail(coding.outcomes, coding.recording, coding.settings).table["answer"][0] == ""


# -- the prompt ------------------------------------------------------------------------------------


def test_the_prompt_holds_book_context_and_goal_and_nothing_else(book):
    turn = Turn("u", "helper", "And {now}?", (("client", "It hurts."),), "sleeping better")
    (prompt,) = coding_prompts(
        book.scheme("talk"), title=book.title, way="options", variant=VARIANTS["standard"]
    )
    messages = prompt.ask(turn).messages
    system, last = messages[0]["content"], messages[-1]["content"]
    assert "- question: It asks the client for something." in system
    assert "Answer with one of these and nothing else: question, reflection, unclear." in system
    assert [m["content"] for m in messages if m["role"] == "assistant"] == [
        "question",
        "reflection",
    ]
    assert last == (
        "Change goal: sleeping better\n\nBefore:\nClient: It hurts.\n\nTo code:\nCounsellor: And {now}?"
    )


def test_wordings_leave_parts_out_and_seeds_shuffle(book):
    def heads(variant="standard", seed=0):
        (prompt,) = coding_prompts(
            book.scheme("talk"), title="T", way="json", variant=VARIANTS[variant], seed=seed
        )
        return prompt.options, prompt.head

    assert len(heads("definitions")[1]) == 1
    assert "It asks" not in heads("examples")[1][0]["content"]
    orders = {heads(seed=seed)[0] for seed in range(6)}
    assert {x[:2] for x in orders} == {("question", "reflection"), ("reflection", "question")}
    assert heads(seed=3) == heads(seed=3)


def test_a_label_called_unclear_is_not_mistaken_for_the_way_out(tmp_path):
    path = tmp_path / "fog.yaml"
    path.write_text(
        "name: fog\ntitle: Fog\nversion: '1'\nschemes:\n- {name: fog, side: client, exclusive: true, "
        "codes: [{label: unclear, definition: d}, {label: clear, definition: e}]}\n"
    )
    scheme = small_book_scheme(path)
    (prompt,) = coding_prompts(scheme, title="T", way="json", variant=VARIANTS["standard"])
    assert prompt.unclear == "cannot tell"
    assert from_reply(prompt, Reply('{"label": "unclear"}')).labels == ("unclear",)
    path.write_text(path.read_text().replace("label: unclear", "label: Unclear"))
    (prompt,) = coding_prompts(
        small_book_scheme(path), title="T", way="json", variant=VARIANTS["standard"]
    )
    assert from_reply(prompt, Reply('{"label": "unclear"}')).labels == ("Unclear",)


def small_book_scheme(path):
    return load_codebook(path).schemes[0]


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "outcome", "labels"),
    [
        ('{"label": "question"}', "coded", ("question",)),
        ('```json\n{"label": "Reflection "}\n```', "coded", ("reflection",)),
        ('{"label": "unclear"}', "unclear", ()),
        ("I'm sorry, but I can't assist with that.", "refusal", ()),
        ("I cannot code this.", "refusal", ()),
        ('{"label": "other"}', "malformed", ()),
        ('{"label": ["question", "reflection"]}', "malformed", ()),
        ('{"label": "question"} or {"label": "reflection"}', "malformed", ()),
        ('{"label": "question"}, that is {"label": "question"}', "coded", ("question",)),
        ("It is a question.", "malformed", ()),
        ('{"label": "ques', "malformed", ()),
        ("[]", "malformed", ()),
        ("", "malformed", ()),
    ],
)
def test_only_an_allowed_label_in_the_asked_form_is_a_code(book, text, outcome, labels):
    (prompt,) = coding_prompts(
        book.scheme("talk"), title="T", way="json", variant=VARIANTS["standard"]
    )
    answer = from_reply(prompt, Reply(text))
    assert (answer.outcome, answer.labels) == (outcome, labels)


def test_several_codes_may_be_given_or_none_but_not_beside_unclear(book):
    (prompt,) = coding_prompts(
        book.scheme("flags"), title="T", way="json", variant=VARIANTS["standard"]
    )
    read = {
        text: from_reply(prompt, Reply(text))
        for text in (
            '{"labels": ["praise", "question"]}',
            '{"labels": []}',
            '{"labels": ["unclear", "open"]}',
        )
    }
    assert [(a.outcome, a.labels) for a in read.values()] == [
        ("coded", ("question", "praise")),
        ("coded", ()),
        ("malformed", ()),
    ]


def test_a_code_below_another_brings_it_in_examples_and_answers(book):
    (prompt,) = coding_prompts(
        book.scheme("flags"), title="T", way="json", variant=VARIANTS["standard"]
    )
    shown = [m["content"] for m in prompt.head if m["role"] == "assistant"]
    assert shown == ['{"labels": ["question", "open"]}', '{"labels": ["praise"]}']
    assert from_reply(prompt, Reply('{"labels": ["open"]}')).labels == ("question", "open")


def test_a_code_is_asked_for_beside_no_example_of_its_own_line():
    codes = [Code("talk", "d", ("a",)), Code("ask", "d", ("b",), parent="talk")]
    codes += [Code("open", "d", ("c",), parent="ask"), Code("rest", "d", ("e",))]
    prompts = coding_prompts(
        Scheme("deep", "helper", False, tuple(codes)),
        title="T",
        way="options",
        variant=VARIANTS["standard"],
    )
    asked = [m["content"] for m in prompts[0].head if m["role"] == "user"]
    assert asked == ["To code:\nCounsellor: a", "To code:\nCounsellor: e"]


def test_no_example_with_a_question_stands_for_no_question():
    prompts = coding_prompts(
        load_codebook("annomi").scheme("annomi-helper-flags"),
        title="T",
        way="options",
        variant=VARIANTS["standard"],
    )
    asked, answered = prompts[0].head[1::2], prompts[0].head[2::2]
    marks = {a["content"]: "?" in q["content"] for q, a in zip(asked, answered, strict=True)}
    assert (prompts[0].code, marks) == ("question", {"yes": True, "no": False})


def test_probabilities_are_those_of_the_token_where_the_label_begins(book):
    (prompt,) = coding_prompts(
        book.scheme("talk"), title="T", way="json", variant=VARIANTS["standard"]
    )
    top = {"quest": np.log(0.6), "reflection": np.log(0.2), "un": np.log(0.1), "Hm": np.log(0.1)}
    tokens = (('{"label":', {}), (' "', {}), ("quest", top), ('ion"}', {}))
    answer = from_reply(prompt, Reply('{"label": "question"}', tokens=tokens))
    assert answer.shares == pytest.approx({"question": 0.75, "reflection": 0.25})


# -- the local model -------------------------------------------------------------------------------


def test_scored_options_become_probabilities(coded):
    talk = coded[0].layers[0]
    assert (talk.name, talk.metadata.coder_kind, talk.metadata.context_turns) == (
        "talk.llm",
        "llm",
        1,
    )
    shares = talk.probabilities
    assert shares["unit_id"].to_list() == FIRST
    assert shares.select(pl.sum_horizontal("question", "reflection")).to_series().to_list() == (
        pytest.approx([1.0, 1.0], abs=2e-4)
    )
    best = [max(row, key=row.get) for row in shares.drop("unit_id").to_dicts()]
    assert talk.table.filter(pl.col("label").is_not_null())["label"].to_list() == best
    assert talk.table.filter(unit_id="c0-6")["label"].to_list() == [None]  # no words, not asked


def test_several_codes_are_asked_for_one_by_one_and_hang_together(coded):
    coding, _, _ = coded
    flags = coding.layers[1]
    shares = flags.probabilities
    assert (shares["open"] <= shares["question"]).all()
    assert coding.outcomes.filter(scheme="flags")["keys"].list.len().to_list() == [3, 3]
    given = flags.table.filter(pl.col("label") == "open")["unit_id"]
    assert set(given) <= set(flags.table.filter(pl.col("label") == "question")["unit_id"])


def test_a_recording_replays_the_same_codes_without_a_model(coded):
    coding, book, file = coded
    again = code_with_llm(
        small_corpus(), book, model=None, units=[*FIRST, "c0-6"], context_turns=1, recording=file
    )
    for ours, theirs in zip(coding.layers, again.layers, strict=True):
        assert ours.table.equals(theirs.table)
        assert ours.probabilities.equals(theirs.probabilities)
    with pytest.raises(NotComputed, match="1 of 3"):
        code_with_llm(
            small_corpus(),
            book,
            model=None,
            schemes=["talk"],
            units=[*FIRST, "c0-5"],
            context_turns=1,
            recording=file,
        )


def test_centring_takes_off_what_the_model_gives_a_turn_that_says_nothing(coded, smollm2):
    plain, book, file = coded
    settings = {"schemes": ["talk"], "units": FIRST, "context_turns": 1, "recording": file}
    centred = code_with_llm(small_corpus(), book, model=smollm2, centred=True, **settings)
    odds = [
        np.log(layer.probabilities["question"] / layer.probabilities["reflection"]).to_numpy()
        for layer in (plain.layers[0], centred.layers[0])
    ]
    shift = odds[0] - odds[1]  # the same for every turn: the log-odds of the empty one
    assert shift[0] == pytest.approx(shift[1], abs=2e-2)
    assert abs(shift[0]) > 0.05
    assert centred.outcomes["outcome"].to_list() == ["coded", "coded"]
    followed = trail(centred.outcomes, centred.recording, centred.settings).table
    assert followed["step"].to_list() == ["first", "turn that says nothing"] * 2
    assert "N/A" in followed["prompt"][1]


def test_scored_options_have_no_temperature(smollm2, book, tmp_path):
    options = {"model": smollm2, "recording": tmp_path / "a.jsonl"}
    plan = plan_coding(small_corpus(), book, seeds=(0, 1), **options)
    assert plan.chosen.temperature == 0
    with pytest.raises(BadInput, match="nothing is sampled"):
        plan_coding(small_corpus(), book, temperature=0.7, **options)


def test_cost_before_the_run(coded, smollm2):
    _, book, file = coded
    plan = plan_coding(
        small_corpus(),
        book,
        model=smollm2,
        schemes=["talk"],
        units=FIRST,
        context_turns=1,
        recording=file,
    )
    known = estimate_cost(plan, price_in=2.0)
    assert (known.calls, known.recorded, known.tokens_in, known.seconds) == (0, 2, 0, 0)
    with model_server(by_question_mark) as server:
        plan = plan_coding(
            small_corpus(1),
            book,
            model=through(server),
            schemes=["talk"],
            recording=file,
            context_turns=1,
        )
        cost = estimate_cost(plan, price_in=2.0, price_out=10.0)
        assert server.asked == []
    letters = sum(
        sum(len(m["content"]) for m in one.question.messages) // 4
        for _, asked, _ in plan.questions()
        for one in asked
    )
    assert (cost.calls, cost.tokens_in, cost.counted_by) == (3, letters, "characters / 4")
    assert cost.price == pytest.approx((2 * cost.tokens_in + 10 * cost.tokens_out) / 1e6)
    assert cost.seconds is None
    assert "3 prompts to ask" in str(cost)
