"""The Corpus and the Layer as values: filter, one conversation, outcomes, checksum."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.resources import bundled


@pytest.fixture(scope="module")
def demo():
    return wb.load(bundled("data", "demo"))


@pytest.fixture
def tiny():
    turns = pl.DataFrame(
        {
            "conversation_id": ["a", "a", "a", "b", "b"],
            "speaker": ["T", "C", "T", "T", "D"],
            "role": ["therapist", "client", "therapist", "therapist", "client"],
            "text": ["Hello.", "Hi.", "How are you?", "Good day.", "Bye."],
        }
    )
    layer = Layer.build(
        "codes.gold",
        pl.DataFrame({"unit_id": ["a-0", "a-2", "b-0"], "label": ["x", "y", "x"]}),
        LayerMetadata("codes", "gold", "gold", labels=("x", "y")),
    )
    return Corpus.build(turns, layers=[layer])


def test_build_fills_what_can_be_derived(tiny):
    assert tiny.utterances["id"].to_list() == ["a-0", "a-1", "a-2", "b-0", "b-1"]
    assert tiny.utterances["turn"].to_list() == [0, 1, 2, 0, 1]
    assert tiny.utterances["side"].to_list() == ["helper", "client", "helper", "helper", "client"]
    assert tiny.conversations.select("id", "source").rows() == [("a", "a"), ("b", "b")]
    assert tiny.speakers.rows() == [("T", "therapist"), ("C", "client"), ("D", "client")]


def test_filter_restricts_every_table_and_layer(tiny):
    part = tiny.filter(conversations=["b"])
    assert part.utterances["id"].to_list() == ["b-0", "b-1"]
    assert part.speakers["id"].to_list() == ["T", "D"]
    assert part.layer("codes.gold").table["unit_id"].to_list() == ["b-0"]
    helpers = tiny.filter(utterances=pl.col("side") == "helper")
    assert helpers.utterances["turn"].to_list() == [0, 2, 0]
    assert tiny.utterances.height == 5
    assert tiny.filter(conversations=pl.col("id") == "zz").utterances.is_empty()


def test_one_conversation(tiny):
    talk = tiny.conversation("a")
    assert len(talk) == 3
    assert talk.facts["source"] == "a"
    with pytest.raises(BadInput, match="There is no conversation 'c'"):
        tiny.conversation("c")
    with pytest.raises(BadInput, match=r"Did you mean 'codes\.gold'"):
        tiny.layer("code.gold")


def test_outcomes_join_by_conversation_and_by_speaker(tiny):
    by_talk = tiny.join_outcomes(pl.DataFrame({"session": ["b"], "ors": [31.5]}), key="session")
    assert by_talk.conversations["ors"].to_list() == [None, 31.5]
    by_person = tiny.join_outcomes(
        pl.DataFrame({"id": ["C", "D", "E"], "phq": [10, 4, 1]}), by="speaker"
    )
    assert by_person.speakers["phq"].to_list() == [None, 10, 4]
    assert "phq" not in tiny.speakers.columns
    again = by_talk.join_outcomes(pl.DataFrame({"id": ["a"], "ors": [20.0]}))
    assert again.conversations["ors"].to_list() == [20.0, None]


def test_outcome_ids_may_be_numbers():
    turns = {"conversation_id": ["1", "2"], "speaker": ["T", "T"], "text": ["x", "y"]}
    joined = Corpus.build(pl.DataFrame(turns)).join_outcomes(pl.DataFrame({"id": [2], "ors": [3]}))
    assert joined.conversations["ors"].to_list() == [None, 3]


@pytest.mark.parametrize(
    ("table", "key", "told"),
    [
        ({"session": ["a"]}, "id", "There is no column 'id'"),
        ({"id": ["a", "a"], "x": [1, 2]}, "id", "stand twice"),
        ({"id": ["q"], "x": [1]}, "id", "ids here look like 'a'"),
    ],
)
def test_outcomes_that_do_not_fit_are_refused(tiny, table, key, told):
    with pytest.raises(BadInput, match=told):
        tiny.join_outcomes(pl.DataFrame(table), key=key)


def test_corpora_follow_each_other_only_without_common_ids(tiny):
    with pytest.raises(BadInput, match="already in the corpus"):
        tiny.followed_by(tiny)
    both = tiny.filter(conversations=["a"]).followed_by(tiny.filter(conversations=["b"]))
    assert both.checksum() == tiny.checksum()
    assert both.layer("codes.gold").table.height == 3


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(60)), columns=st.randoms())
def test_the_checksum_is_blind_to_the_order_of_rows_and_columns(order, columns):
    demo = wb.load(bundled("data", "demo"))
    part = demo.filter(conversations=["d01", "d02", "d03"])
    frame = part.utterances.head(60)
    names = list(frame.columns)
    columns.shuffle(names)
    shuffled = Corpus.build(
        frame[list(order)].select(names),
        conversations=part.conversations.reverse(),
        speakers=part.speakers.reverse(),
    )
    straight = Corpus.build(frame, conversations=part.conversations, speakers=part.speakers)
    assert shuffled.checksum() == straight.checksum()


def test_made_ids_follow_the_turns_not_the_rows():
    frame = pl.DataFrame(
        {
            "conversation_id": ["a"] * 3,
            "turn": [0, 1, 2],
            "speaker": ["T"] * 3,
            "text": ["x", "y", "z"],
        }
    )
    assert Corpus.build(frame.reverse()).checksum() == Corpus.build(frame).checksum()


def test_the_checksum_sees_every_value(demo):
    first = demo.checksum()
    changed = demo.join_outcomes(pl.DataFrame({"id": ["d01"], "rating": [1]}))
    assert changed.checksum() != first
    assert demo.filter(utterances=pl.col("turn") > 0).checksum() != first


def test_the_repr_tells_counts_and_no_words(tiny):
    told = repr(tiny)
    assert "2 conversations, 5 utterances, 3 speakers" in told
    assert "Hello" not in told


def test_layers_refuse_labels_outside_their_scheme():
    rows = pl.DataFrame({"unit_id": ["a"], "label": ["z"]})
    with pytest.raises(BadInput, match=r"labels outside its scheme: \['z'\]"):
        Layer.build("l", rows, LayerMetadata("s", "c", "human", labels=("x",)))
    with pytest.raises(BadInput, match="needs a column 'unit_id'"):
        Layer.build("l", rows.drop("unit_id"), LayerMetadata("s", "c", "human"))


def test_layer_counts_have_expected_counts_where_there_are_probabilities():
    rows = pl.DataFrame({"unit_id": ["a", "b", "c"], "label": ["x", "x", None]})
    shares = pl.DataFrame(
        {"unit_id": ["a", "b", "c"], "x": [0.75, 0.5, 0.25], "y": [0.0, 0.5, 0.5]}
    )
    facts = LayerMetadata("s", "m", "model", labels=("x", "y"), exclusive=False)
    layer = Layer.build("l", rows, facts, probabilities=shares)
    assert layer.counts().rows() == [("x", 2, 1.5), ("y", 0, 1.0)]
    assert layer.restricted_to(pl.Series(["a"])).counts().rows() == [("x", 1, 0.75), ("y", 0, 0.0)]


def test_pandas_tables_are_taken():
    import pandas as pd

    turns = pd.DataFrame({"conversation_id": ["a"], "speaker": ["T"], "text": ["Hello."]})
    corpus = Corpus.build(turns, conversations=pd.DataFrame({"id": ["a"], "ors": [3.5]}))
    assert corpus.conversations["ors"].to_list() == [3.5]
    joined = corpus.join_outcomes(pd.DataFrame({"id": ["T"], "age": [40]}), by="speaker")
    assert joined.speakers["age"].to_list() == [40]
    with pytest.raises(BadInput, match="Expected a table"):
        Corpus.build([1, 2])


def test_a_filter_does_not_take_an_utterance_for_the_conversation_of_its_name():
    frame = pl.DataFrame({"id": ["a", "b", "c"], "conversation_id": ["b", "b", "x"]})
    turns = frame.with_columns(speaker=pl.lit("s"), text=pl.lit("t"))
    rows = pl.DataFrame({"unit_id": ["a", "b", "c"], "label": ["x"] * 3})
    layer = Layer.build("l", rows, LayerMetadata("s", "h", "human"))
    whole = Corpus.build(turns, layers=[layer])
    kept = whole.filter(utterances=pl.col("id") == "a")
    assert kept.layers[0].table["unit_id"].to_list() == ["a"]
