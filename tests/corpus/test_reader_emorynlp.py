"""EmoryNLP in its two layouts, which name the same scenes alike."""

import json

import pytest

import workbench as wb
from workbench.errors import BadInput

SCENE = {
    "scene_id": "s01_e02_c01",
    "utterances": [
        {
            "utterance_id": "s01_e02_c01_u001",
            "speakers": ["Mona Gray"],
            "transcript": "Are you leaving?",
            "tokens": [["Are", "you", "leaving", "?"]],
            "emotion": "Scared",
        },
        {
            "utterance_id": "s01_e02_c01_u003",
            "speakers": ["Carl Low", "Ada Fox"],
            "transcript": "Never!",
            "tokens": [["Never", "!"]],
            "emotion": "Joyful",
        },
    ],
}
WHOLE = {"season_id": "s01", "episodes": [{"episode_id": "s01_e02", "scenes": [SCENE]}]}
TABLE = (
    "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    'Are you leaving?,[\'Mona Gray\'],Scared,1,1,1,2,"00:01:01,500","00:01:03,000"\n'
    'Never!,"[\'Carl Low\', \'Ada Fox\']",Joyful,1,3,1,2,"00:01:03,500","00:01:04,000"\n'
)


def json_file(folder, content, name="emotion-detection-trn.json"):
    (folder / name).write_text(json.dumps(content))
    return folder / name


def table_file(folder, text):
    (folder / "emorynlp_train_final.csv").write_text(text)
    return folder / "emorynlp_train_final.csv"


def test_both_layouts_give_the_same_turns(tmp_path):
    original = wb.load(json_file(tmp_path, WHOLE))
    table = wb.load(table_file(tmp_path, TABLE))
    same = ["id", "conversation_id", "turn", "speaker", "text", "meta.speakers"]
    assert original.utterances.select(same).equals(table.utterances.select(same))
    assert original.conversations.equals(table.conversations)
    assert table.utterances["start"].to_list() == [61.5, 63.5]
    labels = original.layer("emorynlp-emotion.gold").table["label"].to_list()
    assert labels == table.layer("emorynlp-emotion.gold").table["label"].to_list()
    assert labels == ["Scared", "Joyful"]


def test_scene_episode_joint_speakers_and_left_out_tokens(tmp_path):
    corpus = wb.load(json_file(tmp_path, WHOLE), roles={"Mona Gray": "client"})
    assert corpus.conversations.row(0, named=True) | {
        **{"id": "s01_e02_c01", "source": "friends-s01e02", "meta.part": "train"}
    } == corpus.conversations.row(0, named=True)
    assert corpus.utterances["speaker"].to_list() == ["Mona Gray", "Carl Low and Ada Fox"]
    assert corpus.utterances["side"].to_list() == ["client", "other"]
    assert {"tokens left out", "joint speakers", "turns left out"} <= {
        finding.check for finding in corpus.findings
    }


def test_lists_of_speakers_that_are_no_lists(tmp_path):
    text = TABLE.replace("['Mona Gray']", "Mona Gray").replace("\"['Carl Low', 'Ada Fox']\"", "[]")
    corpus = wb.load(table_file(tmp_path, text))
    assert corpus.utterances["speaker"].to_list() == ["Mona Gray", "unknown-s01_e02_c01"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"episodes": []}, "no utterance"),
        ({"episodes": [{"scenes": [{"utterances": [{"emotion": "Sad"}]}]}]}, "row 1"),
        ({"episodes": [{"scenes": 3}]}, "'scenes'"),
        ([], "episodes"),
    ],
)
def test_broken_json_is_refused_by_name(tmp_path, content, told):
    path = json_file(tmp_path, content)
    with pytest.raises(BadInput, match=told) as refused:
        wb.load(path, format="emorynlp")
    assert path.name in str(refused.value)
