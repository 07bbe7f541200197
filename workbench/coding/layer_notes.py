"""Notes of automatic coders on utterances, and the shares that follow from them.

An utterance out of domain, or one that the coder abstained from, says so in its `note`. The shares
stand in the layer's facts, `out_of_domain` and `abstained`; they are those of the layer as it was
coded, and are counted again from the notes for a part of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from workbench.coding.labelled import ASSISTANT, NO_GOAL, WITHOUT_GOAL
from workbench.corpus import Corpus, Layer
from workbench.corpus.layer import ABSTAINED
from workbench.errors import BadInput

__all__ = [
    "OUT_OF_DOMAIN",
    "abstaining",
    "noted",
    "share_sentence",
    "with_cautions",
    "with_shares",
]

OUT_OF_DOMAIN = "out of domain"
"""Note on utterances unlike those that the head learned from."""

_BETWEEN = "; "


def noted(note: pl.Expr, further: pl.Expr) -> pl.Expr:
    """`note` with `further` behind it, either of which may be null."""
    both = pl.concat_str(note, further, separator=_BETWEEN, ignore_nulls=True)
    return pl.when(both != "").then(both)


def abstaining(layer: Layer, at_least: float) -> Layer:
    """Withhold the labels whose probability is below `at_least`.

    An utterance that keeps no label has a row with null label, so that it counts as seen and not
    assigned; its note says `abstained (0.55)`, the probability of what was withheld. Probabilities of
    all labels stay as they are. The layer is called `<name>-above-70` for 0.7.

    Parameters
    ----------
    layer
        With a probability on each assigned label.
    at_least
        Above 0 and below 1.

    Raises
    ------
    BadInput
        If `at_least` is no such number, or labels have no probability.
    """
    if not 0 < at_least < 1:
        raise BadInput(f"abstain is a probability above 0 and below 1, as 0.7; got {at_least:g}.")
    table = layer.table
    if table.filter(pl.col("label").is_not_null() & pl.col("probability").is_null()).height:
        raise BadInput(
            f"Layer {layer.name!r} has labels without a probability; a coder abstains by those alone."
        )
    withheld = pl.col("label").is_not_null() & (pl.col("probability") < at_least)
    best = pl.col("probability").filter(withheld).max().over("unit_id")
    told = pl.format(
        f"{ABSTAINED} ({{}})", best.round(2).cast(pl.String).str.pad_end(4, "0").fill_null("")
    )
    marked = table.with_columns(
        _withheld=withheld,
        _left=(~withheld & pl.col("label").is_not_null()).any().over("unit_id"),
        _first=pl.int_range(pl.len()).over("unit_id") == 0,
        note=pl.when(best.is_not_null()).then(noted(pl.col("note"), told)).otherwise("note"),
    )
    emptied = pl.col("_withheld") & ~pl.col("_left")
    kept = marked.filter(~pl.col("_withheld") | (emptied & pl.col("_first"))).with_columns(
        label=pl.when(~emptied).then("label"), probability=pl.when(~emptied).then("probability")
    )
    facts = {**layer.metadata.facts, "abstained": {"below": at_least}}
    return with_shares(
        replace(
            layer,
            name=f"{layer.name}-above-{100 * at_least:g}",
            table=kept.select(table.columns),
            metadata=replace(layer.metadata, facts=facts),
        )
    )


def with_shares(layer: Layer) -> Layer:
    """The layer with the shares of its notes counted into its facts, where it has such facts."""
    facts: dict[str, Any] = dict(layer.metadata.facts)
    for name, begins in (("out_of_domain", OUT_OF_DOMAIN), ("abstained", ABSTAINED)):
        if name in facts:
            facts[name] = {**facts[name], **_share(layer, begins)}
    return replace(layer, metadata=replace(layer.metadata, facts=facts))


def with_cautions(layer: Layer, corpus: Corpus) -> Layer:
    """The layer of a head with the cautions that its conversations call for, and no others of that kind."""
    units = layer.table["unit_id"].implode()
    coded = pl.col("id").is_in(units).any().over("conversation_id")
    assistant = pl.col("role").str.to_lowercase() == "assistant"
    talk = corpus.utterances.filter(pl.col("side") != "other")
    called_for = {
        ASSISTANT: talk.filter(coded & assistant).height,
        WITHOUT_GOAL: layer.table["note"].str.contains(NO_GOAL, literal=True).any(),
    }
    told = layer.metadata.caution or ""
    for sentence in called_for:
        told = told.replace(sentence, "")
    cautions = [*told.split(), *(sentence for sentence, holds in called_for.items() if holds)]
    return replace(layer, metadata=replace(layer.metadata, caution=" ".join(cautions)))


def _share(layer: Layer, begins: str) -> dict[str, Any]:
    seen = (
        layer.table["unit_id"].n_unique()
        if layer.probabilities is None
        else layer.probabilities.height
    )
    pattern = rf"(^|{_BETWEEN}){begins}"
    found = layer.table.filter(pl.col("note").str.contains(pattern))["unit_id"].n_unique()
    share = round(found / seen, 6) if seen else None
    return {
        "share": share,
        "utterances": seen,
        "reason": None if seen else "No utterance with text was scored.",
    }


def share_sentence(layer: Layer) -> str | None:
    """What goes with every rate of the layer: how much of it is out of domain, how much was withheld.

    None where the coder knows no domain and does not abstain, or scored nothing.
    """
    facts, told = with_shares(layer).metadata.facts, []
    outside, abstained = facts.get("out_of_domain"), facts.get("abstained")
    if outside is not None and outside["share"] is not None:
        told.append(
            f"{outside['share']:.0%} of the {outside['utterances']:,} coded utterances are unlike those "
            f"the coder learned from ({outside['expected']:.0%} would be of its own kind)."
        )
    if abstained is not None and abstained["share"] is not None:
        told.append(
            f"{abstained['share']:.0%} of the {abstained['utterances']:,} coded utterances had a code "
            f"withheld, its probability below {abstained['below']:g}; counts and rates leave it out, "
            "expected counts do not."
        )
    return " ".join(told) or None
