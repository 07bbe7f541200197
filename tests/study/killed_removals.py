"""Forget somebody in copies of a study, each time killed at another write.

Usage: killed_removals.py STUDY CACHE PERSON FOLDER COUNT...

Copies lie in FOLDER/<count>/study and FOLDER/<count>/cache; the run on them is killed at the write of that
number. Prints the counts at which there was something to kill. The parent imports everything and forks
before any thread is started.
"""

import os
import shutil
import signal
import sys

import numpy  # noqa: F401
import polars  # noqa: F401
import pyarrow.parquet  # noqa: F401

import workbench.study.forgetting
from workbench.study import Study

WRITES = {"os.rename", "os.remove", "shutil.rmtree", "sqlite3.connect"}


def forget(folder: str, person: str, killed_at: int) -> None:
    writes = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal writes
        if event in WRITES:
            writes += 1
            if writes == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

    os.environ["WORKBENCH_CACHE_HOME"] = f"{folder}/cache"
    sys.addaudithook(hook)
    workbench.study.forgetting.forget(person, studies=[Study.open(f"{folder}/study")])


def main() -> None:
    study, cache, person, target, *counts = sys.argv[1:]
    for count in counts:
        folder = f"{target}/{count}"
        shutil.copytree(study, f"{folder}/study")
        shutil.copytree(cache, f"{folder}/cache")
        child = os.fork()
        if child == 0:
            try:
                forget(folder, person, int(count))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print(count)


if __name__ == "__main__":
    main()
