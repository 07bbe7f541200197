"""ELAN files that are written: read back, and read by pympi-ling."""

import polars as pl
import pytest
from generated_corpora import CHECKS, PHASES, corpora
from hypothesis import given, settings
from pympi.Elan import Eaf
from there_and_back import assert_what_is_not_lost_comes_back

import workbench as wb
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.corpus.writers import writer
from workbench.resources import bundled
from workbench.settings import data_home

TURNS = pl.DataFrame(
    {
        "id": ["talk-0", "talk-1", "talk-2"],
        "conversation_id": ["talk"] * 3,
        "speaker": ["Dr. Lee", "Sam", "Dr. Lee"],
        "role": ["therapist", "client", "therapist"],
        "text": ["How was the week?", "Hard & <long>.\nVery.", " Tell me more. "],
        "start": [0.25, 2.0, 5.5],
        "end": [2.75, 5.5, None],
        "meta.com": [None, "looks down", None],
    }
)


def coded():
    labels = ("question", "reflection")
    first = Layer.build(
        "mi.anna",
        pl.DataFrame({"unit_id": ["talk-0", "talk-2"], "label": ["question", None]}),
        LayerMetadata("mi", "anna", "human", labels=labels),
    )
    second = Layer.build(
        "mi.head",
        pl.DataFrame({"unit_id": ["talk-2", "talk-2"], "label": ["question", "reflection"]}),
        LayerMetadata("mi", "head", "model", labels=labels, exclusive=False, context_turns=3),
    )
    return Corpus.build(TURNS, layers=[first, second])


@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=corpora())
def test_whatever_is_not_told_as_lost_comes_back(corpus):
    assert_what_is_not_lost_comes_back(corpus, "eaf")


def test_a_coded_transcript_comes_back_whole(tmp_path):
    corpus = coded()
    assert writer("eaf").lost(corpus) == []
    corpus.write(tmp_path / "talk.eaf", format="eaf")
    again = wb.load(tmp_path / "talk.eaf")
    assert again.utterances.select(TURNS.columns).equals(TURNS)
    for layer in corpus.layers:
        assert again.layer(layer.name).table.equals(layer.table)
        assert again.layer(layer.name).metadata == layer.metadata


def test_equal_corpora_give_equal_files(tmp_path):
    for name in ("a.eaf", "b.eaf"):
        coded().write(tmp_path / name, format="eaf")
    assert (tmp_path / "a.eaf").read_bytes() == (tmp_path / "b.eaf").read_bytes()


def test_pympi_reads_what_is_written(tmp_path):
    coded().write(tmp_path / "talk.eaf", format="eaf")
    theirs = Eaf(str(tmp_path / "talk.eaf"))
    assert theirs.get_annotation_data_for_tier("Sam") == [(2000, 5500, TURNS["text"][1])]
    assert theirs.get_parameters_for_tier("mi.anna@Dr. Lee")["ANNOTATOR"] == "anna"
    both = theirs.get_ref_annotation_data_for_tier("mi.head@Dr. Lee")
    assert [entry[2] for entry in both] == ["question", "reflection"]
    entries = theirs.get_cv_entries("mi").values()
    assert [values[0][0] for values, _ in entries] == ["question", "reflection"]


def test_a_label_that_somebody_adds_in_elan_is_read(tmp_path):
    coded().write(tmp_path / "talk.eaf", format="eaf")
    text = (tmp_path / "talk.eaf").read_text("utf-8")
    old, new = "<ANNOTATION_VALUE>question</", "<ANNOTATION_VALUE>affirmation</"
    (tmp_path / "talk.eaf").write_text(text.replace(old, new, 1), "utf-8")
    layer = wb.load(tmp_path / "talk.eaf").layer("mi.anna")
    assert layer.table["label"].to_list() == ["affirmation", None]
    assert layer.metadata.labels == ("question", "reflection", "affirmation")


def test_turns_out_of_the_order_of_time_keep_their_order(tmp_path):
    corpus = Corpus.build(TURNS.with_columns(pl.Series("start", [9.0, None, 0.5]), end=None))
    assert writer("eaf").lost(corpus) == []
    corpus.write(tmp_path / "talk.eaf", format="eaf")
    assert wb.load(tmp_path / "talk.eaf").utterances["start"].to_list() == [9.0, None, 0.5]


def test_an_utterance_may_be_called_like_another_conversation():
    talks = TURNS.with_columns(pl.Series("conversation_id", ["talk", "talk", "talk-1"]))
    ids = pl.Series("id", ["talk-0", "talk-1", "talk-1-0"])
    rows = pl.DataFrame({"unit_id": ids, "label": ["a", "b", "a"]})
    layer = Layer.build("x.y", rows, LayerMetadata("x", "y", "human", labels=("a", "b")))
    again = assert_what_is_not_lost_comes_back(
        Corpus.build(talks.with_columns(ids), layers=[layer]), "eaf"
    )
    assert again.layer("x.y").table.height == 3


def test_losses_are_counted_with_their_reason():
    turns = TURNS.with_columns(
        pl.Series("start", [0.0001, 2.0, 5.5]),
        pl.Series("text", ["a\x01b", "c", "d"]),
        pl.Series("meta.n", [1, None, None]),
        pl.Series("id", ["x", "talk-1", "talk-2"]),
    )
    shares = pl.DataFrame({"unit_id": ["talk-1"], "label": ["a"], "value": [0.5]})
    layer = Layer.build("r.a", shares, LayerMetadata("r", "a", "human"))
    lost = {f.where: f for f in writer("eaf").lost(Corpus.build(turns, layers=[layer]))}
    assert {where: finding.count for where, finding in lost.items()} == {
        "utterances.id": 1,
        "utterances.text": 1,
        "utterances.start": 1,
        "utterances.meta.n": 1,
        "layers.r.a": 1,
    }
    assert "['value']" in lost["layers.r.a"].message
    assert "milliseconds" in lost["utterances.start"].message


def test_the_demonstration_corpus_loses_only_facts(tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    corpus = corpus.filter(conversations=corpus.conversations["id"].head(5).to_list())
    told = {finding.where for finding in writer("eaf").lost(corpus)}
    assert not any(where.startswith("utterances.") for where in told)
    again = assert_what_is_not_lost_comes_back(corpus, "eaf")
    assert again.conversations.height == corpus.conversations.height


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_annomi_with_all_its_annotators():
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-full.csv.gz")
    some = corpus.filter(conversations=corpus.conversations["id"].head(4).to_list())
    again = assert_what_is_not_lost_comes_back(some, "eaf")
    rows = {layer.name: layer.table.height for layer in some.layers if layer.table.height}
    assert {layer.name: layer.table.height for layer in again.layers} == rows
