"""`wb.agreement`: the right coefficient in the right row."""

from __future__ import annotations

import polars as pl
import pytest
from coded_corpus import LABELS, TALKS, N, coder, corpus, layer

import workbench as wb
from workbench.errors import BadInput
from workbench.reliability import (
    Ratings,
    estimate_coefficient,
    read_coded,
)
from workbench.statistics import ESTIMATE_COLUMNS


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
