"""Code a study with a language model; prompts and raw answers stay with the study.

`llm/answers.jsonl` is the recording of all models and codebooks of the study, `llm/<scheme>.outcomes.parquet`
says how asking ended turn by turn, `llm/<scheme>.json` how it was asked. They hold what people said and what
it was taken for: they are as private as the corpus, and `forget` reaches them.
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
from workbench.coding.llm.asking import CodingModel
from workbench.corpus import Codebook, Layer
from workbench.errors import BadInput
from workbench.files import read_json, write_json
from workbench.language_models import LocalLM, OpenAICompatibleLM, local
from workbench.pipeline.coding import keep_own_book
from workbench.pipeline.run import Outcome, run_step, telling_of
from workbench.study import Study
from workbench.study.ledger import remote_calls

__all__ = ["code_by_llm", "coding_model", "llm_cost", "llm_trail"]

_FOLDER = "llm"


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
        `schemes, units, limit, random_state, context_turns, prompt, seeds, temperature, way, centred`, as
        in
        `workbench.coding.llm.plan_coding`.

    Returns
    -------
    list of Layer
        `<scheme>.llm`, of coder kind `llm`.

    Raises
    ------
    BadInput
        If a name is unknown or a number out of range.
    NetworkRefused
        If the model is on another machine, and offline was asked for or consent is missing.
    WorkbenchError
        If the model cannot be asked; what it answered is kept.
    """
    asked = coding_model(model, endpoint)
    plan = _plan(study, codebook, asked, executor, options)
    step = f"llm-code-{plan.book.name}"

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
        parameters=plan.chosen.facts(plan.book, plan.asker.fingerprint)
        | {"units": sorted(options["units"]) if options.get("units") is not None else None},
        compute=compute,
    )
    keep_own_book(study, plan.book)
    record = study.step(step)
    names = [Path(output) for output in (record.outputs if record else ())]
    return [study.layer(name.stem) for name in names if name.parent == Path("layers")]


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


def llm_trail(study: Study, scheme: str) -> Trail:
    """The trail of a scheme's coding by a language model, from what the study keeps.

    Raises
    ------
    NotComputed
        If the study holds no such coding.
    """
    outcomes = study.table(f"{_FOLDER}/{scheme}.outcomes", step="llm-code")
    settings = read_json(study.folder / _FOLDER / f"{scheme}.json")
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
    return study.folder / _FOLDER / "answers.jsonl"


def _plan(
    study: Study,
    codebook: str | Path | Codebook,
    model: CodingModel,
    executor: Executor | None,
    options: dict[str, Any],
) -> Plan:
    return plan_coding(
        study.corpus,
        codebook,
        model=model,
        recording=_answers(study),
        executor=executor,
        **options,
    )


@contextmanager
def _telling(study: Study, step: str, plan: Plan) -> Iterator[None]:
    """See to consent and ledger, of servers and of workers elsewhere."""
    talks = pl.Series(plan.conversations, dtype=pl.String)
    texts = sum(len(own) for _, own, _ in plan.questions())
    telling_of(study, step, plan.asker.executor, conversations=talks)(texts)
    with remote_calls(study, talks):
        yield


def _keep(study: Study, step: str, plan: Plan, coding: LLMCoding) -> Outcome:
    outputs: list[str] = []
    for layer in coding.layers:
        scheme = layer.metadata.scheme
        own = coding.outcomes.filter(pl.col("scheme") == scheme)
        study.write_table(f"{_FOLDER}/{scheme}.outcomes", own)
        write_json(study.folder / _FOLDER / f"{scheme}.json", dict(coding.settings))
        study.write_layer(layer)
        outputs += [f"layers/{layer.name}.parquet", f"{_FOLDER}/{scheme}.outcomes.parquet"]
    digests = study.corpus.conversation_digests().select(
        pl.all(), pl.lit(plan.asker.fingerprint).alias("coder")
    )
    study.write_table(f"steps/{step}.conversations", digests)
    return Outcome(outputs=tuple(outputs), notes=tuple(_notes(coding)))


def _notes(coding: LLMCoding) -> Iterator[str]:
    yield from dict.fromkeys(x.metadata.caution for x in coding.layers if x.metadata.caution)
    for row in coding.counts().to_dicts():
        if row["outcome"] != "coded" and row["turns"]:
            yield f"{row['scheme']}: {row['turns']} turn(s) not coded, outcome {row['outcome']}."
    for refusal in coding.refusals:
        yield str(refusal)
