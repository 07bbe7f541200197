"""How long it takes to say why an utterance has its code, by its number of words.

    python tests/benchmarks/explain_speed.py [--repeats N] [--json]

Utterances are of data/demo; encoder and head are loaded and warm, texts are never looked up in a store.
The share of the encoder is taken in the same runs. Seconds belong to the machine that is named; what
travels is the time against one encoding of the same utterance alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time

import polars as pl
import torch

import workbench as wb
from workbench.coding import explain_code
from workbench.embedding import Encoder
from workbench.resources import bundled

SCHEME, WORDS = "annomi-helper", (5, 10, 20, 40, 55)


class ClockedEncoder(Encoder):
    """The encoder with a clock beside it."""

    seconds = 0.0

    def encode(self, texts, **options):
        begun = time.perf_counter()
        found = super().encode(texts, **options)
        self.seconds += time.perf_counter() - begun
        return found


def rows(repeats: int) -> list[dict[str, object]]:
    corpus = wb.load(bundled("data", "demo"))
    encoder = ClockedEncoder()
    turns = corpus.utterances.filter(pl.col("side") == "helper").with_columns(
        words=pl.col("text").str.count_matches(r"\w+(?:['’\-]\w+)*")
    )
    found = []
    for words in WORDS:
        unit = turns.sort((pl.col("words") - words).abs(), "id")["id"][0]
        explain_code(corpus, unit, SCHEME, encoder=encoder)
        whole, inside, plain, work = [], [], [], []
        for _ in range(repeats):
            encoder.seconds, begun, busy = 0.0, time.perf_counter(), time.process_time()
            result = explain_code(corpus, unit, SCHEME, encoder=encoder)
            whole.append(time.perf_counter() - begun)
            inside.append(encoder.seconds)
            work.append(time.process_time() - busy)
            begun = time.perf_counter()
            encoder.encode(corpus.utterances.filter(id=unit)["text"].to_list())
            plain.append(time.perf_counter() - begun)
        found.append(
            {
                "words": int(turns.filter(id=unit)["words"][0]),
                "players": result.table.height,
                "method": result.method,
                "evaluations": result.evaluations,
                "seconds": statistics.median(whole),
                "processor seconds": statistics.median(work),
                "of it encoding": statistics.median(inside) / statistics.median(whole),
                "times one encoding": statistics.median(whole) / statistics.median(plain),
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = rows(options.repeats)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}"
    if options.json:
        print(json.dumps({"machine": machine, "rows": table}, indent=2))
        return
    print(f"{machine}, {torch.get_num_threads()} threads, median of {options.repeats}")
    with pl.Config(tbl_cols=-1, tbl_hide_dataframe_shape=True, float_precision=3):
        print(pl.DataFrame(table))


if __name__ == "__main__":
    main()
