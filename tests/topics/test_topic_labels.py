"""Topic mixtures find the problems of ESConv's conversations better than words alone do."""

import numpy as np
import pytest
from label_agreement import (
    agreement,
    clusters,
    difference,
    hellinger,
    labelled,
    lda,
    shares,
    tfidf,
)

import workbench as wb
from workbench.embedding import embed
from workbench.settings import data_home
from workbench.statistics import paired_difference

SEEDS = (1,)


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_mixtures_agree_with_the_problems_of_esconv_better_than_tfidf_and_lda():
    """`make bench` has the table with five seeds, AnnoMI, and how the default was chosen."""
    corpus = wb.load(data_home() / "esconv" / "esconv_raw.jsonl.gz")
    embeddings = embed(corpus.utterances["text"].to_list())
    found = labelled(corpus, embeddings)
    assert found.k == 10
    ours = [
        clusters(hellinger(shares(corpus, embeddings, found, random_state=seed)), found.k, seed)
        for seed in SEEDS
    ]
    words = tfidf(found.texts)
    by_words = [clusters(words, found.k, seed) for seed in SEEDS]
    by_lda = [clusters(lda(found.texts, found.k, seed), found.k, seed) for seed in SEEDS]
    for theirs in (by_words, by_lda):
        gained = difference(found, ours, theirs)
        assert gained.low > 0, gained
    # labels dealt out anew to the conversations agree with nothing
    dealt = np.random.default_rng(0).permutation(found.labels)
    assert abs(agreement(dealt, ours)(np.arange(len(dealt)))) < 0.03


@pytest.mark.prove
def test_the_paired_interval_of_ami_covers_the_true_difference():
    """Rows drawn from a population of which both agreements are known."""
    rng = np.random.default_rng(7)

    def draw(n):
        truth = rng.choice(10, n, p=[0.25, 0.23, 0.17, 0.15, 0.12, 0.02, 0.02, 0.02, 0.01, 0.01])
        noisy = [
            np.where(rng.random(n) < kept, truth, rng.integers(10, size=n)) for kept in (0.65, 0.55)
        ]
        return truth, noisy

    truth, noisy = draw(200_000)
    everybody = np.arange(len(truth))
    one, other = (agreement(truth, [x])(everybody) for x in noisy)
    covered = 0
    for _ in range(200):
        truth, noisy = draw(240)
        found = paired_difference(
            *(agreement(truth, [x]) for x in noisy), np.arange(240), method="jackknife"
        )
        covered += found.low <= one - other <= found.high
    assert covered >= 0.91 * 200
