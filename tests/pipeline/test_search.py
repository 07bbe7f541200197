"""Searching a study: meaning, words, filters, sequences; what is missing is named with its command."""

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus
from workbench.embedding.search import Filters, SemanticIndex
from workbench.errors import BadInput, NotComputed
from workbench.pipeline import embed_study, find_sequences, keyword_in_context
from workbench.resources import bundled


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """The demonstration corpus with its embeddings and the layers it came with."""
    study = wb.Study.create(
        tmp_path_factory.mktemp("search") / "study", wb.load(bundled("data", "demo"))
    )
    embed_study(study)
    return study


@pytest.fixture
def bare(tmp_path):
    rows = [
        {"conversation_id": "a", "speaker": "T", "role": "therapist", "text": "How are you?"},
        {"conversation_id": "a", "speaker": "C", "role": "client", "text": "Tired."},
    ]
    return wb.Study.create(tmp_path / "bare", Corpus.build(pl.DataFrame(rows)))


def test_a_turn_is_the_nearest_to_its_own_words(embedded):
    turns = embedded.corpus.utterances.filter(pl.col("text").str.len_chars() > 60)
    for unit, text in turns.sample(5, seed=1)["id", "text"].iter_rows():
        first = wb.search(embedded, text, k=1).table.row(0, named=True)
        assert first["unit_id"] == unit
        assert first["similarity"] == pytest.approx(1, abs=2e-3)


def test_meaning_is_found_without_the_words(embedded):
    table = wb.search(embedded, "I lie awake at night", k=20).table
    assert table["text"].str.to_lowercase().str.contains("sleep|bed|awake|nights?").sum() >= 5
    assert table["similarity"].is_sorted(descending=True)


def test_it_gives_what_the_index_gives(embedded):
    from workbench.embedding import Encoder

    query = "afraid to lose the job"
    rows = Filters(side="client").mask(embedded.corpus)
    index = SemanticIndex(embedded.embeddings())
    near = index.search(Encoder().encode([query]), 7, rows=rows)
    table = wb.search(embedded, query, where=Filters(side="client"), k=7).table
    ids = embedded.corpus.utterances["id"].gather(near.rows[0])
    assert table["unit_id"].to_list() == ids.to_list()
    assert np.allclose(table["similarity"], near.cosines[0], atol=1e-6)


def test_filters_use_the_layers_of_the_study(embedded):
    table = wb.search(embedded, "worry", where=Filters(code="sustain", emotion="fear"), k=50).table
    for name, label in (("annomi-client.intended", "sustain"), ("goemotions.intended", "fear")):
        layer = embedded.layer(name).table
        carrying = layer.filter(pl.col("label") == label)["unit_id"]
        assert table["unit_id"].is_in(carrying.implode()).all()
    assert len(table)


def test_words_and_sequences_of_a_study(embedded):
    lines = keyword_in_context(embedded, "sleep", where=Filters(side="client"))
    assert set(lines["side"]) == {"client"}
    found = find_sequences(embedded, "complex reflection, then sustain talk within two turns")
    assert len(found) > 3
    assert "Intended by the authors" in found.note


def test_a_study_is_found_changed(embedded, tmp_path):
    """New sessions make the embeddings out of date, also for an index that is still in memory."""
    study = wb.Study.create(
        tmp_path / "study", wb.load(bundled("data", "demo")).filter(conversations=["d01"])
    )
    embed_study(study)
    assert len(wb.search(study, "hello", k=500)) == study.corpus.utterances.height
    study.add(wb.load(bundled("data", "demo")).filter(conversations=["d02"]))
    with pytest.raises(NotComputed, match="workbench analyse"):
        wb.search(study, "hello")
    embed_study(study)
    assert len(wb.search(study, "hello", k=500)) == study.corpus.utterances.height


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({"query": "tired"}, "workbench analyse"),
        ({"keywords": "tired", "where": Filters(code="change")}, "workbench code"),
        ({"keywords": "tired", "where": Filters(emotion="joy")}, "workbench emotion"),
        ({"keywords": "tired", "where": Filters(topic=1)}, "workbench topics"),
    ],
)
def test_what_is_missing_names_its_command(bare, options, command):
    with pytest.raises(NotComputed, match=command):
        wb.search(bare, **options)


def test_a_sequence_without_any_layer_names_the_command(bare):
    with pytest.raises(NotComputed, match="workbench code"):
        find_sequences(bare, "question then change")


def test_words_need_no_embeddings(bare):
    assert wb.search(bare, keywords="tired").table["unit_id"].to_list() == ["a-1"]


def test_another_encoder_is_refused_or_told(bare):
    rows = np.eye(2, 5)
    bare.write_embeddings(rows, encoder="other-5")
    with pytest.raises(BadInput, match="5 numbers"):
        wb.search(bare, "tired")
    bare.write_embeddings(np.eye(2, 384), encoder="other-384")
    assert "embedded with other-384" in wb.search(bare, "tired").note


def test_nothing_sought_is_told(bare):
    with pytest.raises(BadInput, match="Nothing is sought"):
        wb.search(bare, "  ")
