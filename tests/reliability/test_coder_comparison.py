"""`wb.agreement`: the right coefficient in the right row, tallies and human references beside it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from coded_corpus import LABELS, TALKS, TURNS, corpus, layer

import workbench as wb
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.reliability import (
    MEASURES,
    Ratings,
    agreement_levels,
    contested_units,
    estimate_coefficient,
    human_reference,
    icc,
    layer_spans,
    majority_of,
    read_coded,
    unitizing_alpha,
)
from workbench.statistics import ESTIMATE_COLUMNS, macro_f1

N = TALKS * TURNS
DRAWN = np.random.default_rng(4)
TRUTH = DRAWN.integers(0, 3, N)


def coder(name, *, wrong, kind="human", **options):
    """Gives the true label but for a share of wrong ones."""
    drawn = np.random.default_rng(len(name) + int(100 * wrong))
    other = np.where(drawn.random(N) < wrong, drawn.integers(0, 3, N), TRUTH)
    return layer(name, [LABELS[i] for i in other], kind=kind, **options)


@pytest.fixture(scope="module")
def layers():
    return [
        coder("anna", wrong=0.2),
        coder("benedikt", wrong=0.25),
        coder("chi", wrong=0.3),
        coder("head", wrong=0.4, kind="model"),
    ]


@pytest.fixture(scope="module")
def table(layers):
    return wb.agreement(layers, by="label", corpus=corpus())


def test_the_table_has_the_columns_of_estimates_and_every_set_of_coders(table, layers):
    assert table.columns[-8:] == list(ESTIMATE_COLUMNS)
    names = [x.name.removeprefix("helper.") for x in layers]
    pairs = {f"{a} & {b}" for i, a in enumerate(names) for b in names[i + 1 :]}
    assert set(table["coders"]) == {" & ".join(names), " & ".join(names[:3]), *pairs}
    assert set(table["label"]) == {None, *LABELS}
    kinds = dict(table.select("coders", "kind").unique().iter_rows())
    assert kinds["anna & chi"] == "human-human"
    assert kinds["anna & head"] == "human-model"
    assert kinds[" & ".join(names)] == "mixed"
    assert kinds[" & ".join(names[:3])] == "humans"


def test_each_row_is_what_the_coefficient_gives(table, layers):
    ratings = read_coded(layers, corpus=corpus()).ratings
    row = table.filter(
        measure="krippendorff_alpha", label="reflection", coders="anna & head", scale="nominal"
    )
    alone = estimate_coefficient(
        ratings.of(["anna", "head"]).holds("reflection"), "krippendorff_alpha"
    )
    assert row.select(*ESTIMATE_COLUMNS).row(0, named=True) == alone.as_row()
    everyone = table.filter(pl.col("label").is_null(), measure="fleiss_kappa", n_coders=4)
    assert everyone["estimate"].item() == estimate_coefficient(ratings, "fleiss_kappa").estimate
    assert everyone["n_clusters"].item() == TALKS - 1  # two conversations share a source
    assert table.filter(measure="cohen_kappa")["n_coders"].unique().to_list() == [2]


def test_row_order_and_form_of_the_input_do_not_matter(table, layers):
    rows = pl.concat(
        [x.table.select("coder", "coder_kind", unit="unit_id", value="label") for x in layers]
    )
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)
    again = wb.agreement(shuffled, by="label", corpus=corpus(), codebook=list(LABELS))
    assert again.sort(again.columns[:7]).equals(table.sort(table.columns[:7]))


def test_measures_can_be_chosen_and_unknown_ones_are_refused(layers):
    found = wb.agreement(layers, corpus=corpus(), measures=["gwet_ac1"])
    assert found["measure"].unique().to_list() == ["gwet_ac1"]
    assert all("3 categories in the codebook" in reason for reason in found["reason"])
    with pytest.raises(BadInput, match=r"utterance measure 'gwet_ac'.*Did you mean"):
        wb.agreement(layers, measures=["gwet_ac"])
    with pytest.raises(BadInput, match="unit 'turn'"):
        wb.agreement(layers, "turn")
    with pytest.raises(BadInput, match="expected 'label'"):
        wb.agreement(layers, by="coder")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"measures": ["weighted_kappa"]},
            "Weighted kappa needs ordered codes, and these are nominal",
        ),
        ({"measures": ["percent", "f1"]}, "pass by='label' and reference="),
        ({"measures": ["cohen_kappa"], "scale": "sets"}, "Or pass by='label'"),
    ],
)
def test_a_measure_that_was_asked_for_is_given_or_refused(layers, options, message):
    with pytest.raises(BadInput, match=message):
        wb.agreement(layers, corpus=corpus(), **options)


def test_units_of_one_coder_do_not_count_for_marginals_and_the_row_says_so():
    codes = [["a", "a"], ["a", "b"], ["b", "b"], ["b", None]]
    found = wb.agreement(codes, measures=["gwet_ac1", "krippendorff_alpha"])
    told = dict(found.select("measure", "reason").iter_rows())
    assert "1 unit of one coder left out of the marginals" in told["gwet_ac1"]
    assert "of one coder" not in told["krippendorff_alpha"]
    whole = estimate_coefficient(Ratings.build(codes[:3]), "gwet_ac1")
    assert found.filter(measure="gwet_ac1")["estimate"].item() == whole.estimate


def test_ordinal_codes_get_weighted_coefficients_and_names_do_not():
    codes = [[1, 2], [2, 2], [3, 3], [1, 1], [2, 3], [3, 3]]
    ordinal = wb.agreement(codes, scale="ordinal")
    assert set(ordinal.filter(measure="weighted_kappa")["scale"]) == {
        "ordinal, linear weights",
        "ordinal, quadratic weights",
    }
    assert "weighted_kappa" not in wb.agreement(codes)["measure"].to_list()
    interval = wb.agreement(codes, scale="interval", measures=["krippendorff_alpha"])
    assert interval["scale"].to_list() == ["interval"]


def test_sets_of_labels_have_both_distances_and_each_label_alone():
    given = [("question", "other") if i % 3 else ("other",) for i in range(N)]
    other = [("question",) if i % 4 else ("other",) for i in range(N)]
    ones = [layer("anna", given, exclusive=False), layer("ben", other, exclusive=False)]
    found = wb.agreement(ones, by="label", corpus=corpus())
    together = found.filter(pl.col("label").is_null(), measure="krippendorff_alpha")
    assert together["scale"].to_list() == ["masi", "jaccard"]
    binary = found.filter(measure="cohen_kappa")
    assert binary["label"].to_list() == list(LABELS)
    never = binary.filter(label="reflection").row(0, named=True)
    assert never["estimate"] is None
    assert "only one category was used" in never["reason"]


def test_one_category_alone_is_undefined_with_its_reason():
    found = wb.agreement([["a", "a"]] * 6, measures=["krippendorff_alpha", "percent"])
    alpha = found.filter(measure="krippendorff_alpha").row(0, named=True)
    assert alpha["estimate"] is None
    assert "only one category" in alpha["reason"]
    assert found.filter(measure="percent")["estimate"].item() == 1.0


def test_a_gold_coder_is_the_reference_of_scores_unless_another_is_named(layers):
    assert "f1" not in wb.agreement(layers, by="label")["measure"].to_list()
    named = wb.agreement(layers, by="label", reference="anna").filter(measure="sensitivity")
    assert set(named["coders"]) == {"anna & benedikt", "anna & chi", "anna & head"}
    gold = coder("gold", wrong=0.0, kind="gold")
    found = wb.agreement([*layers, gold], by="label").filter(measure="f1", label="question")
    assert set(found["coders"]) == {f"gold & {x}" for x in ("anna", "benedikt", "chi", "head")}
    with pytest.raises(BadInput, match="coder 'nobody'"):
        wb.agreement(layers, reference="nobody")


# -- conversations -------------------------------------------------------------------------------------


def test_counts_and_rates_are_those_of_each_conversation(layers):
    found = wb.agreement(layers, "conversation", corpus=corpus())
    ratings = read_coded(layers, corpus=corpus()).ratings
    held = ratings.of(["anna", "head"]).holds("question").codes
    counts = held.reshape(TALKS, TURNS, 2).sum(axis=1).astype(float)
    sources = ratings.sources[::TURNS]
    for scale, values in (("counts", counts), ("rates", counts / TURNS)):
        row = found.filter(
            label="question", coders="anna & head", scale=scale, measure="ICC(A,1)"
        ).row(0, named=True)
        assert row["estimate"] == pytest.approx(icc(values, "A,1", clusters=sources).estimate)
        assert row["n"] == TALKS
        assert "fewer than 15 conversations" in row["reason"]
    assert set(found["measure"]) == set(MEASURES["conversation"])


def test_turns_that_one_coder_skipped_count_for_nobody():
    codes = ["question"] * N
    half = corpus().utterances.filter(pl.col("turn") < TURNS // 2)["id"].to_list()
    ones = [layer("anna", codes), layer("ben", codes[: len(half)], units=half)]
    ones[1] = layer("ben", ["question", "other"] * (len(half) // 2), units=half)
    found = wb.agreement(ones, "conversation", corpus=corpus(), measures=["ICC(A,1)"])
    row = found.filter(label="question", scale="rates").row(0, named=True)
    assert row["estimate"] == pytest.approx(0.0, abs=1e-9) or row["estimate"] is None
    assert row["n"] == TALKS


def test_conversations_have_to_be_known(layers):
    with pytest.raises(BadInput, match="pass corpus="):
        wb.agreement(layers, "conversation")


def test_ratings_of_conversations_are_compared_as_they_are():
    talks = corpus().conversations["id"]
    scores = {"anna": [3, 4, 2, 5, 4, 1], "ben": [3, 5, 2, 4, 4, 2]}
    rated = []
    for name, values in scores.items():
        facts = LayerMetadata(
            "globals", name, "human", unit="conversation", labels=("empathy",), exclusive=False
        )
        rows = pl.DataFrame({"unit_id": talks, "label": "empathy", "value": values})
        rated.append(Layer.build(f"globals.{name}", rows, facts))
    found = wb.agreement(rated, "conversation", corpus=corpus())
    row = found.filter(measure="ICC(C,1)").row(0, named=True)
    assert (row["label"], row["scale"], row["n"]) == ("empathy", "ratings", 6)
    table = np.array(list(scores.values()), dtype=float).T
    assert row["estimate"] == pytest.approx(icc(table, "C,1").estimate)


def globals_of(name, values, *, label="empathy", units=None):
    facts = LayerMetadata("globals", name, "human", unit="conversation", exclusive=False)
    talks = corpus().conversations["id"].to_list() if units is None else units
    rows = pl.DataFrame({"unit_id": talks, "label": label, "value": values})
    return Layer.build(f"globals.{name}", rows, facts)


def test_ratings_keep_their_values_whatever_else_is_asked():
    anna, ben = [3, 4, 2, 5, 4, 1], [3, 5, 2, 4, 4, 2]
    expected = icc(np.array([anna, ben], dtype=float).T, "A,1").estimate
    ones = [globals_of("anna", anna), globals_of("ben", ben, label="Empathy")]
    options = {"corpus": corpus(), "measures": ["ICC(A,1)"]}
    found = wb.agreement(ones, "conversation", merge={"Empathy": "empathy"}, **options)
    assert found["estimate"].item() == pytest.approx(expected)
    with pytest.raises(BadInput, match="pass unit='conversation'"):
        wb.agreement([globals_of("anna", anna), globals_of("ben", ben)], corpus=corpus())
    talks = [*corpus().conversations["id"], "t0"]
    twice = globals_of("ben", [*ben, 5], units=talks)
    with pytest.raises(BadInput, match="rates 'empathy' of conversation 't0' more than once"):
        wb.agreement([globals_of("anna", anna), twice], "conversation", **options)


def test_a_table_of_numbers_by_conversation_is_one_of_ratings():
    table = pl.DataFrame({"unit": corpus().conversations["id"]}).with_columns(
        anna=pl.Series([3, 4, 2, 5, 4, 1]), ben=pl.Series([3, 5, None, 4, 4, 2])
    )
    found = wb.agreement(table, "conversation", scale="interval", corpus=corpus())
    values = table.select("anna", "ben").to_numpy().astype(float)
    sources = corpus().conversations["source"].to_list()
    for form in ("A,1", "C,k"):
        row = found.filter(measure=f"ICC({form})").row(0, named=True)
        own = icc(values, form, clusters=sources)
        assert (row["scale"], row["label"]) == ("ratings", None)
        assert (row["estimate"], row["low"], row["n"]) == (own.estimate, own.low, 5)
    with pytest.raises(BadInput, match="need scale='interval'"):
        wb.agreement(table, "conversation")
    turns = pl.DataFrame({"unit": ["a", "b"], "conversation": "t", "x": [1, 2], "y": [1, 3]})
    with pytest.raises(BadInput, match="numbers of single units"):
        wb.agreement(turns, "conversation", scale="interval")


def test_the_two_levels_stand_side_by_side(layers, table):
    found = agreement_levels(layers, corpus=corpus())
    tallied = wb.agreement(layers, "conversation", corpus=corpus())
    row = found.filter(label="other", coders="anna & chi").row(0, named=True)
    alpha = table.filter(label="other", coders="anna & chi", measure="krippendorff_alpha")
    rates = tallied.filter(label="other", coders="anna & chi", measure="ICC(C,1)", scale="rates")
    assert row["alpha"] == alpha["estimate"].item()
    assert row["alpha_low"] == alpha["low"].item()
    assert row["icc_c_rates"] == rates["estimate"].item()
    assert (row["n_utterances"], row["n_conversations"], row["few"]) == (N, TALKS, True)
    assert found.height == 3 * 8


# -- humans and models ---------------------------------------------------------------------------------


def test_the_majority_of_exclusive_codes_leaves_out_ties():
    ratings = Ratings.build([["a", "a", "b"], ["a", "b", None], [None] * 3], categories="abc")
    assert majority_of(ratings).tolist() == [[1, 0, 0], [-1] * 3, [-1] * 3]
    sets = Ratings.build([[{"x"}, {"x", "y"}], [set(), set()]], level="sets", labels="xy")
    assert majority_of(sets).tolist() == [[1, 1], [0, 0]]


def test_a_model_is_measured_against_the_same_majorities_as_each_human(layers):
    ratings = read_coded(layers, corpus=corpus()).ratings
    found = human_reference(ratings)
    macro = found.filter(measure="macro-F1")
    expected = {}
    for human in ("anna", "benedikt", "chi"):
        others = [x for x in ("anna", "benedikt", "chi") if x != human]
        majority = majority_of(ratings.of(others))
        known = majority[:, 0] >= 0
        truth = majority[known].argmax(axis=1)
        for one in (human, "head"):
            said = ratings.of([one]).codes[known, 0]
            expected[human, one] = macro_f1(truth, said, range(3))
    own = macro.filter(pl.col("coder").is_in(["anna", "benedikt", "chi"]))
    for name, value in own.select("coder", "estimate").iter_rows():
        assert value == pytest.approx(expected[name, name])
    humans = [expected[x, x] for x in ("anna", "benedikt", "chi")]
    models = [expected[x, "head"] for x in ("anna", "benedikt", "chi")]
    line = macro.filter(coder="one human").row(0, named=True)
    assert (line["estimate"], line["low"], line["high"]) == pytest.approx(
        (np.mean(humans), min(humans), max(humans))
    )
    model = macro.filter(coder="head").rows(named=True)
    assert model[0]["estimate"] == pytest.approx(np.mean(models))
    assert model[1]["against"] == "one human"
    assert model[1]["estimate"] == pytest.approx(np.mean(models) - np.mean(humans))
    assert model[1]["low"] < model[1]["estimate"] < model[1]["high"]


def test_without_two_humans_there_is_no_human_reference(layers):
    alone = read_coded([layers[0], layers[3]], corpus=corpus()).ratings
    assert human_reference(alone).is_empty()
    gold = coder("gold", wrong=0.1, kind="gold")
    two = human_reference(read_coded([layers[0], gold, layers[3]], corpus=corpus()).ratings)
    assert two.filter(coder="one human", measure="macro-F1")["estimate"].item() is not None


def test_a_label_without_positives_has_no_f1():
    """The coder's guesses alone are no positives: 0 would pass for a failure to find some."""
    codes = [["a", "a", "a"], ["a", "a", "b"], ["a", "a", "a"], ["b", "a", "a"]]
    found = human_reference(Ratings.build(codes, kinds=("human", "human", "model")))
    row = found.filter(coder="1", measure="F1", label="b").row(0, named=True)
    assert row["estimate"] is None
    assert row["reason"] == "no majority gave this label"


def test_sources_without_a_shared_unit_are_no_evidence(layers):
    few = [
        layers[0],
        *(x.restricted_to(pl.Series([f"t0-{i}" for i in range(8)])) for x in layers[1:3]),
    ]
    found = human_reference(read_coded(few, corpus=corpus()).ratings)
    assert set(found["n_clusters"]) == {1}


# -- contested units -----------------------------------------------------------------------------------


def test_contested_units_come_with_what_everybody_said():
    codes = pl.DataFrame(
        {
            "unit": ["t0-0", "t0-1", "t0-2", "t0-3"],
            "anna": ["x", "x", "x", None],
            "ben": ["x", "y", "y", "z"],
            "chi": ["x", "x", "z", None],
        }
    )
    found = contested_units(codes, corpus=corpus())
    assert found["unit_id"].to_list() == ["t0-2", "t0-1"]
    assert found["disagreement"].to_list() == pytest.approx([1.0, 2 / 3])
    assert found["entropy"].to_list() == pytest.approx([np.log2(3), 0.9182958])
    assert found["majority"].to_list() == [None, "x"]
    assert found.select("conversation_id", "turn").row(0) == ("t0", 2)
    assert found.select("coder: anna", "coder: ben", "coder: chi").row(1) == ("x", "y", "x")
    spelled = codes.with_columns(pl.col("ben").replace({"x": "X"}))
    with pytest.raises(BadInput, match="merge="):
        contested_units(spelled, corpus=corpus())
    assert contested_units(spelled, corpus=corpus(), merge={"X": "x"}).equals(found)


def test_sets_are_written_in_the_order_of_the_book():
    ones = [
        layer("anna", [("other", "question"), ()], exclusive=False),
        layer("ben", [("question",), ("other",)], exclusive=False),
    ]
    found = contested_units(ones, corpus=corpus())
    assert found["coder: anna"].to_list() == ["question + other", "(none)"]


# -- spans ---------------------------------------------------------------------------------------------


def spans(name, places, *, kind="human", known=("goal", "plan")):
    facts = LayerMetadata("goals", name, kind, unit="span", labels=known, exclusive=False)
    schema = ["unit_id", "label", "start_char", "end_char"]
    rows = pl.DataFrame(places, schema=schema, orient="row")
    return Layer.build(f"goals.{name}", rows, facts)


def test_spans_are_compared_by_unitizing_alpha():
    ones = [
        spans("anna", [(f"t{i}-0", "goal", 0, 4) for i in range(TALKS)]),
        spans("ben", [(f"t{i}-0", "goal" if i else "plan", 0, 4 + i % 2) for i in range(TALKS)]),
        spans("chi", [(f"t{i}-0", "goal", 1, 4) for i in range(TALKS)], kind="model"),
    ]
    found = wb.agreement(ones, "span", corpus=corpus())
    assert found["label"].null_count() == found.height
    assert set(found["coders"]) == {"anna & ben & chi", "anna & ben", "anna & chi", "ben & chi"}
    texts, continua = layer_spans(ones[:2], corpus())
    own = unitizing_alpha(texts, continua, labels=["goal", "plan"])
    pair = found.filter(coders="anna & ben")
    assert pair["estimate"].to_list() == own.filter(pl.col("label").is_null())["estimate"].to_list()
    by = wb.agreement(ones, "span", "label", corpus=corpus())
    assert set(by["label"]) == {None, "goal", "plan"}
    with pytest.raises(BadInput, match="needs corpus="):
        wb.agreement(ones, "span")


def test_labels_of_spans_are_checked_as_those_of_utterances_are():
    def marked(name, label, known=()):
        return spans(name, [(f"t{i}-0", label, 0, 4) for i in range(TALKS)], known=known)

    pair = [marked("anna", "goal"), marked("ben", "Goal")]
    with pytest.raises(BadInput, match="A label is spelled in several ways"):
        wb.agreement(pair, "span", corpus=corpus())
    merged = wb.agreement(pair, "span", "label", corpus=corpus(), merge={"Goal": "goal"})
    assert merged.filter(measure="unitizing_alpha (u)")["estimate"].item() == 1.0
    assert set(merged["label"]) == {None, "goal"}
    with pytest.raises(BadInput, match=r"'hope' .* The book has"):
        other = [marked("anna", "goal", ("goal", "plan")), marked("ben", "hope")]
        wb.agreement(other, "span", corpus=corpus())
    with pytest.raises(BadInput, match="not in the codebook the given labels: 'goal'"):
        wb.agreement([pair[0], marked("ben", "goal")], "span", corpus=corpus(), codebook=["x"])
    with pytest.raises(BadInput, match="no label 'Goal'"):
        unitizing_alpha(*layer_spans(pair, corpus()), labels=["plan"])


def test_spans_without_a_text_in_common_and_measures_of_labels_are_refused():
    apart = [spans("anna", [("t0-0", "goal", 0, 4)]), spans("ben", [("t1-0", "goal", 0, 4)])]
    with pytest.raises(BadInput, match="No utterance was read by two"):
        wb.agreement(apart, "span", corpus=corpus())
    with pytest.raises(BadInput, match="pass by='label'"):
        wb.agreement(apart, "span", corpus=corpus(), measures=["unitizing_alpha ((k)u)"])
