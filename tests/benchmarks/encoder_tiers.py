"""Every tier of the encoder on AnnoMI + ESConv: speed, likeness, memory, effect on the MI heads.

    python tests/benchmarks/encoder_tiers.py [--out FILE.md] [--texts N] [--rounds N] [--quick]

One page: speed and likeness beside `SentenceTransformer.encode` with its defaults on distinct
utterances and on the corpus as it is, the share of time of the parts, peak memory of a streamed
run (each in a process of its own), and macro-F1 of the MI heads' recipes on other vectors, paired
over the same grouped folds. Marks stand behind the figures they belong to. `--quick` leaves out
memory and heads. In a clone without the real corpora the texts are those of data/demo.
"""

from __future__ import annotations

import argparse
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from encoder_throughput import ROOT, Row, compare, table

import workbench as wb
from workbench import settings
from workbench.coding import load_codebook
from workbench.coding.annomi import corpus_folder, read_material
from workbench.coding.recipes import features_of, recipe_of
from workbench.embedding import Encoder, resolve_precision
from workbench.heads import FeatureSpec, out_of_fold
from workbench.statistics import cluster_interval, macro_f1_statistic, paired_difference

_SEED = 103  # of folds on which nothing was chosen
_STREAMED = {"static": 1_000_000, "torch": 20_000}


def utterances() -> tuple[str, list[str]]:
    """Name of the corpora and all their utterances in a fixed random order, repeats included."""
    home = settings.data_home()
    files = (
        []
        if home is None
        else [
            home / "annomi" / "AnnoMI-simple.csv",
            home / "esconv" / "esconv_raw.jsonl.gz",
        ]
    )
    if files and all(file.is_file() for file in files):
        name, found = "AnnoMI + ESConv", [wb.load(file) for file in files]
    else:
        name, found = "data/demo", [wb.load(ROOT / "data" / "demo")]
    texts = [text or "" for corpus in found for text in corpus.utterances["text"]]
    return name, random.Random(0).sample(texts, len(texts))


def machine() -> str:
    """Processor, threads and versions in a line."""
    import torch

    names = [
        line.split(":", 1)[1].strip()
        for line in _lines(Path("/proc/cpuinfo"))
        if line.startswith("model name")
    ]
    has = torch.cpu.get_capabilities()
    bf16 = [name for name in ("amx_bf16", "avx512_bf16", "bf16") if has.get(name)]
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return (
        f"{names[0] if names else platform.machine()}, {torch.get_num_threads()} threads, "
        f"bf16 instructions: {', '.join(bf16) or 'none'}, {gpu}, Python "
        f"{platform.python_version()}, torch {torch.__version__}"
    )


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.is_file() else []


def marks(rows: list[Row], *, repeats: bool) -> list[str]:
    """One line per mark: what was asked, what was found."""
    found = {row.name.removeprefix("workbench "): row for row in rows}
    lines = []
    for way, least in {"bf16": 3.1 if repeats else 3.0, "fp32": 1.5, "static": 100}.items():
        row = found.get(way)
        if row is None or (repeats and way != "bf16"):
            continue
        lines.append(_mark(f"{way}, speed", row.wall_ratio, least, "{:.2f}x"))
        if row.mean_cosine is not None and not repeats:
            lines.append(_mark(f"{way}, mean cosine", row.mean_cosine, 0.999, "{:.6f}"))
            lines.append(_mark(f"{way}, neighbours kept", row.neighbours, 0.98, "{:.3f}"))
    return lines


def _mark(what: str, value: float, least: float, shown: str) -> str:
    said = "reached" if value >= least else "missed"
    return f"- {what}: {shown.format(value)}, mark {least:g}: {said}"


def shares(texts: list[str], ways: list[Encoder]) -> str:
    """Share of the time of each part, run one after the other."""
    lines = [
        "| way | texts | tokenising | copying | arithmetic | rest |",
        "|---|---|---|---|---|---|",
    ]
    for encoder in ways:
        found = encoder.profile(texts)
        cells = " | ".join(f"{share:.1%}" for share in found.shares.values())
        lines.append(
            f"| {encoder.engine} {encoder.precision} on {encoder.device} | {found.texts:,} | {cells} |"
        )
    return "\n".join(lines)


def stream_to_file(engine: str, n: int) -> None:
    """Stream `n` distinct utterances into a memory-mapped file; print seconds and peak in MB."""
    _, known = utterances()
    texts = [f"{known[i % len(known)]} {i}" for i in range(n)]
    encoder = Encoder(device="cpu", engine=engine)
    encoder.encode(texts[:64])
    before = _peak()
    with tempfile.TemporaryDirectory() as folder:
        shape = (n, encoder.dimension)
        kept = np.lib.format.open_memmap(
            Path(folder) / "vectors.npy", mode="w+", dtype=np.float16, shape=shape
        )
        begun = time.perf_counter()
        for rows, vectors in encoder.stream(texts):
            kept[rows] = vectors
        seconds = time.perf_counter() - begun
        print(f"{seconds:.1f} {before:.0f} {_peak():.0f}")


def _peak() -> float:
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def memory() -> str:
    """Peak memory of a streamed run per engine, each in a fresh process."""
    lines = [
        "| engine | utterances | utterances a second | MB before | peak MB | MB for 1,000,000 |",
        "|---|---|---|---|---|---|",
    ]
    for engine, n in _STREAMED.items():
        command = [sys.executable, __file__, "--stream", engine, str(n)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, before, peak = (float(word) for word in said.split()[-3:])
        # texts, keys and pages of the file grow with n; weights and buffers do not
        whole = peak if n >= 1_000_000 else before + (peak - before) * 1_000_000 / n
        kind = "measured" if n >= 1_000_000 else "extrapolated, upper bound"
        lines.append(
            f"| {engine} | {n:,} | {n / seconds:,.0f} | {before:,.0f} | {peak:,.0f} "
            f"| {whole:,.0f} ({kind}) |"
        )
    return "\n".join(lines)


def head_effects(name: str) -> list[str]:
    """Macro-F1 of a head's recipe on other vectors, and the paired difference to the shipped way."""
    scheme = load_codebook("annomi").scheme(name)
    spec, recipe = features_of(scheme), recipe_of(scheme)
    static = Encoder(engine="static")
    variants: dict[str, tuple[FeatureSpec, Encoder]] = {
        "transformer vectors, as shipped": (spec, Encoder()),
        "static vectors": (replace(spec, dimensions=static.dimension, early_layer=0), static),
    }
    lines, base = [], None
    for title, (columns, encoder) in variants.items():
        material = read_material(corpus_folder(None), scheme, columns, encoder=encoder)
        run = out_of_fold(
            material.table,
            material.targets,
            material.sources.tolist(),
            labels=scheme.labels,
            exclusive=True,
            features=columns,
            recipe=recipe,
            random_state=_SEED,
        )
        truth, guess = (
            [scheme.labels[column] for column in each.argmax(axis=1)]
            for each in (material.gold, run.assigned)
        )
        ours = macro_f1_statistic(truth, guess, scheme.labels)
        score = cluster_interval(ours, material.sources)
        line = f"| {name} | {title} | {score.estimate:.3f} ({score.low:.3f} to {score.high:.3f}) |"
        if base is None:
            base = ours
            lines.append(f"{line} - |")
            continue
        gap = paired_difference(ours, base, material.sources)
        lines.append(f"{line} {gap.estimate:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}) |")
    return lines


def report(*, texts: int | None, rounds: int, quick: bool) -> str:
    """The page."""
    name, every = utterances()
    every = every[:texts]
    distinct = list(dict.fromkeys(every))
    native = resolve_precision(device="cpu")
    ways = [*dict.fromkeys([native, "fp32"]), "static"]
    alone, repeated = (compare(given, ways, rounds=rounds) for given in (distinct, every))
    encoders = [Encoder(device="cpu", precision=way) for way in ways[:-1]]
    parts = [
        "# The encoder measured",
        f"`python tests/benchmarks/encoder_tiers.py`. {machine()}. Best of {rounds} rounds; ratios "
        "belong to one run.",
        f"## {len(distinct):,} distinct utterances of {name}",
        table(alone),
        "\n".join(marks(alone, repeats=False)),
        f"## The corpus as it is: {len(every):,} utterances, {1 - len(distinct) / len(every):.0%} repeats",
        table(repeated),
        "\n".join(marks(repeated, repeats=True)),
        "## Share of the time, parts one after the other",
        shares(distinct[:10_000], [*encoders, Encoder(device="cpu", engine="static")]),
    ]
    if not quick:
        parts += ["## Peak memory, streamed (mark: under 4,000 MB for 1,000,000)", memory()]
    if not quick and name != "data/demo":
        lines = [
            "| head | vectors | macro-F1 | difference to as shipped, paired |",
            "|---|---|---|---|",
            *head_effects("annomi-helper"),
            *head_effects("annomi-client"),
        ]
        parts += [f"## MI heads on unseen videos (folds {_SEED})", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Tiers of the encoder, measured")
    parser.add_argument("--out", type=Path, help="write the page here too")
    parser.add_argument("--texts", type=int, help="how many utterances; default: all")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="no memory, no heads")
    parser.add_argument("--stream", nargs=2, metavar=("ENGINE", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stream:
        stream_to_file(options.stream[0], int(options.stream[1]))
        return
    page = report(texts=options.texts, rounds=options.rounds, quick=options.quick)
    print(page)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
