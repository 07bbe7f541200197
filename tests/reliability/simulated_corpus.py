"""A corpus of invented conversations with an automatic layer, and human codes to draw from."""

import numpy as np
import polars as pl

from workbench.corpus import Corpus, Layer, LayerMetadata

LABELS = ("other", "question")


def simulated_corpus(conversations=60, length=40, *, seed=0, spread=1.0, sharp=2.0):
    """Corpus, automatic layer (calibrated probabilities), human layer (all units).

    Every other conversation is of high quality, with more questions.
    """
    rng = np.random.default_rng(seed)
    sizes = rng.integers(length // 2, 3 * length // 2, conversations)
    talk = np.repeat(np.arange(conversations), sizes)
    lean = rng.normal(-1 + 0.8 * (np.arange(conversations) % 2), spread, conversations)
    chance = 1 / (1 + np.exp(-(lean[talk] + sharp * rng.normal(size=len(talk)))))
    utterances = pl.DataFrame(
        {
            "id": [f"u{at:05d}" for at in range(len(talk))],
            "conversation_id": [f"c{at:03d}" for at in talk],
            "speaker": [f"s{at}" for at in talk],
            "role": "therapist",
            "text": "-",
        }
    )
    talks = pl.DataFrame(
        {
            "id": [f"c{at:03d}" for at in range(conversations)],
            "source": [f"v{at:03d}" for at in range(conversations)],
            "quality": [("low", "high")[at % 2] for at in range(conversations)],
        }
    )
    corpus = Corpus.build(utterances, conversations=talks)
    ids = utterances["id"]
    shares = pl.DataFrame({"unit_id": ids, "other": 1 - chance, "question": chance})
    automatic = layer("auto", ids, chance > 0.5, kind="model", probabilities=shares)
    human = layer("human", ids, rng.random(len(talk)) < chance, kind="human")
    return corpus, automatic, human


def layer(name, ids, question, *, kind, probabilities=None, **facts):
    """One exclusive code for each unit."""
    rows = pl.DataFrame({"unit_id": ids, "label": np.where(question, "question", "other")})
    about = {"scheme": "helper", "labels": LABELS, "coder": name, "coder_kind": kind, **facts}
    if kind == "model":
        about.setdefault("facts", {"trained_on": []})
    return Layer.build(name, rows, LayerMetadata(**about), probabilities=probabilities)


def true_rate(human, label="question"):
    return float((human.table["label"] == label).mean())
