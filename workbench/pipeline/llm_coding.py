"""Code a study with a language model; prompts and raw answers stay with the study.

`llm/answers.jsonl` is the recording of all models and codebooks of the study, `llm/<scheme>.outcomes.parquet`
says how asking ended turn by turn, `llm/<scheme>.json` how it was asked; a coding with a name has
`<scheme>.<name>` there. They hold what people said and what it was taken for: they are as private as the
corpus, and `forget` reaches them.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from workbench.coding.llm import (
    CostEstimate,
    LLMCoding,
    Plan,
    Recording,
    Trail,
    carry_out,
    estimate_cost,
    plan_coding,
    trail,
)
from workbench.coding.llm.answering import CodingModel
from workbench.coding.llm.outcomes import outcome_table
from workbench.corpus import Codebook, Layer
from workbench.errors import BadInput
from workbench.files import read_json, write_json
from workbench.language_models import LocalLM, OpenAICompatibleLM, local
from workbench.pipeline.coding import keep_own_book
from workbench.pipeline.llm_kept import (
    LLM_FOLDER,
    kept_as,
    kept_schemes,
    layer_file,
    llm_step,
    refuse_to_replace,
)
from workbench.pipeline.run import Outcome, run_step, telling_of
from workbench.study import Study
from workbench.study.ledger import remote_calls

__all__ = ["code_by_llm", "coding_model", "llm_cost", "llm_trail"]


def code_by_llm(
    study: Study,
    codebook: str | Path | Codebook = "annomi",
    *,
    model: CodingModel | str | Path | None = None,
    endpoint: str | None = None,
    executor: Executor | None = None,
    **options: Any,
) -> list[Layer]:
    """Code a study with a language model and return the layers, which the study keeps.

    Only what the study has no answer to is asked: a run that was cut off, or met a server that was down, is
    simply called again. A model on another machine needs the consent of the conversations whose words it
    would read, and every call stands in the study's ledger before it goes out.

    A second model, wording or sample needs a name of its own, and its layers stand beside the first; the same
    way of asking under the same name may bring more turns, as a pilot that is extended to all.

    Parameters
    ----------
    codebook
        Name of a shipped codebook, path of one, or a codebook.
    model
        A model, its folder or hub name; at an endpoint, its name there. Default: the local model.
    endpoint
        Address of an OpenAI-compatible server, as `http://127.0.0.1:8000/v1`.
    executor
        Whose workers ask, with the same result; default: this process.
    options
        `name, schemes, units, limit, random_state, context_turns, prompt, seeds, temperature, way,
        centred`, as in `workbench.coding.llm.plan_coding`.

    Returns
    -------
    list of Layer
        `<scheme>.llm`, or `<scheme>.llm-<name>`, of coder kind `llm`.

    Raises
    ------
    BadInput
        If a name is unknown, a number out of range, or the study holds a coding of this name that was asked
        for in another way, or of turns that are now left out.
    NetworkRefused
        If the model is on another machine, and offline was asked for or consent is missing.
    WorkbenchError
        If the model cannot be asked; what it answered is kept.
    """
    asked = coding_model(model, endpoint)
    plan = _plan(study, codebook, asked, executor, options)
    step = llm_step(plan.book.name, plan.name)

    def compute() -> Outcome:
        fresh = _plan(study, codebook, asked, executor, options)  # after the lock: with all answers
        with _telling(study, step, fresh):
            coding = carry_out(fresh)
        return _keep(study, step, fresh, coding)

    run_step(
        study,
        step,
        depends={
            "corpus": study.corpus.checksum(),
            "model": plan.asker.fingerprint,
            "codebook": plan.book.checksum,
            "turns": [[part.scheme.name, len(part.turns), part.sampling] for part in plan.parts],
        },
        parameters=plan.facts | {"drawn": plan.draw.facts},
        compute=compute,
    )
    keep_own_book(study, plan.book)
    return [study.layer(plan.layer_name(part.scheme.name)) for part in plan.parts]


def llm_cost(
    study: Study,
    codebook: str | Path | Codebook = "annomi",
    *,
    model: CodingModel | str | Path | None = None,
    endpoint: str | None = None,
    price_in: float | None = None,
    price_out: float | None = None,
    **options: Any,
) -> CostEstimate:
    """Say what `code_by_llm` with the same arguments will take; nothing is sent to a server for it.

    A model of this machine answers a few prompts to be timed; the study keeps the answers.

    Parameters
    ----------
    price_in, price_out
        Price of a million tokens in prompts and answers.
    """
    with study.locked():
        plan = _plan(study, codebook, coding_model(model, endpoint), None, options)
        return estimate_cost(plan, price_in=price_in, price_out=price_out)


def llm_trail(study: Study, scheme: str, *, name: str = "") -> Trail:
    """The trail of a scheme's coding by a language model, from what the study keeps.

    Parameters
    ----------
    name
        Of the coding, where it was given one.

    Raises
    ------
    NotComputed
        If the study holds no such coding.
    """
    kept = kept_as(scheme, name)
    outcomes = study.table(f"{LLM_FOLDER}/{kept}.outcomes", step="llm-code")
    settings = read_json(study.folder / LLM_FOLDER / f"{kept}.json")
    return trail(outcomes, Recording(_answers(study)), settings)


def coding_model(model: CodingModel | str | Path | None, endpoint: str | None) -> CodingModel:
    """The model that is meant: at an endpoint by its name there, else of this machine.

    Raises
    ------
    BadInput
        If an endpoint is named without the name of a model there.
    MissingModel
        If a model of this machine is not on it.
    """
    if endpoint is not None:
        if not isinstance(model, str):
            raise BadInput(f"Name the model that {endpoint} is to be asked for.")
        return OpenAICompatibleLM(endpoint, model)
    if isinstance(model, LocalLM | OpenAICompatibleLM):
        return model
    return local(model)


def _answers(study: Study) -> Path:
    return study.folder / LLM_FOLDER / "answers.jsonl"


def _plan(
    study: Study,
    codebook: str | Path | Codebook,
    model: CodingModel,
    executor: Executor | None,
    options: dict[str, Any],
) -> Plan:
    plan = plan_coding(
        study.corpus,
        codebook,
        model=model,
        recording=_answers(study),
        executor=executor,
        **options,
    )
    refuse_to_replace(study, plan)
    return plan


@contextmanager
def _telling(study: Study, step: str, plan: Plan) -> Iterator[None]:
    """See to consent and ledger, of servers and of workers elsewhere."""
    talks = pl.Series(plan.conversations, dtype=pl.String)
    texts = sum(len(own) for _, own, _ in plan.questions())
    telling_of(study, step, plan.asker.executor, conversations=talks)(texts)
    with remote_calls(study, talks):
        yield


def _keep(study: Study, step: str, plan: Plan, coding: LLMCoding) -> Outcome:
    for layer in coding.layers:
        scheme = layer.metadata.scheme
        kept = kept_as(scheme, plan.name)
        own = coding.outcomes.filter(pl.col("scheme") == scheme)
        study.write_table(f"{LLM_FOLDER}/{kept}.outcomes", own)
        write_json(study.folder / LLM_FOLDER / f"{kept}.json", dict(coding.settings))
        study.write_layer(layer)
    digests = study.corpus.conversation_digests().select(
        pl.all(), pl.lit(plan.asker.fingerprint).alias("coder")
    )
    study.write_table(f"steps/{step}.conversations", digests)
    notes = (*_notes(study, plan), *map(str, coding.refusals))
    return Outcome(outputs=tuple(_outputs(study, plan)), notes=notes)


def _outputs(study: Study, plan: Plan) -> Iterator[str]:
    """Layers and outcomes of the coding, those of schemes that an earlier call asked about too."""
    for scheme in kept_schemes(study, plan):
        yield layer_file(study, plan, scheme).relative_to(study.folder).as_posix()
        yield f"{LLM_FOLDER}/{kept_as(scheme, plan.name)}.outcomes.parquet"


def _notes(study: Study, plan: Plan) -> Iterator[str]:
    schemes = kept_schemes(study, plan)
    facts = [Layer.read_metadata(layer_file(study, plan, scheme)) for scheme in schemes]
    yield from dict.fromkeys(own.caution for own in facts if own.caution)
    for scheme in schemes:
        kept = f"{LLM_FOLDER}/{kept_as(scheme, plan.name)}.outcomes"
        for row in outcome_table(study.table(kept, step="llm-code")).to_dicts():
            if row["outcome"] != "coded" and row["turns"]:
                yield f"{scheme}: {row['turns']} turn(s) not coded, outcome {row['outcome']}."
