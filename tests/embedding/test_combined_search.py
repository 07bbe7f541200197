"""Filters, and one ranking from meaning and words."""

import math

import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.embedding.search import (
    Filters,
    SemanticIndex,
    bm25,
    ranks,
    reciprocal_rank_fusion,
    search,
)
from workbench.errors import BadInput

TEXTS = (
    "What worries you?",
    "Losing my job worries me.",
    "You sleep badly.",
    "I sleep two hours. Sleep is gone.",
    "Go on.",
    "The boss will fire me.",
)
VECTORS = np.array(
    [[0.1, 1, 0], [1, 0.2, 0], [0, 0, 1], [0, 0.1, 1], [0, 1, 0], [1, 0, 0.1]], np.float32
)
JOB = [1.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def corpus():
    rows = [
        {
            "conversation_id": "ab"[i // 4],
            "speaker": "TC"[i % 2] + "ab"[i // 4],
            "role": ("therapist", "client")[i % 2],
            "text": text,
        }
        for i, text in enumerate(TEXTS)
    ]
    talks = pl.DataFrame({"id": ["a", "b"], "session_number": [1, 2]})
    return Corpus.build(pl.DataFrame(rows), conversations=talks)


def layer(name, labels, *, unit="utterance"):
    table = pl.DataFrame({"unit_id": list(labels), "label": list(labels.values())})
    scheme = name.split(".")[0]
    return Layer.build(name, table, LayerMetadata(scheme, "gold", "gold", unit=unit))


@pytest.fixture(scope="module")
def layers():
    return (
        layer("talk.gold", {"a-1": "change_talk", "a-3": "sustain", "b-1": "change_talk"}),
        layer("goemotions.head", {"a-1": "fear", "b-1": "fear", "a-3": "sadness"}),
        layer("topics-helper", {"a-0": "0", "a-2": "1", "b-0": "-1"}),
        layer("topics-client", {"a-1": "0", "a-3": "1", "b-1": "0"}),
        layer("outcome.gold", {"b": "better"}, unit="conversation"),
    )


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (Filters(), [0, 1, 2, 3, 4, 5]),
        (Filters(side="client"), [1, 3, 5]),
        (Filters(role="therapist", conversation="b"), [4]),
        (Filters(session=2), [4, 5]),
        (Filters(code="Change talk"), [1, 5]),
        (Filters(code="talk.gold:sustain"), [3]),
        (Filters(code="better"), [4, 5]),
        (Filters(emotion="fear", conversation="a"), [1]),
        (Filters(topic=0), [0, 1, 5]),
        (Filters(topic=0, side="client"), [1, 5]),
    ],
    ids=str,
)
def test_filters_leave_what_meets_all_of_them(corpus, layers, where, wanted):
    assert np.flatnonzero(where.mask(corpus, layers)).tolist() == wanted


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (Filters(side="helpers"), "side 'helpers'. Did you mean 'helper'"),
        (Filters(role="pilot"), "role 'pilot'"),
        (Filters(conversation="c"), "conversation 'c'"),
        (Filters(session=9), "session '9'"),
        (Filters(code="sustian"), "Did you mean 'sustain'"),
        (Filters(code="fear"), "label 'fear'"),
        (Filters(emotion="change_talk"), "label 'change_talk'"),
        (Filters(topic=7), "label '7'"),
        (Filters(code="nolayer:sustain"), "layer 'nolayer'"),
    ],
    ids=str,
)
def test_what_is_not_there_is_refused_with_what_is(corpus, layers, where, told):
    with pytest.raises(BadInput, match=told):
        where.mask(corpus, layers)


def test_meaning_and_words_make_one_score(corpus):
    found = search(corpus, index=SemanticIndex(VECTORS), query=JOB, keywords="worries", k=6)
    table = found.table
    by_meaning = [5, 1, 0, 3, 2, 4]  # by hand, from VECTORS; 2 and 4 are equally far
    meaning = ranks((VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True))[:, 0])
    assert [int(meaning[row]) for row in by_meaning] == [1, 2, 3, 4, 4, 4]
    # row 0 is the shorter of the two with the word, so BM25 puts it first
    scores = {row: 1 / (60 + int(meaning[row])) for row in range(6)}
    scores[0] += 1 / 61
    scores[1] += 1 / 62
    wanted = sorted(scores, key=lambda row: (-scores[row], row))
    assert table["unit_id"].to_list() == corpus.utterances["id"].gather(wanted).to_list()
    assert table["score"].to_list() == pytest.approx([scores[row] for row in wanted])
    assert dict(table.drop_nulls("keyword_rank")["unit_id", "keyword_rank"].iter_rows()) == {
        "a-0": 1,
        "a-1": 2,
    }
    assert "rank by similarity" in found.note
    assert "1 keyword (BM25)" in found.note


def test_words_alone_find_only_what_has_them(corpus):
    table = search(corpus, keywords="sleep boss").table
    assert set(table["unit_id"]) == {"a-2", "a-3", "b-1"}
    assert table["similarity"].null_count() == 3


def test_meaning_is_searched_within_the_filters_and_the_expression(corpus):
    found = search(
        corpus,
        index=SemanticIndex(VECTORS),
        query=JOB,
        regex=r"\bme\b",
        where=Filters(side="client"),
    )
    assert found.table["unit_id"].to_list() == ["b-1", "a-1"]
    assert found.among == 2
    assert "2 of 6 utterances (where side client, matching the regex)" in found.note


def test_a_filter_alone_lists_in_the_order_of_the_corpus(corpus):
    found = search(corpus, where=Filters(side="client"), k=2)
    assert found.table["unit_id"].to_list() == ["a-1", "a-3"]
    assert found.table["score"].null_count() == 2
    assert "order of the corpus" in found.note


def test_nothing_found_is_an_empty_table_of_the_same_columns(corpus):
    found = search(corpus, keywords="xyzzy")
    assert found.table.is_empty()
    assert found.table.schema == search(corpus, keywords="sleep").table.schema


def test_bm25_by_hand():
    texts = pl.Series(["sleep sleep now", "sleep", "no"])
    mean = 5 / 3
    rarity = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    wanted = [
        rarity * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * length / mean))
        for f, length in ((2, 3), (1, 1), (0, 1))
    ]
    assert bm25(texts, ["sleep"]) == pytest.approx(wanted)


def test_fusion_by_hand():
    assert reciprocal_rank_fusion([1, 3], [2, None]) == pytest.approx([1 / 61 + 1 / 62, 1 / 63])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "Nothing is sought"),
        ({"query": JOB}, "needs the embeddings"),
        ({"query": JOB, "index": SemanticIndex(VECTORS[:2])}, "2 embeddings for 6 utterances"),
        ({"keywords": "sleep", "k": 0}, "k=0"),
    ],
)
def test_bad_input_is_one_clear_message(corpus, options, told):
    with pytest.raises(BadInput, match=told):
        search(corpus, **options)
