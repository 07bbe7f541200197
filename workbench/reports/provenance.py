"""Where the figures of a study come from, as tables: corpus, steps with seeds, coders, versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from workbench import __version__
from workbench.files import read_json
from workbench.study import StepRecord, Study

__all__ = ["provenance_tables"]

_SHORT = 12
"""Characters of a checksum that are enough to tell two apart."""


def provenance_tables(study: Study) -> list[tuple[str, str, pl.DataFrame]]:
    """Return key, title and table of everything needed to make the figures again."""
    return [
        ("corpus_facts", "Corpus", _facts(_corpus_facts(study))),
        ("steps", "Steps, seeds and timings", _steps(study)),
        ("coders", "Layers and their coders", _coders(study)),
        ("versions", "Models, versions and machine", _facts(_versions(study))),
    ]


def _facts(facts: Mapping[str, Any]) -> pl.DataFrame:
    rows = [(name, str(value)) for name, value in facts.items() if value not in (None, "")]
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")


def _corpus_facts(study: Study) -> dict[str, Any]:
    corpus = study.corpus
    metadata = corpus.metadata
    return {
        "name": metadata.name,
        "licence": metadata.licence,
        "citation": metadata.citation,
        "language": metadata.language,
        "checksum": corpus.checksum(),
        "checksum of the source": metadata.source_checksum,
    }


def _steps(study: Study) -> pl.DataFrame:
    rows = [
        {
            "step": record.name,
            "state": "done" if record.outputs else "refused",
            "seconds": record.seconds,
            "device": record.device,
            "random_state": record.parameters.get("random_state"),
            "parameters": _chosen(record),
            "depends_on": _dependencies(record),
            "fingerprint": record.fingerprint[:_SHORT],
        }
        for record in study.steps()
    ]
    numbers = {"seconds": pl.Float64, "random_state": pl.Int64}
    names = ("step", "state", "seconds", "device", "random_state", "parameters", "depends_on")
    schema = {name: numbers.get(name, pl.String) for name in (*names, "fingerprint")}
    return pl.DataFrame(rows, schema=schema)


def _chosen(record: StepRecord) -> str:
    """What a person chose for a step, but for its seed."""
    chosen = {
        name: value
        for name, value in record.parameters.items()
        if name not in ("depends", "random_state") and value is not None
    }
    return "; ".join(f"{name}: {_written(value)}" for name, value in chosen.items())


def _dependencies(record: StepRecord) -> str:
    depends = record.parameters.get("depends", {})
    return "; ".join(f"{name}: {_written(x)}" for name, x in depends.items() if x is not None)


def _written(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 2 * _SHORT else f"{text[:_SHORT]}…"


def _coders(study: Study) -> pl.DataFrame:
    rows = []
    for name in study.layer_names():
        layer = study.layer(name)
        metadata = layer.metadata
        rows.append(
            {
                "layer": name,
                "coder": metadata.coder,
                "kind": metadata.coder_kind,
                "round": metadata.round,
                "context_turns": metadata.context_turns,
                "model": (metadata.model or "")[:_SHORT],
                "codebook": (metadata.codebook or "")[:_SHORT],
                "coded": metadata.sampling or "all",
            }
        )
    numbers = {"round": pl.Int64, "context_turns": pl.Int64}
    names = ("layer", "coder", "kind", *numbers, "model", "codebook", "coded")
    return pl.DataFrame(rows, schema={name: numbers.get(name, pl.String) for name in names})


def _versions(study: Study) -> dict[str, Any]:
    """Models, and versions and machine of the last run."""
    encoder = study.folder / "embeddings" / "encoder.json"
    facts: dict[str, Any] = {"workbench (this report)": __version__}
    if encoder.is_file():
        facts["encoder"] = read_json(encoder)["fingerprint"]
    for check in sorted((study.folder / "attributions").glob("*/check.json")):
        model = read_json(check)["settings"]["model"]
        facts[f"language model of {check.parent.name}"] = model
    runs = study.manifests()
    if runs:
        facts["last run finished"] = runs[-1].get("finished")
        facts |= {f"{name} (last run)": x for name, x in runs[-1].get("versions", {}).items()}
        facts |= runs[-1].get("machine", {})
    else:
        facts["last run"] = "none of the whole job; the steps were run one by one"
    return facts
