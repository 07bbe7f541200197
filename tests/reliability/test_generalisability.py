"""G and D studies: Brennan's worked examples, GeneralizIT to 1e-9, designs, bad input."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench.errors import BadInput
from workbench.reliability import (
    Ratings,
    generalisability,
    icc,
    label_generalisability,
    slices,
)

GOLDEN = json.loads(
    (Path(__file__).parent / "golden" / "generalisability_generalizit.json").read_text()
)

# Brennan (2001), table 3.2, synthetic data set 4: ten persons x (four raters in each of three tasks).
# The same design with other words: coders are his persons, conversations his tasks, segments his raters.
BRENNAN_BALANCED = {
    "t1": [
        [5, 9, 3, 7, 9, 3, 7, 5, 9, 4],
        [6, 3, 4, 5, 2, 4, 3, 8, 9, 4],
        [5, 7, 3, 5, 9, 3, 7, 5, 8, 4],
        [5, 7, 3, 3, 7, 5, 7, 7, 8, 3],
    ],
    "t2": [
        [5, 7, 5, 3, 7, 3, 7, 7, 6, 3],
        [3, 5, 3, 1, 7, 3, 5, 5, 6, 5],
        [4, 5, 3, 4, 3, 6, 5, 5, 6, 6],
        [5, 5, 5, 3, 7, 3, 7, 4, 5, 5],
    ],
    "t3": [
        [6, 7, 6, 5, 2, 4, 5, 3, 5, 5],
        [7, 7, 5, 3, 7, 5, 5, 2, 8, 7],
        [3, 5, 1, 3, 5, 1, 5, 1, 1, 1],
        [3, 2, 6, 5, 3, 2, 4, 1, 1, 1],
    ],
}
# Brennan (2001), section 7.1: eight persons x (items in three categories: two, four and two)
BRENNAN_UNBALANCED = {
    "h1": [[4, 2, 2, 1, 3, 1, 3, 0], [5, 1, 4, 3, 3, 2, 5, 1]],
    "h2": [
        [3, 2, 4, 5, 6, 5, 6, 1],
        [3, 3, 7, 4, 7, 6, 8, 2],
        [5, 1, 6, 5, 5, 4, 6, 0],
        [4, 4, 5, 5, 7, 4, 7, 4],
    ],
    "h3": [[5, 4, 8, 4, 8, 5, 7, 7], [7, 6, 7, 5, 9, 6, 8, 8]],
}
ORDER = ("conversation", "coder", "segment", "conversation x coder", "residual")
NAMES = {
    "conversation": "conversation",
    "coder": "coder",
    "segment": "segment:conversation",
    "conversation x coder": "coder x conversation",
    "residual": "coder x (segment:conversation)",
}


def study_of(example, **options):
    talks = [name for name, rows in example.items() for _ in rows]
    return generalisability([row for rows in example.values() for row in rows], talks, **options)


def simulated(rng, *, talks=30, parts=4, coders=3, sd=(1.0, 0.3, 0.6, 0.3, 0.8)):
    """Values with known standard deviations, in the order of the components."""
    at = np.repeat(np.arange(talks), parts)
    values = (
        sd[0] * rng.normal(size=talks)[at][:, None]
        + sd[1] * rng.normal(size=coders)
        + sd[2] * rng.normal(size=(talks * parts, 1))
        + sd[3] * rng.normal(size=(talks, coders))[at]
        + sd[4] * rng.normal(size=(talks * parts, coders))
    )
    return values, at


@pytest.mark.parametrize(
    ("example", "published"),
    [
        (BRENNAN_BALANCED, (0.3252, 0.4731, 0.6475, 0.5596, 2.3802)),
        (BRENNAN_UNBALANCED, (2.9161, 1.2014, 0.2946, 0.9913, 0.8429)),
    ],
)
def test_brennans_variance_components(example, published):
    found = study_of(example).components
    assert found["component"].to_list() == list(ORDER)
    # the second example is printed with rounding of its own: .9913, exactly 347/350 = .9914
    assert found["estimate"].to_list() == pytest.approx(published, abs=1.5e-4)


@pytest.mark.parametrize("number", range(len(GOLDEN)))
def test_equals_generalizit_balanced_unbalanced_and_with_missing_cells(number):
    golden = GOLDEN[number]
    study = generalisability(np.array(golden["values"], dtype=float), golden["conversations"])
    for component, estimate in study.components.select("component", "estimate").iter_rows():
        assert estimate == pytest.approx(golden["components"][NAMES[component]], abs=1e-9)


def test_coefficients_of_the_studys_own_design_equal_generalizit():
    golden = GOLDEN[0]  # balanced: four segments, five coders
    study = generalisability(golden["values"], golden["conversations"])
    for name, theirs in (("g", "rho^2"), ("phi", "phi^2")):
        found = study.coefficient(slices=4, coders=5, coefficient=name)
        assert found.estimate == pytest.approx(
            golden["coefficients"]["conversation"][theirs], abs=1e-9
        )


def test_balanced_components_are_those_of_the_expected_mean_squares():
    values, at = simulated(np.random.default_rng(1), talks=12, parts=3, coders=4)
    cube = values.reshape(12, 3, 4)
    talk, part, coder = cube.mean(axis=(1, 2)), cube.mean(axis=2), cube.mean(axis=(0, 1))
    pair, grand = cube.mean(axis=1), cube.mean()
    ms_talk = 12 * ((talk - grand) ** 2).sum() / 11
    ms_coder = 36 * ((coder - grand) ** 2).sum() / 3
    ms_part = 4 * ((part - talk[:, None]) ** 2).sum() / 24
    ms_pair = 3 * ((pair - talk[:, None] - coder + grand) ** 2).sum() / 33
    left = cube - part[:, :, None] - pair[:, None, :] + talk[:, None, None]
    ms_rest = (left**2).sum() / 72
    expected = (
        (ms_talk - ms_part - ms_pair + ms_rest) / 12,
        (ms_coder - ms_pair) / 36,
        (ms_part - ms_rest) / 4,
        (ms_pair - ms_rest) / 3,
        ms_rest,
    )
    found = generalisability(values, at).components["estimate"].to_list()
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_decision_table_follows_its_formula():
    study = study_of(BRENNAN_BALANCED)
    talk, coder, part, pair, rest = study.components["estimate"]
    table = study.decision(slices=(1, 5), coders=(2,))
    assert table.select("slices", "coders", "coefficient").rows() == [
        (1, 2, "g"),
        (1, 2, "phi"),
        (5, 2, "g"),
        (5, 2, "phi"),
    ]
    relative = part / 5 + pair / 2 + rest / 10
    assert table["estimate"][2] == pytest.approx(talk / (talk + relative), abs=1e-12)
    assert table["estimate"][3] == pytest.approx(talk / (talk + relative + coder / 2), abs=1e-12)


def test_the_smallest_designs_reach_what_is_wanted_and_nothing_smaller_does():
    values, at = simulated(np.random.default_rng(2))
    study = generalisability(values, at)
    found = study.smallest(0.8)
    assert found.height > 1
    for row in found.iter_rows(named=True):
        assert row["estimate"] >= 0.8
        if row["slices"] > 1:
            fewer = study.coefficient(slices=row["slices"] - 1, coders=row["coders"])
            assert fewer.estimate < 0.8
    assert found["slices"].is_sorted(descending=True)


def test_coding_every_slice_is_worth_what_the_intraclass_correlations_of_whole_conversations_say():
    values, at = simulated(np.random.default_rng(2))
    study = generalisability(values, at)
    whole = values.reshape(30, 4, 3).mean(axis=1)
    for name, form in (("phi", "A,1"), ("g", "C,1")):
        found = study.coefficient(slices=4, coders=1, coefficient=name, available=4)
        assert found.estimate == pytest.approx(icc(whole, form).estimate, abs=1e-12)
    assert study.coefficient(slices=4, coders=1).estimate < found.estimate
    assert study.decision(slices=range(1, 9), coders=[2], available=4)["slices"].max() == 4
    assert study.smallest(0.8, available=4)["slices"].max() <= 4


def test_a_wish_out_of_reach_is_said():
    found = study_of(BRENNAN_BALANCED).smallest(0.99, most_slices=3, most_coders=2)
    assert found["slices"].to_list() == [None]
    assert "no design up to 3 slices by 2 coders reaches 0.99" in found["reason"][0]


def test_a_negative_component_is_shown_and_taken_as_zero():
    golden = GOLDEN[2]
    study = generalisability(np.array(golden["values"], dtype=float), golden["conversations"])
    row = study.components.row(3, named=True)
    assert row["estimate"] < 0
    assert row["share"] == 0
    assert "taken as 0" in row["reason"]


def test_intervals_of_phi_cover():
    """Coders are fixed here: the truth has their variance as it is, 4/3 of their sum of squares over 4."""
    rng = np.random.default_rng(3)
    shift = np.array([-0.3, 0.1, 0.2])
    truth = 1 / (1 + 0.36 / 3 + 0.09 / 3 + 0.64 / 9 + shift.var(ddof=1) / 3)
    held = []
    for _ in range(150):
        values, at = simulated(rng, talks=20, sd=(1.0, 0.0, 0.6, 0.3, 0.8))
        found = generalisability(values + shift, at).coefficient(slices=3, coders=3)
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.88  # standard error 0.018


def test_the_rate_of_a_label_in_slices_of_conversations():
    rng = np.random.default_rng(4)
    turns = pl.DataFrame(
        {
            "id": [f"u{n:03d}" for n in range(240)],
            "conversation_id": [f"t{n // 24}" for n in range(240)],
            "turn": [n % 24 for n in range(240)],
        }
    )
    cut = slices(turns, turns=8)
    rate = rng.beta(2, 2, size=10).repeat(24)
    codes = np.where(rng.random((240, 3)) < rate[:, None], "q", "o")
    ratings = Ratings.build(codes.tolist(), categories=["q", "o"], sources=turns["conversation_id"])
    study = label_generalisability(
        ratings, "q", conversations=cut["conversation_id"], segments=cut["segment"]
    )
    rates = (codes == "q").reshape(30, 8, 3).mean(axis=1)
    direct = generalisability(rates, np.arange(30) // 3)
    assert study.components["estimate"].to_list() == pytest.approx(
        direct.components["estimate"].to_list(), abs=1e-12
    )
    assert study.sums.n_clusters == 10


def test_slices_are_whole_and_a_short_rest_joins_the_one_before():
    turns = pl.DataFrame(
        {"id": [str(n) for n in range(15)], "conversation_id": ["a"] * 12 + ["b"] * 3}
    ).with_columns(turn=pl.int_range(pl.len()).over("conversation_id"))
    sizes = slices(turns, turns=5).group_by("segment").len().sort("segment").rows()
    assert sizes == [("a#0", 5), ("a#1", 7), ("b#0", 3)]
    mixed = turns.sample(fraction=1, shuffle=True, seed=1)
    assert slices(mixed, turns=5).sort("id").equals(slices(turns, turns=5).sort("id"))


@pytest.mark.parametrize(
    ("values", "talks", "reason"),
    [
        ([[1, 2], [3, 5], [2, 2]], ["a", "b", "c"], "no conversation has two segments"),
        ([[1, 2], [3, 5]], ["a", "a"], "1 conversations and 2 coders"),
        ([[1], [3], [4], [2]], ["a", "a", "b", "b"], "2 conversations and 1 coders"),
        ([[1, 1]] * 4, ["a", "a", "b", "b"], "no variance"),
    ],
)
def test_undefined_is_null_with_a_reason(values, talks, reason):
    study = generalisability(values, talks)
    assert study.components["estimate"].null_count() == 5
    assert reason in study.components["reason"][0]
    assert study.coefficient(slices=2, coders=2).estimate is None
    assert reason in study.smallest()["reason"][0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: generalisability([1.0, 2.0], ["a", "b"]), "segments x coders"),
        (lambda: generalisability([[1.0, 2.0]], ["a", "b"]), "1 segments, but 2"),
        (lambda: study_of(BRENNAN_BALANCED, clusters=list(range(12))), "two sources"),
        (lambda: study_of(BRENNAN_BALANCED).coefficient(slices=0, coders=1), "at least one"),
        (lambda: study_of(BRENNAN_BALANCED).smallest(1.2), "between 0 and 1"),
        (
            lambda: study_of(BRENNAN_BALANCED).coefficient(slices=5, coders=1, available=4),
            "5 slices are wanted of conversations that have 4",
        ),
        (lambda: slices(pl.DataFrame(), turns=0), "at least one turn"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(BadInput, match=message):
        call()
