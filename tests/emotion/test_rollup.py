import numpy as np
import pytest

from workbench.emotion.rollup import (
    Rollup,
    grouped_labels,
    read_rollups,
    union_scores,
    write_rollups,
)
from workbench.emotion.tiers import EKMAN, EMOTIONS, SENTIMENT
from workbench.errors import BadInput


def _some(n=4000, seed=3):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.4, 8, (n, 28))
    return p, rng.random((n, 28)) < p


def test_union_of_one_member_is_the_member_and_of_several_one_minus_none():
    p, _ = _some(50)
    odds = union_scores("ekman", p)
    q = 1 / (1 + np.exp(-odds))
    disgust, fear = EMOTIONS.index("disgust"), EMOTIONS.index("fear")
    nervous = EMOTIONS.index("nervousness")
    assert q[:, EKMAN.index("disgust")] == pytest.approx(np.clip(p[:, disgust], 1e-6, 1))
    both = 1 - (1 - p[:, fear]) * (1 - p[:, nervous])
    assert q[:, EKMAN.index("fear")] == pytest.approx(both, abs=2e-6)


def test_where_emotions_are_independent_the_union_needs_no_calibration():
    p, truth = _some(20_000)
    rollup = Rollup.fit("sentiment", p, truth)
    assert rollup.scale == pytest.approx(1, abs=0.12)
    assert rollup.offset == pytest.approx(0, abs=0.2)


def test_where_emotions_come_together_the_calibration_repairs_the_union():
    rng = np.random.default_rng(5)
    p = np.full((20_000, 28), 0.001)
    anger = [EMOTIONS.index(e) for e in ("anger", "annoyance", "disapproval")]
    share = rng.beta(1, 4, 20_000)
    p[:, anger] = share[:, None]
    truth = np.zeros(p.shape, bool)
    truth[:, anger] = (rng.random(20_000) < share)[:, None]  # all three or none
    rollup = Rollup.fit("ekman", p, truth)
    found = rollup.probabilities(p)[:, EKMAN.index("anger")]
    naive = 1 - (1 - share) ** 3
    assert np.abs(found - share).mean() < 0.05 < np.abs(naive - share).mean()


def test_groups_hold_where_one_of_their_emotions_does():
    labels = np.zeros((2, 28), bool)
    labels[0, [EMOTIONS.index("grief"), EMOTIONS.index("love")]] = True
    held = grouped_labels("sentiment", labels)
    assert held[0].tolist() == [name in ("positive", "negative") for name in SENTIMENT]
    assert not held[1].any()


def test_file_reads_back_and_damage_is_named(tmp_path):
    p, truth = _some()
    made = [Rollup.fit(tier, p, truth) for tier in ("ekman", "sentiment")]
    write_rollups(tmp_path, made)
    for before, after in zip(made, read_rollups(tmp_path), strict=True):
        assert np.array_equal(before.probabilities(p), after.probabilities(p))
        assert np.array_equal(before.thresholds, after.thresholds)
    (tmp_path / "rollup.json").write_text('{"ekman": {}}')
    with pytest.raises(BadInput, match=r"rollup\.json.*workbench train goemotions"):
        read_rollups(tmp_path)
