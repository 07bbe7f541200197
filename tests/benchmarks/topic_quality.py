"""Quality of topics beside BERTopic's defaults: outliers, coherence, words without a subject.

    python tests/benchmarks/topic_quality.py [--seeds 7 8 9] [--corpora demo annomi esconv]

For each side three ways on the same embeddings: ours; `BERTopic()` on all turns of the side; and
`BERTopic()` on the turns that ours is fitted on. The reference of c_npmi is all turns of both sides,
split into words as BERTopic does; words in fewer than five turns are left out for all. Intervals are
t intervals over seeds: they tell what the seed changes, not what other corpora would.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "topics"))

from topic_marks import bertopic_defaults, mark, ours, speakers_of, words_in  # noqa: E402

import workbench as wb  # noqa: E402
from workbench.embedding import embed  # noqa: E402
from workbench.resources import bundled  # noqa: E402
from workbench.settings import data_home  # noqa: E402

FILES = {"annomi": "annomi/AnnoMI-simple.csv", "esconv": "esconv/esconv_raw.jsonl.gz"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Topics beside BERTopic's defaults")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--corpora", nargs="+", default=["demo", *FILES], choices=["demo", *FILES])
    options = parser.parse_args()
    for name in options.corpora:
        if name != "demo" and data_home() is None:
            print(f"{name}: not here (set WORKBENCH_DATA_HOME).")
            continue
        path = bundled("data", "demo") if name == "demo" else data_home() / FILES[name]
        corpus = wb.load(path)
        vectors = embed(corpus.utterances["text"].to_list())
        for side in ("helper", "client"):
            report(name, corpus, vectors, side, options.seeds)


def report(name: str, corpus: wb.Corpus, vectors: np.ndarray, side: str, seeds: list[int]) -> None:
    reference = words_in(corpus.utterances["text"])
    names = frozenset(speakers_of(corpus))
    found: dict[str, list[dict]] = {}
    for seed in seeds:
        fit, topics = ours(corpus, vectors, side=side, random_state=seed)
        found.setdefault("workbench", []).append(mark(fit, reference, names=names))
        fitted = topics.map["unit_id"].to_list()
        of_side = (corpus.utterances["side"] == side).to_numpy()
        for way, rows in (
            ("BERTopic, all turns", of_side),
            ("BERTopic, same turns", corpus.utterances["id"].is_in(fitted).to_numpy()),
        ):
            texts = corpus.utterances["text"].filter(pl.Series(rows)).to_list()
            fit = bertopic_defaults(texts, vectors[rows], random_state=seed)
            found.setdefault(way, []).append(mark(fit, reference, names=names))
    print(f"\n{name}, {side}, seeds {seeds}")
    for way, marks in found.items():
        told = ", ".join(f"{key} {_over_seeds([m[key] for m in marks])}" for key in marks[0])
        print(f"  {way:<21} {told}", flush=True)


def _over_seeds(values: list) -> str:
    if any(value is None for value in values):
        return "-"
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return f"{mean:.3f}"
    from scipy.stats import t

    half = t.ppf(0.975, n - 1) * np.std(values, ddof=1) / n**0.5
    return f"{mean:.3f} ±{half:.3f}"


if __name__ == "__main__":
    main()
