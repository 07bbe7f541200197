"""How well does the default language model code? A small balanced sample of AnnoMI, beside head and rules.

    python tests/benchmarks/llm_coder.py [--each 40] [--context 2]

Writes tests/benchmarks/results/llm_coder.json and .md. The prompt's examples are the codebook's own, none is
from AnnoMI; nothing was tuned on these turns. The head's codes are out of fold: made by heads that never
saw the turn's video. All coders are scored on the same turns.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

import workbench as wb
from workbench import settings
from workbench.coding import load_codebook
from workbench.coding.annomi import corpus_folder, read_material
from workbench.coding.llm import code_with_llm
from workbench.coding.llm.validation import validate
from workbench.coding.recipes import features_of, recipe_of
from workbench.coding.rules import code_by_rules
from workbench.corpus import Layer, LayerMetadata
from workbench.files import checksum_of, write_json
from workbench.heads import out_of_fold
from workbench.language_models import local

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests" / "benchmarks" / "results"
SCHEMES = ("annomi-helper", "annomi-client")


def balanced(layer: Layer, each: int) -> list[str]:
    """Equally many turns of each label, `each` in all, drawn by checksum of their ids."""
    per_label = each // len(layer.metadata.labels)
    rows = layer.table.filter(pl.col("label").is_not_null()).select("unit_id", "label")
    drawn = rows.with_columns(
        order=pl.col("unit_id").map_elements(checksum_of, return_dtype=pl.String)
    ).sort("order")
    return drawn.filter(pl.int_range(pl.len()).over("label") < per_label)["unit_id"].to_list()


def out_of_fold_layer(scheme: str, corpus, embeddings) -> Layer:
    """Codes of heads that never saw the video, trained as the shipped one is."""
    book = load_codebook("annomi").scheme(scheme)
    spec = features_of(book)
    material = read_material(corpus_folder(None), book, spec, embeddings=embeddings)
    found = out_of_fold(
        material.table,
        material.targets,
        material.sources.tolist(),
        random_state=101,
        labels=book.labels,
        exclusive=True,
        features=spec,
        recipe=recipe_of(book),
    )
    side = corpus.utterances.filter(pl.col("side") == book.side)["id"]
    labels = [book.labels[i] for i in found.assigned.argmax(axis=1)]
    rows = pl.DataFrame({"unit_id": side, "label": labels})
    meta = LayerMetadata(scheme, "small head, out of fold", "model", labels=book.labels)
    return Layer.build(f"{scheme}.head", rows, meta)


def judged(scheme: str, corpus, recording: Path, wanted, embeddings):
    """The language model, plain and centred, beside rules and head on the same turns."""
    gold = corpus.layer(f"{scheme}.gold")
    asked = {
        "model": local(),
        "schemes": [scheme],
        "units": balanced(gold, wanted.each),
        "context_turns": wanted.context,
        "recording": recording,
    }
    coding = code_with_llm(corpus, **asked)
    (other,) = code_with_llm(corpus, **asked, centred=True, name="centred").layers
    meta = replace(other.metadata, coder=f"{other.metadata.coder}, centred")
    centred = replace(other, metadata=meta)
    rules = next(x for x in code_by_rules(corpus).layers if x.metadata.scheme == scheme)
    head = out_of_fold_layer(scheme, corpus, embeddings)
    return validate(coding, gold, corpus=corpus, beside=[centred, rules, head])


def page(table: pl.DataFrame) -> str:
    """The scores to be read; the model by its name alone."""
    lines = ["| scheme | coder | measure | estimate | 95 % |", "|---|---|---|---|---|"]
    for row in table.to_dicts():
        ends = "" if row["low"] is None else f"{row['low']:.2f} to {row['high']:.2f}"
        value = "" if row["estimate"] is None else f"{row['estimate']:.2f}"
        coder = row["coder"].replace(local().fingerprint, "SmolLM2-135M-Instruct")
        lines.append(f"| {row['scheme']} | {coder} | {row['measure']} | {value} | {ends} |")
    return "\n".join([*lines, "", table["mark"].max() or ""]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=120, help="turns of each side")
    parser.add_argument("--context", type=int, default=2, help="turns of context")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--recording", type=Path, default=None, help="to go on with a run cut off")
    parser.add_argument("--embeddings", type=Path, help="ready ones of the utterances (.npy)")
    wanted = parser.parse_args()
    home = settings.data_home()
    if home is None:
        sys.exit("no real corpora here (WORKBENCH_DATA_HOME)")
    corpus = wb.load(home / "annomi" / "AnnoMI-simple.csv")
    recording = wanted.recording or Path(tempfile.mkdtemp()) / "answers.jsonl"
    embeddings = None if wanted.embeddings is None else np.load(wanted.embeddings)
    found = [judged(scheme, corpus, recording, wanted, embeddings) for scheme in SCHEMES]
    table = pl.concat([one.table for one in found])
    write_json(
        wanted.out / "llm_coder.json",
        {
            "what": "balanced samples of AnnoMI, drawn by checksum of the utterance ids",
            "turns of each side": wanted.each,
            "context turns": wanted.context,
            "model": local().fingerprint,
            "codebook": load_codebook("annomi").checksum,
            "outcomes": pl.concat([one.outcomes for one in found]).to_dicts(),
            "scores": table.to_dicts(),
        },
    )
    (wanted.out / "llm_coder.md").write_text(page(table), "utf-8")
    print(page(table))


if __name__ == "__main__":
    main()
