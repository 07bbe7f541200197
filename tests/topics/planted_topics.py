"""A corpus with planted subjects: sentences from small word lists, placed around six directions."""

import numpy as np
import polars as pl

from workbench.corpus import Corpus

SUBJECTS = {
    "smoking": [
        "cigarettes",
        "nicotine",
        "lighter",
        "ashtray",
        "smoking",
        "lungs",
        "patches",
        "tobacco",
    ],
    "drinking": ["beer", "whisky", "pub", "hangover", "alcohol", "bottle", "drinking", "wine"],
    "sleep": ["bed", "pillow", "midnight", "insomnia", "sleep", "alarm", "tired", "dreams"],
    "money": ["rent", "debts", "bank", "loan", "salary", "bills", "savings", "mortgage"],
    "study": ["exam", "lecture", "library", "professor", "thesis", "grades", "campus", "semester"],
    "food": [
        "vegetables",
        "sugar",
        "breakfast",
        "calories",
        "cooking",
        "salad",
        "dinner",
        "snacks",
    ],
}
FRAMES = (
    "When did the {0} and the {1} start to bother {2}?",
    "It is the {0} again, then {1}, and in the end {2}.",
    "Most weeks {0} comes before {1} or {2}.",
    "Nobody told me that {0} would lead to {1} and {2}.",
)
TALK = (
    "Mm-hmm.",
    "Yeah, okay.",
    "Right.",
    "Hello, how are you?",
    "[laughs]",
    "And so what do you-",
)


def planted(conversations=30, turns=12, seed=0):
    """Each conversation has one main subject; every fourth helper turn is mere talk."""
    rng = np.random.default_rng(seed)
    names = list(SUBJECTS)
    rows, truth = [], []
    for number in range(conversations):
        main = names[number % len(names)]
        for turn in range(turns):
            subject = main if rng.random() < 0.7 else names[rng.integers(len(names))]
            if turn % 4 == 3:
                text, subject = TALK[rng.integers(len(TALK))], ""
            else:
                words = rng.choice(SUBJECTS[subject], 3, replace=False)
                text = FRAMES[rng.integers(len(FRAMES))].format(*words)
            rows.append((f"c{number:02}", f"helper {number % 3}", "therapist", text))
            truth.append(subject)
    frame = pl.DataFrame(rows, schema=["conversation_id", "speaker", "role", "text"], orient="row")
    talks = pl.DataFrame({"id": [f"c{n:02}" for n in range(conversations)]}).with_columns(
        quality=pl.when(pl.int_range(pl.len()) % len(names) < 3)
        .then(pl.lit("high"))
        .otherwise(pl.lit("low"))
    )
    return Corpus.build(frame, conversations=talks), np.array(truth)


def embedded(truth, seed=0):
    """A direction per subject, and noise; equal subjects lie near each other."""
    rng = np.random.default_rng(seed)
    centres = dict(zip([*SUBJECTS, ""], rng.normal(size=(len(SUBJECTS) + 1, 32)), strict=True))
    points = np.array([centres[subject] for subject in truth])
    return (points + rng.normal(scale=0.6, size=points.shape)).astype(np.float32)
