"""CHAT transcripts, held to the gold of the rendered ones and to pylangacq."""

import json
import warnings

import polars as pl
import pylangacq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiled_files import assert_loads_or_refuses, spoiled

import workbench as wb
from workbench.errors import BadInput
from workbench.settings import data_home

SESSION = """\ufeff@UTF8
@PID:\t11312/c-0
@Begin
@Languages:\teng, deu
@Participants:\tTHE Ann_Lee Therapist, CLI Sam Client, OBS Observer
@ID:\teng|Own|THE|41;02.|female|typical|MC|Therapist|18|senior|
@ID:\teng|Own|CLI|33;|male|||Client|||
@Birth of CLI:\t28-JUN-1990
@Date:\t03-MAR-2024
@Media:\tsession1, audio
@Situation:\tsecond visit
\tin the small room
@Comment:\tone
@Comment:\ttwo
*THE:\thow was
\tyour week ? \x150_1250\x15
%mor:\tadv|how v|be&PAST
\tpro|your n|week ?
%com:\tleans forward
%com:\tsmiles
*CLI:\t&=sighs not <the best> [/] the best . [+ q] \x151250_4000\x15
*THE:\tso it +...
@Bg:\tplan
*CLI:\tcan I say something first +/? \x155000_5000\x15
@End
"""


def load(folder, text, **options):
    (folder / "s.cha").write_text(text, "utf-8", newline="")
    return wb.load(folder / "s.cha", **options)


def test_a_session_with_all_its_parts(tmp_path):
    corpus = load(tmp_path, SESSION)
    turns = corpus.utterances
    assert turns["text"].to_list() == [
        "how was your week?",
        "&=sighs not <the best> [/] the best. [+ q]",
        "so it +...",
        "can I say something first +/?",
    ]
    assert turns.select("start", "end").rows() == [(0, 1.25), (1.25, 4), (None, None), (5, None)]
    assert turns["role"].to_list() == ["therapist", "client", "therapist", "client"]
    assert turns["meta.mor"][0] == "adv|how v|be&PAST pro|your n|week ?"
    assert turns["meta.com"][0] == "leans forward\nsmiles"
    assert turns["meta.header"].to_list() == [None, None, None, "Bg: plan"]
    talk = corpus.conversations.row(0, named=True)
    assert talk["meta.situation"] == "second visit in the small room"
    assert (talk["meta.comment"], talk["meta.date"]) == ("one\ntwo", "03-MAR-2024")
    assert (talk["meta.media"], talk["meta.pid"]) == ("session1, audio", "11312/c-0")
    assert json.loads(talk["meta.silent_speakers"]) == {"OBS": {"name": "", "role": "Observer"}}
    assert corpus.metadata.language == "eng"
    ann = corpus.speakers.row(0, named=True)
    expected = {
        **{"id": "THE-s", "role": "therapist", "gender": "female", "meta.code": "THE"},
        **{"meta.chat_role": "Therapist", "meta.name": "Ann_Lee", "meta.age": "41;02."},
        **{"meta.group": "typical", "meta.ses": "MC", "meta.education": "18"},
        **{"meta.custom": "senior", "meta.language": "eng", "meta.birth": None},
    }
    assert ann == expected
    assert corpus.speakers["meta.birth"][1] == "28-JUN-1990"
    report = corpus.report()
    assert report["check"].to_list() == ["repeated tier", "silent speaker"]
    assert "row 20" in report["where"][0]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old macintosh"])
def test_line_ends_do_not_matter(tmp_path, line_end):
    corpus = load(tmp_path, SESSION.replace("\n", line_end))
    assert corpus.utterances.equals(load(tmp_path, SESSION).utterances)


@pytest.mark.parametrize("key", ["CLI", "Sam", "Client", "client"])
def test_roles_go_by_code_name_and_role(tmp_path, key):
    corpus = load(tmp_path, SESSION, roles={key: "patient"})
    assert corpus.utterances["role"].to_list() == ["therapist", "patient"] * 2


def test_codes_mean_another_person_in_each_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.cha").write_text(SESSION, "utf-8")
    corpus = wb.load(tmp_path)
    assert corpus.speakers["id"].to_list() == ["THE-a", "CLI-a", "THE-b", "CLI-b"]


@pytest.mark.parametrize(
    ("old", "new", "check", "place"),
    [
        ("@End\n", "", "no frame", "s.cha"),
        ("@Begin\n", "", "no frame", "s.cha"),
        ("*THE:\tso it", "*XXX:\tso it", "undeclared speaker", "s.cha"),
        ("\x151250_4000\x15", "\x15one_two\x15", "malformed time", "row 21"),
        ("\x151250_4000\x15", "\x151250_4000", "malformed time", "row 21"),
        ("\x151250_4000\x15", "\x154000_1250\x15", "end before start", "row 21"),
        ("\tyour week", "your week", "no mark", "row 16"),
        ("*THE:\tso it +...\n", "*THE\n", "no colon", "row 22"),
        ("@End\n", "@End\n*CLI:\tmore .\n", "after end", "row 26"),
        ("*THE:\thow", "%com:\tearly\n*THE:\thow", "no utterance", "row 15"),
    ],
)
def test_what_is_wrong_is_listed_and_the_rest_is_loaded(tmp_path, old, new, check, place):
    assert old in SESSION
    corpus = load(tmp_path, SESSION.replace(old, new, 1))
    found = corpus.report().filter(pl.col("check") == check)
    assert found.height == 1
    assert place in found["where"][0]
    assert corpus.utterances.height >= 3


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("@UTF8\n@Begin\n@Participants:\tTHE Therapist\n@End\n", "no utterance"),
        ("hello\n*THE:\thello .\n", "row 1"),
        ("", "empty"),
    ],
)
def test_what_is_no_transcript_is_refused(tmp_path, text, hint):
    with pytest.raises(BadInput, match=hint):
        load(tmp_path, text, format="cha")


def test_messages_never_say_what_was_said(tmp_path):
    corpus = load(tmp_path, SESSION.replace("*THE:\tso it +...", "*THE secret words"))
    assert "secret" not in str(corpus.report().rows())


@settings(max_examples=150, deadline=None)
@given(content=spoiled(SESSION.encode()), form=st.sampled_from([None, "cha"]))
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, content, form):
    assert_loads_or_refuses(tmp_path_factory.mktemp("spoiled") / "s.cha", content, format=form)


# -- real files ------------------------------------------------------------------------------------

real = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")


@real
@pytest.mark.parametrize("number", [0, 1, 9])
def test_rendered_transcripts_equal_gold(number):
    folder = data_home() / "formats"
    gold = pl.read_ndjson(folder / f"annomi_{number}.gold.jsonl")
    turns = wb.load(folder / f"annomi_{number}.cha").utterances
    assert turns["role"].to_list() == gold["role"].to_list()
    assert turns["start"].to_list() == gold["start"].to_list()
    assert turns["end"].to_list() == gold["end"].to_list()
    spoken, meant = (column.str.strip_chars_end(" .?!") for column in (turns["text"], gold["text"]))
    assert spoken.to_list() == meant.to_list()
    added = (turns["text"] != gold["text"]).sum()
    assert added == (not_ended := (~gold["text"].str.contains(r"[.?!]$")).sum())
    assert not_ended <= 1


@real
def test_eve():
    corpus = wb.load(data_home() / "formats" / "eve_excerpt.cha")
    turns = corpus.utterances
    assert turns.height == 128
    spoke = dict(turns["speaker"].str.head(3).value_counts().iter_rows())
    assert spoke == {"MOT": 79, "CHI": 44, "COL": 5}
    assert turns["meta.mor"].drop_nulls().len() == turns["meta.gra"].drop_nulls().len() == 124
    assert turns["text"][:2].to_list() == ["more cookie. [+ IMP]", "you 0v more cookies?"]
    assert "['RIC']" in corpus.report().filter(check="silent speaker")["message"][0]
    assert corpus.speakers["meta.age"].to_list() == ["1;06.00", None, None]


@real
@pytest.mark.parametrize("name", ["annomi_0", "annomi_1", "annomi_9", "eve_excerpt"])
def test_pylangacq_reads_the_same(name):
    path = data_home() / "formats" / f"{name}.cha"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it counts `0v` as no word
        theirs = pylangacq.CHAT.from_files([str(path)], strict=False)
    turns = wb.load(path).utterances.to_dicts()
    utterances = [u for u in theirs.utterances() if u.participant]
    for ours, other in zip(turns, utterances, strict=True):
        assert ours["speaker"] == f"{other.participant}-{name}"
        start, end = other.time_marks or (None, None)
        assert (ours["start"], ours["end"]) == (start and start / 1000, end and end / 1000)
        said = other.tiers[other.participant].split("\x15")[0]
        assert ours["text"].replace(" ", "") == said.replace(" ", "")
        tiers = {name[1:]: value for name, value in other.tiers.items() if name.startswith("%")}
        assert {tier: ours[f"meta.{tier}"] for tier in tiers} == tiers
