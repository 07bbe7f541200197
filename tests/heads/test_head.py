import numpy as np
import pytest

from workbench.errors import BadInput, InsufficientData, MissingModel
from workbench.heads import (
    FeatureSpec,
    Head,
    Recipe,
    features,
    fit_head,
    grouped_folds,
    out_of_fold,
)
from workbench.heads.calibrate import fit_thresholds

LABELS = ("asks", "tells", "other")
TEXTS = {
    "asks": ["What did you do {}?", "How was it {}?", "Did that help {}?", "And {}?"],
    "tells": ["You should stop {}.", "I would tell them {}.", "It is best to wait {}."],
    "other": ["Mm-hmm {}.", "Okay {}.", "Right {}."],
}
SPEC = FeatureSpec(dimensions=8, context_turns=1, hashed=64)


def _data(groups=12, seed=3):
    rng = np.random.default_rng(seed)
    texts, labels, talks = [], [], []
    for talk in range(groups):
        for label in rng.choice(LABELS, 12):
            texts.append(str(rng.choice(TEXTS[label])).format(f"then {talk}"))
            labels.append(LABELS.index(label))
            talks.append(f"talk {talk}")
    noise = rng.normal(size=(len(texts), 8)).astype(np.float32)
    table = features(SPEC, texts, noise, conversations=talks, sides=["helper"] * len(texts))
    return table, np.eye(3)[labels], talks


def _fit(targets=None, exclusive=True, **options):
    table, truth, talks = _data()
    return fit_head(
        table,
        truth if targets is None else targets,
        talks,
        name="toy",
        labels=LABELS,
        exclusive=exclusive,
        features=SPEC,
        encoder="none",
        **options,
    )


@pytest.fixture(scope="module")
def head():
    return _fit()


def test_learns_and_probabilities_sum_to_one(head):
    table, truth, _ = _data(seed=4)
    p = head.predict_proba(table)
    assert p.shape == truth.shape
    assert np.allclose(p.sum(axis=1), 1)
    assert np.mean(p.argmax(axis=1) == truth.argmax(axis=1)) > 0.9
    assert set(head.predict(table)) <= set(LABELS)


def test_same_input_same_head(head):
    assert _fit().fingerprint == head.fingerprint
    assert _fit(random_state=8).fingerprint != head.fingerprint


def test_row_order_does_not_change_predictions(head):
    table, *_ = _data(seed=4)
    order = np.random.default_rng(0).permutation(len(table))
    assert np.allclose(
        head.predict_proba(table)[order], head.predict_proba(table[order]), atol=1e-12
    )


def test_saved_head_is_the_same_head(head, tmp_path):
    head.with_card({"Data": "invented", "Scores": [{"label": "asks", "F1": 0.5}]}).save(
        tmp_path / "h"
    )
    again = Head.load(tmp_path / "h")
    table, *_ = _data(seed=5)
    assert again.fingerprint == head.fingerprint
    assert np.array_equal(again.predict_proba(table), head.predict_proba(table))
    assert again.card["Data"] == "invented"
    assert "| asks | 0.500 |" in (tmp_path / "h" / "CARD.md").read_text()
    assert sorted(f.name for f in (tmp_path / "h").iterdir()) == [
        "CARD.md",
        "head.json",
        "head.safetensors",
    ]


def test_damaged_and_absent_heads_say_so(head, tmp_path):
    with pytest.raises(MissingModel, match="workbench train"):
        Head.load(tmp_path / "nowhere")
    head.save(tmp_path / "h")
    (tmp_path / "h" / "head.safetensors").write_bytes(b"not tensors")
    with pytest.raises(BadInput, match="damaged"):
        Head.load(tmp_path / "h")
    head.save(tmp_path / "h")
    _fit(recipe=Recipe(turn_penalty=9)).save(tmp_path / "other")
    (tmp_path / "other" / "head.safetensors").replace(tmp_path / "h" / "head.safetensors")
    with pytest.raises(BadInput, match="belong together"):
        Head.load(tmp_path / "h")


def test_wrong_table_is_refused(head):
    with pytest.raises(BadInput, match="columns"):
        head.predict_proba(np.zeros((2, 3)))
    with pytest.raises(BadInput, match="sum to 1"):
        _fit(targets=np.ones((144, 3)))
    with pytest.raises(BadInput, match="shares"):
        _fit(targets=np.full((144, 3), 2.0))


def test_labels_assigned_one_by_one():
    table, truth, _ = _data()
    two = np.minimum(truth + np.roll(truth, 1, axis=1) * (np.arange(3) == 1), 1)
    head = _fit(targets=two, exclusive=False)
    assigned = head.predict(table)
    assert all(isinstance(labels, tuple) for labels in assigned)
    assert {"asks", "tells"} in [set(labels) for labels in assigned]


def test_soft_targets_give_softer_probabilities():
    _, truth, _ = _data()
    soft = _fit(targets=0.7 * truth + 0.1)
    table, *_ = _data(seed=4)
    assert soft.predict_proba(table).max() < _fit().predict_proba(table).max()


def test_shuffled_labels_fall_to_chance():
    table, truth, talks = _data(groups=30)
    shuffled = truth[np.random.default_rng(1).permutation(len(truth))]
    options = {"labels": LABELS, "exclusive": True, "features": SPEC, "random_state": 1}
    real = out_of_fold(table, truth, talks, **options)
    chance = out_of_fold(table, shuffled, talks, **options)
    hit = [
        np.mean((o.assigned & (t > 0)).any(axis=1)) for o, t in ((real, truth), (chance, shuffled))
    ]
    assert hit[0] > 0.9
    assert hit[1] < 0.42


def test_given_folds_hold_out_whole_groups():
    table, truth, talks = _data()
    fold = np.full(len(talks), -1)
    fold[5] = 0
    found = out_of_fold(
        table, truth, talks, labels=LABELS, exclusive=True, features=SPEC, random_state=1, fold=fold
    )
    assert np.isfinite(found.probability[5]).all()
    assert np.isnan(np.delete(found.probability, 5, axis=0)).all()


def test_probabilities_may_be_adjusted_before_labels_are_assigned():
    table, truth, talks = _data()
    options = {"labels": LABELS, "exclusive": False, "features": SPEC, "random_state": 1}

    def capped(probability):
        held = probability.copy()
        held[:, 1] = np.minimum(held[:, 1], held[:, 0])
        return held

    free = out_of_fold(table, truth, talks, **options)
    found = out_of_fold(table, truth, talks, adjust=capped, **options)
    np.testing.assert_array_equal(found.probability, capped(free.probability))
    assert found.assigned[:, 1].sum() < free.assigned[:, 1].sum()


def test_folds_keep_groups_and_ignore_row_order():
    groups = [f"g{i % 17}" for i in range(300)]
    fold = grouped_folds(groups, random_state=2)
    assert len({(g, f) for g, f in zip(groups, fold, strict=True)}) == 17
    assert np.bincount(fold).min() > 30
    order = np.random.default_rng(0).permutation(300)
    assert np.array_equal(grouped_folds([groups[i] for i in order], random_state=2), fold[order])
    with pytest.raises(InsufficientData, match="at least 5"):
        grouped_folds(["a", "b"], random_state=2)


def test_stronger_penalty_gives_smaller_weights(head):
    small = _fit(recipe=Recipe(turn_penalty=50, context_penalty=50, hashed_penalty=50))
    assert np.abs(small.weights.weight).sum() < np.abs(head.weights.weight).sum()


def test_cut_offs_that_aim_at_shares_assign_labels_as_often_as_they_are_true():
    rng = np.random.default_rng(3)
    probability = rng.uniform(size=(500, 3)) * [1.0, 0.5, 0.1]
    truth = (rng.uniform(size=(500, 3)) < probability).astype(float)
    cuts = fit_thresholds(probability, truth, exclusive=False, aim="share")
    assert ((probability >= cuts).sum(axis=0) == truth.sum(axis=0)).all()
    best = fit_thresholds(probability, truth, exclusive=False)
    assert (probability >= best).sum() > truth.sum()
    never = fit_thresholds(probability, np.zeros((500, 3)), exclusive=False, aim="share")
    assert (never == 0.5).all()


def test_an_early_layer_is_centred_and_its_length_does_not_matter():
    spec = FeatureSpec(dimensions=4, surface=False, early_layer=1)
    rng = np.random.default_rng(0)
    truth = np.eye(2)[rng.integers(0, 2, 120)]
    early = truth @ rng.normal(size=(2, 4)) + rng.normal(size=(120, 4))

    def probabilities(vectors):
        given = features(spec, ["a"] * 120, np.zeros((120, 4)), early=vectors)
        head = fit_head(
            given,
            truth,
            [f"talk {i % 10}" for i in range(120)],
            name="toy",
            labels=("one", "two"),
            exclusive=True,
            features=spec,
            encoder="none",
            recipe=Recipe(early_penalty=20),
        )
        return head.predict_proba(given)

    assert np.abs(probabilities(early) - probabilities(0.1 * early + 5)).max() < 1e-3
