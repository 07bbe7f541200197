"""RECCON: causes as links and spans, adjectives among the labels, dialogues that come again."""

import json

import pytest

import workbench as wb
from workbench.corpus.readers import likeliest
from workbench.errors import BadInput
from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
EVIDENCE, SPAN = "expanded emotion cause evidence", "expanded emotion cause span"
TURNS = [
    {
        "turn": 1,
        "speaker": "A",
        "utterance": "I lost the keys to our old cellar door again .",
        "emotion": "neutral",
    },
    {
        "turn": 2,
        "speaker": "B",
        "utterance": "Again ? I am so tired of looking for those keys .",
        "emotion": "anger",
        EVIDENCE: [1, 2, "b"],
        SPAN: ["lost the keys", "tired of looking", "b"],
        "type": ["no-context", "inter-personal"],
        "explanation": "It was not the first time .",
    },
    {
        "turn": 3,
        "speaker": "A",
        "utterance": "I am sorry , I will buy a hook for them tomorrow .",
        "emotion": "sad",
        EVIDENCE: [2],
        SPAN: ["tired of searching"],
        "type": ["inter-personal"],
    },
]


def write(folder, name, content):
    (folder / name).write_text(json.dumps(content))
    return folder / name


def test_causes_are_links_and_spans(tmp_path):
    corpus = wb.load(write(tmp_path, "dailydialog_train.json", {"tr_7": [TURNS]}))
    causes = corpus.layer("reccon-cause.gold").table
    assert causes.select("unit_id", "label", "target_id", "note").rows() == [
        ("reccon-tr_7-1", None, None, None),
        ("reccon-tr_7-2", "cause", "reccon-tr_7-1", None),
        ("reccon-tr_7-2", "cause", "reccon-tr_7-2", None),
        ("reccon-tr_7-2", "cause", None, "outside the text"),
        ("reccon-tr_7-3", "cause", "reccon-tr_7-2", None),
    ]
    spans = corpus.layer("reccon-cause-span.gold")
    assert spans.metadata.unit == "span"
    texts = dict(corpus.utterances.select("id", "text").iter_rows())
    first = spans.table.row(0, named=True)
    said = texts[first["unit_id"]][first["start_char"] : first["end_char"]]
    assert (said, first["target_id"]) == ("lost the keys", "reccon-tr_7-2")
    kinds = corpus.layer("reccon-cause-type.gold").table["label"].to_list()
    assert kinds == ["no-context", "inter-personal", "inter-personal"]


def test_adjectives_outside_causes_and_unfound_spans_are_told(tmp_path):
    corpus = wb.load(write(tmp_path, "dailydialog_train.json", {"tr_7": [TURNS]}))
    told = {finding.check: finding for finding in corpus.findings}
    assert "sad (1) for sadness" in told["adjective labels"].message
    assert told["cause outside"].count == 1
    assert told["span not found"].count == 1
    assert corpus.layer("reccon-emotion.gold").table["label"].to_list() == [
        "neutral",
        "anger",
        "sad",
    ]
    assert corpus.utterances["meta.explanation"][1] == "It was not the first time ."


def test_speakers_take_roles_by_their_letter(tmp_path):
    corpus = wb.load(
        write(tmp_path, "dailydialog_train.json", {"tr_7": [TURNS]}), roles={"A": "client"}
    )
    assert corpus.utterances["role"].to_list() == ["client", "other", "client"]
    assert corpus.utterances["speaker"].to_list()[:2] == ["A-reccon-tr_7", "B-reccon-tr_7"]


def test_a_dialogue_that_comes_again_in_another_part_has_one_source(tmp_path):
    loud = [{**turn, "utterance": turn["utterance"].upper()} for turn in TURNS]
    write(tmp_path, "dailydialog_train.json", {"tr_7": [TURNS], "tr_8": [TURNS[:2]]})
    write(tmp_path, "dailydialog_valid.json", {"va_1": [loud]})
    corpus = wb.load(tmp_path)
    assert dict(corpus.conversations.select("id", "source").iter_rows()) == {
        **{"reccon-tr_7": "reccon-tr_7", "reccon-tr_8": "reccon-tr_8"},
        "reccon-va_1": "reccon-tr_7",
    }


def test_the_adjectives_of_iemocap_are_its_labels(tmp_path):
    turns = [{**TURNS[1], "emotion": "frustrated", EVIDENCE: [], SPAN: []}]
    corpus = wb.load(write(tmp_path, "iemocap_test.json", {"Ses01": [turns]}))
    assert corpus.layer("reccon-emotion.gold").table["label"].to_list() == ["frustrated"]
    assert "adjective labels" not in {finding.check for finding in corpus.findings}


def test_a_folder_loads_without_its_broken_file(tmp_path):
    write(tmp_path, "dailydialog_train.json", {"tr_7": [TURNS]})
    (tmp_path / "dailydialog_valid.json").write_text(json.dumps({"va": [TURNS]})[:-9])
    corpus = wb.load(tmp_path, format="reccon")
    assert corpus.conversations.height == 1
    assert "dailydialog_valid.json" in next(
        finding.where for finding in corpus.findings if finding.check == "broken file"
    )


@pytest.mark.parametrize("content", [{}, {"a": 3}, {"a": [[]]}, {"a": [[{"turn": 1}]]}, [1]])
def test_what_is_no_dialogue_is_refused(tmp_path, content):
    path = write(tmp_path, "x.json", content)
    with pytest.raises(BadInput, match=r"x\.json"):
        wb.load(path, format="reccon")


@REAL
def test_real_files_count_as_on_their_card():
    corpus = wb.load(data_home() / "reccon")
    assert likeliest(data_home() / "reccon").name == "reccon"
    assert (corpus.conversations.height, corpus.utterances.height) == (834 + 47, 8206 + 493)
    causes = corpus.layer("reccon-cause.gold").table.filter(label="cause")
    assert causes.height == 7630 + 352
    assert causes["unit_id"].n_unique() == 4562 + 200
    assert causes["target_id"].null_count() == 359 + 5
    spans = corpus.layer("reccon-cause-span.gold").table
    assert spans["start_char"].null_count() == 0
    emotions = dict(
        corpus.layer("reccon-emotion.gold").counts().select("label", "count").iter_rows()
    )
    assert (emotions["neutral"], emotions["happiness"], emotions["happy"]) == (3937, 3677, 5)
    told = {finding.check: finding.count for finding in corpus.findings}
    assert told["adjective labels"] == 12


@REAL
def test_near_duplicates_of_the_real_files_share_a_source():
    train = wb.load(data_home() / "reccon" / "dailydialog_train.json.gz").conversations
    assert train.filter(train["source"].is_duplicated()).height == 57
    both = wb.load(data_home() / "reccon").conversations
    valid, rest = (
        both.filter(both["meta.part"] == "valid"),
        both.filter(both["meta.part"] == "train"),
    )
    assert len(set(valid["source"]) & set(rest["source"])) == 5
