"""MELD: parts, episodes, numbers that skip, and copies in Windows-1252."""

import polars as pl
import pytest

import workbench as wb
from workbench.corpus.readers import likeliest
from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\r\n"
)
ROWS = (
    '1,Who ate my cake?,Mona,anger,negative,0,0,8,21,"00:16:16,059","00:16:21,731"\r\n'
    '2,"Not me, I swear.",Carl,fear,negative,0,2,8,21,"0:16:21,940","00:16:23,44"\r\n'
    '3,It was good.,Therapist,joy,positive,1,0,1,2,"00:00:01,000","00:00:02,000"\r\n'
)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def found(corpus):
    return {finding.check: finding for finding in corpus.findings}


def test_dialogues_are_named_after_their_part_and_grouped_by_episode(tmp_path):
    write(tmp_path, "train_sent_emo.csv", HEADER + ROWS)
    write(tmp_path, "dev_sent_emo.csv", HEADER + ROWS)
    corpus = wb.load(tmp_path)
    assert sorted(corpus.conversations["id"]) == [
        *("meld-dev-0", "meld-dev-1", "meld-train-0", "meld-train-1")
    ]
    assert set(corpus.conversations["source"]) == {"friends-s08e21", "friends-s01e02"}
    assert corpus.layer("meld-emotion.gold").counts().filter(label="anger")["count"].item() == 2


def test_times_roles_and_skipped_numbers(tmp_path):
    corpus = wb.load(write(tmp_path, "test_sent_emo.csv", HEADER + ROWS), roles={"Carl": "client"})
    turns = corpus.utterances
    assert turns["start"].to_list() == [976.059, 981.94, 1.0]
    assert turns["end"].to_list() == [981.731, 983.44, 2.0]
    assert turns["role"].to_list() == ["other", "client", "therapist"]
    assert turns["id"].to_list() == ["meld-test-0-0", "meld-test-0-2", "meld-test-1-0"]
    assert turns["turn"].to_list() == [0, 1, 0]
    note = found(corpus)["turns left out"]
    assert (note.level, note.count) == ("note", 1)
    assert "(1 turns are not there)" in note.message


def test_windows_quotes_are_decoded_and_told(tmp_path):
    text = HEADER + ROWS.replace("Who ate", "You’ve eaten")
    mixed = (
        text.replace("Carl", "Zoë").encode("cp1252").replace("Zoë".encode("cp1252"), "Zoë".encode())
    )
    corpus = wb.load(write(tmp_path, "train_sent_emo.csv", mixed))
    assert corpus.utterances["text"][0] == "You’ve eaten my cake?"
    assert corpus.utterances["speaker"][1] == "Zoë"
    warning = found(corpus)["other encoding"]
    assert (warning.level, warning.count) == ("warning", 1)
    assert "line 2" in warning.where


def test_quotes_that_became_control_characters_are_put_back(tmp_path):
    text = HEADER + ROWS.replace("Who ate", "You\x92ve eaten")
    corpus = wb.load(write(tmp_path, "train_sent_emo.csv", text))
    assert corpus.utterances["text"][0] == "You’ve eaten my cake?"
    assert found(corpus)["other encoding"].count == 1


def test_repeated_numbers_and_strange_labels_are_kept_and_told(tmp_path):
    text = HEADER + ROWS.replace("fear", "glee").replace("0,2,8", "0,0,8")
    corpus = wb.load(write(tmp_path, "train_sent_emo.csv", text))
    assert corpus.utterances["id"].to_list()[:2] == ["meld-train-0-0", "meld-train-0-0-again-2"]
    assert "glee" in corpus.layer("meld-emotion.gold").metadata.labels
    assert {"number repeated", "label"} <= set(found(corpus))


def test_dyadic_files_are_other_dialogues(tmp_path):
    head = HEADER.replace("Season", "Old_Dialogue_ID,Old_Utterance_ID,Season")
    rows = '1,Hi.,Mona,joy,positive,0,0,7,3,8,21,"00:16:16,059","00:16:21,731"\r\n'
    corpus = wb.load(write(tmp_path, "train_sent_emo_dya.csv", head + rows))
    assert corpus.conversations["id"].to_list() == ["meld-train-dyadic-0"]
    assert corpus.utterances["meta.Old_Dialogue_ID"].to_list() == ["7"]


@REAL
def test_real_files_count_as_on_their_card():
    corpus = wb.load(data_home() / "meld")
    assert (corpus.conversations.height, corpus.utterances.height) == (1038 + 114, 9989 + 1109)
    assert likeliest(data_home() / "meld" / "dev_sent_emo.csv").name == "meld"
    emotions = dict(corpus.layer("meld-emotion.gold").counts().select("label", "count").iter_rows())
    assert emotions == {
        **{"neutral": 5180, "joy": 1906, "surprise": 1355, "anger": 1262},
        **{"sadness": 794, "disgust": 293, "fear": 308},
    }
    skipping = [finding for finding in corpus.findings if finding.check == "turns left out"]
    assert [finding.count for finding in skipping] == [2, 72]
    assert "(100 turns are not there)" in skipping[1].message
    dev = corpus.conversations.filter(pl.col("meta.part") == "dev")
    train = corpus.conversations.filter(pl.col("meta.part") == "train")
    assert dev["source"].n_unique() == 82
    assert len(set(dev["source"]) & set(train["source"])) == 81
    assert corpus.utterances["start"].null_count() == 0
