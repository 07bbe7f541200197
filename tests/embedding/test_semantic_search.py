"""The semantic search gives what the full float32 product gives, at a fraction of its memory traffic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.embedding.search import SemanticIndex
from workbench.embedding.search import semantic as module
from workbench.errors import BadInput


def alike(n, d=384, *, clusters=40, seed=0):
    """Unit vectors as talk has them: many near each other, many the same."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((clusters, d))
    vectors = centres[generator.integers(clusters, size=n)] + 0.3 * generator.standard_normal(
        (n, d)
    )
    vectors[generator.integers(n, size=n // 4)] = vectors[0]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def exact(vectors, query, k, rows=None):
    """The k nearest by a full float64 product; equal cosines in the order of the rows."""
    wide, sought = vectors.astype(float), np.asarray(query, float)
    lengths = np.linalg.norm(wide, axis=1)
    cosines = wide @ sought / np.where(lengths == 0, 1, lengths) / np.linalg.norm(sought)
    if rows is not None:
        cosines = np.where(rows, cosines, -np.inf)
    return np.lexsort((np.arange(len(wide)), -cosines.round(12)))[:k], cosines


def same_neighbours(found, cosines, wanted):
    """Equal rows, but for neighbours whose cosines differ by less than float32 can tell."""
    return np.allclose(cosines[found], cosines[wanted], atol=3e-7, rtol=0)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_it_finds_what_the_full_product_finds(kind):
    vectors = alike(20_000).astype(kind)
    index = SemanticIndex(vectors, device="cpu")
    queries = alike(30, seed=1).astype(np.float32) + 0.02
    for query in queries:
        found = index.search(query, 10)
        wanted, cosines = exact(vectors, query, 10)
        assert same_neighbours(found.rows[0], cosines, wanted)
        assert np.allclose(found.cosines[0], cosines[found.rows[0]], atol=1e-6)


def test_few_of_many_vectors_are_scored_again():
    index = SemanticIndex(alike(20_000, clusters=2_000), device="cpu")
    assert index.search(alike(1, seed=5), 10).reranked.max() < 200


def test_many_queries_at_once_find_what_each_finds_alone():
    index = SemanticIndex(alike(5_000), device="cpu")
    queries = alike(module._FEW + 3, seed=2)
    together = index.search(queries, 7)
    for place, query in enumerate(queries):
        alone = index.search(query, 7)
        assert np.array_equal(together.rows[place], alone.rows[0])
        assert np.array_equal(together.cosines[place], alone.cosines[0])


def test_equal_vectors_come_in_the_order_of_their_rows():
    vectors = np.repeat(alike(3), 4_000, axis=0)
    found = SemanticIndex(vectors, device="cpu").search(vectors[4_000].astype(np.float32), 50)
    assert np.array_equal(found.rows[0], np.arange(4_000, 4_050))
    assert len(set(found.cosines[0])) == 1


def test_threads_do_not_matter():
    import torch

    index, query = SemanticIndex(alike(30_000), device="cpu"), alike(1, seed=3)
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(index.search(query, 25))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(found[0].rows, found[1].rows)
    assert np.array_equal(found[0].cosines, found[1].cosines)


def test_only_masked_rows_are_searched():
    vectors = alike(3_000)
    rows = np.arange(3_000) % 7 == 3
    found = SemanticIndex(vectors, device="cpu").search(
        vectors[0].astype(np.float32), 20, rows=rows
    )
    wanted, cosines = exact(vectors, vectors[0], 20, rows)
    assert rows[found.rows[0]].all()
    assert same_neighbours(found.rows[0], cosines, wanted)


@pytest.mark.parametrize("masked", [0, 3])
def test_fewer_than_k_rows_are_all_found(masked):
    index = SemanticIndex(alike(50), device="cpu")
    found = index.search(alike(2, seed=4), 10, rows=np.arange(50) < masked)
    assert found.rows.shape == found.cosines.shape == (2, masked)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 40),
    st.floats(1e-3, 1e3),
    st.sampled_from([np.float16, np.float32]),
)
def test_any_lengths_and_dimensions(seed, dimension, size, kind):
    generator = np.random.default_rng(seed)
    vectors = (generator.standard_normal((300, dimension)) * size).astype(kind)
    vectors[generator.integers(300, size=5)] = 0
    query = generator.standard_normal(dimension).astype(np.float32)
    found = SemanticIndex(vectors, device="cpu").search(query, 12)
    wanted, cosines = exact(vectors, query, 12)
    assert np.allclose(found.cosines[0], cosines[wanted], atol=2e-6)


def test_where_the_scan_breaks_its_bound_the_answer_is_still_right(monkeypatch):
    """A processor that summed in half precision would be found out by the re-ranking."""
    import torch

    vectors = alike(4_000)
    index, query = SemanticIndex(vectors, device="cpu"), vectors[9].astype(np.float32)
    right = index.search(query, 10)
    plain = torch.mv
    monkeypatch.setattr(torch, "mv", lambda matrix, vector: plain(matrix, vector) * 0.9)
    assert np.array_equal(index.search(query, 10).rows, right.rows)


def test_memory_is_the_vectors_and_a_number_each():
    vectors = alike(1_000)
    assert SemanticIndex(vectors, device="cpu").nbytes == vectors.nbytes + 4 * 1_000


@pytest.mark.parametrize(
    ("vectors", "query", "options", "told"),
    [
        (np.ones(3), np.ones(3), {}, "shape"),
        (np.array([[1.0, np.nan]]), np.ones(2), {}, "not finite, first row 0"),
        (np.ones((2, 3)), np.ones(4), {}, "4 numbers.* 3"),
        (np.ones((2, 3)), np.zeros(3), {}, "length zero"),
        (np.ones((2, 3)), np.ones(3), {"k": 0}, "k=0"),
        (np.ones((2, 3)), np.ones(3), {"rows": [True]}, "expected 2 booleans"),
    ],
)
def test_bad_input_is_one_clear_message(vectors, query, options, told):
    with pytest.raises(BadInput, match=told):
        SemanticIndex(vectors, device="cpu").search(query, **{"k": 1, **options})


@pytest.mark.prove
def test_a_million_vectors_recall_all_of_the_ten_nearest():
    vectors = alike(1_000_000, clusters=20_000)
    index = SemanticIndex(vectors, device="cpu")
    kept = []
    for query in alike(20, seed=6).astype(np.float32):
        wanted, cosines = exact(vectors, query, 10)
        kept.append(same_neighbours(index.search(query, 10).rows[0], cosines, wanted))
    assert all(kept)
