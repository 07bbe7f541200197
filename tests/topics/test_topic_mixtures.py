"""Shares of topics per conversation."""

import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.topics import topic_mixtures


@pytest.fixture
def corpus():
    said = ["a", "b", "c", "d", "e"]
    return Corpus.build(
        pl.DataFrame({"id": said, "conversation_id": list("xxxyz"), "speaker": said, "text": said})
    )


def layer(labels, scheme="topics-client"):
    rows = pl.DataFrame({"unit_id": list(labels), "label": list(labels.values())})
    return Layer.build(scheme, rows, LayerMetadata(scheme, "bertopic", "model"))


def test_outliers_count_and_what_was_set_apart_does_not(corpus):
    mixtures = topic_mixtures(corpus, layer({"a": "0", "b": "-1", "c": None, "d": "10", "e": None}))
    assert mixtures.columns == ["conversation_id", "topics-client:0", "topics-client:10"]
    assert mixtures.rows() == [("x", 0.5, 0.0), ("y", 0.0, 1.0), ("z", None, None)]


def test_the_topics_of_two_sides_stand_beside_each_other(corpus):
    client, helper = layer({"a": "0"}), layer({"b": "0", "d": "1"}, "topics-helper")
    mixtures = topic_mixtures(corpus, client, helper)
    assert mixtures.columns[1:] == ["topics-client:0", "topics-helper:0", "topics-helper:1"]
    assert mixtures["conversation_id"].to_list() == corpus.conversations["id"].to_list()
    assert mixtures.row(0) == ("x", 1.0, 1.0, 0.0)


def test_layers_have_to_be_given_once_each(corpus):
    one = layer({"a": "0"})
    with pytest.raises(BadInput, match="each once"):
        topic_mixtures(corpus, one, one)
    with pytest.raises(BadInput, match="expected the topics layers"):
        topic_mixtures(corpus)
