"""Run `workbench analyse` again and again in processes that are killed at random times.

Usage: killed_runs.py CORPUS FOLDER KILLS SECONDS SEED

A study is begun in FOLDER/0, killed after a random time of at most SECONDS, gone on with, killed
again ... until it is complete; then the next is begun in FOLDER/1, until there were KILLS kills, and the
last one is finished. Prints the number of studies. The parent imports everything and forks before any
thread is started, so that the kills fall into the work and not into the imports.
"""

import os
import random
import signal
import sys
import time
import traceback

import bertopic  # noqa: F401
import hdbscan  # noqa: F401
import shap  # noqa: F401
import torch  # noqa: F401
import transformers  # noqa: F401
import umap  # noqa: F401

from workbench.cli import main as workbench


def begin(corpus: str, study: str) -> int:
    """Process id of a started `workbench analyse`."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["workbench", "analyse", corpus, "--out", study]
        code = 1
        try:
            workbench()
            code = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def ended_by_itself(child: int, seconds: float) -> bool:
    """Wait that long, then kill; whether it had ended before. Any other end than success is ours too."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            if status:
                raise SystemExit(f"an undisturbed run ended with status {status}")
            return True
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main() -> None:
    corpus, folder, kills, longest, seed = sys.argv[1:]
    drawn = random.Random(int(seed))
    studies, left = 0, int(kills)
    while left:
        study = f"{folder}/{studies}"
        while left and not ended_by_itself(begin(corpus, study), drawn.uniform(0, float(longest))):
            left -= 1
        studies += 1
    ended_by_itself(begin(corpus, study), float("inf"))
    print(studies)


if __name__ == "__main__":
    main()
