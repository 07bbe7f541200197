"""Who took part in Persuasion for Good: traits stated before the talk, money given after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import polars as pl

from workbench.corpus.schema import META

__all__ = ["ROLES", "conversations_of", "number_of", "speakers_of", "talk_of"]

ROLES = {"0": "persuader", "1": "persuadee"}
_TRAITS = {
    **{"age.x": "age", "sex.x": "gender", "extrovert.x": "extraversion", "open.x": "openness"},
    **{"agreeable.x": "agreeableness", "conscientious.x": "conscientiousness"},
    "neurotic.x": "neuroticism",
}


def number_of(text: str | None) -> float | None:
    """A finite number, None where the text is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None


def talk_of(row: Mapping[str, Any]) -> str:
    """Id of the conversation of a row."""
    return f"p4g-{row['B2']}"


def conversations_of(talks: Sequence[str], people: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """What each gave afterwards; `source` is the person who was asked."""
    facts: dict[str, dict[str, Any]] = {talk: {} for talk in talks}
    for row in people:
        talk = facts.get(talk_of(row))
        if talk is None:
            continue
        if ROLES[row["B4"]] == "persuader":
            talk.setdefault(f"{META}persuader_donation", number_of(row["B6"]))
            continue
        talk.setdefault("source", row["B3"] or None)
        talk.setdefault("donation", number_of(row["B6"]))
        if number_of(row.get("B5")) is not None:
            talk["intended_donation"] = number_of(row.get("B5"))
    amounts = ("donation", "intended_donation", f"{META}persuader_donation")
    schema = {"id": pl.String, "source": pl.String, **dict.fromkeys(amounts, pl.Float64)}
    rows = [[name, *(talk.get(key) for key in list(schema)[1:])] for name, talk in facts.items()]
    table = pl.DataFrame(rows, schema, orient="row")
    return table.drop([name for name in amounts if table[name].null_count() == table.height])


def speakers_of(people: Sequence[Mapping[str, Any]]) -> pl.DataFrame | None:
    """Traits as stated before the talk: numbers where all of a column are."""
    known: dict[str, dict[str, Any]] = {}
    for row in people:
        if row["B3"]:
            known.setdefault(row["B3"], {}).update({key: x for key, x in row.items() if x})
    names = dict.fromkeys(key for row in known.values() for key in row if key.endswith(".x"))
    if not known:
        return None
    columns = [pl.Series("id", list(known), dtype=pl.String)]
    for name in names:
        texts = [(row.get(name) or "").strip() or None for row in known.values()]
        ours = _TRAITS.get(name, f"{META}{name.removesuffix('.x')}")
        numbers = [number_of(text) for text in texts]
        whole = [text is None for text in texts] == [number is None for number in numbers]
        columns.append(pl.Series(ours, numbers if whole else texts, strict=False))
    return pl.DataFrame(columns)
