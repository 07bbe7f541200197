"""Why this code: words and previous turns that carried a label, and that they add up to the head's score."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.coding import code_corpus, explain_code, shipped_head
from workbench.corpus import Corpus, Scheme
from workbench.corpus.codebook import Code
from workbench.embedding import Encoder
from workbench.errors import BadInput, InsufficientData
from workbench.heads import FeatureSpec, Head, Weights
from workbench.resources import bundled

TALK = [
    ("client", "I keep waking up at four."),
    ("helper", "That sounds tiring."),
    ("client", "It is. I would like to change that."),
    ("helper", "What have you tried?"),
    ("client", "<b>Tea</b>, mostly."),
    ("helper", "So tea has not helped so far, and you go on looking for what might."),
    ("helper", " "),
]


@pytest.fixture(scope="module")
def talk():
    rows = [
        {"conversation_id": "t", "speaker": side, "role": role, "text": text}
        for side, text in TALK
        for role in [{"client": "client", "helper": "therapist"}[side]]
    ]
    return Corpus.build(pl.DataFrame(rows))


@pytest.fixture(scope="module")
def encoder():
    return Encoder()


def unit(talk, turn):
    return talk.utterances["id"][turn]


@pytest.mark.parametrize("scheme", ["annomi-helper", "annomi-helper-flags"])
@pytest.mark.parametrize("turn", [1, 3, 5])
def test_base_and_values_add_up_to_the_log_odds_of_the_coder(talk, encoder, scheme, turn):
    found = explain_code(talk, unit(talk, turn), scheme, encoder=encoder)
    total = found.base_value + found.table["value"].sum()
    assert total == pytest.approx(found.full_value, abs=1e-9)
    assert found.explanation.values.sum() + found.explanation.base_values == pytest.approx(total)
    layers = {x.metadata.scheme: x for x in code_corpus(talk, encoder=encoder).layers}
    row = layers[scheme].probabilities.filter(unit_id=found.unit_id)
    assert found.probability == pytest.approx(row[found.label].item(), abs=2e-3)
    assert found.evaluations <= 128


@pytest.mark.parametrize("scheme", ["annomi-helper", "annomi-helper-flags"])
def test_the_label_is_the_most_certain_that_the_coder_gives(talk, encoder, scheme):
    coding = code_corpus(talk, encoder=encoder)
    table = next(x.table for x in coding.layers if x.metadata.scheme == scheme)
    for turn in (1, 3, 5):
        found = explain_code(talk, unit(talk, turn), scheme, encoder=encoder)
        given = table.filter(unit_id=found.unit_id).drop_nulls("label")
        assert found.assigned == (given.height > 0)
        if found.assigned:
            assert found.label in given["label"].to_list()
            assert found.probability == pytest.approx(given["probability"].max(), abs=2e-3)


def test_a_code_below_another_is_at_most_as_probable_as_in_the_layer(talk, encoder):
    coding = code_corpus(talk, encoder=encoder)
    flags = next(x for x in coding.layers if x.metadata.scheme == "annomi-helper-flags")
    shares = flags.probabilities.filter(unit_id=unit(talk, 1)).row(0, named=True)
    for label in ("question", "open", "closed", "reflection", "simple", "complex"):
        found = explain_code(talk, unit(talk, 1), flags.metadata.scheme, label, encoder=encoder)
        assert found.probability == pytest.approx(shares[label], abs=2e-3)
        assert found.base_value + found.table["value"].sum() == pytest.approx(found.full_value)


def test_the_question_mark_carries_the_question(talk, encoder):
    found = explain_code(talk, unit(talk, 3), "annomi-helper", "question", encoder=encoder)
    assert found.method == "exact"  # five words and two turns
    words = found.table.filter(pl.col("kind") == "word")
    assert words.sort("value", descending=True)["text"][0] == "?"
    assert found.table["kind"].to_list() == ["turn"] * 2 + ["word"] * 5
    assert found.table["turn"].to_list() == [1, 2, 3, 3, 3, 3, 3]
    assert words["start_char"].to_list() == [0, 5, 10, 14, 19]


def test_the_first_turn_has_no_turns_before_it(talk, encoder):
    found = explain_code(talk, unit(talk, 0), "annomi-client", encoder=encoder)
    assert set(found.table["kind"]) == {"word"}


def test_an_estimate_lies_near_the_exact_values(talk, encoder):
    exact = explain_code(talk, unit(talk, 3), "annomi-helper", encoder=encoder)
    rough = explain_code(talk, unit(talk, 3), "annomi-helper", encoder=encoder, budget=100)
    assert (exact.method, rough.method) == ("exact", "permutation")
    off = np.abs(exact.table["value"].to_numpy() - rough.table["value"].to_numpy()).max()
    assert off < 0.2 * np.abs(exact.table["value"].to_numpy()).max()


def test_same_input_same_values(talk, encoder):
    one, two = (explain_code(talk, unit(talk, 5), "annomi-helper", encoder=encoder) for _ in "ab")
    assert one.table.equals(two.table)
    assert one.method == "permutation"


def test_words_are_joined_where_they_are_too_many(encoder):
    text = " ".join(f"word{at}" for at in range(200))
    rows = [{"conversation_id": "t", "speaker": "a", "role": "therapist", "text": text}]
    found = explain_code(Corpus.build(pl.DataFrame(rows)), "t-0", "annomi-helper", encoder=encoder)
    assert found.table.height == 63
    assert " ".join(found.table["text"]) == text
    assert found.evaluations <= 128


def words_head(encoder, *, context=0, **reader):
    """A head of one's own that says yes where a turn asks; with context it also likes company."""
    spec = FeatureSpec(context_turns=context, **reader)
    weight = np.zeros((spec.width, 2), np.float32)
    weight[spec.columns("surface")[0], 0] = 4.0
    if context:
        weight[spec.columns("relation")[0], 0] = 1.0
    return Head(
        name="mine",
        labels=("asks", "rest"),
        exclusive=False,
        features=spec,
        weights=Weights(weight, np.zeros(2, np.float32)),
        scale=np.ones(2),
        offset=np.zeros(2),
        thresholds=np.full(2, 0.5),
        encoder=encoder.weights,
    )


def test_a_planted_word_and_a_planted_turn_carry_it_to_the_digit(talk, encoder):
    head = words_head(encoder, context=1)
    found = explain_code(talk, unit(talk, 3), "mine", "asks", head=head, encoder=encoder)
    values = dict(found.table["text", "value"].iter_rows())
    assert values.pop("?") == pytest.approx(4.0, abs=1e-6)
    assert values.pop(TALK[2][1]) == pytest.approx(1.0, abs=1e-6)
    assert np.abs(list(values.values())).max() < 1e-6


def test_where_nothing_is_assigned_the_most_probable_code_is_explained_and_said_to_be_that(
    talk, encoder
):
    codes = (Code("asks", "It asks."), Code("rest", "A way of asking.", parent="asks"))
    scheme = Scheme("mine", "helper", exclusive=False, codes=codes)
    head = replace(
        words_head(encoder), offset=np.array([0.0, 2.0]), thresholds=np.array([0.9, 0.1])
    )
    tools = {"head": head, "encoder": encoder}
    statement = explain_code(talk, unit(talk, 1), scheme, **tools)
    assert (statement.label, statement.assigned) == ("asks", False)
    assert statement.probability == pytest.approx(0.5)
    assert "does not assign" in statement._repr_html_()
    assert "not assigned" in repr(statement)
    below = explain_code(talk, unit(talk, 1), scheme, "rest", **tools)
    assert below.probability == pytest.approx(0.5)  # not 0.88: no more than the code above it
    question = explain_code(talk, unit(talk, 3), scheme, **tools)
    assert (question.scheme, question.label, question.assigned) == ("mine", "asks", True)
    assert "does not assign" not in question._repr_html_()


def test_a_head_that_reads_by_a_language_model_is_not_explained(talk, encoder):
    reader = {"reader": "some model", "reader_width": 3, "reader_layers": (4,)}
    head = words_head(encoder, **reader)
    with pytest.raises(BadInput, match="explain the small head"):
        explain_code(talk, unit(talk, 3), "mine", "asks", head=head, encoder=encoder)


def test_texts_are_escaped_and_the_repr_says_nothing_of_them(talk, encoder):
    found = explain_code(talk, unit(talk, 5), "annomi-helper", encoder=encoder)
    markup = found._repr_html_()
    assert "&lt;b&gt;Tea&lt;/b&gt;" in markup
    assert "<b>Tea" not in markup
    assert "tea" not in repr(found).lower()


@pytest.mark.parametrize(
    ("turn", "scheme", "label", "told"),
    [
        (
            0,
            "annomi-helper",
            None,
            "is of side 'client'; 'annomi-helper' codes turns of the helper",
        ),
        (3, "annomi-helper", "qestion", "Did you mean 'question'"),
        (3, "mine", None, "no shipped head 'mine'"),
    ],
)
def test_what_cannot_be_explained_is_refused(talk, encoder, turn, scheme, label, told):
    with pytest.raises(BadInput, match=told):
        explain_code(talk, unit(talk, turn), scheme, label, encoder=encoder)


def test_unknown_utterance_empty_turn_small_budget_and_other_encoder(talk, encoder):
    with pytest.raises(BadInput, match="no utterance 'x' in this corpus of 7"):
        explain_code(talk, "x", "annomi-helper", encoder=encoder)
    with pytest.raises(InsufficientData, match="no words"):
        explain_code(talk, unit(talk, 6), "annomi-helper", encoder=encoder)
    with pytest.raises(BadInput, match="budget of 5 evaluations is too small for 2 previous"):
        explain_code(talk, unit(talk, 3), "annomi-helper", encoder=encoder, budget=5)
    other = replace(shipped_head("annomi-helper"), encoder="another")
    with pytest.raises(BadInput, match="another sentence encoder"):
        explain_code(talk, unit(talk, 3), "annomi-helper", head=other, encoder=encoder)


def test_a_question_mark_carries_the_questions_of_the_demonstration_corpus(encoder):
    corpus = wb.load(bundled("data", "demo"))
    asked = corpus.utterances.filter(
        (pl.col("side") == "helper")
        & pl.col("text").str.ends_with("?")
        & (pl.col("text").str.len_chars() < 60)
    )
    first = 0
    for unit_id in asked["id"][:8]:
        found = explain_code(corpus, unit_id, "annomi-helper", "question", encoder=encoder)
        words = found.table.filter(pl.col("kind") == "word").sort("value", descending=True)
        first += words["text"][0] == "?"
    assert first >= 6
