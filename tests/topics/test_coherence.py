"""c_npmi and topic diversity, against gensim and by hand."""

import math
from itertools import combinations

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.topics.coherence import coherence, reference_vocabulary, topic_diversity


def talk(n_texts=300, seed=0, repeats=True):
    """Texts of very different lengths over forty words, some of which go together."""
    rng = np.random.default_rng(seed)
    words = np.array([f"w{k}" for k in range(40)])
    texts = []
    for _ in range(n_texts):
        theme = rng.integers(4)
        own = rng.choice(words[theme * 10 : theme * 10 + 10], rng.integers(1, 20))
        any_ = rng.choice(words, rng.integers(0, 15))
        said = rng.permutation(np.concatenate([own, any_])).tolist()
        texts.append(said if repeats else list(dict.fromkeys(said)))
    return texts


def test_equal_to_gensim():
    """Where no window holds a word twice: gensim forgets such a word when its first token leaves."""
    from gensim.corpora import Dictionary
    from gensim.models import CoherenceModel

    texts = talk(repeats=False)
    rng = np.random.default_rng(1)
    topics = [[f"w{k}" for k in range(t * 10, t * 10 + 10)] for t in range(4)]
    topics += [
        rng.choice([f"w{k}" for k in range(40)], 10, replace=False).tolist() for _ in range(6)
    ]
    for window in (10, 5):
        peer = CoherenceModel(
            topics=topics,
            texts=texts,
            dictionary=Dictionary(texts),
            coherence="c_npmi",
            window_size=window,
            processes=1,
        )
        np.testing.assert_allclose(
            coherence(topics, texts, window=window), peer.get_coherence_per_topic(), atol=1e-6
        )


def test_equal_to_counting_window_by_window():
    texts, words = talk(60), [f"w{k}" for k in range(10)]
    windows = [set(text[at : at + 10]) for text in texts for at in range(max(len(text) - 9, 1))]
    p = {
        pair: sum(set(pair) <= window for window in windows) / len(windows)
        for pair in [*combinations(words, 2), *((word,) for word in words)]
    }
    pairs = [
        math.log((p[v, w] + 1e-12) / (p[v,] * p[w,])) / -math.log(p[v, w] + 1e-12)
        for v, w in combinations(words, 2)
    ]
    assert coherence([words], texts)[0] == pytest.approx(np.mean(pairs), abs=1e-12)


def test_worked_by_hand():
    """Four windows: p(a) = 3/4, p(b) = 2/4, p(a, b) = 1/4."""
    texts = [["a", "b"], ["a"], ["b", "c", "c"], ["a", "d"]]
    expected = math.log(1 / 4 / (3 / 4 * 2 / 4)) / -math.log(1 / 4)
    assert coherence([["a", "b"]], texts)[0] == pytest.approx(expected, abs=1e-9)


def test_a_window_slides_over_longer_texts():
    """a b c d, window 2: {a b} {b c} {c d}; b and c meet once, b is in two windows."""
    expected = math.log(1 / 3 / (2 / 3 * 2 / 3)) / -math.log(1 / 3)
    found = coherence([["b", "c"], ["a", "d"]], [["a", "b", "c", "d"]], window=2)
    assert found[0] == pytest.approx(expected, abs=1e-9)
    assert found[1] < -0.8  # never met


def test_words_that_share_every_window_are_fully_coherent():
    assert coherence([["a", "b"]], [["a", "b"]] * 3)[0] == 1


def test_words_of_one_theme_are_more_coherent_than_a_mixture():
    one, mixed = coherence(
        [[f"w{k}" for k in range(10)], [f"w{k}" for k in range(0, 40, 4)]], talk()
    )
    assert one > 0.05 > mixed


def test_words_outside_the_vocabulary_are_left_out():
    texts = [["a", "b", "x"]] * 5 + [["c", "a"]] * 4
    vocabulary = reference_vocabulary(texts, texts=5)
    assert vocabulary == {"a", "b", "x"}
    whole = coherence([["a", "b"]], texts)
    np.testing.assert_array_equal(coherence([["a", "b", "c"]], texts, vocabulary=vocabulary), whole)
    assert np.isnan(coherence([["a", "c"], ["z"], []], texts, vocabulary=vocabulary)).all()


def test_order_of_texts_and_words_does_not_matter():
    texts = talk(50)
    topic = [f"w{k}" for k in range(6)]
    np.testing.assert_allclose(coherence([topic], texts), coherence([topic[::-1]], texts[::-1]))


def test_a_reference_without_words_is_refused():
    with pytest.raises(BadInput, match="holds no word"):
        coherence([["a", "b"]], [[], []])
    with pytest.raises(BadInput, match="window"):
        coherence([["a", "b"]], [["a"]], window=0)


def test_diversity_counts_distinct_words():
    assert topic_diversity([["a", "b"], ["a", "c"]]) == 0.75
    assert math.isnan(topic_diversity([]))
