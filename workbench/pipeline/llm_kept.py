"""What a study keeps of its codings by language models, and that none takes the place of another unsaid.

A coding has a name, "" for the first, and under one name all layers were asked for in one way. The same way
of asking may bring more turns, so that a pilot grows into a coding of all, and never fewer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.coding.llm import Plan
from workbench.coding.llm.plan import Part
from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.study import Study

__all__ = [
    "LLM_FOLDER",
    "kept_as",
    "kept_schemes",
    "layer_file",
    "llm_step",
    "refuse_to_replace",
]

LLM_FOLDER = "llm"

_KEEP_BOTH = (
    "keep both: with a name (name='second' of code_by_llm, --name second of llm-code) the layers of this "
    "coding stand beside, as '<scheme>.llm-second'."
)


def kept_as(scheme: str, name: str) -> str:
    """What files about the coding of a scheme are called, but for their ending."""
    return f"{scheme}.{name}" if name else scheme


def llm_step(book: str, name: str = "") -> str:
    """Name of the step of a study that codes with a book: `llm-code-annomi`, `llm-code-annomi.second`."""
    return f"llm-code-{kept_as(book, name)}"


def kept_schemes(study: Study, plan: Plan) -> list[str]:
    """Schemes of the plan's book that the study holds a coding of, under the plan's name."""
    names = [scheme.name for scheme in plan.book.schemes]
    return [name for name in names if layer_file(study, plan, name).is_file()]


def layer_file(study: Study, plan: Plan, scheme: str) -> Path:
    """Where the layer of a scheme is kept."""
    return study.folder / "layers" / f"{plan.layer_name(scheme)}.parquet"


def refuse_to_replace(study: Study, plan: Plan) -> None:
    """See to it that what the study holds under the plan's name is asked for in the same way.

    Raises
    ------
    BadInput
        If it was asked for in another way, or of turns that the plan leaves out.
    """
    parts = {part.scheme.name: part for part in plan.parts}
    for scheme in plan.book.schemes:
        name = plan.layer_name(scheme.name)
        if not study.has_layer(name):
            continue
        layer = study.layer(name)
        _refuse_another_way(study, layer, plan)
        if scheme.name in parts and layer.metadata.facts.get("drawn") != plan.draw.facts:
            _refuse_fewer(study, layer, parts[scheme.name])


def _refuse_another_way(study: Study, layer: Layer, plan: Plan) -> None:
    before, now = layer.metadata.facts, plan.facts
    other = [
        f"{fact} {_told(before.get(fact))}, now {_told(now[fact])}"
        for fact in now
        if before.get(fact) != now[fact]
    ]
    if other:
        raise BadInput(
            f"{study.folder} holds {layer.name!r}, which was asked for in another way ({'; '.join(other)}). "
            f"Nothing was asked or replaced. Ask as before, or {_KEEP_BOTH}"
        )


def _refuse_fewer(study: Study, layer: Layer, part: Part) -> None:
    """A turn without words was not asked about, so that nothing is lost with it."""
    spoken = study.corpus.utterances.filter(pl.col("text").str.strip_chars() != "")["id"]
    wanted = {turn.turn.unit_id for turn in part.turns}
    left = set(layer.table["unit_id"]) & set(spoken) - wanted
    if left:
        raise BadInput(
            f"{study.folder} holds {layer.name!r} with {len(left)} turns that would be left out, such as "
            f"{min(left)!r}. Nothing was asked or replaced. Ask for all of them too (without a limit, or "
            f"with a larger one and the same random_state), or {_KEEP_BOTH}"
        )


def _told(fact: Any) -> str:
    """A fact in a message; of a codebook what tells its versions apart."""
    if isinstance(fact, Mapping):
        return f"{fact['name']} {fact['version']} ({fact['checksum'][:8]})"
    return repr(fact)
