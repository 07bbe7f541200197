"""CPED: traits stand with the speaker, scenes with the conversation, and GB18030 is told."""

import pytest

import workbench as wb
from workbench.errors import BadInput

HEADER = (
    "TV_ID,Dialogue_ID,Utterance_ID,Speaker,Gender,Age,Neuroticism,Extraversion,Openness,"
    "Agreeableness,Conscientiousness,Scene,FacePosition_LU,FacePosition_RD,Sentiment,Emotion,DA,Utterance\n"
)
ROWS = (
    "01,01_000,01_000_000,王芳,female,young,low,high,high,high,low,home,1_2,3_4,neutral,neutral,greeting,你好\n"
    "01,01_000,01_000_001,李强,male,middle-aged,low,high,unknown,high,low,home,1_2,3_4,positive,happy,"
    "question,你今天怎么样\n"
    "02,02_000,02_000_000,王芳,female,elderly,high,low,low,high,low,car,,,negative,worried,sorrow,我迟到了\n"
)


def write(folder, content):
    path = folder / "train_split.csv"
    path.write_bytes(content)
    return path


def test_speakers_carry_their_traits(tmp_path):
    corpus = wb.load(write(tmp_path, b"\xef\xbb\xbf" + (HEADER + ROWS).encode()))
    assert corpus.metadata.language == "zh"
    traits = {row["id"]: row for row in corpus.speakers.to_dicts()}
    assert set(traits) == {"01-王芳", "01-李强", "02-王芳"}
    assert (traits["01-王芳"]["age_group"], traits["02-王芳"]["age_group"]) == ("young", "elderly")
    assert traits["01-李强"]["openness"] == "unknown"
    assert traits["01-李强"]["meta.name"] == "李强"


def test_codes_scenes_and_source(tmp_path):
    corpus = wb.load(write(tmp_path, (HEADER + ROWS).encode()))
    assert corpus.conversations["source"].to_list() == ["cped-tv-01", "cped-tv-02"]
    assert corpus.conversations["meta.scene"].to_list() == ["home", "car"]
    assert "meta.scene" not in corpus.utterances.columns
    assert corpus.utterances["meta.FacePosition_LU"].to_list() == ["1_2", "1_2", ""]
    assert corpus.layer("cped-emotion.gold").table["label"].to_list() == [
        *("neutral", "happy", "worried")
    ]
    acts = corpus.layer("cped-dialogue-act.gold")
    assert len(acts.metadata.labels) == 19 + 1
    strange = next(finding for finding in corpus.findings if finding.check == "label")
    assert "sorrow" in strange.message


def test_a_scene_that_changes_inside_is_kept_with_the_turns(tmp_path):
    text = (HEADER + ROWS).replace("low,home,1_2,3_4,positive", "low,office,1_2,3_4,positive")
    corpus = wb.load(write(tmp_path, text.encode()))
    assert corpus.conversations["meta.scene"].to_list() == [None, "car"]
    assert corpus.utterances["meta.scene"].to_list() == ["home", "office", "car"]


def test_gb18030_is_read_and_told(tmp_path):
    corpus = wb.load(write(tmp_path, (HEADER + ROWS).encode("gb18030")))
    assert corpus.utterances["text"].to_list() == ["你好", "你今天怎么样", "我迟到了"]
    told = next(finding for finding in corpus.findings if finding.check == "other encoding")
    assert (told.level, told.count) == ("warning", 3)
    assert "gb18030" in told.message


def test_roles_by_name_and_traits_that_differ(tmp_path):
    text = (
        HEADER
        + ROWS
        + ROWS.split("\n", maxsplit=1)[0].replace("000_000", "000_002").replace("young", "elderly")
    )
    corpus = wb.load(write(tmp_path, text.encode()), roles={"李强": "client"})
    assert corpus.utterances["role"].to_list() == ["other", "client", "other", "other"]
    assert "traits differ" in {finding.check for finding in corpus.findings}


def test_bytes_that_are_neither_are_refused_with_their_line(tmp_path):
    path = write(tmp_path, (HEADER + ROWS).encode() + b"03,03_000,03_000_000,\xff\xff\n")
    with pytest.raises(BadInput, match="row 5") as refused:
        wb.load(path)
    assert "not UTF-8" in str(refused.value)
