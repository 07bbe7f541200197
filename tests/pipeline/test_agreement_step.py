"""The coders of a study compared: one step per scheme, computed again only where a layer changed."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import workbench as wb
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.pipeline import agreement_of_study, comparable_schemes, compared_schemes
from workbench.reliability import contested_units

LABELS = ("change", "neutral", "sustain")


def coded(study, coder, shift, *, kind="human", labels=LABELS, scheme="talk"):
    units = study.corpus.utterances["id"]
    given = [labels[(i + (i % 4 == 0) * shift) % len(labels)] for i in range(len(units))]
    facts = LayerMetadata(scheme, coder, kind, labels=tuple(labels))
    rows = pl.DataFrame({"unit_id": units, "label": given})
    study.write_layer(Layer.build(f"{scheme}.{coder}", rows, facts))


@pytest.fixture
def study(tmp_path):
    turns = pl.DataFrame(
        {
            "conversation_id": [f"t{i // 10}" for i in range(60)],
            "speaker": ["C"] * 60,
            "role": ["client"] * 60,
            "text": [f"turn {i}" for i in range(60)],
        }
    )
    made = wb.Study.create(tmp_path / "study", Corpus.build(turns))
    coded(made, "anna", 0)
    coded(made, "ben", 1)
    return made


def test_tables_are_what_the_library_gives(study):
    found = agreement_of_study(study)
    layers = [study.layer(f"talk.{x}") for x in ("anna", "ben")]
    for unit in ("utterance", "conversation"):
        own = wb.agreement(layers, unit, "label", corpus=study.corpus)
        assert_frame_equal(found.filter(unit=unit).drop("scheme"), own)
    contested = study.table("agreement/talk-contested", step="agreement")
    assert_frame_equal(contested, contested_units(layers, corpus=study.corpus))
    assert compared_schemes(study) == ["talk"]


def test_only_what_changed_is_compared_again(study):
    coded(study, "anna", 0, scheme="other")
    coded(study, "ben", 1, scheme="other")
    agreement_of_study(study)
    before = {record.name: record for record in study.steps()}
    agreement_of_study(study)
    assert {record.name: record for record in study.steps()} == before
    coded(study, "chi", 2, scheme="other")
    agreement_of_study(study)
    after = {record.name: record for record in study.steps()}
    assert after["agreement-talk"] == before["agreement-talk"]
    assert after["agreement-other"] != before["agreement-other"]
    coders = study.table("agreement/other-coders", step="agreement")
    assert coders["coder"].to_list() == ["anna", "ben", "chi"]


def test_layers_that_cannot_be_compared_leave_a_note_and_the_others_are_compared(study):
    coded(study, "anna", 0, scheme="mixed")
    coded(study, "ben", 0, scheme="mixed", labels=(*LABELS, "unclear"))
    found = agreement_of_study(study)
    assert set(found["scheme"]) == {"talk"}
    record = study.step("agreement-mixed")
    assert record.outputs == ()
    assert "Two codebooks are mixed" in record.notes[0]
    for _ in range(2):
        with pytest.raises(BadInput, match="Two codebooks are mixed"):
            agreement_of_study(study, schemes=["mixed"])
    assert not list((study.folder / "agreement").glob("mixed*"))


def test_a_study_of_one_coder_says_that_there_is_nothing_to_compare(tmp_path, study):
    alone = wb.Study.create(tmp_path / "alone", study.corpus)
    coded(alone, "anna", 0)
    assert agreement_of_study(alone).is_empty()
    assert "nothing to compare" in alone.step("agreement").notes[0]
    coded(alone, "ben", 1)
    agreement_of_study(alone)
    assert alone.step("agreement").outputs == ("agreement/overview.parquet",)
    with pytest.raises(BadInput, match="scheme with layers of two coders 'talks'"):
        agreement_of_study(alone, schemes=["talks"])


def test_topics_and_backchannels_are_no_codes(demo_study):
    schemes = comparable_schemes(demo_study)
    assert "annomi-client" in schemes
    assert not [name for name in schemes if name.startswith(("topics", "backchannel"))]


def test_the_main_job_compares_coders(demo_study):
    assert "annomi-helper" in compared_schemes(demo_study)
    overview = demo_study.table("agreement/overview", step="agreement")
    assert {"annomi-client", "annomi-helper"} <= set(overview["scheme"])


def test_a_scheme_of_ratings_says_how_it_is_compared(study):
    talks = study.corpus.conversations["id"]
    for coder in ("anna", "ben"):
        facts = LayerMetadata("globals", coder, "human", unit="conversation", exclusive=False)
        rows = pl.DataFrame({"unit_id": talks, "label": "empathy", "value": 3})
        study.write_layer(Layer.build(f"globals.{coder}", rows, facts))
    with pytest.raises(BadInput, match=r"0 layers of utterances.*unit='conversation'"):
        agreement_of_study(study, schemes=["globals"])


def test_a_label_spelled_two_ways_is_merged_as_told_and_stays_so(study):
    coded(study, "chi", 0, labels=("Change", "neutral", "sustain"))
    with pytest.raises(BadInput, match="merge"):
        agreement_of_study(study, schemes=["talk"])
    merged = agreement_of_study(study, schemes=["talk"], merge={"Change": "change"})
    alike = pl.col("coders") == "anna & chi"
    percent = merged.filter(alike, pl.col("label").is_null(), measure="percent", unit="utterance")
    assert percent["estimate"].to_list() == [1.0]
    assert_frame_equal(agreement_of_study(study, schemes=["talk"]), merged)


def test_a_merge_holds_for_probabilities_too(study):
    names = ("Change", "neutral", "sustain")
    coded(study, "head", 1, kind="model", labels=names)
    head = study.layer("talk.head")
    shares = head.table.select(
        "unit_id", *(pl.when(pl.col("label") == x).then(0.8).otherwise(0.1).alias(x) for x in names)
    )
    study.write_layer(Layer.build(head.name, head.table, head.metadata, probabilities=shares))
    agreement_of_study(study, schemes=["talk"], merge={"Change": "change"})
    errors = study.table("agreement/talk-calibration_errors", step="agreement")
    assert errors["coder"].unique().to_list() == ["head"]
    assert errors["error"].is_not_null().all()


def test_what_cannot_be_compared_stops_no_other_scheme(study):
    """A head whose probabilities lack a label of the book: its scheme is left out, and the step says why."""
    coded(study, "anna", 0, scheme="other")
    coded(study, "ben", 1, scheme="other")
    ben = study.layer("talk.ben")
    shares = ben.table.select("unit_id", change=pl.lit(1.0))
    study.write_layer(Layer.build(ben.name, ben.table, ben.metadata, probabilities=shares))
    found = agreement_of_study(study)
    assert found["scheme"].unique().to_list() == ["other"]
    assert "has no probability for the labels" in study.step("agreement-talk").notes[0]
