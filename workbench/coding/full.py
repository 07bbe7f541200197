"""The full-size head: a fine-tuned tagger and the small heads of the same codebook, blended.

A turn's probabilities are a weighted mean of what the tagger says of it with the turns before, what
the tagger says of it alone, and what the small head says; then calibrated as a whole. They err in
different places: on folds the blend was better than either. Read without context, the blend is of
the tagger alone and the context-free small head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import settings
from workbench.coding.books import load_codebook
from workbench.coding.coder import Coding, code_corpus
from workbench.coding.fit_for import fit_for
from workbench.coding.labelled import DECIMALS, capped, label_rows, parents_hold
from workbench.coding.material import sides_of
from workbench.coding.trained_heads import TRAINED, find_head
from workbench.corpus import Codebook, Corpus, Layer, LayerMetadata, Scheme
from workbench.errors import BadInput, MissingModel
from workbench.files import checksum_of
from workbench.heads.head import probabilities
from workbench.heads.tagger import Calibrated, Reading, Tagger, load_tagger

if TYPE_CHECKING:
    from workbench.embedding import EmbeddingStore

__all__ = [
    "SHARES",
    "Blend",
    "FullHead",
    "blended",
    "code_full",
    "find_full_head",
    "full_fingerprint",
]

SHARES: Mapping[Reading, Mapping[str, float]] = {
    "context": {"small": 0.5, "context": 0.25, "alone": 0.25},
    "alone": {"small": 0.5, "alone": 0.5},
}
"""Weight of each part by way of reading; chosen on folds of seed 11."""


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """Calibration of the blend of one task in one way of reading, and the small head it was made with."""

    calibrated: Calibrated
    small: str


@dataclass(frozen=True, slots=True, eq=False)
class FullHead:
    """A tagger with its blends by task and way of reading."""

    tagger: Tagger
    blends: Mapping[tuple[str, Reading], Blend]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a layer."""
        return checksum_of([self.tagger.fingerprint, self._facts()])

    def _facts(self) -> list[dict[str, Any]]:
        return [
            {
                "task": task,
                "reading": reading,
                "small": blend.small,
                **{name: value.tolist() for name, value in asdict(blend.calibrated).items()},
            }
            for (task, reading), blend in sorted(self.blends.items())
        ]

    def write(self, folder: Path) -> None:
        """Write the blends beside the tagger's files."""
        text = json.dumps(self._facts(), indent=2, sort_keys=True)
        (folder / "blend.json").write_text(text + "\n", "utf-8")


def blended(
    parts: Mapping[str, NDArray[np.float64]], reading: Reading, *, exclusive: bool
) -> NDArray[np.float64]:
    """Scores of the weighted mean of probabilities (n, k): its logarithm, or its log-odds."""
    mean = np.sum([share * parts[name] for name, share in SHARES[reading].items()], axis=0)
    mean = np.clip(mean, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(mean) if exclusive else np.log(mean) - np.log1p(-mean))


def find_full_head(codebook: str) -> FullHead:
    """Return the full-size head of a codebook, from the package or the user's folder.

    Raises
    ------
    MissingModel
        If there is none; says how to train it.
    """
    name = f"{codebook}-full"
    for home in (TRAINED, settings.heads_home()):
        described = home / name / "tagger.json"
        if described.is_file():
            return _read(home / name, described.stat().st_mtime_ns)
    raise MissingModel(
        f"There is no full-size head for codebook {codebook!r} here. Train it with "
        f"`workbench train {name}` (minutes on a GPU, some hours on two cores; it can be stopped and "
        "goes on), or code with the small heads."
    )


@lru_cache(maxsize=2)
def _read(folder: Path, changed: int) -> FullHead:
    tagger = load_tagger(folder)
    try:
        content = json.loads((folder / "blend.json").read_text("utf-8"))
        blends = {
            (entry["task"], entry["reading"]): Blend(
                Calibrated(*(np.array(entry[name]) for name in ("scale", "offset", "thresholds"))),
                entry["small"],
            )
            for entry in content
        }
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise BadInput.in_file(
            folder, f"blend.json is absent or damaged ({type(error).__name__})."
        ) from error
    return FullHead(tagger, blends)


def full_fingerprint(codebook: str, *, context: bool = True) -> str:
    """Checksum over all that can change a layer of the full-size head."""
    full = find_full_head(codebook)
    small = [find_head(task, context=context).fingerprint for task in full.tagger.tasks]
    return checksum_of([full.fingerprint, small])


def code_full(
    corpus: Corpus,
    codebook: str | Codebook = "annomi",
    *,
    context: bool = True,
    store: EmbeddingStore | None = None,
    device: str = "auto",
) -> Coding:
    """Code a corpus with the full-size head of a codebook.

    Parameters
    ----------
    context
        Read the turns before, or each turn by itself (for analyses of sequences).
    store
        Store of the embeddings that the small heads read.

    Returns
    -------
    Coding
        Layers `annomi-helper.full`, ... (`.full-alone` without context), of coder kind `model`.

    Raises
    ------
    MissingModel
        If the codebook has no full-size head here.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    full = find_full_head(book.name)
    reading: Reading = "context" if context else "alone"
    schemes = [book.scheme(task) for task in full.tagger.tasks]
    small = code_corpus(corpus, book, context=context, store=store)
    by_scheme = {layer.metadata.scheme: layer for layer in small.layers}
    schemes = [scheme for scheme in schemes if scheme.name in by_scheme]
    if not schemes:
        return Coding((), small.refusals)
    fits = {s.name: fit_for(corpus, scheme=s.name, side=s.side).conversations for s in schemes}
    wanted = sorted({talk for fitting in fits.values() for talk in fitting})
    talk = _talk(corpus, wanted)
    said = _tagged(full.tagger, talk, reading, device)
    layers = [
        _layer(book, scheme, full, reading, talk, said, by_scheme[scheme.name])
        for scheme in schemes
    ]
    return Coding(tuple(layers), small.refusals)


def _talk(corpus: Corpus, conversations: Sequence[str]) -> pl.DataFrame:
    """Turns of some conversations that the tagger reads, with the goal, in their order."""
    goals = corpus.conversations.select(
        pl.col("id").alias("conversation_id"), pl.col("target_behaviour").alias("goal")
    )
    return (
        corpus.utterances.filter(
            pl.col("conversation_id").is_in(conversations) & (pl.col("side") != "other")
        )
        .join(goals, on="conversation_id", how="left", maintain_order="left")
        .sort("conversation_id", "turn", maintain_order=True)
    )


def _tagged(
    tagger: Tagger, talk: pl.DataFrame, reading: Reading, device: str
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Probabilities of each task by each part of the tagger that the blend takes."""
    given: dict[str, Any] = {
        "sides": talk["side"].to_list(),
        "conversations": talk["conversation_id"].to_list(),
        "goals": talk["goal"].to_list(),
        "device": device,
    }
    texts = talk["text"].fill_null("").to_list()
    parts: list[Reading] = ["alone"] if reading == "alone" else ["context", "alone"]
    found = {part: tagger.predict_proba(texts, **given, reading=part) for part in parts}
    return {task: {part: found[part][task] for part in parts} for task in tagger.tasks}


def _layer(
    book: Codebook,
    scheme: Scheme,
    full: FullHead,
    reading: Reading,
    talk: pl.DataFrame,
    said: Mapping[str, Mapping[str, NDArray[np.float64]]],
    small: Layer,
) -> Layer:
    blend = full.blends[scheme.name, reading]
    shares = small.probabilities
    assert shares is not None  # heads always give probabilities
    row_of = {unit: row for row, unit in enumerate(talk["id"])}
    scored = np.array([row_of[unit] for unit in shares["unit_id"]], dtype=np.intp)
    parts = {name: own[scored] for name, own in said[scheme.name].items()}
    parts["small"] = shares.select(scheme.labels).to_numpy()
    scores = blended(parts, reading, exclusive=scheme.exclusive)
    how = blend.calibrated
    probability = probabilities(scores, how.scale, how.offset, exclusive=scheme.exclusive)
    probability = capped(scheme, scheme.labels, probability.round(DECIMALS))
    task = replace(full.tagger.tasks[scheme.name], readings={reading: how})
    assigned = parents_hold(scheme, scheme.labels, task.assign(probability, reading))
    seen = set(small.table["unit_id"])
    own = talk["side"].is_in(sides_of(scheme)).to_numpy() & talk["id"].is_in(seen).to_numpy()
    rows = label_rows(scheme.labels, talk, np.flatnonzero(own), scored, probability, assigned)
    notes = small.table.select("unit_id", "note").unique("unit_id")
    kept = ("trained_on", "out_of_domain")
    facts = {name: small.metadata.facts[name] for name in kept if name in small.metadata.facts}
    return Layer.build(
        f"{scheme.name}.full{'' if reading == 'context' else '-alone'}",
        rows.join(notes, on="unit_id", how="left", maintain_order="left"),
        LayerMetadata(
            scheme=scheme.name,
            coder=f"{scheme.name} full head",
            coder_kind="model",
            labels=scheme.labels,
            exclusive=scheme.exclusive,
            codebook=book.checksum,
            model=full.fingerprint,
            context_turns=full.tagger.context_turns(reading),
            blind=True,
            caution=small.metadata.caution,
            facts=facts,
        ),
        probabilities=pl.DataFrame(
            probability, schema=list(scheme.labels), orient="row"
        ).insert_column(0, shares["unit_id"]),
    )
