"""A made-up coded corpus whose codes can be learned: three moods, a vector for each, some noise."""

import numpy as np
import polars as pl

from workbench.corpus import Code, Codebook, Corpus, Layer, LayerMetadata, Scheme

LABELS = ("calm", "glad", "low")
SAID = {"calm": "it is all right", "glad": "what a good day", "low": "nothing helps me today"}
BOOK = Codebook(
    name="moods",
    title="Moods of a turn",
    version="1",
    citation="",
    licence="CC0",
    schemes=(Scheme("mood", "client", True, tuple(Code(x, f"A {x} turn.") for x in LABELS)),),
    checksum="moods-1",
)


def talk(talks=12, turns=16, *, seed=3):
    """Corpus, labels by unit, and one embedding of 384 numbers per utterance."""
    draw = np.random.default_rng(seed)
    centres = np.linalg.qr(np.random.default_rng(1).normal(size=(384, 4)))[0].T
    rows, codes, vectors = [], {}, []
    for number in range(talks):
        for turn in range(turns):
            helper = turn % 2 == 0
            label = LABELS[draw.integers(3)]
            rows.append(
                {
                    "id": f"t{number}-{turn}",
                    "conversation_id": f"t{number}",
                    "speaker": f"{'T' if helper else 'C'}{number}",
                    "role": "therapist" if helper else "client",
                    "text": "how is it going with you" if helper else SAID[label],
                }
            )
            if not helper:
                codes[f"t{number}-{turn}"] = label
            centre = centres[3] if helper else centres[LABELS.index(label)]
            vector = centre + 0.03 * draw.normal(size=384)
            vectors.append(vector / np.linalg.norm(vector))
    return Corpus.build(pl.DataFrame(rows)), codes, np.array(vectors, np.float32)


def coded(codes, *, coder="ana", kind="human", spelled=None, unit="utterance"):
    """A layer of these codes; `spelled` writes some labels in another way."""
    spelled = spelled or {}
    labels = [spelled.get(label, label) for label in codes.values()]
    facts = LayerMetadata("mood", coder, kind, labels=tuple(sorted(set(labels))), unit=unit)
    rows = pl.DataFrame({"unit_id": list(codes), "label": labels})
    return Layer.build(f"mood.{coder}", rows, facts)
