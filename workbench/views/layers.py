"""Which layers of a study a screen can show, and the labels of some turns."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from workbench.corpus import Layer
from workbench.study import Study

__all__ = ["code_schemes", "coders", "labels_of", "layers_of", "marks", "of_no_person"]

_EMOTION, _SET_APART, _TOPICS = "goemotions", "backchannel", "topics-"
_PREFERRED = ("head", "gold", "intended")


def _named(study: Study) -> list[tuple[str, str]]:
    """Scheme and coder of every layer, as its name gives them."""
    pairs = [name.split(".", 1) for name in study.layer_names()]
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def code_schemes(study: Study) -> list[str]:
    """Schemes of codes: all but emotions, topics and flags of backchannels."""
    out = (_EMOTION, _SET_APART, _TOPICS)
    return sorted({scheme for scheme, _ in _named(study) if not scheme.startswith(out)})


def coders(study: Study, schemes: Sequence[str]) -> list[str]:
    """Coders with a layer of any of these schemes: the head first, then gold, intended, people."""
    found = {coder for scheme, coder in _named(study) if scheme in schemes}
    first = [coder for coder in _PREFERRED if coder in found]
    return first + sorted(found - set(first), key=lambda x: (len(x), x))


def layers_of(study: Study, schemes: Sequence[str], coder: str) -> list[Layer]:
    """Layers of one coder in these schemes, in their order, as far as the study holds them."""
    names = [f"{scheme}.{coder}" for scheme in schemes]
    return [study.layer(name) for name in names if study.has_layer(name)]


def of_no_person(study: Study, names: Sequence[str]) -> list[str]:
    """Those of some layers that are not the work of one person, whose name they would tell."""
    return [name for name in names if study.layer(name).metadata.coder_kind != "human"]


def labels_of(layer: Layer) -> list[str]:
    """Labels of a layer in the codebook's order, or sorted where there is no book."""
    return list(layer.metadata.labels) or sorted(layer.table["label"].drop_nulls().unique())


def marks(layers: Sequence[Layer], unit_ids: pl.Series) -> pl.DataFrame:
    """Labels of some units, one row per unit and label.

    Returns
    -------
    DataFrame
        `unit_id`, `label` (null: seen, nothing assigned), `probability` (null without one).
    """
    schema = {"unit_id": pl.String, "label": pl.String, "probability": pl.Float64}
    parts = [
        layer.table.filter(pl.col("unit_id").is_in(unit_ids.implode())).select(list(schema))
        for layer in layers
    ]
    joined = pl.concat([pl.DataFrame(schema=schema), *parts])
    named = joined.sort(pl.col("label").is_null(), maintain_order=True)
    return named.unique(["unit_id", "label"], keep="first", maintain_order=True)
