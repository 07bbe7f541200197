"""A corpus in parts, in memory and on disk: the parts are the whole, and a part is only a part."""

import polars as pl
import pytest
from generated_corpora import CHECKS, PHASES, assert_same, corpora
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import workbench as wb
from workbench.corpus import Corpus, storage
from workbench.errors import BadInput
from workbench.resources import bundled


def put_together(parts):
    parts = list(parts)
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.followed_by(part)
    return whole


@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=corpora(), rows=st.integers(1, 8))
def test_the_parts_are_the_whole(corpus, rows):
    parts = list(corpus.partitions(rows=rows))
    longest = corpus.utterances.group_by("conversation_id").len()["len"].max()
    assert all(part.utterances.height <= max(rows, longest) for part in parts)
    together = put_together(parts)
    assert_frame_equal(together.utterances, corpus.utterances)
    assert_frame_equal(together.conversations, corpus.conversations)
    for layer in corpus.layers:
        assert_frame_equal(together.layer(layer.name).table, layer.table)


@pytest.fixture(params=[1000, 7], ids=["one file", "many files"])
def stored(request, tmp_path, monkeypatch):
    """The demonstration corpus on disk, whole or in parts of seven rows and more."""
    monkeypatch.setattr(storage, "PARTITION_ROWS", request.param)
    corpus = wb.load(bundled("data", "demo")).filter(conversations=["d01", "d02", "d03", "d04"])
    corpus.write(tmp_path / "corpus")
    return corpus, tmp_path / "corpus"


def test_a_corpus_in_parts_loads_as_it_was(stored):
    corpus, folder = stored
    assert (folder / "utterances" / "00003.parquet").is_file() == (
        not (folder / "utterances.parquet").is_file()
    )
    assert_same(corpus, wb.load(folder))


def test_a_selection_is_the_filter_of_the_whole(stored):
    corpus, folder = stored
    opened = Corpus.open(folder)
    helpers = pl.col("side") == "helper"
    for chosen in (
        {"conversations": ["d03", "d01"]},
        {"conversations": pl.col("id") == "d02"},
        {"utterances": helpers},
        {"conversations": ["d04"], "utterances": helpers},
    ):
        part, wanted = opened.select(**chosen), corpus.filter(**chosen)
        assert_frame_equal(part.utterances, wanted.utterances)
        assert_frame_equal(part.conversations, wanted.conversations)
        assert_frame_equal(part.speakers, wanted.speakers)
        for layer in wanted.layers:
            assert_frame_equal(part.layer(layer.name).table, layer.table)
            assert part.layer(layer.name).metadata == layer.metadata


def test_partitions_from_disk_are_those_from_memory(stored):
    corpus, folder = stored
    for part, again in zip(
        corpus.partitions(rows=40), Corpus.open(folder).partitions(rows=40), strict=True
    ):
        assert_frame_equal(part.utterances, again.utterances)


def test_nothing_is_selected_where_nothing_fits(stored):
    _, folder = stored
    assert Corpus.open(folder).select(conversations=["d99"]).utterances.height == 0


def test_what_is_no_stored_corpus_is_refused_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(BadInput, match="workbench convert"):
        Corpus.open(tmp_path)


def test_a_lost_part_is_named(stored):
    _, folder = stored
    for file in folder.glob("utterances/00002.parquet"):
        file.unlink()
        with pytest.raises(BadInput, match=r"00002\.parquet"):
            wb.load(folder)
