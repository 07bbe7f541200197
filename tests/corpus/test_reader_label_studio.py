"""Label Studio: both shapes of task, every kind of result, what is noted, and there and back."""

import json

import polars as pl
import pytest
from coded_corpora import coded_corpora, layer, unexplained
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.readers import likeliest
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled

DIALOGUE = [
    {"author": "Therapist", "text": "What brings you here today?"},
    {"author": "Client", "text": "My sleep 😴, mostly."},
    {"author": "Client", "text": "And work."},
]


def write(path, tasks):
    path.write_text(json.dumps(tasks), "utf-8")
    return path


def paragraph(start, end, first, last, *labels, name="codes", **more):
    value = {"start": str(start), "end": str(end), "startOffset": first, "endOffset": last}
    value |= {"paragraphlabels": list(labels), **more.pop("value", {})}
    return {"from_name": name, "to_name": "d", "type": "paragraphlabels", "value": value, **more}


def conversation(*annotations, **more):
    return {"id": 5, "data": {"dialogue": DIALOGUE}, "annotations": list(annotations), **more}


def done(*results, by=1, **more):
    return {"completed_by": by, "result": list(results), "was_cancelled": False, **more}


def rows(layer, *columns):
    return layer.table.select("unit_id", *columns, "label").rows()


# -- one conversation per task ---------------------------------------------------------------------


def test_a_task_with_turns_is_a_conversation(tmp_path):
    data = {"dialogue": DIALOGUE, "topic": "sleep", "clinic": "north"}
    task = {"id": 5, "data": data, "annotations": [done(paragraph(0, 0, 0, 27, "open"))]}
    path = write(tmp_path / "export.json", [task])
    assert likeliest(path).name == "label-studio"
    corpus = wb.load(path)
    assert corpus.utterances.select("id", "speaker", "role").rows() == [
        ("export-5-0", "Therapist", "therapist"),
        ("export-5-1", "Client", "client"),
        ("export-5-2", "Client", "client"),
    ]
    talk = corpus.conversations.row(0, named=True)
    assert (talk["topic"], talk["meta.clinic"]) == ("sleep", "north")
    asked = wb.load(path, roles={"Client": "patient"})
    assert asked.utterances["role"].to_list() == ["therapist", "patient", "patient"]


def test_where_a_region_is_decides_its_unit(tmp_path):
    whole, part = paragraph(0, 0, 0, 27, "open"), paragraph(0, 0, 5, 11, "verb")
    across = paragraph(1, 2, 3, 3, "trouble")
    corpus = wb.load(write(tmp_path / "x.json", [conversation(done(whole, part, across))]))
    named = {each.metadata.unit: each for each in corpus.layers}
    assert rows(named["utterance"]) == [("x-5-0", "open")]
    assert rows(named["span"], "start_char", "end_char") == [("x-5-0", 5, 11, "verb")]
    assert rows(named["segment"], "start_char", "end_char", "target_id") == [
        ("x-5-1", 3, 19, None, "trouble"),
        ("x-5-2", 0, 3, "x-5-1", "trouble"),
    ]
    assert named["span"].name == "codes.annotator-1.span"


def test_every_annotator_and_control_is_a_layer_and_gold_is_gold(tmp_path):
    code = paragraph(0, 0, 0, 27, "open")
    mood = paragraph(1, 1, 0, 19, "tired", name="mood")
    ann = done(code, mood, by={"id": 3, "email": "ann@example.org"})
    bob = done(code, by={"id": 4, "first_name": "Bob", "last_name": "B."}, ground_truth=True)
    corpus = wb.load(write(tmp_path / "x.json", [conversation(ann, bob)]))
    assert {each.name: each.metadata.coder_kind for each in corpus.layers} == {
        "codes.ann@example.org": "human",
        "mood.ann@example.org": "human",
        "codes.Bob B.": "gold",
    }


def test_predictions_are_a_models_with_their_scores(tmp_path):
    guess = {"model_version": "head-2", "result": [paragraph(0, 0, 0, 27, "open", score=0.75)]}
    corpus = wb.load(write(tmp_path / "x.json", [conversation(predictions=[guess])]))
    (only,) = corpus.layers
    assert (only.metadata.coder, only.metadata.coder_kind) == ("head-2", "model")
    assert only.table["probability"].to_list() == [0.75]


def test_what_hangs_on_a_region_is_its_value_and_note(tmp_path):
    code = paragraph(0, 0, 0, 27, "open", id="r")
    rate = {**code, "from_name": "how", "type": "rating", "value": {**code["value"], "rating": 4}}
    note = {**code, "from_name": "why", "type": "textarea", "value": {"text": ["clear", "warm"]}}
    (only,) = wb.load(write(tmp_path / "x.json", [conversation(done(code, rate, note))])).layers
    assert rows(only, "value", "note") == [("x-5-0", 4.0, "clear\nwarm", "open")]


def test_a_relation_links_two_regions(tmp_path):
    first, second = paragraph(1, 1, 0, 19, "worry", id="a"), paragraph(2, 2, 4, 8, "work", id="b")
    link = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}
    corpus = wb.load(write(tmp_path / "x.json", [conversation(done(first, second, link))]))
    assert corpus.layer("codes.annotator-1").table["target_id"].to_list() == ["x-5-2:4-8"]


def test_choices_without_a_place_are_on_the_conversation(tmp_path):
    good = {"from_name": "quality", "type": "choices", "value": {"choices": ["high"]}}
    stars = {"from_name": "stars", "type": "rating", "value": {"rating": 4}}
    path = {"from_name": "topic", "type": "taxonomy", "value": {"taxonomy": [["a"], ["a", "b"]]}}
    corpus = wb.load(write(tmp_path / "x.json", [conversation(done(good, stars, path))]))
    assert {each.metadata.scheme: rows(each, "unit", "value") for each in corpus.layers} == {
        "quality": [("x-5", "conversation", None, "high")],
        "stars": [("x-5", "conversation", 4.0, "4")],
        "topic": [("x-5", "conversation", None, "a"), ("x-5", "conversation", None, "a/b")],
    }


def test_places_are_counted_as_the_browser_does_where_the_quote_says_so(tmp_path):
    """The face is one character and two units of a browser's string."""
    text = DIALOGUE[1]["text"]
    units = paragraph(1, 1, 13, 19, "how", value={"text": "mostly"})
    corpus = wb.load(write(tmp_path / "x.json", [conversation(done(units))]))
    start, end = corpus.layers[0].table.select("start_char", "end_char").row(0)
    assert text[start:end] == "mostly"


def test_regions_that_do_not_fit_are_listed(tmp_path):
    odd = [
        paragraph(0, 0, 5, 99, "x"),
        paragraph(7, 7, 0, 1, "x"),
        paragraph(0, 0, 5, 11, "x", value={"text": "others"}),
        {"type": "rectanglelabels", "value": {"x": 1}, "from_name": "box"},
        {"type": "choices", "value": {"choices": 3}, "from_name": "codes"},
        "?",
    ]
    skipped, empty = done(paragraph(0, 0, 0, 9, "x"), was_cancelled=True), done()
    corpus = wb.load(write(tmp_path / "x.json", [conversation(done(*odd), skipped, empty)]))
    found = {finding.check: (finding.level, finding.count) for finding in corpus.findings}
    assert found["beyond the text"] == ("warning", 2)
    assert found["quoted otherwise"] == ("warning", 1)
    assert found["of another kind"] == ("warning", 1)
    assert found["unreadable"] == ("warning", 2)
    assert found["skipped"] == ("note", 1)
    assert found["nothing marked"] == ("note", 1)


# -- one utterance per task ------------------------------------------------------------------------


def text_task(number, text, *annotations, **data):
    return {"id": number, "data": {"text": text, **data}, "annotations": list(annotations)}


def choice(*labels, name="code"):
    return {"from_name": name, "type": "choices", "value": {"choices": list(labels)}}


def test_texts_are_put_together_by_what_the_data_say(tmp_path):
    span = {"start": 0, "end": 4, "text": "What", "labels": ["wh"]}
    label = {"from_name": "words", "type": "labels", "value": span}
    tasks = [
        text_task(1, "What is it?", done(choice("question"), label), dialogue_id="d", speaker="T"),
        text_task(2, "My sleep.", done(choice(), by=1), done(by=2), dialogue_id="d", speaker="C"),
    ]
    corpus = wb.load(write(tmp_path / "x.json", tasks))
    assert corpus.utterances.select("id", "conversation_id", "role").rows() == [
        ("x-1", "d", "therapist"),
        ("x-2", "d", "client"),
    ]
    assert rows(corpus.layer("code.annotator-1")) == [("x-1", "question"), ("x-2", None)]
    assert rows(corpus.layer("code.annotator-2")) == [("x-2", None)]
    words = corpus.layer("words.annotator-1.span")
    assert rows(words, "start_char", "end_char") == [("x-1", 0, 4, "wh")]


def test_the_interface_says_labels_and_where_the_words_are(tmp_path):
    (tmp_path / "label_config.xml").write_text(
        '<View><Text name="t" value="$said"/><Choices name="code" toName="t" choice="multiple">'
        '<Choice value="b"/><Choice value="Long name" alias="a"/></Choices></View>'
    )
    task = {"data": {"said": "Hm.", "text_before": "Long enough to be taken."}, "annotations": []}
    task["annotations"] = [done(choice("a"))]
    write(tmp_path / "x.json", [task])
    corpus = wb.load(tmp_path)
    assert corpus.utterances["text"].to_list() == ["Hm."]
    about = corpus.layers[0].metadata
    assert (about.labels, about.exclusive) == (("b", "a"), False)


def test_json_min_is_read_too(tmp_path):
    after = {"annotator": 7, "annotation_id": 1, "created_at": "", "updated_at": "", "lead_time": 2}
    spans = [{"start": 3, "end": 8, "text": "sleep", "labels": ["topic", "body"]}]
    records = [
        {"text": "My sleep.", "id": 1, "code": "fact", "words": spans, **after},
        {
            "text": "My sleep.",
            "id": 1,
            "code": {"choices": ["fact", "worry"]},
            **after,
            "annotator": 8,
        },
    ]
    path = write(tmp_path / "x.json", records)
    assert likeliest(path).name == "label-studio"
    corpus = wb.load(path)
    assert corpus.utterances.height == 1
    assert rows(corpus.layer("code.annotator-7")) == [("x-1", "fact")]
    assert rows(corpus.layer("code.annotator-8")) == [("x-1", "fact"), ("x-1", "worry")]
    assert corpus.layer("words.annotator-7.span").table["label"].to_list() == ["topic", "body"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([{"data": {"text": "x"}, "annotations": []}, 3], "row 2.*no object"),
        ([{"annotations": []}], "row 1.*no data"),
        ([{"data": {"n": 1}, "annotations": []}], "row 1.*no text"),
        ([{"data": {"d": [{"text": "x"}, {"author": "T"}]}, "annotations": []}], "row 1.*no text"),
        ([], "no task"),
    ],
)
def test_what_is_no_task_is_refused(tmp_path, content, told):
    path = write(tmp_path / "x.json", content)
    with pytest.raises(BadInput, match=rf"x\.json.*{told}"):
        wb.load(path, format="label-studio")


def test_an_interface_with_entities_is_refused(tmp_path):
    (tmp_path / "label_config.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>')
    path = write(tmp_path / "x.json", [conversation(done())])
    with pytest.raises(BadInput, match=r"label_config\.xml.*DOCTYPE"):
        wb.load(path)


# -- there and back --------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=coded_corpora())
def test_codings_come_back_or_are_told_as_lost(tmp_path_factory, corpus):
    path = tmp_path_factory.mktemp("coded") / "out"
    corpus.write(path, format="label-studio")
    assert unexplained(corpus, wb.load(path), writer("label-studio").lost(corpus)) == []


def test_the_demonstration_keeps_its_layers(tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    corpus.write(tmp_path / "out", format="label-studio")
    again = wb.load(tmp_path / "out")
    assert unexplained(corpus, again, writer("label-studio").lost(corpus)) == []
    for each in corpus.layers:
        theirs = again.layer(f"{each.metadata.scheme}.{each.metadata.coder}")
        assert theirs.table.equals(each.table)
        assert theirs.metadata.labels == each.metadata.labels


def test_a_coder_who_is_no_person_makes_predictions(tmp_path):
    said = {"conversation_id": ["a"], "speaker": ["T"], "text": ["How so?"]}
    coded = [{"unit_id": "a-0", "label": "open", "probability": 0.5}]
    layers = [layer("mi", "head", coded, "llm"), layer("mi", "ann", [{"unit_id": "a-0"}])]
    corpus = Corpus.build(pl.DataFrame(said), layers=layers)
    corpus.write(tmp_path / "out", format="label-studio")
    (task,) = json.loads((tmp_path / "out" / "tasks.json").read_text("utf-8"))
    (guess,), (coded,) = task["predictions"], task["annotations"]
    assert (guess["model_version"], guess["result"][0]["score"]) == ("head", 0.5)
    assert coded["completed_by"] == {"email": "ann"}
    assert coded["result"][0]["value"]["paragraphlabels"] == []
