"""ConvoKit folders: names, times, roles, and the edges of its loose metadata."""

import json

import pytest

import workbench as wb
from workbench.errors import BadInput


def folder_of(path, utterances, conversations=None, speakers=None, **files):
    path.mkdir(exist_ok=True)
    (path / "utterances.jsonl").write_text("\n".join(map(json.dumps, utterances)))
    (path / "conversations.json").write_text(json.dumps(conversations or {}))
    (path / "speakers.json").write_text(json.dumps(speakers or {}))
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return path


def utterance(name, text="x", **more):
    given = {"id": name, "conversation_id": "c", "speaker": "s", "text": text, "meta": {}}
    return {**given, "reply-to": None, "timestamp": None, **more}


def test_fields_and_metadata(tmp_path):
    corpus = wb.load(
        folder_of(
            tmp_path / "kit",
            [
                utterance("u0", timestamp=13, meta={"score": 1, "tags": ["a"], "mixed": 1}),
                utterance(
                    "u1",
                    timestamp=1480000000,
                    meta={"score": 2.5, "mixed": "x"},
                    **{"reply-to": "u0"},
                ),
            ],
            {"c": {"meta": {"topic": "diet", "mi_quality": "high"}, "vectors": []}},
            {"s": {"meta": {"role": "therapist", "age": 40}, "vectors": []}},
            corpus={"name": "kit", "n": 1},
        )
    )
    turns = corpus.utterances
    assert turns["side"].to_list() == ["helper", "helper"]
    assert turns["reply_to"].to_list() == [None, "u0"]
    assert turns["timestamp"].to_list() == ["13", "1480000000"]
    assert turns["start"].to_list() == [13.0, None]
    assert turns["meta.score"].to_list() == [1.0, 2.5]
    assert turns["meta.tags"].to_list() == ['["a"]', None]
    assert turns["meta.mixed"].to_list() == ["1", '"x"']
    assert corpus.conversations["topic"].to_list() == ["diet"]
    assert corpus.conversations["meta.mi_quality"].to_list() == ["high"]
    assert corpus.speakers["meta.age"].to_list() == [40]
    assert corpus.metadata.name == "kit"


def test_metadata_keys_can_be_named_as_our_columns(tmp_path):
    talks = {"c": {"meta": {"mi_quality": "high"}, "vectors": []}}
    path = folder_of(tmp_path / "kit", [utterance("u0")], talks)
    assert wb.load(path, columns={"mi_quality": "quality"}).conversations["quality"][0] == "high"


def test_roles_by_speaker_name(tmp_path):
    path = folder_of(tmp_path / "kit", [utterance("u0"), utterance("u1", speaker="t")])
    corpus = wb.load(path, roles={"s": "client", "t": "therapist"})
    assert corpus.speakers.rows() == [("s", "client"), ("t", "therapist")]


def test_null_and_absent_stay_apart(tmp_path):
    metas = [{"a": None}, {}, {"a": 3}]
    given = [utterance(f"u{n}", meta=meta) for n, meta in enumerate(metas)]
    corpus = wb.load(folder_of(tmp_path / "kit", given))
    assert corpus.utterances["meta.a"].to_list() == [None, None, 3]
    assert corpus.utterances["meta.a.absent"].to_list() == [False, True, False]
    part = corpus.filter(utterances=corpus.utterances["turn"].is_in([1, 0]))
    part.write(tmp_path / "out", format="convokit")
    lines = (tmp_path / "out" / "utterances.jsonl").read_text().splitlines()
    assert [json.loads(line)["meta"] for line in lines] == [{"a": None}, {}]


def test_old_names_of_fields_and_files(tmp_path):
    old = {"id": "u0", "root": "c", "user": "s", "text": "x", "reply_to": None}
    path = folder_of(tmp_path / "kit", [old])
    (path / "speakers.json").rename(path / "users.json")
    (path / "users.json").write_text(json.dumps({"s": {"role": "client"}}))
    corpus = wb.load(path)
    assert corpus.utterances.select("conversation_id", "speaker", "role").rows() == [
        ("c", "s", "client")
    ]


def test_empty_conversations_and_vectors_are_noted(tmp_path):
    talks = {"c": {"meta": {}, "vectors": []}, "d": {"meta": {}, "vectors": []}}
    path = folder_of(tmp_path / "kit", [utterance("u0")], talks, index={"vectors": ["bow"]})
    checks = {finding.check: finding.count for finding in wb.load(path).findings}
    assert checks["empty conversation"] == 1
    assert checks["vectors"] == 1


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("not json", "utterances.jsonl, row 2"),
        ('{"id": "u1", "text": "x"}', r"row 2.*'conversation_id', 'speaker'"),
        ("[1]", "row 2.*JSON object"),
        (json.dumps(utterance("u0")), "row 2.*id that stands earlier"),
    ],
)
def test_broken_utterances_are_named_by_line(tmp_path, broken, told):
    path = folder_of(tmp_path / "kit", [utterance("u0")])
    (path / "utterances.jsonl").write_text(json.dumps(utterance("u0")) + "\n" + broken + "\n")
    with pytest.raises(BadInput, match=told):
        wb.load(path)


def test_layers_are_shown_in_the_metadata_for_convokit(tmp_path):
    from workbench.resources import bundled

    demo = wb.load(bundled("data", "demo")).filter(conversations=["d01"])
    demo.write(tmp_path / "out", format="convokit")
    first = json.loads((tmp_path / "out" / "utterances.jsonl").read_text().split("\n")[0])
    assert first["meta"]["annomi-helper.intended"] == "other"
    assert first["meta"]["annomi-helper-flags.intended"] == []
    assert first["meta"]["goemotions.intended"] == ["neutral"]
    again = wb.load(tmp_path / "out")
    assert not [name for name in again.utterances.columns if name.startswith("meta.")]
    assert again.checksum() == demo.checksum()
