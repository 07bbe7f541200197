"""Analyse a study in child processes that are killed at random times, then once to the end.

Usage: killed_runs.py STUDY KILLS SEED. The parent imports everything and forks before any thread is
started, so that the time to kill falls into the work and not into the imports.
"""

import os
import random
import signal
import sys
import time

import bertopic  # noqa: F401
import hdbscan  # noqa: F401
import shap  # noqa: F401
import torch  # noqa: F401
import transformers  # noqa: F401
import umap  # noqa: F401

import workbench as wb


def run_to_the_end(study: str) -> float:
    """Fork a child that analyses the study; return its seconds."""
    begun = time.perf_counter()
    if (child := os.fork()) == 0:
        code = 1
        try:
            wb.analyse(wb.Study.open(study))
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the undisturbed run ended with status {status}")
    return time.perf_counter() - begun


def main() -> None:
    study, kills, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    generator = random.Random(seed)
    longest = float(os.environ["WORKBENCH_TEST_SECONDS"])
    died = 0
    for _ in range(kills):
        if (child := os.fork()) == 0:
            wb.analyse(wb.Study.open(study))
            os._exit(0)
        time.sleep(generator.uniform(0.05, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        died += os.WIFSIGNALED(status)
    run_to_the_end(study)
    print(died)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(run_to_the_end(sys.argv[1]))
    else:
        main()
