"""Vectors of people's words lie in the store that was named, whoever made them, and nowhere else."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus
from workbench.embedding import EmbeddingStore, Encoder

TALK = [
    ("therapist", "What would you like to change about the way that you have been smoking?"),
    ("client", "I want to stop, because it is not good for my kids and they know it."),
    ("therapist", "It sounds like you worry about what they think of you when you do that."),
]


@pytest.fixture
def corpus():
    rows = [
        {"conversation_id": talk, "speaker": role, "role": role, "text": f"{text} {talk}"}
        for talk in ("a", "b", "c")
        for role, text in TALK
    ]
    return Corpus.build(pl.DataFrame(rows))


@pytest.fixture(autouse=True)
def no_other_store(monkeypatch):
    """Whoever turns to the user's own store is found out; parts and blocks are small, and do not fit."""

    def refuse(folder):
        raise AssertionError("the user's own store was turned to")

    monkeypatch.setattr("workbench.embedding.cached._usual_store", refuse)
    monkeypatch.setattr("workbench.pipeline.labelling.PART_ROWS", 3)
    monkeypatch.setattr("workbench.embedding.cached.BLOCK_ROWS", 4)


@pytest.mark.parametrize("size", ["small", "full"])
def test_an_executor_changes_neither_codes_nor_what_the_store_holds(corpus, tmp_path, size):
    stores = [EmbeddingStore(tmp_path / name) for name in ("store here", "store there")]
    here = wb.code(wb.Study.create(tmp_path / "here", corpus), size=size, store=stores[0])
    study = wb.Study.create(tmp_path / "there", corpus)
    with ThreadPoolExecutor(2) as pool:
        there = wb.code(study, size=size, store=stores[1], executor=pool)
    for ours, theirs in zip(here, there, strict=True):
        assert ours.table.equals(theirs.table)
        assert ours.probabilities.equals(theirs.probabilities)
        assert ours.metadata == theirs.metadata
    assert stores[0].size().rows() == stores[1].size().rows()
    encoder = Encoder()
    expected = {encoder.fingerprint, encoder.at_layer(3).fingerprint}
    assert set(stores[0].fingerprints()) == expected


def test_earlier_layers_are_read_in_the_precision_that_was_asked_for(corpus, tmp_path):
    store, encoder = EmbeddingStore(tmp_path / "store"), Encoder(precision="fp32")
    wb.code(wb.Study.create(tmp_path / "study", corpus), encoder=encoder, store=store)
    assert set(store.fingerprints()) == {encoder.fingerprint, encoder.at_layer(3).fingerprint}


def test_vectors_that_are_there_are_not_made_again(corpus, tmp_path, monkeypatch):
    store = EmbeddingStore(tmp_path / "store")
    wb.code(wb.Study.create(tmp_path / "one", corpus), store=store)
    made = []
    monkeypatch.setattr(EmbeddingStore, "put", lambda *given: made.append(given))
    wb.code(wb.Study.create(tmp_path / "two", corpus), store=store)
    assert made == []
