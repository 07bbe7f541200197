"""Scores of heads: any predictions out of fold in, the tables of a card out."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score

from workbench import settings
from workbench.coding import load_codebook
from workbench.coding.annomi import corpus_folder
from workbench.coding.material import Material
from workbench.coding.scoring import left_out_splits, score_head, score_predictions
from workbench.corpus import load
from workbench.heads import FeatureSpec, OutOfFold, Recipe, features, grouped_folds, out_of_fold
from workbench.statistics import macro_f1_statistic

SCHEME = load_codebook("annomi").scheme("annomi-helper")
FLAGS = load_codebook("annomi").scheme("annomi-helper-flags")
SPEC = FeatureSpec(dimensions=1, hashed=128)
SAID = {
    "question": ["What happened on day {}?", "Did you sleep on day {}?"],
    "reflection": ["You feel tired of day {}.", "So you had enough on day {}."],
    "therapist_input": ["It helps to write day {} down.", "Most people need day {} to rest."],
    "other": ["Mm-hmm.", "Okay."],
}


def _material(videos=24, scheme=SCHEME, noise=0.15, seed=5):
    """Six annotators of four videos each and one video of all; two topics a quality."""
    rng = np.random.default_rng(seed)
    names = list(SAID)
    codes = rng.integers(0, 4, size=(videos, 20))
    texts = [
        rng.choice(SAID[names[code]]).format(i) for talk in codes for i, code in enumerate(talk)
    ]
    truth = np.eye(len(scheme.labels), dtype=bool)[codes.ravel() * (len(scheme.labels) // 4)]
    wrong = rng.random(len(truth)) < noise
    truth[wrong] = np.roll(truth[wrong], 1, axis=1)
    video = np.repeat(np.arange(videos), 20)
    votes = {}
    for number in range(6):
        seen = (video % 6 == number) | (video == videos - 1)
        votes[f"annotator-{number}"] = np.where(seen[:, None], truth, np.nan)
    return Material(
        units=np.array([f"u{i}" for i in range(len(texts))]),
        texts=texts,
        table=features(SPEC, texts, np.zeros((len(texts), 1))),
        targets=truth.astype(float),
        gold=truth,
        sources=np.array([f"video {i:02}" for i in video]),
        conversations=np.array([f"talk {i:02}" for i in video]),
        facets={
            "topic": np.array([f"topic {i % 8}" if i else "two; topics" for i in video]),
            "quality": np.where(video < 12, "high", "low"),
        },
        votes=votes,
        encoder="none",
    )


def _runs(material, seeds=(1, 2), sharpness=0.8):
    """Predictions of some other coder: right with the probability that it states."""
    runs = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        k = material.gold.shape[1]
        p = np.full(material.gold.shape, (1 - sharpness) / (k - 1))
        right = rng.random(len(p)) < sharpness
        first = material.gold.argmax(axis=1)
        chosen = np.where(right, first, (first + rng.integers(1, k, len(p))) % k)
        p[np.arange(len(p)), chosen] = sharpness
        fold = grouped_folds(material.sources.tolist(), random_state=seed)
        runs.append(OutOfFold(p, np.arange(k) == chosen[:, None], fold))
    return runs


def _measures(tables):
    return {row["measure"]: row for row in tables["Scores on videos it never saw"]}


@pytest.fixture(scope="module")
def material():
    return _material()


@pytest.fixture(scope="module")
def tables(material):
    return score_predictions(material, SCHEME, _runs(material), report_seeds=(1, 2))


def test_any_predictions_are_scored_and_seeds_stand_beside_their_mean(material, tables):
    found, truth = _measures(tables), material.gold.argmax(axis=1)
    each = [
        f1_score(truth, run.assigned.argmax(axis=1), average="macro") for run in _runs(material)
    ]
    assert [found[f"macro-F1, folds {s}"]["estimate"] for s in (1, 2)] == pytest.approx(each)
    mean = found["macro-F1, mean over folds"]
    assert mean["estimate"] == pytest.approx(np.mean(each))
    assert mean["low"] < mean["estimate"] < mean["high"]
    assert mean["n_clusters"] == 24


def test_differences_to_baselines_are_paired_on_the_same_sources(tables):
    found = _measures(tables)
    ours = found["macro-F1, mean over folds"]
    for name in ("TF-IDF + logistic regression", "rules", "most frequent label"):
        theirs, gap = found[f"macro-F1, {name}"], found[f"difference to {name}, paired"]
        assert gap["estimate"] == pytest.approx(ours["estimate"] - theirs["estimate"])
    assert found["macro-F1, most frequent label"]["estimate"] < 0.2
    assert found["difference to most frequent label, paired"]["low"] > 0.4


def test_scores_of_folds_add_up_to_the_material(material, tables):
    rows = tables["Scores of each fold"]
    assert len(rows) == 10
    assert sum(row["utterances"] for row in rows) == 2 * len(material.texts)
    assert sum(row["sources"] for row in rows) == 2 * 24
    assert all(0.5 < row["macro-F1"] < 1 for row in rows)


def test_calibration_has_interval_and_floor_and_tells_true_from_boastful(material, tables):
    honest = tables["Calibration"][-1]
    assert honest["label"] == "mean over labels"
    assert honest["low"] <= honest["calibration error"] <= honest["high"]
    assert honest["above the floor"] < 0.03
    boast = [
        OutOfFold(np.where(run.assigned, 0.97, 0.01), run.assigned, run.fold)
        for run in _runs(material)
    ]
    told = score_predictions(material, SCHEME, boast, report_seeds=(1, 2))["Calibration"][-1]
    assert told["low"] > told["error if perfect, 95 %"]
    assert told["above the floor"] > 0.05
    labels = tables["Calibration"][:-1]
    assert honest["calibration error"] == pytest.approx(
        np.mean([row["calibration error"] for row in labels])
    )


def test_parts_are_left_out_whole(material):
    splits = {split.kind: split for split in left_out_splits(material, random_state=1)}
    assert set(splits) == {"annotator", "topic", "quality"}
    shared = material.sources == "video 23"
    assert (splits["annotator"].fold[shared] == -1).all()
    assert len(np.unique(splits["annotator"].fold[~shared])) == 6
    topic = splits["topic"]
    assert (topic.fold[material.facets["topic"] == "two; topics"] == -1).all()
    for name in np.unique(topic.part[topic.fold >= 0]):
        assert len(np.unique(topic.fold[topic.part == name])) == 1
    assert set(splits["quality"].fold) == {0, 1}
    assert "neither side" in topic.note


def test_small_heads_are_scored_with_every_table():
    material = _material(noise=0.05)
    tables = score_head(material, SCHEME, SPEC, Recipe(folds=3, iterations=15), report_seeds=(1, 2))
    assert [title for title in tables if not title.startswith("Abstaining")] == [
        "Scores on videos it never saw",
        "Scores of each fold",
        "By label",
        "Calibration",
        "By quality of the conversation",
        "Annotators left out",
        "Topics left out",
        "Quality left out",
        "Human reference",
        "Confusion (rows: published code)",
    ]
    for rows in tables.values():
        assert len({tuple(row) for row in rows}) == 1
    pooled = tables["Annotators left out"][-1]
    assert pooled["utterances"] == 23 * 20
    assert pooled["macro-F1"] - pooled["grouped folds, same utterances"] == pytest.approx(
        pooled["difference"]
    )
    assert tables["Human reference"][0]["mean macro-F1"] == 1
    assert {row["quality"] for row in tables["By quality of the conversation"]} == {"high", "low"}


def test_material_of_one_coder_without_topic_or_quality_lacks_those_tables():
    whole = _material(videos=12, scheme=FLAGS)
    alone = Material(
        **{name: getattr(whole, name) for name in whole.__dataclass_fields__}
        | {"facets": {}, "votes": {"me": whole.targets}}
    )
    assert left_out_splits(alone, random_state=1) == []
    tables = score_predictions(alone, FLAGS, _runs(alone), report_seeds=(1, 2))
    assert [title for title in tables if not title.startswith("Abstaining")] == [
        "Scores on videos it never saw",
        "Scores of each fold",
        "By label",
        "Calibration",
    ]
    assert "macro-F1, most frequent label" not in _measures(tables)
    assert len(tables["By label"]) == len(FLAGS.labels)


def test_one_seed_per_run():
    material = _material(videos=6)
    with pytest.raises(ValueError, match="shorter"):
        score_predictions(material, SCHEME, _runs(material, seeds=(1,)), report_seeds=(1, 2))


@pytest.mark.skipif(
    settings.data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)"
)
@pytest.mark.parametrize("name", ["annomi-helper", "annomi-client"])
def test_shuffled_labels_fall_to_chance(name):
    """Codes are shuffled over the utterances, and heads that learned from them meet the true codes.

    A head of shuffled codes still says the same of like utterances in every fold, so one shuffle may
    lie some hundredths above or below chance: the interval is over shuffles.
    """
    scheme = load_codebook("annomi").scheme(name)
    corpus = load(corpus_folder(None) / "AnnoMI-simple.csv")
    talk = corpus.utterances.join(
        corpus.conversations.select("id", "source"), left_on="conversation_id", right_on="id"
    )
    coded = dict(corpus.layer(f"{name}.gold").table.select("unit_id", "label").iter_rows())
    talk = talk.filter(pl.col("id").is_in(list(coded)))[::2]  # half of them: quicker, as clear
    texts, sources = talk["text"].to_list(), talk["source"].to_list()
    gold = np.array([[coded[unit] == label for label in scheme.labels] for unit in talk["id"]])
    spec = FeatureSpec(dimensions=1, hashed=32, ngrams=1)
    table = features(spec, texts, np.zeros((len(texts), 1)))
    everything = np.arange(len(texts))

    def above_chance(targets, seed):
        guess = out_of_fold(
            table,
            targets,
            sources,
            labels=scheme.labels,
            exclusive=True,
            features=spec,
            recipe=Recipe(folds=2, iterations=10),
            folds=3,
            random_state=seed,
        ).assigned
        score = macro_f1_statistic(gold.argmax(axis=1), guess.argmax(axis=1), range(gold.shape[1]))
        return score(everything) - _blind(gold, guess)

    truth = gold.astype(float)
    shuffled = [
        above_chance(truth[np.random.default_rng(seed).permutation(len(truth))], seed)
        for seed in range(10)
    ]
    middle, error = np.mean(shuffled), np.std(shuffled, ddof=1) / np.sqrt(len(shuffled))
    assert error < 0.02
    assert abs(middle) < 2.26 * error  # t(9)
    assert above_chance(truth, 1) > 0.1


def _blind(gold, assigned):
    """Macro-F1 expected of a guess that gives the labels as often but looks at nothing."""
    true, guessed = gold.sum(axis=0), assigned.sum(axis=0)
    return float(np.mean(2 * true * guessed / len(gold) / np.maximum(true + guessed, 1)))
