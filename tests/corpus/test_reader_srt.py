"""SubRip files as players, recognisers and broadcasters write them, whole and damaged."""

import time

import pytest
import webvtt
from hypothesis import given, settings
from transcript_files import (
    REAL,
    assert_gold,
    assert_loads_or_refuses,
    checks,
    load,
    said,
    spoiled,
    times,
)

import workbench as wb
from workbench.corpus.readers import likeliest
from workbench.errors import BadInput
from workbench.settings import data_home

NAMED = """\
1
00:00:13,000 --> 00:00:24,000
Dr. Avery Lee: How was
the week?

2
00:00:24,000 --> 00:00:25,000
Sam Ortiz: Hard.

3
00:00:25,000 --> 00:00:25,500
Dr. Avery Lee: I see."""


def srt(folder, text, **options):
    return load(folder, text, "talk.srt", **options)


def test_names_times_and_a_last_cue_without_an_empty_line(tmp_path):
    corpus = srt(tmp_path, NAMED, roles={"Sam Ortiz": "client"})
    assert said(corpus) == [
        ("Dr. Avery Lee", "How was the week?"),
        ("Sam Ortiz", "Hard."),
        ("Dr. Avery Lee", "I see."),
    ]
    assert times(corpus) == [(13.0, 24.0), (24.0, 25.0), (25.0, 25.5)]
    assert corpus.utterances["role"].to_list() == ["other", "client", "other"]
    assert "meta.cue_id" not in corpus.utterances.columns


@pytest.mark.parametrize(
    "text",
    [
        NAMED.replace(",", "."),
        NAMED.replace("\n", "\r\n"),
        "\ufeff" + NAMED,
        NAMED.replace("1\n00", "00").replace("2\n00", "00").replace("3\n00", "00"),
        NAMED.replace("\n00", "\n\n00"),
        NAMED.replace("\n\n", "\n"),
        NAMED.encode("utf-16"),
    ],
    ids=["points", "windows", "mark", "no numbers", "parted numbers", "no empty lines", "utf-16"],
)
def test_the_same_in_other_clothes(tmp_path, text):
    assert srt(tmp_path, text).utterances.equals(srt(tmp_path, NAMED).utterances)


def test_formatting_positions_and_entities(tmp_path):
    corpus = srt(
        tmp_path,
        "1\n00:00:01,000 --> 00:00:02,000 X1:40 Y1:10\n"
        '{\\an8}<i>Ann</i>: <font color="#fff">R&amp;D</font> {b}now{/b} <inaudible> a<b\n\n'
        "2\n00:00:02,000 --> 00:00:03,000\nAnn: 2\n",
    )
    assert said(corpus) == [("Ann", "R&D now <inaudible> a<b"), ("Ann", "2")]
    assert corpus.utterances["meta.settings"].to_list() == ["X1:40 Y1:10", None]


def cues(*texts):
    def at(second):
        return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02},000"

    return "\n".join(f"{n}\n{at(n)} --> {at(n + 1)}\n{t}\n" for n, t in enumerate(texts))


def test_speaker_changes_carry_on_until_the_next(tmp_path):
    corpus = srt(
        tmp_path,
        cues(
            "on we go",
            ">> ANN: Hello,",
            "you.",
            ">> Hm. >> BOB: Yes.",
            "Right.",
            ">>> ANN: No.",
            ">>",
        ),
    )
    assert said(corpus) == [
        (None, "on we go"),
        ("ANN", "Hello,"),
        ("ANN", "you."),
        (None, "Hm."),
        ("BOB", "Yes."),
        ("BOB", "Right."),
        ("ANN", "No."),
    ]
    assert times(corpus)[3] == times(corpus)[4]


def test_names_in_brackets_and_sounds_in_brackets(tmp_path):
    named = srt(tmp_path, cues("[Ann] Hello", "[SPEAKER_01]: Hi", "[Ann] So", "[laughs] [Ann] So"))
    assert said(named)[:3] == [("Ann", "Hello"), ("SPEAKER_01-talk", "Hi"), ("Ann", "So")]
    sounds = srt(tmp_path, cues("Ann: Hello", "[laughs] Hi", "Bob: So", "[laughs] no", "Ann: x"))
    assert said(sounds)[1] == (None, "[laughs] Hi")


def test_two_speakers_in_one_cue_share_its_times(tmp_path):
    corpus = srt(tmp_path, cues("Ann: Hello\nBob: Hi\nyou", "Bob: Ann: yes", "Ann: Oh"))
    assert said(corpus) == [("Ann", "Hello"), ("Bob", "Hi you"), ("Bob", "Ann: yes"), ("Ann", "Oh")]
    assert times(corpus)[:2] == [(0.0, 1.0)] * 2


def test_recogniser_output_names_nobody(tmp_path):
    corpus = srt(
        tmp_path, cues("so the thing is", "it is 10:30 now", "and I said: no", "see http://a.b")
    )
    assert {who for who, _ in said(corpus)} == {None}
    assert [text for _, text in said(corpus)][2] == "and I said: no"
    assert checks(corpus)["no speaker"].count == 4


# -- damage ----------------------------------------------------------------------------------------


def test_an_empty_line_inside_a_cue_goes_on_with_it(tmp_path):
    corpus = srt(tmp_path, NAMED.replace("How was\n", "How was\n\n"))
    assert said(corpus)[0] == ("Dr. Avery Lee", "How was the week?")
    assert "row 5" in checks(corpus)["empty line in a cue"].where


def test_wherever_the_last_cue_is_cut_the_others_are_loaded(tmp_path):
    third = NAMED.index("3\n00:00:25")
    words = NAMED.index("Dr. Avery Lee: I see")
    for length in range(third + 1, words + 1):
        corpus = srt(tmp_path, NAMED[:length])
        assert len(said(corpus)) == 2
        assert checks(corpus)["cut off"].level == "warning"
        assert checks(corpus)["cut off"].where.endswith(("row 10", "row 11"))


def test_broken_times_and_wordless_cues_are_told(tmp_path):
    corpus = srt(
        tmp_path, NAMED.replace("00:00:24,000 -->", "00:aa:24,000 -->").replace("Hard.", "Ok")
    )
    assert said(corpus)[1] == ("Sam Ortiz", "Ok")
    assert times(corpus)[1] == (None, None)
    assert "row 7" in checks(corpus)["malformed time"].where
    corpus = srt(tmp_path, NAMED.replace("Sam Ortiz: Hard.", ""))
    assert len(said(corpus)) == 2
    assert "row 7" in checks(corpus)["cue without words"].where


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("some text\n00:00:00,500 --> 00:00:07,000", "row 1: no cue"),
        ("1\n00:00:00,500 --> 00:00:07,000\n\n2\n", "row 2: no cue"),
        ("Once upon a time.\n", "row 1: no cue"),
    ],
)
def test_what_holds_no_cue_is_refused(tmp_path, text, told):
    with pytest.raises(BadInput, match=rf"talk\.srt.*{told}"):
        srt(tmp_path, text, format="srt")


def test_messages_hold_no_words(tmp_path):
    with pytest.raises(BadInput) as refused:
        srt(tmp_path, "my secret\n00:00:00,500 --> 00:00:07,000", format="srt")
    assert "secret" not in str(refused.value)


def test_prose_with_an_arrow_is_no_srt(tmp_path):
    (tmp_path / "a.txt").write_text("From 1:20 --> 2:30 we walked.\nThen\n\nwe sat.\n")
    assert likeliest(tmp_path / "a.txt") is None


@settings(max_examples=60, deadline=None)
@given(content=spoiled(NAMED))
def test_any_bytes_load_or_are_refused(tmp_path_factory, content):
    assert_loads_or_refuses(tmp_path_factory.mktemp("any"), content, "srt")


def test_a_day_of_cues_takes_seconds(tmp_path):
    """Twenty thousand cues; work that grows with their square took minutes."""
    began = time.perf_counter()
    corpus = srt(tmp_path, cues(*(f"Ann{n % 3}: {n}" for n in range(20_000))))
    assert corpus.utterances.height == 20_000
    assert time.perf_counter() - began < 30


# -- real files ------------------------------------------------------------------------------------


@REAL
@pytest.mark.parametrize("number", [0, 1, 9])
def test_rendered_transcripts_are_read_exactly(number):
    assert_gold(number, "srt", "role", "start", "end", "text")


@REAL
@pytest.mark.parametrize(("name", "count"), [("sample", 5), ("one_caption", 1)])
def test_the_files_of_webvtt_py_are_read_as_it_reads_them(name, count):
    path = data_home() / "formats" / "webvtt-py" / f"{name}.srt"
    corpus, theirs = wb.load(path), webvtt.from_srt(str(path))
    assert corpus.utterances.height == len(theirs) == count
    assert [text for _, text in said(corpus)] == [cue.text for cue in theirs]
    assert [int(start) for start, _ in times(corpus)] == [cue.start_in_seconds for cue in theirs]


@REAL
@pytest.mark.parametrize("form", [None, "srt"])
def test_words_without_a_whole_cue_are_refused(form):
    path = data_home() / "formats" / "webvtt-py" / "invalid_format4.srt"
    with pytest.raises(BadInput, match=r"invalid_format4\.srt, row 1: no cue has both"):
        wb.load(path, format=form)
