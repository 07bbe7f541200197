"""YouTube's SBV subtitles, whole and damaged."""

import pytest
import webvtt
from hypothesis import given, settings
from transcript_files import REAL, assert_loads_or_refuses, checks, load, said, spoiled, times

import workbench as wb
from workbench.errors import BadInput
from workbench.settings import data_home

SBV = """\
0:00:00.599,0:00:04.160
>> ALICE: Hi, my name is Alice.

0:00:04.160,0:00:06.770
And I am
here.

0:00:06.770,1:00:10.880
>> BOB: Hi.[br]I &amp; you.
"""


def sbv(folder, text, **options):
    return load(folder, text, "talk.sbv", **options)


def test_speakers_times_and_breaks(tmp_path):
    corpus = sbv(tmp_path, SBV)
    assert said(corpus) == [
        ("ALICE", "Hi, my name is Alice."),
        ("ALICE", "And I am here."),
        ("BOB", "Hi. I & you."),
    ]
    assert times(corpus) == [(0.599, 4.16), (4.16, 6.77), (6.77, 3610.88)]


def test_damage_is_told_and_the_rest_is_loaded(tmp_path):
    corpus = sbv(tmp_path, SBV.replace("0:00:06.770,1:00", "0:00:06.770,0:00:0"))
    assert len(said(corpus)) == 3
    assert "row 8" in checks(corpus)["malformed time"].where
    cut = sbv(tmp_path, SBV[: SBV.index("0:00:06.770,1") + 9])
    assert len(said(cut)) == 2
    assert "row 8" in checks(cut)["cut off"].where


@pytest.mark.parametrize("text", ["", "0:00:01.000,0:00:02.000\n", "words\n"])
def test_what_holds_no_cue_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match=r"talk\.sbv"):
        sbv(tmp_path, text, format="sbv")


@settings(max_examples=60, deadline=None)
@given(content=spoiled(SBV))
def test_any_bytes_load_or_are_refused(tmp_path_factory, content):
    assert_loads_or_refuses(tmp_path_factory.mktemp("any"), content, "sbv")


@REAL
def test_the_file_of_webvtt_py_is_read_as_it_reads_it():
    path = data_home() / "formats" / "webvtt-py" / "sample.sbv"
    corpus, theirs = wb.load(path), webvtt.from_sbv(str(path))
    assert corpus.utterances.height == len(theirs) == 5
    assert [text for _, text in said(corpus)] == [cue.text.replace("\n", " ") for cue in theirs]
    assert times(corpus)[4] == (17.484, 16.543)
    assert "row 14" in checks(corpus)["end before start"].where
