"""Stability: would another model, wording or seed have given the same codes.

Each replicate is a coding of its own by `code_with_llm`. Stability is told for all replicates together and
for those that differ in one thing alone: the share of turns on which all agree, and Krippendorff's alpha with
every replicate as a coder. A turn that a replicate did not code is missing for alpha and a disagreement for
the share; a turn without words, of which nobody was asked, is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from workbench.coding.llm.answering import CodingModel
from workbench.coding.llm.coder import LLMCoding, code_with_llm
from workbench.coding.llm.prompt import Variant
from workbench.corpus import Codebook, Corpus, Layer
from workbench.errors import BadInput
from workbench.language_models import OpenAICompatibleLM
from workbench.reliability import Ratings, estimate_coefficient
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, cluster_proportion

__all__ = ["Replication", "replicate"]

_SCHEMA: dict[str, Any] = {
    "scheme": pl.String,
    "over": pl.String,
    "replicates": pl.Int64,
    "measure": pl.String,
    **ESTIMATE_COLUMNS,
}


@dataclass(frozen=True)
class Replication:
    """Codings of the same turns by different models, wordings and seeds.

    Attributes
    ----------
    codings
        (model, prompt, seed) -> coding.
    table
        `scheme`, `over` (what differs: `everything`, `models`, `prompts`, `seeds`), `replicates`, `measure`
        (`same code`, `krippendorff_alpha`), and the columns of estimates. Where several groups of
        replicates differ in one thing alone, the estimate is that of the first, in the order given.
    outcomes
        Outcomes of every replicate: `model`, `prompt`, `seed`, `scheme`, `outcome`, `turns`, `repaired`.
    """

    codings: Mapping[tuple[str, str, int], LLMCoding]
    table: pl.DataFrame
    outcomes: pl.DataFrame


def replicate(
    corpus: Corpus,
    codebook: str | Codebook = "annomi",
    *,
    models: Sequence[CodingModel],
    prompts: Sequence[str | Variant] = ("standard",),
    seeds: Sequence[int] = (0,),
    schemes: Sequence[str] | None = None,
    units: Collection[str] | None = None,
    context_turns: int = 4,
    temperature: float = 0.0,
    recordings: str | Path | None = None,
    on: Callable[[str], None] | None = None,
) -> Replication:
    """Code the same turns again and again, and say how far the codes stay.

    Parameters
    ----------
    models, prompts, seeds
        Every combination is a replicate; there have to be two at least. A seed shuffles the order of codes
        and examples (0 keeps the book's) and is sent to servers that sample.
    temperature
        Of the answers that servers write.
    recordings
        Folder of the answers, a file per model; default: the user's cache.
    on
        Called with the name of each replicate before it is asked for.

    Raises
    ------
    BadInput
        If there are fewer than two replicates, or a model, prompt or seed is given twice.
    """
    names = [prompt if isinstance(prompt, str) else prompt.name for prompt in prompts]
    _check(([_identity(model) for model in models], names, [str(seed) for seed in seeds]))
    codings = {}
    for (model, (name, prompt)), seed in product(
        product(models, zip(names, prompts, strict=True)), seeds
    ):
        identity = _identity(model)
        if on is not None:
            on(f"{identity}, prompt {name}, seed {seed}")
        file = None if recordings is None else Path(recordings) / f"coder-{identity}.jsonl"
        codings[identity, name, seed] = code_with_llm(
            corpus,
            codebook,
            model=model,
            prompt=prompt,
            seeds=[seed],
            temperature=temperature if isinstance(model, OpenAICompatibleLM) else None,
            schemes=schemes,
            units=units,
            context_turns=context_turns,
            recording=file,
        )
    return Replication(codings, _stability(codings, corpus), _outcomes(codings))


def _check(told: tuple[list[str], list[str], list[str]]) -> None:
    if prod(map(len, told)) < 2:
        raise BadInput("A replication needs two replicates: give several models, prompts or seeds.")
    twice = [one for given in told for one in given if given.count(one) > 1]
    if twice:
        raise BadInput(f"{twice[0]!r} is given twice; every model, prompt and seed once.")


def _identity(model: CodingModel) -> str:
    return str(getattr(model, "identity", model.fingerprint))


def _outcomes(codings: Mapping[tuple[str, str, int], LLMCoding]) -> pl.DataFrame:
    return pl.concat(
        coding.counts().select(
            pl.lit(model).alias("model"),
            pl.lit(prompt).alias("prompt"),
            pl.lit(seed, pl.Int64).alias("seed"),
            pl.all(),
        )
        for (model, prompt, seed), coding in codings.items()
    )


def _stability(codings: Mapping[tuple[str, str, int], LLMCoding], corpus: Corpus) -> pl.DataFrame:
    names = list(codings)
    groups = {"everything": names}
    for place, over in enumerate(("models", "prompts", "seeds")):
        rest = [name for name in names if _without(name, place) == _without(names[0], place)]
        if len(rest) > 1:
            groups[over] = rest
    asked = {name: coding.layers_asked() for name, coding in codings.items()}
    rows = []
    for number, layer in enumerate(asked[names[0]]):
        for over, members in groups.items():
            layers = [asked[name][number] for name in members]
            for measure, estimate in _agreement(layers, corpus).items():
                head = {"scheme": layer.metadata.scheme, "over": over, "replicates": len(members)}
                rows.append({**head, "measure": measure, **estimate.as_row()})
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _without(name: tuple[Hashable, ...], place: int) -> tuple[Hashable, ...]:
    return name[:place] + name[place + 1 :]


def _agreement(layers: Sequence[Layer], corpus: Corpus) -> dict[str, Estimate]:
    meta = layers[0].metadata
    given = [_codes(layer) for layer in layers]
    units = [unit for unit in given[0] if any(one[unit] is not None for one in given)]
    if not units:
        nothing = Estimate(None, reason="no replicate coded a turn")
        return {"same code": nothing, "krippendorff_alpha": nothing}
    talks = dict(corpus.utterances.select("id", "conversation_id").iter_rows())
    source = dict(corpus.conversations.select("id", "source").iter_rows())
    sources = np.array([source[talks[unit]] for unit in units], dtype=object)
    same = [
        float(one is not None and all(other[unit] == one for other in given))
        for unit in units
        for one in [given[0][unit]]
    ]
    values = [[one[unit] for one in given] for unit in units]
    if meta.exclusive:
        plain = [[None if v is None else next(iter(v)) for v in row] for row in values]
        ratings = Ratings.build(plain, categories=meta.labels, sources=sources)
    else:
        ratings = Ratings.build(values, level="sets", labels=meta.labels, sources=sources)
    return {
        "same code": cluster_proportion(same, np.ones(len(same)), sources),
        "krippendorff_alpha": estimate_coefficient(ratings, "krippendorff_alpha"),
    }


def _codes(layer: Layer) -> dict[str, frozenset[str] | None]:
    """Unit -> codes; None where it was not coded."""
    found: dict[str, frozenset[str] | None] = {}
    undecided = set(layer.undecided)
    for unit, label in layer.table.select("unit_id", "label").iter_rows():
        if label is not None:
            found[unit] = (found.get(unit) or frozenset()) | {label}
        else:
            silent = layer.metadata.exclusive or unit in undecided
            found[unit] = None if silent else frozenset()
    return found
