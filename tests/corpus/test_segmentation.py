"""Cues become turns and turns sentences: no word is lost, and codings stay with what they coded."""

from dataclasses import replace

import polars as pl
import pytest
from generated_corpora import CHECKS, corpora
from hypothesis import given, settings

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.corpus.segmentation import join_turns, pauses
from workbench.errors import BadInput


@pytest.fixture
def cues():
    """A recogniser's cues: two of the therapist, three of the client, one of the therapist."""
    rows = [
        ("T", "So you would like", 0.0, 2.0, "good", 1),
        ("T", "to stop.", 2.1, 3.0, "good", 2),
        ("C", "Yes.", 3.4, 4.0, "poor", 3),
        ("C", " ", 4.0, 4.5, "poor", 3),
        ("C", "I think so.", 9.0, 11.0, "good", 3),
        ("T", "When?", 10.5, 12.0, None, 4),
    ]
    names = ["speaker", "text", "start", "end", "meta.sound", "meta.number"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.lit("a").alias("conversation_id"),
        role=pl.col("speaker").replace({"T": "therapist", "C": "client"}),
    )
    codes = Layer.build(
        "codes.me",
        pl.DataFrame({"unit_id": ["a-0", "a-1", "a-4", "a-5"], "label": ["x", None, "y", "x"]}),
        LayerMetadata("codes", "me", "human", labels=("x", "y")),
        probabilities=pl.DataFrame({"unit_id": ["a-0"], "x": [0.9], "y": [0.1]}),
    )
    words = Layer.build(
        "words.me",
        pl.DataFrame(
            {
                "unit_id": ["a-1", "a-4"],
                "target_id": ["a-2", "a-1"],
                "label": ["z", "z"],
                "start_char": [3, 2],
                "end_char": [7, 7],
            }
        ),
        LayerMetadata("words", "me", "human", unit="span"),
    )
    whole = Layer.build(
        "talk.me",
        pl.DataFrame({"unit_id": ["a"], "label": ["good"]}),
        LayerMetadata("talk", "me", "human", unit="conversation"),
    )
    return Corpus.build(frame, layers=[codes, words, whole])


def test_cues_of_one_speaker_become_one_turn(cues):
    turns = join_turns(cues).utterances
    assert turns["text"].to_list() == ["So you would like to stop.", "Yes. I think so.", "When?"]
    assert turns.select("id", "turn", "start", "end").rows() == [
        ("a-0", 0, 0.0, 3.0),
        ("a-2", 1, 3.4, 11.0),
        ("a-5", 2, 10.5, 12.0),
    ]
    assert turns["meta.sound"].to_list() == ["good", '["poor", "poor", "good"]', None]
    assert turns["meta.number"].to_list() == ["[1, 2]", "3", "4"]


def test_a_long_pause_begins_a_new_turn(cues):
    turns = join_turns(cues, longest_pause=2.0).utterances
    assert turns["text"].to_list() == ["So you would like to stop.", "Yes.", "I think so.", "When?"]
    assert turns["turn"].to_list() == [0, 1, 2, 3]
    assert join_turns(cues, longest_pause=0.05).utterances.height == 5
    with pytest.raises(BadInput, match="seconds"):
        join_turns(cues, longest_pause=-1)


def said(corpus, layer):
    """The words that each row of a layer of spans stands on."""
    texts = dict(corpus.utterances.select("id", "text").iter_rows())
    rows = corpus.layer(layer).table.select("unit_id", "start_char", "end_char").iter_rows()
    return [texts[unit][start:end] for unit, start, end in rows]


def test_codings_stay_with_their_words(cues):
    joined = join_turns(cues)
    assert said(joined, "codes.me") == ["So you would like", "to stop.", "I think so.", "When?"]
    assert said(joined, "words.me") == said(cues, "words.me") == ["stop", "think"]
    assert joined.layer("words.me").table["target_id"].to_list() == ["a-2", "a-0"]
    assert joined.layer("codes.me").metadata.unit == "span"
    assert joined.layer("codes.me").table["label"].to_list() == ["x", None, "y", "x"]
    assert joined.layer("talk.me").table.equals(cues.layer("talk.me").table)
    assert joined.layer("codes.me").probabilities is None
    assert joined.findings[-1].check == "probabilities left out"


def test_turns_of_two_people_and_left_out_neighbours_are_not_joined(cues):
    without_client = cues.filter(utterances=pl.col("speaker") == "T")
    assert join_turns(without_client).utterances["turn"].to_list() == [0, 4]
    two = replace(
        cues,
        utterances=cues.utterances.with_columns(speaker="speaker" + pl.col("turn").cast(pl.String)),
    )
    assert join_turns(two) is two


def test_answers_to_different_turns_are_not_joined():
    frame = pl.DataFrame(
        {
            "id": ["1", "2", "3", "4", "5"],
            "conversation_id": ["a"] * 5,
            "speaker": ["A", "B", "B", "B", "A"],
            "text": ["one", "two", "three", "four", "five"],
            "reply_to": [None, "1", "2", "1", "3"],
        }
    )
    turns = join_turns(Corpus.build(frame)).utterances
    assert turns.select("id", "reply_to").rows() == [
        ("1", None),
        ("2", "1"),
        ("4", "1"),
        ("5", "2"),
    ]


def test_pauses_are_positive_and_overlaps_negative(cues):
    table = pauses(join_turns(cues))
    assert table.select("before", "after", "from_role", "to_role").rows() == [
        ("a-0", "a-2", "therapist", "client"),
        ("a-2", "a-5", "client", "therapist"),
    ]
    assert table["seconds"].to_list() == pytest.approx([0.4, -0.5])


def words_of(corpus):
    spoken = corpus.utterances.group_by("conversation_id", maintain_order=True).agg("text")
    return {name: " ".join(texts).split() for name, texts in spoken.iter_rows()}


@given(corpora())
@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS)
def test_joining_keeps_every_word(corpus):
    joined = join_turns(corpus)
    assert words_of(joined) == words_of(corpus)
    assert joined.utterances["id"].is_in(corpus.utterances["id"].implode()).all()
    again = join_turns(joined)
    assert again.utterances["text"].to_list() == joined.utterances["text"].to_list()
    assert Corpus.build(joined.utterances).utterances.height == joined.utterances.height
