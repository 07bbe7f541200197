"""Code a corpus with a language model: one Layer per scheme, and an outcome for every turn that was asked.

A turn that was refused, found unclear or answered with something that is no code keeps a row with null label
whose note says so: it is not coded, and never "other". Probabilities are those of the labels where the
model tells them (scored options, or log-probabilities of the server), else shares of the answers to several
seeds, else there are none and the layer's metadata says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.coding.llm.answering import CodingModel
from workbench.coding.llm.answers import Answer
from workbench.coding.llm.layers import llm_layer
from workbench.coding.llm.outcomes import OUTCOME_COLUMNS, outcome_table
from workbench.coding.llm.plan import Part, Plan, plan_coding
from workbench.coding.llm.recording import Recording
from workbench.coding.llm.rounds import decide_round, together
from workbench.corpus import Codebook, Corpus, Layer
from workbench.corpus.refusal import Refusal

__all__ = ["LLMCoding", "carry_out", "code_with_llm"]


@dataclass(frozen=True)
class LLMCoding:
    """What a language model gave.

    Attributes
    ----------
    layers
        `<scheme>.llm`, or `<scheme>.llm-<name>`, of coder kind `llm`.
    refusals
        Conversations and schemes that were not asked about, and why.
    outcomes
        One row per turn that was asked about, and seed: `scheme`, `unit_id`, `conversation_id`, `seed`,
        `outcome` (`coded`, `refusal`, `unclear`, `malformed`), `labels`, `repaired`, `reason`, `keys` of the
        answers behind it.
    recording
        Prompts and raw answers by key.
    settings
        How the model was asked, plain values for a replication.
    """

    layers: tuple[Layer, ...]
    refusals: tuple[Refusal, ...]
    outcomes: pl.DataFrame
    recording: Recording = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def layers_asked(self) -> tuple[Layer, ...]:
        """The layers without turns that nobody was asked about, for want of words.

        Their rows look like those of a turn for which no code holds.
        """
        asked = {
            str(scheme): part["unit_id"]
            for (scheme,), part in self.outcomes.group_by("scheme", maintain_order=True)
        }
        nobody = pl.Series(dtype=pl.String)
        return tuple(x.restricted_to(asked.get(x.metadata.scheme, nobody)) for x in self.layers)

    def counts(self) -> pl.DataFrame:
        """Turns by scheme and outcome: `scheme`, `outcome`, `turns`, `repaired`."""
        return outcome_table(self.outcomes)


def code_with_llm(
    corpus: Corpus,
    codebook: str | Path | Codebook = "annomi",
    *,
    model: CodingModel | None,
    **options: Any,
) -> LLMCoding:
    """Code the utterances of a corpus with a language model.

    Every answer is on the disk before the next is waited for: a run that was cut off is called again and
    asks only what is missing.

    Parameters
    ----------
    corpus, codebook, model
        What to code, by which book, with which model; see `plan_coding`.
    options
        `name, schemes, units, limit, random_state, context_turns, prompt, seeds, temperature, way,
        centred, recording, executor`, as in `plan_coding`.

    Raises
    ------
    BadInput
        If a name is unknown, a number out of range, or no scheme of the book codes utterances.
    NotComputed
        If there is no model and an answer is not recorded.
    NetworkRefused
        If the model is on another machine and nobody permitted it.
    WorkbenchError
        If the model cannot be asked; what it answered is kept.
    """
    return carry_out(plan_coding(corpus, codebook, model=model, **options))


def carry_out(plan: Plan) -> LLMCoding:
    """Ask what a plan asks for and is not recorded yet, and make layers of the answers."""
    layers, tables = [], []
    for part in plan.parts:
        layer, table = _code_part(plan, part)
        layers.append(layer)
        tables.append(table)
    return LLMCoding(
        layers=tuple(layers),
        refusals=plan.refusals,
        outcomes=pl.concat(tables) if tables else pl.DataFrame(schema=OUTCOME_COLUMNS),
        recording=plan.asker.recording,
        settings=plan.facts if layers else {},
    )


def _code_part(plan: Plan, part: Part) -> tuple[Layer, pl.DataFrame]:
    rounds: dict[str, list[Answer]] = {turn.turn.unit_id: [] for turn in part.spoken}
    rows = []
    for seed in plan.chosen.seeds:
        given = decide_round(plan.book, part.scheme, part.spoken, plan.asker, plan.chosen, seed)
        for one in given:
            unit, answer = one.turn.turn.unit_id, one.answer
            rounds[unit].append(answer)
            rows.append(
                (
                    *(part.scheme.name, unit, one.turn.conversation_id, seed),
                    *(answer.outcome, list(answer.labels), one.repaired),
                    *(answer.reason or None, list(one.keys)),
                )
            )
    decided = {unit: together(part.scheme, answers) for unit, answers in rounds.items()}
    return llm_layer(plan, part, decided), pl.DataFrame(rows, schema=OUTCOME_COLUMNS, orient="row")
