"""DAIC-WOZ: transcripts in the documented layout (our own words), split tables, gold."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiled_files import assert_loads_or_refuses, spoiled

import workbench as wb
from workbench.errors import BadInput
from workbench.settings import data_home

HEADER = "start_time\tstop_time\tspeaker\tvalue\n"
TALK = HEADER + (
    "0.1\t0.9\tParticipant\t<synch>\n"
    "1.00\t3.5\tEllie\thow_are_you2 (how are you doing today)\n"
    '4.25\t5\tParticipant\tum <laughter> i\'m "okay" [sigh] <i wa> i was tired\n'
    "5.5\t6.25\tEllie\tokay\n"
    "\n"
    "7\t8\tParticipant\tscrubbed_entry\n"
)


def write(folder, name, text=TALK):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_session(tmp_path):
    corpus = wb.load(write(tmp_path, "300_TRANSCRIPT.csv"))
    turns = corpus.utterances
    assert turns.select("speaker", "role", "side", "start", "end").rows() == [
        ("Ellie", "interviewer", "helper", 1.0, 3.5),
        ("participant-300", "participant", "client", 4.25, 5.0),
        ("Ellie", "interviewer", "helper", 5.5, 6.25),
        ("participant-300", "participant", "client", 7.0, 8.0),
    ]
    assert turns["text"].to_list() == [
        "how are you doing today",
        'um <laughter> i\'m "okay" [sigh] <i wa> i was tired',
        "okay",
        "scrubbed_entry",
    ]
    assert turns["meta.question_id"].to_list() == ["how_are_you2", None, None, None]
    assert turns["meta.sounds"][1] == "laughter, sigh"
    assert turns["meta.scrubbed"].to_list() == [None, None, None, True]
    assert corpus.conversations.select("id", "source").rows() == [("300", "300")]
    told = dict(corpus.report().select("check", "count").iter_rows())
    assert told["sync"] == 1
    assert told["scrubbed"] == 1


def test_a_folder_with_split_tables(tmp_path):
    for number in (300, 301, 409):
        write(tmp_path, f"{number}_P/{number}_TRANSCRIPT.csv")
        write(tmp_path, f"{number}_P/{number}_COVAREP.csv", "0,0,1\n")
    columns = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest\n"
    train = columns + "300,0,2,1,0\n409,0,10,1,1\n999,1,20,0,3\n"
    write(tmp_path, "train_split_Depression_AVEC2017.csv", train)
    write(tmp_path, "dev_split_Depression_AVEC2017.csv", columns + "301,1,14,0,2\n")
    corpus = wb.load(tmp_path)
    talks = corpus.conversations
    assert talks["id"].to_list() == ["300", "301", "409"]
    assert talks.select("PHQ8_Binary", "PHQ8_Score", "Gender", "PHQ8_NoInterest").rows() == [
        (0, 2, 1, 0),
        (1, 14, 0, 2),
        (0, 10, 1, 1),
    ]
    assert talks["meta.split"].to_list() == ["train", "dev", "train"]
    assert talks["source"].to_list() == ["300", "301", "409"]
    assert corpus.speakers["id"].to_list() == [
        *("Ellie", "participant-300", "participant-301", "participant-409")
    ]
    report = corpus.report()
    assert "['409']" in report.filter(check="wrong label")["message"][0]
    assert "['999']" in report.filter(check="tables")["message"][0]


def test_a_table_may_call_its_columns_like_ours_and_name_nobody_here(tmp_path):
    write(tmp_path, "300_TRANSCRIPT.csv")
    write(tmp_path, "test_split.csv", "participant_ID;Gender;source\n300;1;clinic\n;0;\n")
    talk = wb.load(tmp_path).conversations.row(0, named=True)
    assert (talk["meta.source"], talk["source"], talk["meta.split"]) == ("clinic", "300", "test")


def test_a_broken_file_of_the_folder_is_listed(tmp_path):
    write(tmp_path, "300_TRANSCRIPT.csv")
    write(tmp_path, "301_TRANSCRIPT.csv", HEADER)
    corpus = wb.load(tmp_path)
    assert corpus.conversations["id"].to_list() == ["300"]
    assert "301_TRANSCRIPT" in corpus.report().filter(check="broken file")["where"][0]


def test_a_folder_with_other_files_is_not_taken_for_the_corpus(tmp_path):
    write(tmp_path, "300_TRANSCRIPT.csv")
    write(tmp_path, "other.srt", "1\n00:00:01,000 --> 00:00:02,000\nAnn: Hi.\n")
    with pytest.raises(BadInput, match="several formats"):
        wb.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "check"),
    [
        ("451", TALK.replace("Ellie", "Participant"), "no interviewer"),
        ("373", HEADER + "394.0\t396\tEllie\thello\n429\t430\tEllie\tgo on\n", "interruption"),
        ("318", TALK, "late recording"),
        ("302", TALK + "9\t10\tParticipant\n", "short row"),
        ("303", TALK.replace("4.25", "soon"), "malformed time"),
    ],
)
def test_what_is_wrong_with_a_session_is_told(tmp_path, name, text, check):
    corpus = wb.load(write(tmp_path, f"{name}_TRANSCRIPT.csv", text))
    found = corpus.report().filter(check=check)
    assert found["level"].to_list() == ["warning"]
    assert found["count"].to_list() == [1]
    if check == "interruption":
        assert corpus.utterances["meta.interruption"].to_list() == [True, None]


@pytest.mark.parametrize("key", ["Ellie", "interviewer"])
def test_roles_can_be_said_otherwise(tmp_path, key):
    path = write(tmp_path, "300_TRANSCRIPT.csv")
    assert wb.load(path, roles={key: "therapist"}).utterances["role"][0] == "therapist"


@pytest.mark.parametrize(
    ("text", "hint"),
    [(HEADER, "no utterance"), ("a\tb\n1\t2\n", "row 1.*Expected columns"), ("", "empty")],
)
def test_what_is_no_session_is_refused(tmp_path, text, hint):
    path = write(tmp_path, "300_TRANSCRIPT.csv", text)
    with pytest.raises(BadInput, match=hint):
        wb.load(path, format="daic-woz")


@settings(max_examples=120, deadline=None)
@given(content=spoiled(TALK.encode()), form=st.sampled_from([None, "daic-woz"]))
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, content, form):
    path = tmp_path_factory.mktemp("spoiled") / "300_TRANSCRIPT.csv"
    assert_loads_or_refuses(path, content, format=form)


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("number", [0, 1, 9])
def test_rendered_transcripts_equal_gold(number):
    folder = data_home() / "formats"
    gold = pl.read_ndjson(folder / f"annomi_{number}.gold.jsonl")
    turns = wb.load(folder / f"annomi_{number}.daicwoz_TRANSCRIPT.csv").utterances
    role = {"therapist": "interviewer", "client": "participant"}
    assert turns["role"].to_list() == gold["role"].replace_strict(role).to_list()
    assert turns["start"].to_list() == gold["start"].to_list()
    assert turns["end"].to_list() == gold["end"].to_list()
    assert turns["text"].to_list() == gold["text"].str.to_lowercase().to_list()
