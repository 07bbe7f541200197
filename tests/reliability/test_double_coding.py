"""Planning and drawing a double-coding sample: how much, which units, in which order."""

import numpy as np
import polars as pl
import pytest
from simulated_corpus import simulated_corpus

from workbench.errors import BadInput, InsufficientData
from workbench.reliability.correction import corrected_rates, plan_double_coding


@pytest.fixture(scope="module")
def study():
    return simulated_corpus()


def half_widths(measure_width, *, studies, **options):
    """Planned and reached half-widths over fresh corpora."""
    planned, reached = [], []
    for seed in range(studies):
        corpus, automatic, human = simulated_corpus(seed=seed, conversations=60)
        plan = plan_double_coding(automatic, corpus, label="question", **options)
        planned.append(plan.half_width)
        drawn = plan.draw(random_state=seed)
        coded = human.restricted_to(drawn["unit_id"].unique())
        reached.append(measure_width(automatic, coded, corpus, plan, drawn))
    return float(np.mean(planned)), float(np.mean(reached))


def rate_width(automatic, coded, corpus, plan, drawn):
    found = corrected_rates(
        automatic,
        coded,
        corpus,
        inclusion=drawn,
        strata=plan.frame,
        labels=["question"],
        about=plan.settings["about"],
        drawn=plan.settings["drawn"],
    ).table.filter(pl.col("estimator") == "corrected")
    return (found["high"][0] - found["low"][0]) / 2


@pytest.mark.parametrize(
    "options",
    [
        {"half_width": 0.06},
        {"half_width": 0.03, "about": "corpus"},
        {"half_width": 0.03, "about": "corpus", "strata": ("quality", "band")},
        # errors of this coder are independent, of which a plan is told
        {"half_width": 0.065, "drawn": "conversation", "error_correlation": 0},
        {"half_width": 0.025, "drawn": "conversation", "error_correlation": 0, "about": "corpus"},
    ],
    ids=lambda options: "-".join(str(value) for value in options.values()),
)
def test_the_planned_width_is_reached_on_average(options):
    planned, reached = half_widths(rate_width, studies=25, **options)
    assert planned <= options["half_width"]
    assert planned == pytest.approx(options["half_width"], rel=0.05)
    assert reached == pytest.approx(planned, rel=0.12)


@pytest.mark.parametrize("measure", ["percent", "cohen_kappa"])
def test_the_planned_width_of_an_agreement_coefficient_is_reached(measure):
    """About this corpus: the spread of the weighted coefficient over repeated draws."""
    corpus, automatic, human = simulated_corpus(seed=3)
    plan = plan_double_coding(
        automatic, corpus, label="question", measure=measure, half_width=0.06, about="corpus"
    )
    ours = automatic.table["label"].to_numpy() == "question"
    theirs = human.table["label"].to_numpy() == "question"

    def coefficient(weight):
        weight = weight / weight.sum()
        observed = weight @ (ours == theirs)
        a, h = weight @ ours, weight @ theirs
        by_chance = a * h + (1 - a) * (1 - h)
        return observed if measure == "percent" else (observed - by_chance) / (1 - by_chance)

    found = []
    ids = automatic.table["unit_id"]
    for seed in range(150):
        drawn = plan.draw(random_state=seed).filter(~pl.col("repeat"))
        chosen = ids.is_in(drawn["unit_id"].implode()).to_numpy()
        found.append(
            coefficient(np.where(chosen, 1 / plan.frame["inclusion_probability"].to_numpy(), 0))
        )
    assert 1.96 * np.std(found) == pytest.approx(plan.half_width, rel=0.2)
    assert np.mean(found) == pytest.approx(plan.value, abs=0.05)


def test_more_is_drawn_where_the_coder_is_less_sure_but_never_next_to_nothing(study):
    corpus, automatic, _ = study
    plan = plan_double_coding(
        automatic, corpus, label="question", half_width=0.03, strata=("band",), about="corpus"
    )
    shares = dict(plan.table.select("stratum", "inclusion_probability").iter_rows())
    assert shares["0.1 <= p < 0.5"] > 1.5 * shares["p < 0.1"]
    mean = plan.table["drawn"].sum() / plan.table["units"].sum()
    assert min(shares.values()) >= 0.25 * mean - 1e-9
    assert plan.table["units"].sum() == plan.frame.height


def test_the_draw_follows_the_plan_and_its_columns_are_stable(study):
    corpus, automatic, _ = study
    plan = plan_double_coding(automatic, corpus, label="question", half_width=0.06)
    drawn = plan.draw(random_state=5)
    assert drawn.schema == {
        "unit_id": pl.String,
        "conversation_id": pl.String,
        "stratum": pl.String,
        "inclusion_probability": pl.Float64,
        "repeat": pl.Boolean,
    }
    first = drawn.filter(~pl.col("repeat"))
    assert not first["unit_id"].is_duplicated().any()
    counts = dict(first["stratum"].value_counts().iter_rows())
    assert counts == dict(plan.table.select("stratum", "drawn").iter_rows())
    # the weights stand for the corpus
    assert (1 / first["inclusion_probability"]).sum() == pytest.approx(plan.frame.height)
    assert drawn.equals(plan.draw(random_state=5))
    assert not drawn.equals(plan.draw(random_state=6))


def test_repeats_come_later_and_blind(study):
    corpus, automatic, _ = study
    plan = plan_double_coding(automatic, corpus, label="question", half_width=0.06, repeat=0.2)
    drawn = plan.draw(random_state=1).with_row_index("place")
    again = drawn.filter(pl.col("repeat"))
    first = drawn.filter(~pl.col("repeat"))
    assert again.height == round(0.2 * first.height)
    both = again.join(first, on="unit_id", suffix="_first")
    assert both.height == again.height
    assert (both["place"].cast(int) - both["place_first"].cast(int)).min() >= 20
    # shuffled: neither by id nor by stratum
    assert first["unit_id"].to_list() != sorted(first["unit_id"])
    assert first["stratum"].rle_id().max() > 10


def test_whole_conversations_are_drawn_whole_and_in_order(study):
    corpus, automatic, _ = study
    plan = plan_double_coding(
        automatic, corpus, label="question", half_width=0.08, drawn="conversation", repeat=0
    )
    drawn = plan.draw(random_state=2)
    talks = drawn["conversation_id"].unique().to_list()
    expected = plan.frame.filter(pl.col("conversation_id").is_in(talks))
    assert drawn.height == expected.height
    for _, part in drawn.group_by("conversation_id", maintain_order=True):
        assert part["unit_id"].is_sorted()
    assert drawn["conversation_id"].rle_id().max() + 1 == len(talks)


def test_the_draw_does_not_depend_on_the_order_of_rows(study):
    corpus, automatic, _ = study
    options = {"label": "question", "half_width": 0.06}
    plan = plan_double_coding(automatic, corpus, **options)
    mixed = automatic.table.sample(fraction=1, shuffle=True, seed=1)
    other = plan_double_coding(
        type(automatic)("auto", mixed, automatic.metadata, automatic.probabilities.reverse()),
        corpus,
        **options,
    )
    assert plan.draw(random_state=1).equals(other.draw(random_state=1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"half_width": 0.06}, "Name the label"),
        ({"half_width": 0.06, "label": "questions"}, "Did you mean 'question'"),
        ({"half_width": 3, "label": "question"}, "half_width lies between 0 and 1"),
        ({"half_width": 0.06, "label": "question", "repeat": 2}, "repeat is a share"),
        (
            {"half_width": 0.06, "label": "question", "strata": ("qualty",)},
            "Did you mean 'quality'",
        ),
        (
            {"half_width": 0.2, "label": "question", "strata": ("turn",), "drawn": "conversation"},
            "varies within conversations",
        ),
    ],
)
def test_a_plan_that_cannot_be_says_why(study, options, message):
    corpus, automatic, _ = study
    with pytest.raises(BadInput, match=message):
        plan_double_coding(automatic, corpus, **options)


def test_a_width_that_no_coding_can_give_is_refused_with_the_one_that_it_can(study):
    corpus, automatic, _ = study
    with pytest.raises(InsufficientData, match=r"Even with every unit coded .* about 0\.0"):
        plan_double_coding(automatic, corpus, label="question", half_width=0.005)
    plan_double_coding(automatic, corpus, label="question", half_width=0.005, about="corpus")


def test_a_layer_without_probabilities_is_refused(study):
    corpus, automatic, _ = study
    bare = type(automatic)("auto", automatic.table, automatic.metadata)
    with pytest.raises(BadInput, match="no probabilities"):
        plan_double_coding(bare, corpus, label="question", half_width=0.05)
