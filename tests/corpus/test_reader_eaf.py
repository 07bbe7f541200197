"""ELAN documents: what each kind of tier becomes, and what is refused."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pympi.Elan import Eaf
from spoiled_files import assert_loads_or_refuses, spoiled

import workbench as wb
from workbench.errors import BadInput

SAMPLE = Path(__file__).parent / "samples" / "eaf" / "session.eaf"
TEXT = SAMPLE.read_text("utf-8")


def load(folder, text, **options):
    (folder / "s.eaf").write_text(text, "utf-8")
    return wb.load(folder / "s.eaf", **options)


def test_speech_tiers_become_utterances_in_the_order_of_time():
    turns = wb.load(SAMPLE).utterances
    assert turns.select("speaker", "start", "end").rows() == [
        ("Dr. Lee", 0.0, 1.5),
        ("Sam", 1.5, 4.0),
        ("Dr. Lee", 3.2, 5.25),  # overlaps
        ("Sam", 5.25, None),  # ends at a slot without a time
    ]
    assert turns["text"][2] == "So it is hard & you go on."
    assert turns["id"].to_list() == [f"session-{n}" for n in range(4)]


def test_dependent_tiers_become_meta():
    turns = wb.load(SAMPLE).utterances
    assert turns["meta.gloss"].to_list() == [None, "Hard, but I want to go on.", None, None]
    assert turns["meta.words"].to_list() == ["How was it", None, None, None]


def test_tiers_with_a_vocabulary_become_one_layer_for_each_annotator():
    corpus = wb.load(SAMPLE)
    assert [layer.name for layer in corpus.layers] == ["mi.anna", "mi.ben", "affect.anna"]
    anna, ben, affect = corpus.layers
    assert anna.table["label"].to_list() == ["question", "reflection"]
    assert ben.table.select("unit_id", "label").rows() == [
        ("session-0", "reflection"),
        ("session-2", None),  # seen, and nothing assigned
    ]
    assert anna.metadata.labels == ("question", "reflection")
    assert (anna.metadata.scheme, anna.metadata.coder) == ("mi", "anna")
    assert affect.table.select("unit_id", "label").rows() == [("session-1", "tense")]
    assert affect.metadata.labels == ("tense", "calm")


def test_facts_of_the_document():
    corpus = wb.load(SAMPLE)
    talk = corpus.conversations.row(0, named=True)
    assert (talk["meta.media"], talk["meta.room"]) == ("./session.mp4", "small")
    assert talk["meta.date"] == "2024-03-05T14:30:00+01:00"
    assert corpus.metadata.licence == "CC0-1.0"
    assert corpus.speakers.select("id", "meta.tier").rows() == [
        ("Dr. Lee", "T-speech"),
        ("Sam", "C-speech"),
    ]


def test_annotations_of_no_utterance_are_listed():
    found = wb.load(SAMPLE).report().filter(check="astray")
    assert found["count"].to_list() == [1]
    assert "['affect']" in found["message"][0]


@pytest.mark.parametrize("key", ["Dr. Lee", "T-speech"])
def test_roles_go_by_participant_and_tier(key):
    corpus = wb.load(SAMPLE, roles={key: "therapist", "Sam": "client"})
    assert corpus.utterances["side"].to_list() == ["helper", "client", "helper", "client"]


def test_tiers_without_participant_are_speakers_and_role_words_are_roles(tmp_path):
    text = TEXT.replace(' PARTICIPANT="Sam"', "").replace("C-speech", "Client")
    corpus = load(tmp_path, text)
    assert corpus.utterances["role"].to_list() == ["other", "client", "other", "client"]
    assert corpus.utterances["speaker"][1] == "client-s"
    assert "['Client']" in corpus.report().filter(check="tiers as speakers")["message"][0]
    assert corpus.utterances["meta.gloss"][1] is not None


def test_without_annotator_the_tiers_name_the_coder(tmp_path):
    text = TEXT.replace(' ANNOTATOR="anna"', "").replace(' ANNOTATOR="ben"', "")
    assert [layer.name for layer in load(tmp_path, text).layers] == [
        *("mi.MI", "mi.MI-ben"),
        "affect.affect",
    ]


def test_two_codings_of_one_annotator_stay_apart(tmp_path):
    layers = load(tmp_path, TEXT.replace('ANNOTATOR="ben"', 'ANNOTATOR="anna"')).layers
    assert [layer.name for layer in layers] == ["mi.anna", "mi.anna.MI-ben", "affect.anna"]


def test_frames_count_as_time(tmp_path):
    corpus = load(tmp_path, TEXT.replace('"milliseconds"', '"PAL-frames"'))
    assert corpus.utterances["end"][0] == 60.0


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ('TIME_VALUE="1500"', 'TIME_VALUE="soon"', "malformed time"),
        ('TIME_SLOT_REF2="ts5"', 'TIME_SLOT_REF2="ts99"', "malformed time"),
        ('ANNOTATION_REF="a3"', 'ANNOTATION_REF="a99"', "astray"),
        ('ANNOTATION_REF="a3"', 'ANNOTATION_REF="a7"', "astray"),  # refers to itself
    ],
)
def test_what_is_wrong_is_listed_and_the_rest_is_loaded(tmp_path, old, new, check):
    corpus = load(tmp_path, TEXT.replace(old, new, 1))
    assert check in corpus.report()["check"].to_list()
    assert corpus.utterances.height == 4


ATTACK = '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]>\n<ANNOTATION_DOCUMENT'


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (TEXT[:-400], "row 1"),
        (TEXT.replace("<ANNOTATION_DOCUMENT", ATTACK, 1), "entities"),
        ('<?xml version="1.0"?>\n<FOLIA/>', "no ELAN document"),
        (TEXT.replace("milliseconds", "fortnights"), "fortnights"),
        (TEXT.replace(' TIER_ID="default"', ""), "TIER_ID"),
        ("<ANNOTATION_DOCUMENT><TIER TIER_ID='a'/></ANNOTATION_DOCUMENT>", "no utterance"),
        ("", "empty"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path, text, hint):
    with pytest.raises(BadInput, match=hint) as refused:
        load(tmp_path, text, format="eaf")
    assert "s.eaf" in str(refused.value)


@settings(max_examples=120, deadline=None)
@given(content=spoiled(TEXT.encode()), form=st.sampled_from([None, "eaf"]))
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, content, form):
    assert_loads_or_refuses(tmp_path_factory.mktemp("spoiled") / "s.eaf", content, format=form)


def test_pympi_reads_the_same():
    theirs = Eaf(str(SAMPLE))
    turns = wb.load(SAMPLE).utterances
    for tier, who in (("T-speech", "Dr. Lee"), ("C-speech", "Sam")):
        rows = sorted(theirs.get_annotation_data_for_tier(tier))
        ours = turns.filter(pl.col("speaker") == who).select("start", "text").rows()
        assert ours == [(start / 1000, text) for start, _, text, *_ in rows]
