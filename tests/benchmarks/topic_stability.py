"""What a stability certificate costs, in fits: twenty refits of the 7,249 client turns of ESConv.

    python tests/benchmarks/topic_stability.py [--refits 20] [--workers 2]

Prints one table. Times are of one run on one machine; the ratios travel. "One fit" is
`fit_topics` on the same utterances, warm; the mark is below 12 of them for twenty refits with two
warm workers on two cores. The certificate's time holds everything: the refits, half as many of
shuffled embeddings (the noise floor), matching and words.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import workbench as wb
from workbench import settings
from workbench.corpus import Corpus
from workbench.embedding import embed
from workbench.topics import fit_topics, topic_stability, warm_workers

SIDE, MARK = "client", 12


def esconv() -> tuple[Corpus, np.ndarray]:
    """ESConv with the embeddings of its utterances."""
    home = settings.data_home()
    if home is None:
        sys.exit("The real corpora are not here (set WORKBENCH_DATA_HOME).")
    corpus = wb.load(home / "esconv" / "esconv_raw.jsonl.gz")
    return corpus, embed(corpus.utterances["text"].to_list())


def timed(call):
    """Seconds a call took, and what it gave."""
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost of a stability certificate, in fits")
    parser.add_argument("--refits", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    corpus, embeddings = esconv()
    fit_topics(corpus, embeddings, side=SIDE)
    fit, topics = timed(lambda: fit_topics(corpus, embeddings, side=SIDE))
    with warm_workers(options.workers) as executor:
        topic_stability(corpus, embeddings, topics, refits=2, executor=executor)
        whole, found = timed(
            lambda: topic_stability(
                corpus, embeddings, topics, refits=options.refits, executor=executor
            )
        )
    made = found.settings["refits"] + found.settings["shuffled_refits"] + 1
    turns = topics.layer.table.height
    print(f"{turns:,} {SIDE} turns of ESConv, {topics.map.height:,} fitted; {found!r}\n")
    print("| | seconds | fits |")
    print("|---|---|---|")
    print(f"| one fit, warm | {fit:.1f} | 1.0 |")
    print(
        f"| certificate: {options.refits} refits and {made - options.refits} of shuffled embeddings, "
        f"{options.workers} warm workers | {whole:.1f} | {whole / fit:.1f} (mark: below {MARK}) |"
    )
    print(f"| of it per refit | {whole / made:.1f} | {whole / made / fit:.2f} |")


if __name__ == "__main__":
    main()
