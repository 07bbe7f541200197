"""WebVTT as Zoom, Teams and subtitle makers write it, whole and damaged."""

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

ZOOM = """\
WEBVTT

1
00:00:13.000 --> 00:00:24.000
Dr. Avery Lee: There is one thing: rest.

2
00:00:24.000 --> 00:00:25.000
Sam Ortiz: Sure.

3
00:00:25.000 --> 00:00:27.500
Receptionist: The next one is here.
"""

TEAMS = """\
WEBVTT

8d1f4c2e-1/12-0
0:0:8.0 --> 0:0:9.50
<v Avery Lee>So it was
a long week.</v>

8d1f4c2e-1/13-0
0:0:9.50 --> 1:0:0.001
<v Sam &amp; Kim>Yes &lt;sighs&gt;&nbsp;it was.</v>
"""


def vtt(folder, body, **options):
    return load(folder, f"WEBVTT\n\n{body}", "talk.vtt", **options)


def test_zoom_names_end_at_the_first_colon(tmp_path):
    corpus = load(tmp_path, ZOOM, "zoom.vtt", roles={"Dr. Avery Lee": "therapist"})
    assert said(corpus) == [
        ("Dr. Avery Lee", "There is one thing: rest."),
        ("Sam Ortiz", "Sure."),
        ("Receptionist", "The next one is here."),
    ]
    assert times(corpus) == [(13.0, 24.0), (24.0, 25.0), (25.0, 27.5)]
    assert corpus.utterances["role"].to_list() == ["therapist", "other", "other"]
    assert corpus.utterances["meta.cue_id"].to_list() == ["1", "2", "3"]


def test_teams_times_need_no_padding(tmp_path):
    corpus = load(tmp_path, TEAMS, "teams.vtt")
    assert said(corpus) == [
        ("Avery Lee", "So it was a long week."),
        ("Sam & Kim", "Yes <sighs>\xa0it was."),
    ]
    assert times(corpus) == [(8.0, 9.5), (9.5, 3600.001)]
    assert corpus.utterances["meta.cue_id"].to_list() == ["8d1f4c2e-1/12-0", "8d1f4c2e-1/13-0"]


def test_several_voices_in_one_cue_and_a_class(tmp_path):
    corpus = vtt(
        tmp_path,
        "00:01.000 --> 00:04.000 align:start\n"
        "<v.loud.first Ann>Stop!\n<v Bob>No.</v> (a door)\n\n"
        "100:00:01.000 --> 100:00:02.000\n<v Ann>Please.</v>\n",
    )
    assert said(corpus) == [
        ("Ann", "Stop!"),
        ("Bob", "No."),
        (None, "(a door)"),
        ("Ann", "Please."),
    ]
    assert times(corpus) == [(1.0, 4.0)] * 3 + [(360001.0, 360002.0)]
    assert corpus.utterances["meta.voice"].to_list() == ["loud.first", None, None, None]
    assert corpus.utterances["meta.settings"].to_list() == ["align:start"] * 3 + [None]


def test_equal_neighbours_and_equal_times_stay_apart(tmp_path):
    cue = "00:01.000 --> 00:04.000\n<v Ann>Mm-hmm.</v>\n\n"
    assert said(vtt(tmp_path, cue * 3)) == [("Ann", "Mm-hmm.")] * 3


def test_markup_goes_and_other_brackets_stay(tmp_path):
    corpus = vtt(
        tmp_path,
        "00:01.000 --> 00:04.000\n"
        "<i.big>Well</i>, <00:00:02.000><c>so</c> <b>it</b> <ruby>is<rt>!</rt></ruby> "
        "<lang en>a < b</lang> <inaudible> R&D &lrm;&#x41; AT&T\n",
    )
    assert said(corpus) == [(None, "Well, so it is! a < b <inaudible> R&D \u200eA AT&T")]


def test_voices_decide_where_there_are_any(tmp_path):
    corpus = vtt(
        tmp_path,
        "00:01.000 --> 00:02.000\n<v Ann>Ann: no\n\n00:02.000 --> 00:03.000\nAnn: yes\n\n"
        "00:03.000 --> 00:04.000\n<v Ann>\n",
    )
    assert said(corpus) == [("Ann", "Ann: no"), (None, "Ann: yes"), ("Ann", "")]


def test_header_notes_styles_and_confidences(tmp_path):
    text = (
        "WEBVTT - A talk\nKind: captions\nLanguage: en-GB\nX-TIMESTAMP-MAP=LOCAL:0\n\n"
        "STYLE\n::cue { color: red }\n\nREGION\nid:fred\n\nNOTE made by hand\n\n"
        "NOTE Confidence: 0.85\n\n00:01.000 --> 00:02.000\nHello.\n\n"
        "NOTE\nnot sure\nof this\n\n00:02.000 --> 00:03.000\nBye.\n"
    )
    corpus = load(tmp_path, text, "talk.vtt")
    facts = corpus.conversation("talk").facts
    assert facts["meta.title"] == "A talk"
    assert facts["meta.kind"] == "captions"
    assert facts["meta.language"] == corpus.metadata.language == "en-GB"
    assert facts["meta.header"] == "X-TIMESTAMP-MAP=LOCAL:0"
    assert facts["meta.notes"] == "made by hand\nnot sure\nof this"
    assert corpus.utterances["meta.confidence"].to_list() == [0.85, None]
    assert (checks(corpus)["style"].level, checks(corpus)["style"].count) == ("note", 2)


def test_no_name_is_unknown_and_never_carried_on(tmp_path):
    corpus = vtt(
        tmp_path,
        "00:01.000 --> 00:02.000\nTherapist: So.\n\n00:02.000 --> 00:03.000\nand then\n\n"
        "00:03.000 --> 00:04.000\nClient: Yes.\n",
    )
    assert said(corpus) == [("therapist-talk", "So."), (None, "and then"), ("client-talk", "Yes.")]
    assert checks(corpus)["no speaker"].count == 1


def test_dashes_of_two_speakers_are_kept_with_a_note(tmp_path):
    corpus = vtt(tmp_path, "00:01.000 --> 00:02.000\n- Ready?\n- Not yet.\n")
    assert said(corpus) == [(None, "- Ready? - Not yet.")]
    assert (checks(corpus)["speakers in one cue"].level) == "note"
    assert "row 3" in checks(corpus)["speakers in one cue"].where


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_are_no_trouble(tmp_path, ends, mark):
    corpus = load(tmp_path, mark + ZOOM.replace("\n", ends), "talk.vtt")
    assert len(said(corpus)) == 3
    assert corpus.conversations["id"].to_list() == ["talk"]


# -- damage ----------------------------------------------------------------------------------------


def test_no_empty_line_between_cues(tmp_path):
    corpus = vtt(tmp_path, "00:01.000 --> 00:02.000\nAnn: a\n2\n00:02.000 --> 00:03.000\nAnn: b\n")
    assert said(corpus) == [("Ann", "a"), ("Ann", "b")]


@pytest.mark.parametrize(
    ("broken", "kept", "check", "row"),
    [
        ("00:00:xx --> 00:00:04.000\nTwo", "Two", "malformed time", 6),
        ("00:61.000 --> 00:62.000\nTwo", "Two", "malformed time", 6),
        ("Two\n", "Two", "words without times", 6),
        ("00:02.000 --> 00:03.000\n", None, "cue without words", 6),
        ("00:17\n", None, "stray line", 6),
        ("00:03.000 --> 00:02.000\nTwo", "Two", "end before start", 6),
    ],
)
def test_damage_is_told_with_its_line_and_the_rest_is_loaded(tmp_path, broken, kept, check, row):
    body = f"00:01.000 --> 00:02.000\nOne\n\n{broken}\n\n00:04.000 --> 00:05.000\nThree\n"
    corpus = vtt(tmp_path, body)
    assert [text for _, text in said(corpus)] == [t for t in ("One", kept, "Three") if t]
    assert checks(corpus)[check].level == "warning"
    assert f"row {row}" in checks(corpus)[check].where


def test_a_last_cue_that_was_cut_off_is_told(tmp_path):
    """Wherever the second cue is cut; between two cues nothing can be seen."""
    second = TEAMS.index("8d1f4c2e-1/13")
    for length in range(second + 1, len(TEAMS) - len("</v>\n")):
        corpus = load(tmp_path, TEAMS[:length], "cut.vtt")
        assert said(corpus)[0] == ("Avery Lee", "So it was a long week.")
        assert [who for who, _ in said(corpus)[1:]] in ([], ["Sam & Kim"])
        assert checks(corpus)["cut off"].level == "warning"
        assert checks(corpus)["cut off"].where.endswith(
            (".vtt, row 8", ".vtt, row 9", ".vtt, row 10")
        )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("1\n00:01.000 --> 00:02.000\nHi\n", "row 1.*WEBVTT in the first line"),
        ("WEBVTT\n\n", "row 1.*no cue"),
        ("WEBVTT\n\nwords\n", "row 3.*no cue has both times and words"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n", "row 3.*no cue has both"),
    ],
)
def test_what_holds_no_cue_is_refused(tmp_path, text, told):
    with pytest.raises(BadInput, match=f"talk.vtt.*{told}"):
        load(tmp_path, text, "talk.vtt", format="vtt")


def test_only_webvtt_is_taken_for_it(tmp_path):
    for name, text in {"a": "WEBVTTX\n", "b": "I use WEBVTT\n", "c": "1\nWEBVTT\n"}.items():
        (tmp_path / name).write_text(text)
        assert likeliest(tmp_path / name) is None


@settings(max_examples=60, deadline=None)
@given(content=spoiled(ZOOM) | spoiled(TEAMS))
def test_any_bytes_load_or_are_refused(tmp_path_factory, content):
    assert_loads_or_refuses(tmp_path_factory.mktemp("any"), content, "vtt")


# -- real files ------------------------------------------------------------------------------------


@REAL
@pytest.mark.parametrize("number", [0, 1, 9])
@pytest.mark.parametrize("kind", ["zoom", "voice", "teams"])
def test_rendered_transcripts_are_read_exactly(number, kind):
    assert_gold(number, f"{kind}.vtt", "role", "start", "end", "text")


COUNTS = {
    **{"sample": 16, "comments": 3, "metadata_headers": 2, "styles": 1, "using_identifiers": 6},
}


@REAL
@pytest.mark.parametrize("name", sorted(COUNTS))
def test_the_files_of_webvtt_py_are_read_as_it_reads_them(name):
    path = data_home() / "formats" / "webvtt-py" / f"{name}.vtt"
    corpus, theirs = wb.load(path), webvtt.read(path)
    assert corpus.utterances.height == len(theirs) == COUNTS[name]
    assert [text for _, text in said(corpus)] == [
        " ".join(line.strip() for line in cue.text.split("\n")) for cue in theirs
    ]
    assert [cue.start for cue in theirs] == [_clock(start) for start, _ in times(corpus)]
    given_ids = corpus.utterances.to_dict().get("meta.cue_id", [None] * len(theirs))
    assert list(given_ids) == [cue.identifier for cue in theirs]


def _clock(seconds):
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{seconds % 60:06.3f}"


@REAL
def test_words_without_times_are_kept_and_told(tmp_path):
    folder = data_home() / "formats" / "webvtt-py"
    corpus = wb.load(folder / "missing_timeframe.vtt")
    assert corpus.utterances["start"].count() == 6
    assert corpus.utterances.height == 7
    assert "row 6" in checks(corpus)["words without times"].where
    with pytest.raises(BadInput, match=r"empty\.vtt: the file is empty"):
        wb.load(folder / "empty.vtt", format="vtt")
