"""Embedding with more workers: utterances per second in one process, with one Dask worker, with two.

    python tests/benchmarks/cluster_scaling.py [--utterances N] [--workers 1,2] [--rounds N] [--out FILE.md]

Every way encodes the same distinct utterances of AnnoMI and ESConv (in a clone without the real
corpora, those of data/demo made distinct by a number) into an empty store, one thread a process, the model
loaded beforehand. The ratio against one process travels between machines; the overhead is what a
Dask worker alone costs, and the efficiency is the ratio against one worker per worker.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from concurrent.futures import Executor
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded, here and in the workers

import workbench as wb
import workbench.embedding.shards as shards_module
from workbench import settings
from workbench.embedding import EmbeddingStore, Encoder, embed
from workbench.resources import bundled

FILES = ("annomi/AnnoMI-simple.csv", "esconv/esconv_raw.jsonl.gz")
WARM_UP = [f"warm up {i}" for i in range(64)]


def utterances(count: int) -> tuple[str, list[str]]:
    """Name of the material and that many distinct texts, evenly spaced over all lengths."""
    home = settings.data_home()
    files = [home / name for name in FILES] if home is not None else []
    if files and all(file.is_file() for file in files):
        what, loaded = "AnnoMI + ESConv", [wb.load(file) for file in files]
    else:
        what, loaded = "data/demo", [wb.load(bundled("data", "demo"))]
    texts = sorted({text for corpus in loaded for text in corpus.utterances["text"].to_list()})
    while len(texts) < count:
        texts += [f"{len(texts)} {text}" for text in texts[: count - len(texts)]]
    step = len(texts) / count
    return what, [texts[int(i * step)] for i in range(count)]


def seconds(texts: list[str], encoder: Encoder, executor: Executor | None) -> float:
    """Wall time of embedding into an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        embed(texts, encoder=encoder, store=EmbeddingStore(folder), executor=executor)
        return time.perf_counter() - begun


def with_dask(texts: list[str], encoder: Encoder, workers: int, rounds: int) -> float:
    """Best wall time with that many worker processes of one thread."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        for address in client.nthreads():  # every worker loads the model, not only the quickest
            executor = client.get_executor(workers=[address], allow_other_workers=False)
            seconds(WARM_UP, encoder, executor)
        return min(seconds(texts, encoder, client.get_executor()) for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description="Embedding speed by number of workers")
    parser.add_argument("--utterances", type=int, default=8_192)
    parser.add_argument("--workers", default="1,2", help="numbers of Dask workers, by commas")
    parser.add_argument("--rounds", type=int, default=2, help="the fastest counts")
    parser.add_argument("--shard", type=int, default=512, help="texts of a job (2,048 in earnest)")
    parser.add_argument("--out", type=Path, help="write the table here")
    options = parser.parse_args()
    # the last shard of a short run would leave workers idle, which a long run does not
    shards_module._SHARD_TEXTS = options.shard
    import torch

    what, texts = utterances(options.utterances)
    encoder = Encoder(device="cpu")
    seconds(WARM_UP, encoder, None)
    alone = min(seconds(texts, encoder, None) for _ in range(options.rounds))
    rows = [("one process", 0, alone)]
    for count in map(int, options.workers.split(",")):
        taken = with_dask(texts, encoder, count, options.rounds)
        rows.append((f"Dask, {count} worker{'s'[: count > 1]}", count, taken))
    single = next((taken for _, count, taken in rows if count == 1), None)
    lines = [
        f"{len(texts):,} distinct utterances of {what}, {encoder.choice}; best of {options.rounds} rounds, "
        f"one thread a process, jobs of {options.shard} texts.",
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}.",
        "",
        "| way | utterances per second | against one process | efficiency per worker |",
        "|---|---|---|---|",
    ]
    for name, count, taken in rows:
        efficiency = f"{single / taken / count:.0%}" if single and count else ""
        lines.append(
            f"| {name} | {len(texts) / taken:,.0f} | {alone / taken:.2f}x | {efficiency} |"
        )
    if single:
        lines += ["", f"Overhead of one Dask worker over one process: {single / alone - 1:+.0%}."]
    print("\n".join(lines))
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
