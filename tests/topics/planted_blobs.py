"""Utterances as points around planted directions, tight or loose, each with a text of its own."""

import numpy as np
import polars as pl

from workbench.corpus import Corpus


def blobs(spreads, each=60, loose=0, conversations=20, dimensions=16, seed=0):
    """Give a corpus, embeddings and truth: one subject per spread, and `loose` points of none.

    Spread 0.3 is a tight subject; a point of no subject lies anywhere.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(spreads), dimensions))
    truth = np.repeat([*range(len(spreads)), -1], [each] * len(spreads) + [loose])
    points = rng.normal(size=(len(truth), dimensions))
    for subject, spread in enumerate(spreads):
        points[truth == subject] = centres[subject] + spread * points[truth == subject]
    order = rng.permutation(len(truth))
    truth, points = truth[order], points[order]
    frame = pl.DataFrame(
        {
            "conversation_id": [f"c{k % conversations:02}" for k in range(len(truth))],
            "speaker": "somebody",
            "role": "client",
            "text": [
                f"subject{subject} word{subject}a{rng.integers(9)} word{subject}b{rng.integers(9)} number{k}"
                for k, subject in enumerate(truth)
            ],
        }
    )
    corpus = Corpus.build(frame)
    at = corpus.utterances["text"].str.extract(r"number(\d+)").cast(pl.Int64).to_numpy()
    return corpus, points[at].astype(np.float32), truth[at]
