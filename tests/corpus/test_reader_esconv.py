"""ESConv in its layouts."""

import json

import pytest

import workbench as wb
from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
SURVEY = {"initial_emotion_intensity": "5", "final_emotion_intensity": "2", "empathy": "4"}
RAW = {
    "dialog_key": "esc-aa",
    "emotion_type": "fear",
    "experience_type": "Current Experience",
    "problem_type": "job crisis",
    "situation": "My job, my job!",
    "survey_score": {"seeker": SURVEY, "supporter": {"relevance": "3"}},
    "seeker_question1": "",
    "dialog": [
        {"text": "Hello", "speaker": "usr"},
        {"text": "Why?", "speaker": "sys", "strategy": "Question"},
    ],
}
FEEDBACK = {
    **{key: RAW[key] for key in ("dialog_key", "emotion_type", "problem_type", "situation")},
    "init_intensity": 4,
    "final_intensity": 1,
    "dialog": [
        {
            "text": "Hi",
            "speaker": "sys",
            "strategy": "Greeting",
            "all_strategy": ["Greetings", "Question"],
        },
        {"text": "Hello", "speaker": "usr", "feedback": "4"},
        {"text": "Well", "speaker": "usr", "feedback": None},
    ],
}
FAILED = {
    "source_index": 3,
    "emotion_type": "fear",
    "experience_type": "Previous Experience",
    "problem_type": "job crisis",
    "situation": "my job my job",
    "survey_score": {"seeker": {"initial_emotion_intensity": "5"}, "supporter": {}},
    "dialog": [
        {"content": "Hey\n", "speaker": "speaker", "annotation": {"feedback": "1"}},
        {"content": "hi", "speaker": "listener", "annotation": {"strategy": "Other"}},
    ],
}


def load(folder, *records, name="x.jsonl"):
    (folder / name).write_text("\n".join(map(json.dumps, records)))
    return wb.load(folder / name)


def test_raw(tmp_path):
    corpus = load(tmp_path, RAW, RAW)
    assert corpus.conversations["id"].to_list() == ["esconv-raw-esc-aa", "esconv-raw-esc-aa-2"]
    facts = corpus.conversations.row(0, named=True)
    assert facts["source"] == "esc-aa"
    assert facts["topic"] == "job crisis"
    assert (facts["initial_intensity"], facts["final_intensity"]) == (5.0, 2.0)
    assert (facts["empathy"], facts["relevance"], facts["supporter_relevance"]) == (4.0, None, 3.0)
    assert corpus.utterances["role"].to_list()[:2] == ["seeker", "supporter"]
    assert corpus.utterances["side"].to_list()[:2] == ["client", "helper"]
    layer = corpus.layer("esconv-strategy.gold")
    assert layer.table["label"].to_list() == ["Question", "Question"]
    assert layer.metadata.exclusive


def test_feedback(tmp_path):
    corpus = load(tmp_path, FEEDBACK)
    strategies = corpus.layer("esconv-strategy.gold")
    assert strategies.table["label"].to_list() == ["Greetings", "Question"]
    assert not strategies.metadata.exclusive
    ratings = corpus.layer("esconv-feedback.seeker").table
    assert ratings.select("unit_id", "label", "value").rows() == [
        ("esconv-feedback-esc-aa-1", "4", 4.0)
    ]
    assert corpus.conversations["final_intensity"].to_list() == [1.0]


def test_failed(tmp_path):
    other = {**FAILED, "source_index": 4, "situation": "My job... my job"}
    corpus = load(tmp_path, FAILED, other)
    assert corpus.conversations["id"].to_list() == ["esconv-failed-3", "esconv-failed-4"]
    assert corpus.conversations["source"].n_unique() == 1
    assert corpus.utterances["text"].to_list()[:2] == ["Hey", "hi"]
    assert corpus.layer("esconv-feedback.seeker").table["value"].to_list() == [1.0, 1.0]
    assert corpus.conversations["final_intensity"].to_list() == [None, None]


def test_layouts_in_one_folder_share_their_layers(tmp_path):
    load(tmp_path, RAW, name="raw.jsonl")
    load(tmp_path, FEEDBACK, name="feedback.jsonl")
    corpus = wb.load(tmp_path)
    assert corpus.conversations.height == 2
    assert corpus.conversations["source"].unique().to_list() == ["esc-aa"]
    strategies = corpus.layer("esconv-strategy.gold")
    assert not strategies.metadata.exclusive
    assert set(strategies.metadata.labels) == {"Greetings", "Question"}


@REAL
@pytest.mark.parametrize(
    ("file", "dialogues", "turns", "questions"),
    [
        ("esconv_raw.jsonl.gz", 493, 13981, 1389),
        ("esconv_feedback.jsonl.gz", 312, 7334, 995),
        ("FailedESConv.jsonl", 157, 4241, 7),
    ],
)
def test_real_files_count_as_on_their_card(file, dialogues, turns, questions):
    corpus = wb.load(data_home() / "esconv" / file)
    assert (corpus.conversations.height, corpus.utterances.height) == (dialogues, turns)
    counts = corpus.layer("esconv-strategy.gold").counts()
    assert counts.filter(label="Question")["count"].item() == questions


@REAL
def test_ratings_and_shared_situations_of_the_real_files():
    feedback = wb.load(data_home() / "esconv" / "esconv_feedback.jsonl.gz")
    counts = feedback.layer("esconv-feedback.seeker").counts()["count"].to_list()
    assert counts == [17, 45, 322, 591, 884]
    raw = wb.load(data_home() / "esconv" / "esconv_raw.jsonl.gz")
    both = set(raw.conversations["source"]) & set(feedback.conversations["source"])
    assert len(both) == 108
    assert (raw.conversations["empathy"] == 5).sum() == 307
