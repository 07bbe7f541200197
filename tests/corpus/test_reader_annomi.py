"""AnnoMI: a small file a person can check, and the counts of the data card on the real ones."""

import time

import polars as pl
import pytest

import workbench as wb
from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")

SIMPLE = """\
transcript_id,mi_quality,video_title,video_url,topic,utterance_id,interlocutor,timestamp,\
utterance_text,main_therapist_behaviour,client_talk_type
7,high,Film,https://v/1,smoking cessation ,0,therapist,00:01:05,How do you feel?,question,n/a
7,high,Film,https://v/1,smoking cessation ,1,client,00:09:025,"Well,
I could stop.",n/a,change
8,low,Film,https://v/1,drinking,0,client,01:00:00,Hm.,n/a,neutral
"""

FULL = """\
mi_quality,transcript_id,video_title,video_url,topic,utterance_id,interlocutor,timestamp,\
utterance_text,annotator_id,therapist_input_exists,therapist_input_subtype,reflection_exists,\
reflection_subtype,question_exists,question_subtype,main_therapist_behaviour,client_talk_type
high,7,F,u,t,0,therapist,00:00:01,Both.,2,False,n/a,True,complex,True,open,reflection,n/a
high,7,F,u,t,0,therapist,00:00:01,Both.,10,False,n/a,False,n/a,False,n/a,other,n/a
high,7,F,u,t,1,client,00:00:02,Yes.,2,n/a,n/a,n/a,n/a,n/a,n/a,n/a,change
high,7,F,u,t,1,client,00:00:02,Yes.,10,n/a,n/a,n/a,n/a,n/a,n/a,n/a,neutral
"""


@pytest.fixture
def simple(tmp_path):
    (tmp_path / "s.csv").write_text(SIMPLE)
    return wb.load(tmp_path / "s.csv")


@pytest.fixture
def full(tmp_path):
    (tmp_path / "f.csv").write_text(FULL)
    return wb.load(tmp_path / "f.csv")


def test_utterances_of_the_simple_file(simple):
    turns = simple.utterances
    assert turns["id"].to_list() == ["annomi-7-0", "annomi-7-1", "annomi-8-0"]
    assert turns["speaker"].to_list() == ["therapist-7", "client-7", "client-8"]
    assert turns["start"].to_list() == [65.0, None, 3600.0]
    assert turns["timestamp"][1] == "00:09:025"
    assert turns["text"][1] == "Well,\nI could stop."
    assert "row 3" in simple.report().filter(check="malformed time")["where"][0]


def test_conversations_of_the_simple_file(simple):
    first = simple.conversation("annomi-7").facts
    assert first["source"] == "https://v/1"
    assert first["topic"] == first["target_behaviour"] == "smoking cessation"
    assert first["quality"] == "high"
    assert first["meta.transcript_id"] == "7"
    assert simple.conversations["source"].n_unique() == 1
    assert simple.metadata.language == "en"


def test_gold_layers_leave_out_what_does_not_apply(simple):
    helper, client = simple.layer("annomi-helper.gold"), simple.layer("annomi-client.gold")
    assert helper.table.select("unit_id", "label").rows() == [("annomi-7-0", "question")]
    assert client.table["label"].to_list() == ["change", "neutral"]
    assert helper.metadata.coder_kind == "gold"
    assert helper.metadata.exclusive


def test_full_file_has_each_utterance_once_and_a_layer_per_annotator(full):
    assert full.utterances["id"].to_list() == ["annomi-7-0", "annomi-7-1"]
    names = {layer.name for layer in full.layers}
    assert names == {
        f"annomi-{scheme}.annotator-{k}"
        for scheme in ("helper", "client", "helper-flags")
        for k in (2, 10)
    }
    assert full.layer("annomi-client.annotator-10").table["label"].to_list() == ["neutral"]
    flags = full.layer("annomi-helper-flags.annotator-2")
    assert flags.table["label"].to_list() == ["question", "open", "reflection", "complex"]
    assert not flags.metadata.exclusive
    assert full.layer("annomi-helper-flags.annotator-10").table["label"].to_list() == [None]


@REAL
def test_real_simple_file_counts_as_on_its_card():
    path = data_home() / "annomi" / "AnnoMI-simple.csv"
    corpus = wb.load(path)
    began = time.perf_counter()
    corpus = wb.load(path)
    assert time.perf_counter() - began < 1.0
    assert (corpus.conversations.height, corpus.utterances.height) == (106, 7338)
    assert corpus.conversations["source"].n_unique() == 92
    assert corpus.conversations["topic"].n_unique() == 35
    counts = dict(corpus.layer("annomi-helper.gold").counts().select("label", "count").iter_rows())
    assert counts == {"other": 1140, "question": 1063, "reflection": 1007, "therapist_input": 488}
    counts = dict(corpus.layer("annomi-client.gold").counts().select("label", "count").iter_rows())
    assert counts == {"neutral": 2252, "change": 957, "sustain": 431}
    assert corpus.utterances["start"].null_count() == 1


@REAL
def test_real_full_file_counts_as_on_its_card():
    simple = wb.load(data_home() / "annomi" / "AnnoMI-simple.csv")
    full = wb.load(data_home() / "annomi" / "AnnoMI-full.csv.gz")
    assert full.checksum() == simple.checksum()
    assert len(full.layers) == 30
    flags = pl.concat(la.table for la in full.layers if la.metadata.scheme == "annomi-helper-flags")
    counts = dict(flags["label"].value_counts().iter_rows())
    assert counts[None] == 1298
    subtypes = {"information": 477, "advice": 171, "negotiation": 145, "options": 59}
    subtypes |= {"simple": 784, "complex": 682, "open": 1006, "closed": 769}
    assert {label: counts[label] for label in subtypes} == subtypes
    main = [la.table.height for la in full.layers if la.metadata.scheme != "annomi-helper-flags"]
    assert sum(main) == 9408
