from hypothesis import given
from hypothesis import strategies as st

from workbench.language_models import prefix_tree
from workbench.language_models.prefix_tree import chunks_of_alike, grow

SEQUENCES = st.sets(
    st.lists(st.integers(0, 2), min_size=1, max_size=60).map(tuple), min_size=1, max_size=30
).map(sorted)


@given(SEQUENCES)
def test_every_sequence_is_the_path_to_its_last_node(sequences):
    nodes = grow(sequences)
    for index, sequence in enumerate(sequences):
        path = [node for node in nodes if index in node.sequences]
        assert sum((node.tokens for node in path), ()) == sequence
        for before, after in zip([None, *path], path, strict=False):
            assert after.parent == (-1 if before is None else nodes.index(before))
            assert after.start == (0 if before is None else before.start + len(before.tokens))
            assert after.level == (0 if before is None else before.level + 1)
            assert before is None or before.inner


def test_a_long_beginning_is_held_once():
    start = tuple(range(100))
    nodes = grow(sorted((*start, number) for number in range(1000, 1010)))
    assert [len(node.tokens) for node in nodes] == [100] + [1] * 10


def test_a_short_beginning_is_repeated():
    assert prefix_tree.WORTH_SHARING > 6
    nodes = grow([(1, 2, 3, 4), (1, 2, 3, 5)])
    assert [node.tokens for node in nodes] == [(1, 2, 3, 5), (1, 2, 3, 4)]


@given(SEQUENCES, st.integers(1, 200))
def test_chunks_cover_all_in_order(sequences, budget):
    chunks = chunks_of_alike(sequences, budget=budget)
    assert [index for chunk in chunks for index in chunk] == list(range(len(sequences)))
