"""What the screens of agreement show equals the library; choices and clicks change it."""

import numpy as np
import polars as pl
import pytest
from planted_study import bare_study

import workbench as wb
from workbench.coding.scoring.coverage import COVERAGE
from workbench.coding.trained_heads import find_head
from workbench.corpus import Layer, LayerMetadata
from workbench.figures.agreement import calibration_figure
from workbench.pipeline import agreement_of_study
from workbench.reliability import confusion_of, human_reference, read_coded
from workbench.views import VIEWS
from workbench.views.agreement_data import TOGETHER

LABELS = ("change", "neutral", "sustain")
CODERS = ("anna", "ben", "chi", "dora", "head")


def block(view, key):
    return next(b for b in view.blocks() if b.key == key)


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """Four people and a model on the client's turns."""
    study = bare_study(tmp_path_factory.mktemp("agreement") / "study")
    units = study.corpus.utterances.filter(pl.col("side") == "client")["id"]
    drawn = np.random.default_rng(5)
    truth = drawn.integers(0, 3, len(units))
    for number, name in enumerate(CODERS):
        wrong = drawn.random(len(units)) < 0.15 + 0.05 * number
        given = [LABELS[i] for i in np.where(wrong, drawn.integers(0, 3, len(units)), truth)]
        kind = "model" if name == "head" else "human"
        facts = LayerMetadata("talk", name, kind, labels=LABELS)
        shares = None
        if kind == "model":
            p = drawn.dirichlet(np.ones(3), len(units))
            shares = pl.DataFrame(p, schema=list(LABELS)).insert_column(0, units.alias("unit_id"))
        rows = pl.DataFrame({"unit_id": units, "label": given})
        study.write_layer(Layer.build(f"talk.{name}", rows, facts, probabilities=shares))
    agreement_of_study(study)
    return study


@pytest.fixture(scope="module")
def layers(coded):
    return [coded.layer(f"talk.{name}") for name in CODERS]


def test_it_opens_with_the_model_beside_a_person(coded):
    view = VIEWS["agreement"](coded)
    assert (view.scheme, view.coder, view.reference, view.label) == (
        "talk",
        "head",
        "ben",
        TOGETHER,
    )
    assert "head" not in view.param["reference"].objects


def test_dots_are_the_coefficients_of_the_two(coded, layers):
    view = VIEWS["agreement"](coded, label="sustain", reference="chi")
    table = wb.agreement([layers[2], layers[4]], by="label", corpus=coded.corpus)
    own = table.filter(label="sustain", measure="cohen_kappa")
    dots = [t for t in block(view, "measures").content.data if t.mode == "markers"]
    at = list(dots[0].y).index("Cohen's kappa")
    assert dots[0].x[at] == pytest.approx(own["estimate"].item())
    assert dots[0].error_x.array[at] == pytest.approx((own["high"] - own["estimate"]).item())


def test_the_human_line_stands_at_the_mean_of_the_humans(coded, layers):
    view = VIEWS["agreement"](coded)
    reference = human_reference(read_coded(layers, corpus=coded.corpus).ratings)
    line = reference.filter(coder="one human", measure="macro-F1")
    made = block(view, "reference")
    drawn = [shape.x0 for shape in made.content.layout.shapes if shape.type == "line"]
    assert drawn == [pytest.approx(line["estimate"].item())]
    band = next(shape for shape in made.content.layout.shapes if shape.type == "rect")
    assert (band.x0, band.x1) == pytest.approx((line["low"].item(), line["high"].item()))
    names = {name for trace in made.content.data for name in trace.y}
    assert names == set(CODERS)
    caption = made.content.layout.annotations[-1].text.replace("<br>", " ")
    assert "Bars of a mean: mean, lowest and highest of 4, no interval." in caption
    assert "from 12 sources" in caption
    difference = reference.filter(coder="head", against="one human", measure="macro-F1")
    assert f"head: {difference['estimate'].item():+.2f}" in made.note


@pytest.mark.parametrize(("coder", "reference"), [("head", "ben"), ("ben", "head")])
def test_the_confusion_map_has_the_reference_in_its_lines(coded, layers, coder, reference):
    view = VIEWS["agreement"](coded, coder=coder, reference=reference)
    ratings = read_coded(layers, corpus=coded.corpus).ratings.of([reference, coder])
    expected = confusion_of(ratings)["count"].to_numpy().reshape(3, 3)
    heat = block(view, "confusion").content.data[0]
    assert np.array(heat.customdata).tolist() == expected.tolist()
    assert np.array(heat.z, float) == pytest.approx(expected / expected.sum(axis=1, keepdims=True))


def test_bias_has_the_sign_of_the_chosen_coder(coded):
    one = VIEWS["agreement"](coded, coder="head", reference="ben")
    other = VIEWS["agreement"](coded, coder="ben", reference="head")
    a, b = (block(v, "bias").content.filter(measure="bias index") for v in (one, other))
    assert a["estimate"].to_list() == pytest.approx((-b["estimate"]).to_list())
    assert a["low"].to_list() == pytest.approx((-b["high"]).to_list())
    bars = block(one, "marginals").content.data
    shares = {t.name: dict(zip(t.x, t.y, strict=True)) for t in bars}
    kept = coded.table("agreement/talk-marginals", step="agreement").filter(
        pl.col("first_coder").is_in(["ben", "head"]), pl.col("second_coder").is_in(["ben", "head"])
    )
    for trace in bars:
        own = kept.filter(coder=trace.name)
        assert list(trace.error_y.array) == pytest.approx((own["high"] - own["estimate"]).to_list())
    for label, value in a.select("code", "estimate").iter_rows():
        assert shares["head"][label] - shares["ben"][label] == pytest.approx(value)


def test_calibration_needs_a_coder_with_probabilities(coded):
    view = VIEWS["agreement"](coded, label="change", reference="anna")
    curve = coded.table("agreement/talk-calibration", step="agreement")
    own = curve.filter(coder="head", reference="anna", label="change").sort("probability")
    drawn = next(t for t in block(view, "calibration").content.data if t.name == "change")
    assert list(drawn.x) == own["probability"].to_list()
    assert list(drawn.y) == own["estimate"].to_list()
    without = VIEWS["agreement"](coded, coder="ben")
    (told,) = block(without, "calibration").content.layout.annotations
    assert "ben has none" in told.text.replace("<br>", " ")


def test_abstaining_is_shown_from_the_card_of_the_head_that_coded(tmp_path):
    study = bare_study(tmp_path / "study")
    units = study.corpus.utterances.filter(pl.col("side") == "client")["id"]
    head = find_head("annomi-client", context=False).head
    for name, kind, model in (("head-alone", "model", head.fingerprint), ("anna", "human", "")):
        facts = LayerMetadata("annomi-client", name, kind, labels=LABELS, model=model)
        rows = pl.DataFrame({"unit_id": units, "label": [LABELS[i % 3] for i in range(len(units))]})
        study.write_layer(Layer.build(f"annomi-client.{name}", rows, facts))
    agreement_of_study(study)
    view = VIEWS["agreement"](study, coder="head-alone")
    drawn = next(t for t in block(view, "abstaining").content.data if t.name == "accuracy")
    told = [row for row in head.card[COVERAGE] if row["measure"] == "accuracy"]
    assert sorted(drawn.y) == sorted(row["estimate"] for row in told)
    assert "not on these sessions" in block(view, "abstaining").note
    view.coder = "anna"
    (told,) = block(view, "abstaining").content.layout.annotations
    assert "anna is no head" in told.text.replace("<br>", " ")


def test_curves_of_calibration_differ_in_colour_and_mark():
    rows = {"probability": 0.5, "estimate": 0.4, "low": 0.3, "high": 0.5, "level": 0.95, "n": 9}
    labels = ["open", "closed", "simple", "complex"]
    curve = pl.DataFrame(
        [{"label": label, **rows, "method": "jackknife-t", "n_clusters": 9} for label in labels]
    ).with_columns(reason=pl.lit(None, pl.String))
    figure = calibration_figure(curve, coder="head", reference="gold", labels=labels)
    marks = {(t.line.color, t.marker.symbol) for t in figure.data if t.name in labels}
    assert len({colour for colour, _ in marks}) == len({symbol for _, symbol in marks}) == 4


def test_two_coders_without_a_turn_in_common_are_not_said_to_agree(tmp_path):
    study = bare_study(tmp_path / "study")
    units = study.corpus.utterances.filter(pl.col("side") == "client")["id"]
    half = len(units) // 2
    for name, own in (("anna", units[:half]), ("ben", units), ("chi", units[half:])):
        given = [LABELS[(i + len(name)) % 3] for i in range(len(own))]
        facts = LayerMetadata("talk", name, "human", labels=LABELS)
        rows = pl.DataFrame({"unit_id": own, "label": given})
        study.write_layer(Layer.build(f"talk.{name}", rows, facts))
    agreement_of_study(study)
    view = VIEWS["agreement"](study, coder="anna", reference="chi")
    assert block(view, "confused").content == "anna and chi have no turn in common."
    (told,) = block(view, "marginals").content.layout.annotations
    assert told.text == "No unit was coded by all of these coders."
    assert not any("Not compared yet" in caution for caution in view.cautions())
    facts = LayerMetadata("talk", "dora", "human", labels=LABELS)
    rows = pl.DataFrame({"unit_id": units, "label": LABELS[0]})
    study.write_layer(Layer.build("talk.dora", rows, facts))
    for slug in ("agreement", "contested"):
        late = f"Not compared yet: talk.dora. Run `workbench agreement {study.folder}`."
        assert late in VIEWS[slug](study).cautions()


def test_a_click_on_a_row_chooses_the_code_or_the_coder(coded):
    view = VIEWS["agreement"](coded)
    levels = block(view, "levels").content
    assert levels["sessions"].max() < 15
    for name in levels.columns:
        if name.startswith("ICC"):
            assert levels[name].drop_nulls().str.starts_with("[").all()
    row = block(view, "levels").content.row(2, named=True)
    view.click("levels", row)
    assert view.label == row["code"] == "sustain"
    view.click("coders", {"coder": "dora"})
    assert view.coder == "dora"
    view.click("coders", {"coder": "nobody"})
    assert view.coder == "dora"


def test_contested_turns_are_those_of_the_library(coded):
    view = VIEWS["contested"](coded)
    table = coded.table("agreement/talk-contested", step="agreement")
    shown = block(view, "contested").content
    assert shown["turn"].to_list() == table["turn"].to_list()[:500]
    first = table.row(0, named=True)
    given = [first[f"coder: {name}"] for name in CODERS]
    for label in set(given):
        assert f"{label} ({given.count(label)})" in shown["codes"][0]


def test_a_click_shows_the_turn_in_its_conversation(coded):
    view = VIEWS["contested"](coded)
    row = block(view, "contested").content.row(4, named=True)
    view.click("contested", row)
    around = block(view, "around").content
    here = around.filter(pl.col("here") == "→")
    assert here["turn"].to_list() == [row["turn"]]
    assert here["text"].to_list() == [row["text"]]
    assert here["codes"].item() == row["codes"]
    assert around["turn"].to_list() == sorted(around["turn"].to_list())
    view.click("around", around.row(0, named=True))
    assert (
        block(view, "around").content.filter(pl.col("here") == "→")["turn"].item()
        == around["turn"][0]
    )


def test_turns_can_be_narrowed_to_a_code_and_a_conversation(coded):
    view = VIEWS["contested"](coded, label="sustain")
    assert all("sustain (" in codes for codes in block(view, "contested").content["codes"])
    view.conversation = "t03"
    assert set(block(view, "contested").content["conversation"]) == {"t03"}


def test_few_coders_have_a_column_each(study):
    shown = block(VIEWS["contested"](study), "contested").content
    assert {"head", "gold"} <= set(shown.columns)
    assert (shown["head"] != shown["gold"]).all()
