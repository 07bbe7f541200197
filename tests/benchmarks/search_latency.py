"""Semantic search over a million utterances beside other exact and reduced-precision scans.

    python tests/benchmarks/search_latency.py [--vectors N] [--queries N] [--json]

The vectors are MiniLM's of the distinct AnnoMI and ESConv utterances (of data/demo in a clone without the
real corpora), once as they are and once repeated to a million with a little noise; the queries are
utterances of data/demo. All ways answer the same queries in one process, in turn. Recall is of the ten
nearest by a float32 product over all vectors.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

import workbench as wb
from workbench import settings
from workbench.embedding import embed
from workbench.embedding.search import SemanticIndex

ROOT = Path(__file__).resolve().parents[2]
K, NOISE, BLOCK = 10, 0.01, 1 << 16
Answer = Callable[[np.ndarray], np.ndarray]
"""Takes a query (d,), gives the rows of the ten nearest."""


@dataclass(frozen=True)
class Row:
    """One way of answering, over all queries."""

    vectors: int
    way: str
    median_ms: float
    slowest_ms: float
    speed: float
    recall: float
    reranked: float
    megabytes: float
    build_seconds: float


def texts_of(*paths: Path) -> list[str]:
    return sorted({text for path in paths for text in wb.load(path).utterances["text"] if text})


def real_vectors() -> np.ndarray:
    home = settings.data_home()
    if home is None:
        return embed(texts_of(ROOT / "data" / "demo")[::2], progress=True)
    corpora = (home / "annomi" / "AnnoMI-simple.csv", home / "esconv" / "esconv_raw.jsonl.gz")
    return embed(texts_of(*corpora), progress=True)


def repeated(vectors: np.ndarray, total: int) -> np.ndarray:
    """`vectors` again and again, each time with other noise, float16 (total, d)."""
    generator = np.random.default_rng(0)
    found = np.empty((total, vectors.shape[1]), np.float16)
    for start in range(0, total, len(vectors)):
        part = vectors[: total - start].copy()
        if start:
            part += NOISE * generator.standard_normal(part.shape, np.float32)
        found[start : start + len(part)] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return found


def best(values: torch.Tensor) -> np.ndarray:
    return torch.topk(values, K).indices.numpy()


def ways_of(vectors: np.ndarray) -> dict[str, tuple[Callable[[], Answer], float]]:
    """Each way: what builds it, and the bytes of what it reads for a query."""
    half = torch.from_numpy(vectors)
    count = vectors.size

    def numpy_float32() -> Answer:
        whole = vectors.astype(np.float32)
        return lambda query: np.argpartition(-(whole @ query), K)[:K]

    def torch_float32() -> Answer:
        whole = half.float()
        return lambda query: best(torch.mv(whole, torch.from_numpy(query)))

    def torch_bfloat16() -> Answer:
        whole = half.bfloat16()
        return lambda query: best(torch.mv(whole, torch.from_numpy(query).bfloat16()).float())

    def torch_int8() -> Answer:
        codes, scales = in_int8(half)

        def answer(query: np.ndarray) -> np.ndarray:
            coded = torch.from_numpy(np.round(query / np.abs(query).max() * 127)).to(torch.int8)
            return best(torch._int_mm(coded[None], codes.T)[0].float() * scales)

        return answer

    def ours() -> Answer:
        index = SemanticIndex(vectors)
        return lambda query: index.search(query, K).rows[0]

    return {
        "numpy float32": (numpy_float32, 4 * count),
        "torch float32": (torch_float32, 4 * count),
        "torch bfloat16, not re-ranked": (torch_bfloat16, 2 * count),
        "torch int8, not re-ranked": (torch_int8, count),
        "workbench float16, re-ranked": (ours, 2 * count),
    }


def in_int8(vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    codes, scales = torch.empty(vectors.shape, dtype=torch.int8), torch.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        part = vectors[start : start + BLOCK].float()
        largest = part.abs().amax(1)
        scales[start : start + BLOCK] = largest / 127
        codes[start : start + BLOCK] = (part / largest[:, None] * 127).round().to(torch.int8)
    return codes, scales


def compare(vectors: np.ndarray, queries: np.ndarray) -> list[Row]:
    """Answer all queries in each way, one way after the other in memory; the first answer warms up."""
    rows: list[Row] = []
    wanted: list[np.ndarray] = []
    for way, (build, size) in ways_of(vectors).items():
        begun = time.perf_counter()
        answer = build()
        built = time.perf_counter() - begun
        answer(queries[0])
        clock, found = [], []
        for query in queries:
            begun = time.perf_counter()
            found.append(answer(query))
            clock.append(1e3 * (time.perf_counter() - begun))
        wanted = wanted or found
        median = float(np.median(clock))
        row = Row(
            vectors=len(vectors),
            way=way,
            median_ms=median,
            slowest_ms=max(clock),
            speed=rows[0].median_ms / median if rows else 1.0,
            recall=recall(vectors, queries, found, wanted),
            reranked=0.0,
            megabytes=size / 1e6,
            build_seconds=built,
        )
        rows.append(row)
    index = SemanticIndex(vectors)
    mean = float(index.search(queries, K).reranked.mean())
    return [*rows[:-1], Row(**{**asdict(rows[-1]), "reranked": mean})]


def recall(
    vectors: np.ndarray, queries: np.ndarray, found: list[np.ndarray], wanted: list[np.ndarray]
) -> float:
    """Mean share of the ten found that are as near as the tenth nearest, to float32's rounding."""
    kept = []
    for query, ours, theirs in zip(queries, found, wanted, strict=True):
        tenth = cosines(vectors[theirs], query).min()
        kept.append(float((cosines(vectors[ours], query) >= tenth - 1e-6).mean()))
    return float(np.mean(kept))


def cosines(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    wide = vectors.astype(np.float64)
    return wide @ query / np.linalg.norm(wide, axis=1) / np.linalg.norm(query)


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency and recall of semantic search")
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    real = real_vectors()
    queries = embed(texts_of(ROOT / "data" / "demo")[1::2][: options.queries])
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    rows = [
        row
        for vectors in (real.astype(np.float16), repeated(real, options.vectors))
        for row in compare(vectors, queries)
    ]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    print(
        f"{len(queries)} queries of data/demo, the {K} nearest, vectors of {real.shape[1]} numbers"
    )
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print(
        "| vectors | way | median ms | slowest ms | speed | recall | re-ranked | MB read | build s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.vectors:,} | {row.way} | {row.median_ms:.1f} | {row.slowest_ms:.1f} "
            f"| {row.speed:.1f}x | {row.recall:.4f} | {row.reranked:.0f} | {row.megabytes:,.0f} "
            f"| {row.build_seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
