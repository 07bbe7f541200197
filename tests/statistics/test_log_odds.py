"""Log-odds with a prior: a published example, single words by hand, and the calibration."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from workbench.errors import BadInput
from workbench.statistics import (
    Relabelling,
    benjamini_hochberg,
    cluster_interval,
    log_odds_intervals,
    log_odds_ratio,
    log_odds_test,
)


def test_the_example_of_the_package_fightin_words():
    """README of https://pypi.org/project/fightin-words/: z values of two sentences, prior 0.05 each."""
    one = Counter(["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "pig"])
    two = Counter(["the", "lazy", "purple", "pig", "jumps", "over", "the", "lazier", "donkey"])
    words = sorted(one | two)
    z = log_odds_ratio([one[w] for w in words], [two[w] for w in words], [0.05] * len(words))[1]
    found = dict(zip(words, z, strict=True))
    published = 0.6894227886807968
    assert {w: found[w] for w in ("donkey", "lazier", "purple")} == pytest.approx(
        dict.fromkeys(("donkey", "lazier", "purple"), -published)
    )
    assert {w: found[w] for w in ("brown", "fox", "quick")} == pytest.approx(
        dict.fromkeys(("brown", "fox", "quick"), published)
    )
    assert [found[w] for w in ("jumps", "lazy", "over", "pig", "the")] == pytest.approx([0] * 5)


def test_by_hand():
    """Equations 16, 20 and 22 for the first of three words, each step written out."""
    delta, z = log_odds_ratio([10, 30, 60], [5, 80, 115], [0.6, 4.4, 7.0])
    odds = (10.6 / (112 - 10.6), 5.6 / (212 - 5.6))
    assert delta[0] == pytest.approx(np.log(odds[0]) - np.log(odds[1]))
    assert z[0] == pytest.approx(delta[0] / np.sqrt(1 / 10.6 + 1 / 5.6))


def test_words_of_no_interest_may_be_one_column():
    first, second, prior = np.array([[4, 1, 7, 2], [6, 3, 1, 9], [0.2, 0.5, 0.3, 1.0]])
    whole = log_odds_ratio(first, second, prior)[0]
    merged = [np.append(x[:2], x[2:].sum()) for x in (first, second, prior)]
    assert log_odds_ratio(*merged)[0][:2] == pytest.approx(whole[:2])


def test_a_heavier_prior_draws_towards_no_difference():
    shares = np.array([0.1, 0.4, 0.5])
    size = [abs(log_odds_ratio([9, 1, 10], [1, 9, 10], w * shares)[0][0]) for w in (1, 100, 10_000)]
    assert size[0] > size[1] > size[2] > 0


def talk(seed, *, clusters=40, words=60, burst=0.05, rise=0.0):
    """Counts of bursty words; the first group says word 0 more often."""
    rng = np.random.default_rng(seed)
    base = rng.dirichlet(np.full(words, 0.5))
    first = np.arange(clusters) < clusters // 2
    counts = np.zeros((clusters, words))
    for row in range(clusters):
        share = base.copy()
        share[0] = 0.03 + (rise if first[row] else 0.0)
        own = rng.dirichlet(share / share.sum() / burst + 1e-3)
        counts[row] = rng.multinomial(rng.integers(50, 300), own)
    prior = 100 * (counts.sum(axis=0) + 0.1) / (counts.sum() + 0.1 * words)
    return counts, first, prior


@pytest.mark.parametrize("clusters", [12, 40])
def test_intervals_are_those_of_the_house(clusters):
    counts, first, prior = talk(1, clusters=clusters, words=5)
    found = log_odds_intervals(counts, first, np.arange(clusters), prior)

    def delta(rows, word):
        one, two = rows[first[rows]], rows[~first[rows]]
        return log_odds_ratio(counts[one].sum(axis=0), counts[two].sum(axis=0), prior)[0][word]

    for word in (0, 3):
        expected = cluster_interval(lambda rows, w=word: delta(rows, w), np.arange(clusters))
        assert (found[word].estimate, found[word].low, found[word].high) == pytest.approx(
            (expected.estimate, expected.low, expected.high)
        )
        assert found[word].n == counts[:, word].sum()


def test_calibration_by_hand():
    counts, first, prior = talk(2, clusters=8, words=4)
    found = log_odds_test(counts, first, prior, tested=3, permutations=60, random_state=5)
    draws = np.concatenate(list(Relabelling.of(first).draws(60, random_state=5)))
    z = np.array(
        [log_odds_ratio(counts[d].sum(axis=0), counts[~d].sum(axis=0), prior)[1][:3] for d in draws]
    )
    far = (z - z.mean(axis=0)) / z.std(axis=0)
    assert found.z_calibrated == pytest.approx(far[0])
    assert found.p_values == pytest.approx((np.abs(far) >= np.abs(far[0]) - 1e-9).mean(axis=0))
    largest = np.abs(far).max(axis=1)
    assert found.p_max == pytest.approx([(largest >= abs(x) - 1e-9).mean() for x in far[0]])
    assert found.distinct == 70


def test_a_planted_word_is_found_and_its_published_z_is_too_sure():
    counts, first, prior = talk(3, rise=0.12)
    found = log_odds_test(counts, first, prior, tested=60)
    assert found.p_max[0] <= 0.01
    assert found.z_calibrated[0] > 3
    z = log_odds_ratio(counts[first].sum(axis=0), counts[~first].sum(axis=0), prior)[1]
    assert abs(found.z_calibrated[0]) < abs(z[0])


def false_alarms(studies):
    """Studies in which nothing differs, with a finding by q, by p_max, and by the published z."""
    alarms = np.zeros(3, int)
    for seed in range(studies):
        counts, first, prior = talk(seed, clusters=30)
        test = log_odds_test(counts, first, prior, tested=60, permutations=1999, random_state=seed)
        z = log_odds_ratio(counts[first].sum(axis=0), counts[~first].sum(axis=0), prior)[1]
        normal = benjamini_hochberg((2 * stats.norm.sf(np.abs(z))).tolist())
        alarms += [
            min(benjamini_hochberg(test.p_values.tolist())) <= 0.05,
            test.p_max.min() <= 0.05,
            min(normal) <= 0.05,
        ]
    return alarms


def test_nothing_is_made_up_where_the_published_z_would():
    by_q, by_max, by_normal = false_alarms(60)
    bound = stats.binom.ppf(0.99, 60, 0.05)
    assert by_q <= bound
    assert by_max <= bound
    assert by_normal > 30


@pytest.mark.prove
def test_nothing_is_made_up_in_full():
    alarms = false_alarms(1_000)
    print(alarms)
    assert (alarms[:2] <= stats.binom.ppf(0.99, 1_000, 0.05)).all()


def test_bad_input():
    with pytest.raises(BadInput, match="prior count above 0"):
        log_odds_ratio([1, 2], [2, 1], [0.5, 0])
    with pytest.raises(BadInput, match="two words"):
        log_odds_ratio([1], [2], [0.5])
    with pytest.raises(BadInput, match="two words"):
        log_odds_ratio([1, 2], [2, 1, 4], [0.5, 0.5])
    with pytest.raises(BadInput, match="expected two, got one"):
        log_odds_test(np.ones((3, 2)), [1, 1, 1], [1, 1], tested=2)
    with pytest.raises(BadInput, match="none has clusters of both"):
        log_odds_test(np.ones((2, 2)), [1, 0], [1, 1], tested=2, strata=["a", "b"])
