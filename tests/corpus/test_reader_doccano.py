"""doccano: every layout it exports, what is noted, what is refused, and there and back."""

import json
import zipfile

import pytest
from coded_corpora import coded_corpora, unexplained
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings

import workbench as wb
from workbench.corpus.readers import likeliest
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled

ANNA = [
    {
        "id": 11,
        "text": "What brings you here?",
        "label": ["open", "question"],
        "Comments": ["why?"],
    },
    {"id": 12, "text": "My sleep, mostly.", "label": [], "Comments": []},
]
BOB = [
    {"id": 11, "text": "What brings you here?", "label": ["question"], "Comments": []},
    {"id": 12, "text": "My sleep, mostly.", "label": ["other"], "Comments": []},
]


def write(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def rows(layer, *columns):
    return layer.table.select("unit_id", *columns, "label").rows()


def test_a_folder_has_one_layer_an_annotator(tmp_path):
    write(tmp_path / "out" / "anna.jsonl", ANNA)
    write(tmp_path / "out" / "bob.jsonl", BOB)
    types = [{"text": "question", "suffix_key": "q"}, {"text": "open"}, {"text": "other"}]
    (tmp_path / "out" / "label_config.json").write_text(json.dumps(types))
    corpus = wb.load(tmp_path / "out")
    assert corpus.utterances["id"].to_list() == ["out-11", "out-12"]
    assert [layer.name for layer in corpus.layers] == ["doccano.anna", "doccano.bob"]
    anna, bob = corpus.layers
    assert rows(anna) == [("out-11", "open"), ("out-11", "question"), ("out-12", None)]
    assert rows(bob) == [("out-11", "question"), ("out-12", "other")]
    assert anna.metadata.labels == ("question", "open", "other")
    assert (anna.metadata.exclusive, bob.metadata.exclusive) == (False, True)
    assert anna.table["note"].to_list() == ["why?", "why?", None]
    (found,) = [finding for finding in corpus.findings if finding.check == "no label"]
    assert (found.level, found.count) == ("note", 1)


def test_a_zip_is_read_like_its_folder(tmp_path):
    path = tmp_path / "project.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, records in (("anna", ANNA), ("bob", BOB)):
            packed.writestr(f"{name}.jsonl", "\n".join(map(json.dumps, records)))
    corpus = wb.load(path)
    assert [layer.metadata.coder for layer in corpus.layers] == ["anna", "bob"]
    assert corpus.utterances["id"].to_list() == ["project-11", "project-12"]


SPANS = {
    "label": {"label": [[0, 4, "question"], [5, 11, "topic"]]},
    "labels, as in old versions": {"labels": [[0, 4, "question"], [5, 11, "topic"]], "meta": {}},
    "entities": {
        "entities": [
            {"id": 1, "label": "question", "start_offset": 0, "end_offset": 4},
            {"id": 2, "label": "topic", "start_offset": 5, "end_offset": 11},
        ],
        "relations": [],
    },
    "intent and slots": {"cats": [], "entities": [[0, 4, "question"], [5, 11, "topic"]]},
}


@pytest.mark.parametrize("form", SPANS)
def test_spans_in_every_layout(tmp_path, form):
    path = write(tmp_path / "admin.jsonl", [{"id": 1, "text": "What brings you?", **SPANS[form]}])
    assert likeliest(path).name == "doccano"
    (layer,) = wb.load(path).layers
    assert (layer.name, layer.metadata.unit) == ("doccano.admin.span", "span")
    assert rows(layer, "start_char", "end_char") == [
        ("admin-1", 0, 4, "question"),
        ("admin-1", 5, 11, "topic"),
    ]


def test_a_relation_links_the_span_to_its_target(tmp_path):
    entities = SPANS["entities"]["entities"]
    relations = [{"id": 9, "from_id": 1, "to_id": 2, "type": "about"}]
    record = {"id": 1, "text": "What brings you?", "entities": entities, "relations": relations}
    (layer,) = wb.load(write(tmp_path / "all.jsonl", [record])).layers
    assert layer.table["target_id"].to_list() == ["all-1:5-11", None]


def test_annotations_of_old_versions_name_their_users(tmp_path):
    entries = [{"label": 3, "start_offset": 0, "end_offset": 4, "user": user} for user in (1, 2)]
    corpus = wb.load(
        write(tmp_path / "x.jsonl", [{"id": 1, "text": "What?", "annotations": entries}])
    )
    assert [layer.metadata.coder for layer in corpus.layers] == ["annotator-1", "annotator-2"]


def test_columns_of_the_import_say_who_speaks_where(tmp_path):
    beside = {"dialogue_id": "d1", "topic": "sleep", "mood": 3}
    first, second = ({**record, **beside} for record in ANNA)
    records = [{**first, "speaker": "T", "turn": 0}, {**second, "speaker": "C", "turn": 1}]
    corpus = wb.load(write(tmp_path / "anna.jsonl", records), roles={"C": "patient"})
    assert corpus.utterances.select("conversation_id", "speaker", "role").rows() == [
        ("d1", "T", "therapist"),
        ("d1", "C", "patient"),
    ]
    assert corpus.conversations["topic"].to_list() == ["sleep"]
    assert corpus.utterances["meta.mood"].to_list() == [3, 3]
    renamed = wb.load(tmp_path / "anna.jsonl", columns={"mood": "session_number"})
    assert renamed.conversations["session_number"].to_list() == [3]


def test_texts_that_differ_between_annotators_are_listed(tmp_path):
    write(tmp_path / "out" / "anna.jsonl", ANNA)
    write(tmp_path / "out" / "bob.jsonl", [{**BOB[0], "text": "Another text."}, BOB[1]])
    corpus = wb.load(tmp_path / "out")
    (found,) = [finding for finding in corpus.findings if finding.check == "texts differ"]
    assert (found.level, found.count) == ("warning", 1)
    assert "bob.jsonl, row 1" in found.where


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"text": "Short.", "label": [[0, 99, "x"]]}, "row 2.*from 0 to 99"),
        ({"text": "Short.", "label": [{"a": 1}]}, "row 2.*neither a label nor a span"),
        ({"label": ["x"]}, "row 2.*no text"),
        (7, "row 2.*no object"),
    ],
)
def test_what_is_broken_is_refused_with_its_line(tmp_path, record, told):
    path = write(tmp_path / "x.jsonl", [ANNA[0], record])
    with pytest.raises(BadInput, match=rf"x\.jsonl, {told}"):
        wb.load(path, format="doccano")


def test_a_table_of_turns_is_not_claimed(tmp_path):
    table = write(tmp_path / "x.jsonl", [{"speaker": "T", "text": "Hello.", "label": "greeting"}])
    assert likeliest(table).name == "table"


# -- there and back --------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=coded_corpora())
def test_codings_come_back_or_are_told_as_lost(tmp_path_factory, corpus):
    path = tmp_path_factory.mktemp("coded") / "out"
    corpus.write(path, format="doccano")
    assert unexplained(corpus, wb.load(path), writer("doccano").lost(corpus)) == []


def test_the_demonstration_goes_out_as_one_project_a_scheme(tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    corpus.write(tmp_path / "out", format="doccano")
    projects = {file.parent.name for file in (tmp_path / "out").rglob("label_config.json")}
    assert projects == {f"{layer.metadata.scheme}.utterance" for layer in corpus.layers}
    types = json.loads(
        (tmp_path / "out" / "annomi-client.utterance" / "label_config.json").read_text()
    )
    assert [entry["text"] for entry in types] == ["change", "neutral", "sustain"]
    assert unexplained(corpus, wb.load(tmp_path / "out"), writer("doccano").lost(corpus)) == []


def test_what_an_annotator_did_with_our_texts_is_hers(tmp_path):
    """doccano exports the columns that were imported; the coder among them is not the annotator."""
    corpus = wb.load(bundled("data", "demo")).filter(conversations=["d01"])
    corpus.write(tmp_path / "out", format="doccano")
    (ours,) = (tmp_path / "out" / "annomi-helper.utterance").glob("*.jsonl")
    lines = [json.loads(line) for line in ours.read_text("utf-8").splitlines()]
    theirs = [{"id": n, **line, "label": ["reflection"]} for n, line in enumerate(lines)]
    again = wb.load(write(tmp_path / "anna.jsonl", theirs))
    (layer,) = again.layers
    about = layer.metadata
    assert (about.scheme, about.coder, about.coder_kind) == ("annomi-helper", "anna", "human")
    assert set(layer.table["unit_id"]) <= set(corpus.utterances["id"])
