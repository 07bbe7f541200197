"""WebVTT that is written: read back, and read by webvtt-py."""

import polars as pl
import pytest
import webvtt
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings
from transcript_files import REAL, any_corpus, assert_told_exactly, talks

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled
from workbench.settings import data_home

TURNS = pl.DataFrame(
    {
        "conversation_id": ["s1"] * 3,
        "speaker": ["therapist-s1", "Sam Ortiz", "therapist-s1"],
        "role": ["therapist", "other", "therapist"],
        "text": ["How was it?\nReally?", "a < b & c --> d", " so "],
        "start": [0.25, 3.0, 360000.5],
        "end": [2.75, 5.5, 360001.0],
    }
)


def test_a_file_looks_like_this(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "s1.vtt", format="vtt")
    assert (tmp_path / "s1.vtt").read_text("utf-8") == (
        "WEBVTT\n\n"
        "00:00:00.250 --> 00:00:02.750\n<v therapist>How was it?&#10;Really?</v>\n\n"
        "00:00:03.000 --> 00:00:05.500\n<v Sam Ortiz>a &lt; b &amp; c --&gt; d</v>\n\n"
        "100:00:00.500 --> 100:00:01.000\n<v therapist>&#32;so&#32;</v>\n"
    )
    again = wb.load(tmp_path / "s1.vtt")
    assert again.utterances.select(TURNS.columns).equals(TURNS)
    assert writer("vtt").lost(Corpus.build(TURNS)) == []


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=talks() | talks(unnamed=True))
def test_every_text_name_and_time_comes_back(corpus):
    assert assert_told_exactly(corpus, "vtt") == {}


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=any_corpus)
def test_what_is_told_as_lost_is_what_is_lost(corpus):
    assert_told_exactly(corpus, "vtt")


def test_times_that_are_not_there_are_made_and_told(tmp_path):
    turns = TURNS.with_columns(
        pl.Series("start", [1.0, None, 4.00049]), pl.Series("end", [None, None, 5.0])
    )
    corpus = Corpus.build(turns)
    lost = {finding.where: finding for finding in writer("vtt").lost(corpus)}
    assert {where: finding.count for where, finding in lost.items()} == {
        "utterances.start": 2,
        "utterances.end": 2,
    }
    assert "no turn without times" in lost["utterances.start"].message
    corpus.write(tmp_path / "s1.vtt", format="vtt")
    written = wb.load(tmp_path / "s1.vtt").utterances
    assert written.select("start", "end").rows() == [(1.0, 2.0), (1.0, 4.0), (4.0, 5.0)]


def test_a_conversation_without_any_time_is_refused(tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    with pytest.raises(BadInput, match=r"'d01' has no times.*`plain`"):
        corpus.write(tmp_path / "out", format="vtt")
    assert list(tmp_path.iterdir()) == []


def test_several_conversations_become_a_folder(tmp_path):
    corpus = Corpus.build(
        pl.concat([TURNS, TURNS.with_columns(pl.lit("a/b").alias("conversation_id"))])
    )
    corpus.write(tmp_path / "out.vtt", format="vtt")
    assert sorted(file.name for file in (tmp_path / "out.vtt").iterdir()) == ["a_b.vtt", "s1.vtt"]
    lost = {finding.where: finding.count for finding in writer("vtt").lost(corpus)}
    assert lost["conversations.id"] == 1
    assert lost["utterances.conversation_id"] == 3


def test_layers_and_what_is_known_of_the_corpus_are_told():
    corpus = wb.load(bundled("data", "demo"))
    timed = corpus.utterances.with_columns(start=pl.col("turn") * 5.0, end=pl.col("turn") * 5.0 + 4)
    given_ = Corpus.build(timed, layers=corpus.layers, metadata=corpus.metadata)
    lost = {finding.where for finding in writer("vtt").lost(given_)}
    assert {f"layers.{layer.name}" for layer in corpus.layers} | {"metadata"} <= lost
    assert "utterances.text" not in lost


def test_webvtt_py_reads_what_is_written(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "s1.vtt", format="vtt")
    theirs = webvtt.read(tmp_path / "s1.vtt")
    assert [cue.voice for cue in theirs] == ["therapist", "Sam Ortiz", "therapist"]
    assert [(c.start_in_seconds, c.end_in_seconds) for c in theirs][:2] == [(0, 2), (3, 5)]


@REAL
def test_a_real_corpus_with_starts_alone_comes_back(tmp_path):
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-simple.csv")
    lost = {finding.where: finding.count for finding in writer("vtt").lost(corpus)}
    assert {where: count for where, count in lost.items() if where.startswith("utterances.")} == {
        **{"utterances.start": 1, "utterances.end": 7338, "utterances.timestamp": 7338},
    }
    corpus.write(tmp_path / "out", format="vtt")
    again = wb.load(tmp_path / "out")
    same = ["id", "conversation_id", "turn", "speaker", "role", "side", "text"]
    assert (
        again.utterances.sort("id").select(same).equals(corpus.utterances.sort("id").select(same))
    )
