"""SubRip files that are written: read back, and read by webvtt-py."""

import polars as pl
import pytest
import webvtt
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings
from transcript_files import any_corpus, assert_told_exactly, on_one_line, talks, times

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled

TURNS = pl.DataFrame(
    {
        "conversation_id": ["s1"] * 3,
        "speaker": ["therapist-s1", "Sam Ortiz", "therapist-s1"],
        "role": ["therapist", "other", "therapist"],
        "text": ["Well: how was it?", "R&D &amp; <i>me</i> --> you", ">> 12"],
        "start": [0.25, 3.0, 360000.5],
        "end": [2.75, 5.5, 360001.0],
    }
)


def test_a_file_looks_like_this(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "s1.srt", format="srt")
    assert (tmp_path / "s1.srt").read_text("utf-8") == (
        "1\n00:00:00,250 --> 00:00:02,750\ntherapist: Well: how was it?\n\n"
        "2\n00:00:03,000 --> 00:00:05,500\nSam Ortiz: R&D &amp;amp; &lt;i>me&lt;/i> --&gt; you\n\n"
        "3\n100:00:00,500 --> 100:00:01,000\ntherapist: >> 12\n"
    )
    again = wb.load(tmp_path / "s1.srt")
    assert again.utterances.select(TURNS.columns).equals(TURNS)
    assert writer("srt").lost(Corpus.build(TURNS)) == []


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=talks() | talks(unnamed=True))
def test_every_line_name_and_time_comes_back(corpus):
    assert assert_told_exactly(on_one_line(corpus), "srt") == {}


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=any_corpus)
def test_what_is_told_as_lost_is_what_is_lost(corpus):
    assert_told_exactly(corpus, "srt")


def test_line_breaks_become_spaces_and_are_told(tmp_path):
    corpus = Corpus.build(TURNS.with_columns(text=pl.Series(["So.\nAnn: no\r\n\nyes", "b", "c"])))
    lost = {finding.where: finding for finding in writer("srt").lost(corpus)}
    assert (lost["utterances.text"].count, len(lost)) == (1, 1)
    assert "Line breaks" in lost["utterances.text"].message
    corpus.write(tmp_path / "s1.srt", format="srt")
    assert wb.load(tmp_path / "s1.srt").utterances["text"][0] == "So. Ann: no  yes"


def test_names_that_end_at_a_colon_are_told(tmp_path):
    corpus = Corpus.build(TURNS.with_columns(speaker=pl.Series(["A: b", "A: b", "12"])))
    lost = {finding.where: finding for finding in writer("srt").lost(corpus)}
    assert lost["utterances.speaker"].count == 3
    assert "holds no colon" in lost["utterances.speaker"].message
    corpus.write(tmp_path / "s1.srt", format="srt")
    assert wb.load(tmp_path / "s1.srt").speakers["id"].to_list() == ["A_ b", "Speaker 12-s1"]


def test_a_conversation_without_any_time_is_refused(tmp_path):
    with pytest.raises(BadInput, match="'d01' has no times"):
        wb.load(bundled("data", "demo")).write(tmp_path / "out", format="srt")
    assert list(tmp_path.iterdir()) == []


def test_webvtt_py_reads_what_is_written(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "s1.srt", format="srt")
    theirs = webvtt.from_srt(str(tmp_path / "s1.srt"))
    assert len(theirs) == 3
    assert theirs[0].text == "therapist: Well: how was it?"
    assert times(wb.load(tmp_path / "s1.srt"))[0] == (0.25, 2.75)
