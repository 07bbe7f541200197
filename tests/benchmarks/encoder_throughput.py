"""Encoder speed and likeness beside `SentenceTransformer.encode` with its defaults.

    python tests/benchmarks/encoder_throughput.py [--texts N] [--rounds N]

Both encode the same distinct AnnoMI utterances (or, in a clone without the real corpora, those of
data/demo) in one process, in turn. Ratios travel between machines, seconds do not. Beside the wall
clock stands processor time, which another busy program disturbs less.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench import settings
from workbench.embedding import Encoder, resolve_encoder_path, resolve_precision

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = 512
Encode = Callable[[list[str]], np.ndarray]


@dataclass(frozen=True)
class Row:
    """One way of encoding against the reference of the same run."""

    name: str
    seconds: float
    wall_ratio: float
    processor_ratio: float
    mean_cosine: float | None  # None: another space
    min_cosine: float | None
    neighbours: float


def distinct_utterances() -> tuple[str, list[str]]:
    """Name of the corpus and its distinct texts in a fixed random order."""
    home = settings.data_home()
    if home is not None and (home / "annomi" / "AnnoMI-simple.csv").is_file():
        name, path = "AnnoMI", home / "annomi" / "AnnoMI-simple.csv"
        with path.open(encoding="utf-8", newline="") as opened:
            texts = {row["utterance_text"] for row in csv.DictReader(opened)}
    else:
        name, texts = "data/demo", _demo_texts()
    return name, random.Random(0).sample(sorted(texts), len(texts))


def _demo_texts() -> set[str]:
    import workbench as wb

    return set(wb.load(ROOT / "data" / "demo").utterances["text"].to_list())


def neighbours_kept(
    ours: np.ndarray, reference: np.ndarray, k: int = 10, queries: int = 5_000
) -> float:
    """Mean share of the k nearest neighbours (cosine) among all texts, for the first `queries`."""
    kept = []
    for start in range(0, min(len(ours), queries), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(ours), queries))
        pairs = zip(_nearest(ours, rows, k), _nearest(reference, rows, k), strict=True)
        kept += [len(set(a) & set(b)) / k for a, b in pairs]
    return float(np.mean(kept))


def _nearest(vectors: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    likeness = vectors[rows] @ vectors.T
    likeness[np.arange(len(rows)), rows] = -np.inf
    return np.argpartition(-likeness, k, axis=1)[:, :k]


def compare(texts: list[str], ways_of_ours: list[str], *, rounds: int) -> list[Row]:
    """Run reference and ours (a precision, or `static`) alternately; the fastest of `rounds` counts."""
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(resolve_encoder_path()), device="cpu")
    ways: dict[str, Encode] = {"SentenceTransformer.encode": reference.encode}
    for way in ways_of_ours:
        encoder = (
            Encoder(device="cpu", engine="static")
            if way == "static"
            else Encoder(device="cpu", precision=way)
        )
        ways[f"workbench {way}"] = encoder.encode
    for encode in ways.values():
        encode(texts[:64])  # load the model, warm up
    clocks: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    vectors: dict[str, np.ndarray] = {}
    for _ in range(rounds):
        for name, encode in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            vectors[name] = np.asarray(encode(texts))
            clocks[name].append((time.perf_counter() - wall, time.process_time() - processor))
    base = "SentenceTransformer.encode"
    best = {name: np.min(clock, axis=0) for name, clock in clocks.items()}
    return [_row(name, best[name], best[base], vectors[name], vectors[base]) for name in ways]


def _row(
    name: str, best: np.ndarray, base: np.ndarray, ours: np.ndarray, reference: np.ndarray
) -> Row:
    cosine = None
    if ours.shape == reference.shape:
        lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(reference, axis=1)
        cosine = (ours * reference).sum(axis=1) / lengths
    return Row(
        name=name,
        seconds=float(best[0]),
        wall_ratio=float(base[0] / best[0]),
        processor_ratio=float(base[1] / best[1]),
        mean_cosine=None if cosine is None else float(cosine.mean()),
        min_cosine=None if cosine is None else float(cosine.min()),
        neighbours=neighbours_kept(ours, reference),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Encoder speed against SentenceTransformer.encode")
    parser.add_argument("--texts", type=int, help="how many distinct utterances; default: all")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    import torch

    corpus, texts = distinct_utterances()
    texts = texts[: options.texts]
    native = resolve_precision()
    rows = compare(texts, list(dict.fromkeys([native, "fp32"])), rounds=options.rounds)
    if options.json:
        print(json.dumps([vars(row) for row in rows], indent=2))
        return
    print(f"{len(texts):,} distinct utterances of {corpus}, best of {options.rounds} rounds")
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print(table(rows))


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| way | seconds | speed | speed by processor time | mean cosine | min | 10-nn kept |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        mean = "-" if row.mean_cosine is None else f"{row.mean_cosine:.6f}"
        least = "-" if row.min_cosine is None else f"{row.min_cosine:.5f}"
        lines.append(
            f"| {row.name} | {row.seconds:.2f} | {row.wall_ratio:.2f}x "
            f"| {row.processor_ratio:.2f}x | {mean} | {least} | {row.neighbours:.3f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
