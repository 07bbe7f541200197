"""Differences of many shares: against statsmodels and single tests; level, coverage, chance findings."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from workbench.errors import BadInput
from workbench.statistics import (
    Relabelling,
    benjamini_hochberg,
    cluster_interval,
    cluster_proportions,
    permutation_test,
    share_difference_test,
    share_differences,
)


def simulated(seed, *, clusters=14, kinds=2, rise=0.0):
    """Totals, numerators (clusters with shares of their own) and labels of the first half."""
    rng = np.random.default_rng(seed)
    totals, first = rng.integers(10, 60, clusters), np.arange(clusters) < clusters // 2
    own = rng.beta(4, 12, size=(clusters, kinds)) + rise * np.outer(first, np.arange(kinds) == 0)
    return rng.binomial(totals[:, None], np.clip(own, 0, 1)), totals, first


# -- the estimate ----------------------------------------------------------------------------------


def test_difference_within_strata_is_mantel_and_haenszels():
    """By hand: strata with risks 8/20 against 5/25, and 30/40 against 4/10."""
    rows = [
        ([8], 20, True, "a"),
        ([5], 25, False, "a"),
        ([30], 40, True, "b"),
        ([4], 10, False, "b"),
    ]
    parts, totals, first, strata = zip(*rows, strict=True)
    found = share_differences(parts, totals, first, list("wxyz"), strata=strata)[0]
    above = (8 * 25 - 5 * 20) / 45 + (30 * 10 - 4 * 40) / 50
    below = 20 * 25 / 45 + 40 * 10 / 50
    assert found.estimate == pytest.approx(above / below)
    assert found.n == 95


def test_strata_with_one_group_add_nothing():
    parts, totals, first = simulated(0)
    extra = (
        np.vstack([parts, [[50, 0], [0, 50]]]),
        np.append(totals, [50, 50]),
        np.append(first, [1, 1]),
    )
    strata = ["s"] * 14 + ["alone"] * 2
    plain = share_differences(parts, totals, first, np.arange(14))
    with_more = share_differences(*extra, np.arange(16), strata=strata)
    assert [x.estimate for x in with_more] == pytest.approx([x.estimate for x in plain])
    nowhere = share_differences(parts, totals, first, np.arange(14), strata=first.astype(int))
    assert all(x.estimate is None and x.reason for x in nowhere)


@pytest.mark.parametrize("clusters", [14, 40])
def test_intervals_are_those_of_the_house(clusters):
    parts, totals, first = simulated(1, clusters=clusters)
    found = share_differences(parts, totals, first, np.arange(clusters))
    for column, estimate in enumerate(found):

        def gap(rows, said=parts[:, column]):
            one, two = rows[first[rows]], rows[~first[rows]]
            if not (len(one) and len(two)):
                return None
            return said[one].sum() / totals[one].sum() - said[two].sum() / totals[two].sum()

        expected = cluster_interval(gap, np.arange(clusters))
        assert estimate.method == expected.method
        assert (estimate.estimate, estimate.low, estimate.high) == pytest.approx(
            (expected.estimate, expected.low, expected.high)
        )


def test_a_cluster_may_lie_in_both_groups():
    parts, totals, first = simulated(2)
    ids = np.arange(14) % 7  # every cluster has a row in each group
    found = share_differences(parts, totals, first, ids)[0]
    assert found.n_clusters == 7
    expected = (parts[first, 0].sum() / totals[first].sum()) - (
        parts[~first, 0].sum() / totals[~first].sum()
    )
    assert found.estimate == pytest.approx(expected)


def coverage(studies, *, clusters, strata):
    """Share of studies whose interval holds a true difference of 0.1; strata shift both groups."""
    rng = np.random.default_rng(8)
    hits = 0
    for _ in range(studies):
        group, stratum = np.arange(clusters) % 2 == 0, (np.arange(clusters) // 2) % strata
        totals = 1 + rng.negative_binomial(2, 2 / 26, clusters)
        mean = 0.2 + 0.1 * group + 0.1 * stratum
        own = rng.beta(9 * mean, 9 * (1 - mean))
        parts = rng.binomial(totals, own)[:, None]
        found = share_differences(parts, totals, group, np.arange(clusters), strata=stratum)[0]
        hits += found.low <= 0.1 <= found.high
    return hits / studies


@pytest.mark.parametrize(("clusters", "strata"), [(20, 1), (24, 3), (60, 3)])
def test_intervals_keep_their_level(clusters, strata):
    assert coverage(400, clusters=clusters, strata=strata) >= 0.92 - 3 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.prove
@pytest.mark.parametrize(("clusters", "strata"), [(12, 1), (20, 1), (24, 3), (60, 1), (60, 3)])
def test_intervals_keep_their_level_in_full(clusters, strata):
    found = coverage(4_000, clusters=clusters, strata=strata)
    print(clusters, strata, found)
    assert 0.92 - 3 * np.sqrt(0.95 * 0.05 / 4_000) <= found <= 0.97


def coverage_of_means(studies, *, sources):
    """Means of conversation shares, and their difference; conversations of a source resemble each other."""
    rng = np.random.default_rng(9)
    hits = np.zeros(2)
    for _ in range(studies):
        talks, first = rng.integers(1, 4, sources), np.arange(sources) % 2 == 0
        mean = np.where(first, 0.2, 0.1)
        sums = np.zeros(sources)
        for source, own in enumerate(rng.beta(12 * mean, 12 * (1 - mean))):
            turns = 3 + rng.negative_binomial(2, 2 / 26, talks[source])
            shares = rng.beta(20 * own + 1e-6, 20 * (1 - own) + 1e-6, talks[source])
            sums[source] = (rng.binomial(turns, shares) / turns).sum()
        ids = np.arange(sources)
        share = cluster_proportions(sums[first, None], talks[first], ids[first])[0]
        gap = share_differences(sums[:, None], talks, first, ids)[0]
        hits += [share.low <= 0.2 <= share.high, gap.low <= 0.1 <= gap.high]
    return hits / studies


@pytest.mark.parametrize("sources", [20, 60])
def test_means_of_shares_keep_their_level(sources):
    found = coverage_of_means(200, sources=sources)
    assert (found >= 0.92 - 3 * np.sqrt(0.95 * 0.05 / 200)).all()


@pytest.mark.prove
@pytest.mark.parametrize("sources", [12, 20, 40, 60, 100])
def test_means_of_shares_keep_their_level_in_full(sources):
    found = coverage_of_means(4_000, sources=sources)
    print(sources, found)
    assert (found >= 0.92 - 3 * np.sqrt(0.95 * 0.05 / 4_000)).all()


# -- the test --------------------------------------------------------------------------------------


def test_p_values_are_near_the_exact_test_of_each():
    parts, totals, first = simulated(4, rise=0.1)
    found = share_difference_test(parts, totals, first, permutations=4000)
    assert found.distinct == 3432
    for column, p_value in enumerate(found.p_values):

        def share(rows, said=parts[:, column]):
            return said[rows].sum() / totals[rows].sum()

        exact = permutation_test(share, first, np.arange(14), permutations=4000)
        assert exact.exact
        assert p_value == pytest.approx(exact.p_value, abs=4 * np.sqrt(0.25 / 4000))


def test_labels_stay_within_strata():
    first, strata = np.array([1, 0, 0, 1, 1, 0, 1, 1], bool), np.array(list("aaabbbcc"))
    relabelling = Relabelling.of(first, strata)
    assert relabelling.distinct == 3 * 3 * 1
    assert len(relabelling.mixed) == 2
    draws = np.concatenate(list(relabelling.draws(500, random_state=0)))
    assert draws.shape == (501, 8)
    assert (draws[0] == first).all()
    for name in "abc":
        assert (draws[:, strata == name].sum(axis=1) == first[strata == name].sum()).all()
    assert len(np.unique(draws, axis=0)) == 9


def test_what_strata_explain_is_no_finding():
    """One site has mostly the first group and speaks of the kind more; within sites nothing differs."""
    rng = np.random.default_rng(5)
    site = np.arange(60) < 30
    first = np.where(site, np.arange(60) % 5 > 0, np.arange(60) % 5 == 0)
    totals = rng.integers(20, 40, 60)
    parts = rng.binomial(totals, np.where(site, 0.5, 0.2))[:, None]
    assert share_difference_test(parts, totals, first, permutations=999).p_values[0] == 0.001
    within = share_difference_test(parts, totals, first, strata=site, permutations=999)
    assert within.p_values[0] > 0.05
    assert (
        abs(share_differences(parts, totals, first, np.arange(60), strata=site)[0].estimate) < 0.05
    )


def test_level_under_the_null_with_and_without_strata():
    hits = np.zeros((2, 3), int)
    for seed in range(400):
        parts, totals, _ = simulated(seed, clusters=16, kinds=3)
        first, strata = np.arange(16) % 3 == 0, np.arange(16) // 8
        parts += (np.minimum(totals - parts.max(axis=1), 8) * strata)[:, None]
        for line, within in enumerate((None, strata)):
            test = share_difference_test(
                parts, totals, first, strata=within, permutations=99, random_state=seed
            )
            hits[line] += np.array(test.p_values) <= 0.05
    assert (hits <= stats.binom.ppf(0.999, 400, 0.05)).all()


def test_chance_findings_are_those_of_each_relabelling_tested_alone():
    parts, totals, first = simulated(6, clusters=8, kinds=4)
    found = share_difference_test(parts, totals, first, level=0.8, permutations=150, random_state=3)
    draws = np.concatenate(list(Relabelling.of(first).draws(150, random_state=3)))
    shares = [parts[d].sum(axis=0) / totals[d].sum() for d in draws]
    others = [parts[~d].sum(axis=0) / totals[~d].sum() for d in draws]
    gaps = np.abs(np.array(shares) - np.array(others))
    findings = []
    for line in gaps[1:]:
        p_values = [(gaps[:, k] >= line[k] - 1e-12).mean() for k in range(4)]
        findings.append(multipletests(p_values, alpha=0.2, method="fdr_bh")[0].sum())
    assert found.chance_findings == pytest.approx(np.mean(findings))
    assert found.chance_any == pytest.approx(np.mean(np.array(findings) > 0))
    assert 0 < found.chance_any < 0.35


def false_alarms(studies):
    """Simulated studies of 40 compositional shares in which nothing differs: how many have a finding."""
    alarms = 0
    for seed in range(studies):
        rng = np.random.default_rng(seed)
        own = rng.dirichlet(np.full(40, 0.1), 60)
        parts = np.array(
            [rng.multinomial(n, p) for n, p in zip(rng.integers(5, 60, 60), own, strict=True)]
        )
        test = share_difference_test(
            parts, parts.sum(axis=1), np.arange(60) < 20, permutations=1999, random_state=seed
        )
        alarms += any(q <= 0.05 for q in benjamini_hochberg(test.p_values))
    return alarms


def test_nothing_is_made_up():
    assert false_alarms(60) <= stats.binom.ppf(0.99, 60, 0.05)


@pytest.mark.prove
def test_nothing_is_made_up_in_full():
    alarms = false_alarms(1_000)
    print(alarms)
    assert alarms <= stats.binom.ppf(0.99, 1_000, 0.05)


@pytest.mark.parametrize(
    ("totals", "first", "strata"),
    [
        ([1, 0], [True, False], None),
        ([1, 2], [True, True], None),
        ([1], [True, False], None),
        ([1, 2], [True, False], ["a"]),
        ([1, 2], [True, False], ["a", "b"]),
    ],
)
def test_what_cannot_be_compared_is_refused(totals, first, strata):
    with pytest.raises(BadInput):
        share_difference_test([[1], [0]], totals, first, strata=strata)
    with pytest.raises(BadInput, match="at least 1"):
        share_difference_test([[1], [0]], [1, 2], [True, False], permutations=0)
