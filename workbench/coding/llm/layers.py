"""The Layer of a language model's decisions: outcomes that are no code keep a null label and say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from workbench.coding.llm.answers import Answer
from workbench.coding.llm.plan import Part, Plan
from workbench.coding.llm.seen import possibly_seen
from workbench.corpus import Layer, LayerMetadata
from workbench.corpus.layer import NOT_CODED

__all__ = ["llm_layer"]

_DECIMALS = 4  # of probabilities: in float32 a score moves by up to 1e-4 with its batch
_CAUTION = (
    "Coded by a language model ({model}); how well it agrees with people on these conversations is not known "
    "until it is compared with codes of theirs."
)
_ROW = {"unit_id": pl.String, "label": pl.String, "probability": pl.Float64, "note": pl.String}


def llm_layer(plan: Plan, part: Part, decided: Mapping[str, Answer]) -> Layer:
    """Make the layer of a scheme; a turn that was not asked about, for want of words, gets no note."""
    scheme = part.scheme
    rows: list[tuple[str, str | None, float | None, str | None]] = []
    shares: list[dict[str, Any]] = []
    reasons: list[str] = []
    for turn in part.turns:
        unit = turn.turn.unit_id
        answer = decided.get(unit)
        if answer is None:
            rows.append((unit, None, None, None))
            continue
        known = {x: round(p, _DECIMALS) for x, p in (answer.shares or {}).items()}
        if answer.shares is not None:
            shares.append({"unit_id": unit, **{x: known.get(x, 0.0) for x in scheme.labels}})
        elif answer.outcome == "coded":
            reasons.append(answer.reason)
        note = None if answer.outcome == "coded" else f"{NOT_CODED}{answer.outcome}"
        rows += [(unit, x, known.get(x), note) for x in answer.labels] or [(unit, None, None, note)]
    return Layer.build(
        plan.layer_name(scheme.name),
        pl.DataFrame(rows, schema=_ROW, orient="row"),
        _metadata(plan, part, reasons),
        probabilities=pl.DataFrame(
            shares, schema={"unit_id": pl.String, **dict.fromkeys(scheme.labels, pl.Float64)}
        )
        if shares
        else None,
    )


def _metadata(plan: Plan, part: Part, reasons: Sequence[str]) -> LayerMetadata:
    chosen, fingerprint, scheme = plan.chosen, plan.asker.fingerprint, part.scheme
    cautions = [_CAUTION.format(model=fingerprint), possibly_seen(plan.corpus)]
    return LayerMetadata(
        scheme=scheme.name,
        coder=f"{fingerprint} ({chosen.variant.name} prompt)",
        coder_kind="llm",
        labels=scheme.labels,
        exclusive=scheme.exclusive,
        codebook=plan.book.checksum,
        model=fingerprint,
        context_turns=chosen.context_turns,
        blind=True,
        sampling=part.sampling,
        caution=" ".join(filter(None, cautions)),
        facts={
            **plan.facts,
            "drawn": plan.draw.facts,
            "no_probabilities": dict(sorted(Counter(reasons).items())),
        },
    )
