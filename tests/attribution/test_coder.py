import numpy as np
import polars as pl
import pytest

from workbench.attribution import CoderCheck, coder_check, load_prompt, prompt_names
from workbench.errors import BadInput, InsufficientData
from workbench.language_models import Component, Prompt

OPTIONS = ("cat", "dog")
SHOTS = tuple(
    Component("shots", text, role)
    for turn, answer in (("It meows.", "cat"), ("It barks.", "dog"), ("It purrs.", "cat"))
    for text, role in ((turn, "user"), (answer, "assistant"))
)
ABLE = Prompt((*SHOTS, Component("turn", "{utterance}")))


def items(turns):
    return pl.DataFrame(
        [
            {"utterance": text, "label": label, "source": f"s{row % 4}"}
            for row, (text, label) in enumerate(turns)
        ]
    )


CLEAR = items(
    [
        ("It barks.", "dog"),
        ("It meows.", "cat"),
        ("It barks!", "dog"),
        ("It purrs.", "cat"),
        ("The dog barks.", "dog"),
        ("The cat meows.", "cat"),
        ("It barks loudly.", "dog"),
        ("It meows loudly.", "cat"),
    ]
)


@pytest.fixture(scope="module")
def able(smollm2):
    return coder_check(ABLE, CLEAR, options=OPTIONS, model=smollm2)


def test_counts_agree_with_the_predictions(able):
    right = (able.predictions["gold"] == able.predictions["predicted"]).mean()
    rows = {row["quantity"]: row for row in able.table.to_dicts()}
    assert rows["accuracy"]["estimate"] == pytest.approx(right)
    assert rows["majority"]["estimate"] == 0.5
    assert rows["difference"]["estimate"] == pytest.approx(right - 0.5)
    assert rows["accuracy"]["n"] == 8
    assert rows["accuracy"]["n_clusters"] == 4
    assert "utterance" not in able.predictions.columns
    assert able.predictions.select(total=pl.col("p.cat") + pl.col("p.dog"))["total"].to_list() == (
        pytest.approx([1.0] * 8)
    )


def test_a_coder_that_gives_one_answer_does_not_code(smollm2):
    same = items([("It barks.", label) for label in ("dog", "cat") * 4])
    found = coder_check(ABLE, same, options=OPTIONS, model=smollm2)
    assert not found.beats_majority
    assert found.verdict.startswith("This explains a coder that does not code: accuracy 0.50")


class ByKeyword:
    """A coder whose mistakes are known: "dog" where the last turn has a bark in it."""

    fingerprint = "by keyword"

    def score_options(self, conversations, options):
        dogs = ["bark" in messages[-1]["content"] for messages in conversations]
        return np.log([[0.9 if (x == "dog") is dog else 0.1 for x in options] for dog in dogs])


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["dog", "cat", "dog", "cat"] * 5, "This prompt codes better than the commonest code"),
        (["dog", "cat", "cat", "dog"] + ["dog", "cat"] * 2, "Too few items to say"),
        (["cat", "dog"] * 10, "This explains a coder that does not code"),
    ],
)
def test_the_verdict_follows_the_interval_of_the_lead(labels, told):
    turns = [(("It barks.", "It meows.")[row % 2], label) for row, label in enumerate(labels)]
    frame = items(turns).with_columns(source=pl.int_range(pl.len()).cast(pl.String))
    found = coder_check(ABLE, frame, options=OPTIONS, model=ByKeyword())
    rows = {row["quantity"]: row for row in found.table.to_dicts()}
    assert found.verdict.startswith(told)
    assert found.beats_majority == ((rows["difference"]["low"] or -1) > 0)


def test_without_sources_items_are_independent(smollm2):
    found = coder_check(ABLE, CLEAR.drop("source"), options=OPTIONS, model=smollm2)
    assert found.table.filter(quantity="accuracy")["method"].item() == "Wilson"


def test_round_trip(able):
    back = CoderCheck.from_dict(able.to_dict())
    assert back.table.equals(able.table)
    assert back.predictions.equals(able.predictions)
    assert (back.verdict, back.settings) == (able.verdict, able.settings)


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (CLEAR.drop("utterance"), BadInput, "column 'utterance'"),
        (CLEAR.drop("label"), BadInput, "column 'label'"),
        (CLEAR.with_columns(label=pl.lit("cow")), BadInput, "row 1: label 'cow'"),
        (CLEAR.head(0), InsufficientData, "no items"),
    ],
)
def test_items_that_cannot_be_coded(smollm2, frame, error, message):
    with pytest.raises(error, match=message):
        coder_check(ABLE, frame, options=OPTIONS, model=smollm2)


@pytest.mark.parametrize("name", prompt_names())
def test_shipped_prompts_are_whole(name, smollm2):
    template = load_prompt(name)
    assert len(template.prompt.players) <= 6
    assert set(template.prompt.placeholders) == {"options", "utterance", "context"}
    assert set(template.labels) == set(template.options)
    filled = template.fill("And then what?").filled(options="x")
    assert filled.messages()[-1]["content"].endswith("And then what?")
    answers = [part.text for part in template.prompt.components if part.role == "assistant"]
    assert {answers.count(option) for option in template.options} == {len(answers) / 2}
    label = template.labels[template.options[0]]
    assert template.payoff(label).target == template.options[0]
    with pytest.raises(BadInput, match="label of this prompt"):
        template.payoff("other")


def test_unknown_prompt():
    with pytest.raises(BadInput, match="Did you mean 'question_reflection'"):
        load_prompt("question_reflections")


def test_a_file_that_is_no_prompt(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("name: own\n")
    with pytest.raises(BadInput, match=r"own\.yaml: not a prompt"):
        load_prompt(path)
