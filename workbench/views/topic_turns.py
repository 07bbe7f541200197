"""Turns of the Topics screen: those of a topic, those in an area of the map, and the talk around one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.study import Study
from workbench.views import layers as found
from workbench.views.topic_data import TopicData
from workbench.views.topic_map import inside

__all__ = [
    "AROUND",
    "SELECTED_BY",
    "around_turn",
    "as_csv",
    "as_jsonl",
    "keep_selection",
    "nearest_turn",
    "turns_in_area",
    "turns_of_topic",
]

AROUND = 4
"""Turns shown before and after a chosen turn."""

SELECTED_BY = "selection"
"""Coder of the layers made of a selection."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_LABEL_LIMIT = 80


def turns_of_topic(study: Study, data: TopicData, topic: int) -> pl.DataFrame:
    """Turns of a topic, the nearest to its centre first: `id`, `closeness` and those of utterances."""
    own = data.topics.layer.table.filter(pl.col("label") == str(topic)).select(
        "unit_id", closeness="value"
    )
    turns = own.join(
        study.corpus.utterances, left_on="unit_id", right_on="id", maintain_order="left"
    ).rename({"unit_id": "id"})
    return turns.sort("closeness", descending=True, nulls_last=True, maintain_order=True)


def turns_in_area(
    study: Study, data: TopicData, area: Mapping[str, Sequence[float]]
) -> pl.DataFrame:
    """Every fitted turn in an area of the map, in the order of the corpus.

    Returns
    -------
    DataFrame
        `id`, `conversation_id`, `turn`, `role`, `topic`, `text`.
    """
    places = data.places
    within = inside(places["x"].to_numpy(), places["y"].to_numpy(), corners=area)
    chosen = places.filter(pl.Series(within)).select("topic", id="unit_id")
    return study.corpus.utterances.join(chosen, on="id", how="inner", maintain_order="left").select(
        "id", "conversation_id", "turn", "role", "topic", "text"
    )


def nearest_turn(data: TopicData, picked: Mapping[str, Any]) -> str | None:
    """Id of the turn at a place of the map, or nearest to it; None where nothing was fitted."""
    x, y = (data.places[axis].to_numpy() for axis in ("x", "y"))
    if not len(x):
        return None
    away = (x - float(picked["x"])) ** 2 + (y - float(picked["y"])) ** 2
    return str(data.places["unit_id"][int(np.argmin(away))])


def around_turn(study: Study, data: TopicData, unit_id: str) -> pl.DataFrame:
    """A turn in its conversation, with topics and, where there are any, codes.

    Returns
    -------
    DataFrame
        `here` (an arrow at the turn), `turn`, `role`, `text`, `topic`, and `codes` of the first coder;
        four turns before and after.
    """
    here = study.corpus.utterances.row(by_predicate=pl.col("id") == unit_id, named=True)
    near = study.corpus.conversation(here["conversation_id"]).utterances.filter(
        (pl.col("turn") - here["turn"]).abs() <= AROUND
    )
    labels = data.topics.layer.table.select("unit_id", topic=pl.col("label").cast(pl.Int64))
    table = near.join(
        labels, left_on="id", right_on="unit_id", how="left", maintain_order="left"
    ).select(
        pl.when(pl.col("id") == unit_id).then(pl.lit("→")).otherwise(pl.lit("")).alias("here"),
        "turn",
        "role",
        "text",
        "topic",
        "id",
    )
    schemes = found.code_schemes(study)
    coders = [x for x in found.coders(study, schemes) if x != SELECTED_BY]
    if coders:
        given = found.marks(found.layers_of(study, schemes, coders[0]), near["id"])
        codes = given.drop_nulls("label").group_by("unit_id").agg(codes=pl.col("label"))
        table = table.join(
            codes.with_columns(pl.col("codes").list.join(", ")),
            left_on="id",
            right_on="unit_id",
            how="left",
            maintain_order="left",
        )
    return table.drop("id")


# -- what becomes of a selection -----------------------------------------------------------------------


def as_csv(turns: pl.DataFrame) -> bytes:
    """Turns as CSV, in UTF-8."""
    return turns.write_csv().encode()


def as_jsonl(turns: pl.DataFrame) -> bytes:
    """Turns as one JSON object a line, in UTF-8."""
    return turns.write_ndjson().encode()


def keep_selection(study: Study, turns: pl.DataFrame, *, name: str, label: str) -> Layer:
    """Write selected turns into the study as a layer of a person's coding.

    Parameters
    ----------
    turns
        `id`: the units that get the label.
    name
        Scheme of the layer; it is called `<name>.selection`.
    label
        The one label of the layer.

    Raises
    ------
    BadInput
        If nothing is selected, name or label cannot be used, or there is such a layer; nothing is written.
    """
    name, label = name.strip(), label.strip()
    if turns.is_empty():
        raise BadInput("No turn is selected. Draw an area on the map that holds some.")
    if not _NAME.fullmatch(name):
        raise BadInput(
            "The name of a layer is 1 to 60 letters, digits, `-` and `_`, and begins with a letter or digit."
        )
    if not label or len(label) > _LABEL_LIMIT or not label.isprintable():
        raise BadInput(f"The label of a layer is one line of 1 to {_LABEL_LIMIT} characters.")
    full = f"{name}.{SELECTED_BY}"
    metadata = LayerMetadata(
        name,
        SELECTED_BY,
        "human",
        labels=(label,),
        sampling="turns in an area drawn on the map of topics; no other turn was looked at",
    )
    layer = Layer.build(full, turns.select(unit_id="id", label=pl.lit(label)), metadata)
    with study.locked():
        if study.has_layer(full):
            raise BadInput(f"The study has a layer {full!r} already. Choose another name.")
        study.write_layer(layer)
    return layer
