"""A million utterances as a ConvoKit folder: the workbench beside ConvoKit 5, in one run.

Run with `make bench`. The corpus is a published ConvoKit sample (or, without the real corpora, the
demonstration corpus) repeated with changed ids. Each program works in a process of its own; wall
clock, processor time and peak memory are printed, then what it costs to read a part of the saved
corpus.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))

from convokit_itself import convokit_python, run_convokit

MEASURED = """
import json, resource, sys, time

def spent():
    return time.perf_counter(), time.process_time()

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000

figures = {{}}
begun = spent()
{imports}
figures["import"] = [after - before for before, after in zip(begun, spent())]
begun = spent()
corpus = {load}
figures["load"] = [after - before for before, after in zip(begun, spent())]
begun = spent()
{save}
figures["save"] = [after - before for before, after in zip(begun, spent())]
figures["peak MB"] = peak()
print(json.dumps(figures))
"""
CONVOKIT = MEASURED.format(
    imports="from convokit import Corpus",
    load="Corpus(filename=sys.argv[1])",
    save="corpus.dump('out', base_path=sys.argv[2])",
)
OURS = MEASURED.format(
    imports="import pyarrow.json, workbench as wb\nfrom workbench.corpus.readers import readers\nreaders()",
    load="wb.load(sys.argv[1])",
    save="corpus.write(sys.argv[2] + '/out', format='convokit')",
)
PART = """
import json, resource, sys, time
import polars as pl
import workbench as wb
from workbench.corpus import Corpus

begun = time.perf_counter()
stored = Corpus.open(sys.argv[1])
which = sys.argv[2]
if which == "one conversation":
    part = stored.select(conversations=[stored.conversations["id"][-1]])
elif which == "one role":
    part = stored.select(utterances=pl.col("role") == stored.speakers["role"][0])
else:
    part = max(stored.partitions(), key=lambda part: part.utterances.height)
took = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps({"rows": part.utterances.height, "seconds": took, "peak MB": peak}))
"""


def repeated(rows: int, folder: Path) -> None:
    """Write a corpus of `rows` utterances: a public one again and again under changed ids."""
    import workbench as wb
    from workbench.resources import bundled
    from workbench.settings import data_home

    home = data_home()
    corpus = wb.load(home / "formats" / "convokit_annomi" if home else bundled("data", "demo"))
    corpus.write(folder / "once", format="convokit")
    once = [json.loads(line) for line in (folder / "once" / "utterances.jsonl").open("rb")]
    described = {
        name: json.loads((folder / "once" / f"{name}.json").read_bytes())
        for name in ("conversations", "speakers")
    }
    many = folder / "many"
    many.mkdir()
    entries: dict[str, dict] = {"conversations": {}, "speakers": {}}
    with (many / "utterances.jsonl").open("w") as lines:
        for number in range(rows):
            again, place = divmod(number, len(once))
            record = dict(once[place])
            for key, table in (("conversation_id", "conversations"), ("speaker", "speakers")):
                name = f"{record[key]}~{again}"
                entries[table].setdefault(name, described[table][record[key]])
                record[key] = name
            record["id"] = f"{record['id']}~{again}"
            record["reply-to"] = record["reply-to"] and f"{record['reply-to']}~{again}"
            lines.write(json.dumps(record) + "\n")
    for name, content in entries.items():
        (many / f"{name}.json").write_text(json.dumps(content))
    shutil.copy(folder / "once" / "index.json", many)
    (many / "corpus.json").write_text("{}")


def ours(script: str, *arguments: str) -> dict:
    """Run a script in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def compare(folder: Path, home: Path) -> dict[str, dict]:
    """Load and save with both programs; figures by program."""
    python = convokit_python(home)
    for name in ("theirs", "ours"):
        (folder / name).mkdir()
    printed = run_convokit(
        python, CONVOKIT, str(folder / "many"), str(folder / "theirs"), home=folder
    )
    return {
        "ConvoKit 5": json.loads(printed.splitlines()[-1]),
        "workbench": ours(OURS, str(folder / "many"), str(folder / "ours")),
    }


def table(figures: dict[str, dict]) -> list[str]:
    """Lines of the printed comparison."""
    theirs, our = figures["ConvoKit 5"], figures["workbench"]
    lines = [f"{'':24}{'ConvoKit 5':>12}{'workbench':>12}{'ratio':>8}"]
    for step in ("import", "load", "save"):
        for place, clock in enumerate(("wall s", "processor s")):
            a, b = theirs[step][place], our[step][place]
            lines.append(f"{step + ', ' + clock:24}{a:12.2f}{b:12.2f}{a / b:8.1f}")
    a, b = theirs["peak MB"], our["peak MB"]
    lines.append(f"{'peak memory, MB':24}{a:12.0f}{b:12.0f}{a / b:8.1f}")
    return lines


def main() -> None:
    """Make the corpus, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    rows = options.parse_args().rows
    home = Path(__file__).parents[2] / ".pytest_cache"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        begun = time.perf_counter()
        repeated(rows, folder)
        print(f"{rows:,} utterances made in {time.perf_counter() - begun:.0f} s")
        print("\n".join(table(compare(folder, home))))
        subprocess.run(
            [sys.executable, "-m", "workbench", "convert", folder / "many", folder / "stored"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for part in ("one conversation", "one role", "all, by partitions"):
            found = ours(PART, str(folder / "stored"), part)
            print(
                f"{part:24}{found['rows']:>12,} rows in {found['seconds']:.2f} s, "
                f"peak {found['peak MB']:.0f} MB"
            )


if __name__ == "__main__":
    main()
