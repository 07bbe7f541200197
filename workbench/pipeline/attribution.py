"""Attribute a shipped coding prompt on a few utterances of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from workbench.attribution import Attribution, PromptTemplate, attribute, coder_check, load_prompt
from workbench.corpus import Corpus, Layer
from workbench.corpus.language import not_english
from workbench.embedding import text_mark
from workbench.errors import InsufficientData
from workbench.files import checksum_of, write_json
from workbench.language_models import local, recorded
from workbench.pipeline.run import Outcome, run_step
from workbench.study import Study
from workbench.study.ledger import remote_calls

if TYPE_CHECKING:
    from workbench.language_models import LanguageModel

__all__ = ["PROMPT", "attribution", "attribution_step", "coded_items"]

PROMPT = "question_reflection"
"""Prompt of the main job: the one that the default model can follow."""

_CHECKED = 20  # utterances per option in the check of the prompt as a coder
_FEWEST_WORDS = 4
_CONTEXT_WORDS = 15  # the shipped prompt was measured with contexts of this length
_FILLERS = 1  # behind the noise floor; each costs about as much as the attribution itself


def attribution(
    study: Study,
    *,
    prompt: str = PROMPT,
    utterances: Sequence[str] | None = None,
    random_state: int = 7,
    model: LanguageModel | None = None,
) -> list[Attribution]:
    """Attribute a coding prompt on utterances of the study and return the attributions, which it keeps.

    Parameters
    ----------
    prompt
        Name of a shipped prompt, or a YAML file.
    utterances
        Ids; default: one utterance per option, drawn by `random_state`.
    model
        Default: the local model.

    Raises
    ------
    MissingModel
        If the language model is not installed.
    InsufficientData
        If no utterance carries one of the prompt's codes.
    """
    step = attribution_step(
        study, prompt=prompt, utterances=utterances, random_state=random_state, model=model
    )
    record = study.step(step)
    if record is not None and not record.outputs:
        raise InsufficientData(" ".join(record.notes))
    folder = study.folder / "attributions" / load_prompt(prompt).name
    return [
        Attribution.from_json(file)
        for file in sorted(folder.glob("*.json"))
        if file.stem != "check"
    ]


def attribution_step(
    study: Study,
    *,
    prompt: str = PROMPT,
    utterances: Sequence[str] | None = None,
    random_state: int = 7,
    model: LanguageModel | None = None,
) -> str:
    """Run the step and return its name; a corpus it does not fit is its note, not an error."""
    template = load_prompt(prompt)
    step = f"attribution-{template.name}"

    def compute() -> Outcome:
        items, notes = coded_items(study, template, random_state=random_state)
        if items.is_empty():
            return Outcome(outputs=(), notes=notes)
        listener = recorded(local() if model is None else model)
        asked = pl.concat([_balanced(items), _chosen(items, template, utterances)])
        with (
            remote_calls(study, asked["conversation_id"]),
            listener.marking(_marks(study.corpus, asked)),
        ):
            outputs = [_check(study, template, items, listener)]
            for row in _chosen(items, template, utterances).iter_rows(named=True):
                outputs.append(_attribute_one(study, template, row, listener))
        return Outcome(outputs=tuple(outputs), notes=notes)

    run_step(
        study,
        step,
        depends={
            "corpus": study.corpus.checksum(),
            "model": None if model is None else model.fingerprint,
        },
        parameters={
            "prompt": checksum_of([str(part) for part in template.prompt.components]),
            "utterances": None if utterances is None else list(utterances),
            "random_state": random_state,
        },
        compute=compute,
    )
    return step


def coded_items(
    study: Study, template: PromptTemplate, *, random_state: int
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Utterances with a code the prompt asks for, in an order drawn by `random_state`, and notes.

    Columns: `id`, `utterance`, `context` (the last words the other side said just before), `code` (as in the
    corpus), `label` (the prompt's option), `source`, `human` (whether a person gave the code).
    """
    corpus = study.corpus
    layer, note = _codes(study, template)
    if layer is None:
        return pl.DataFrame(), (note,)
    foreign = not_english(corpus)
    if len(foreign) == corpus.conversations.height:
        return pl.DataFrame(), ("The prompt is English and this corpus is not.",)
    options = {code: option for option, code in template.labels.items()}
    single = layer.table.filter(pl.len().over("unit_id") == 1, pl.col("label").is_in(list(options)))
    items = (
        _turns_with_context(corpus)
        .join(single.select("unit_id", code="label"), left_on="id", right_on="unit_id")
        .filter(~pl.col("conversation_id").is_in(list(foreign)))
        .filter(pl.col("utterance").str.count_matches(r"\S+") >= _FEWEST_WORDS)
        .with_columns(
            label=pl.col("code").replace_strict(options, return_dtype=pl.String),
            order=pl.col("id").map_elements(
                lambda unit: checksum_of([random_state, unit]), return_dtype=pl.String
            ),
        )
        .sort("order")
        .drop("order")
    )
    if items.is_empty():
        return items, (f"No utterance is coded {' or '.join(options)}.",)
    return items, (note,) if note else ()


def _codes(study: Study, template: PromptTemplate) -> tuple[Layer | None, str]:
    scheme = f"annomi-{template.side}"
    human = [
        layer
        for layer in study.corpus.layers
        if layer.metadata.scheme == scheme and layer.metadata.coder_kind in {"gold", "human"}
    ]
    if human:
        best = sorted(human, key=lambda x: (x.metadata.coder_kind != "gold", x.name))
        return best[0], ""
    if study.has_layer(f"{scheme}.head"):
        note = "This corpus has no human codes: the payoff is the log-odds of the head's code."
        return study.layer(f"{scheme}.head"), note
    return None, f"There are no {scheme} codes to explain."


def _turns_with_context(corpus: Corpus) -> pl.DataFrame:
    last_words = pl.col("text").str.split(" ").list.tail(_CONTEXT_WORDS).list.join(" ")
    before = last_words.shift().over("conversation_id")
    answered = pl.col("side").shift().over("conversation_id") != pl.col("side")
    sources = corpus.conversations.select("source", conversation_id="id")
    return (
        corpus.utterances.with_columns(context=pl.when(answered).then(before).fill_null(""))
        .join(sources, on="conversation_id", maintain_order="left")
        .select("id", "conversation_id", "context", "source", utterance="text")
    )


def _marks(corpus: Corpus, items: pl.DataFrame) -> dict[str, set[str]]:
    """Words that prompts hold -> marks of the turns they come from: the coded one and the one before."""
    turns = corpus.utterances.with_columns(before=pl.col("text").shift().over("conversation_id"))
    told = items.join(turns.select("id", "before"), on="id")
    marks: dict[str, set[str]] = {}
    for utterance, context, before in told.select("utterance", "context", "before").iter_rows():
        marks.setdefault(utterance, set()).add(text_mark(utterance))
        if context:
            marks.setdefault(context, set()).add(text_mark(before))
    return marks


def _attribute_one(
    study: Study, template: PromptTemplate, row: dict[str, str], model: LanguageModel
) -> str:
    """Attribute the prompt on one utterance, keep the result, and return where."""
    found = attribute(
        template.fill(row["utterance"], context=row["context"]),
        template.payoff(row["code"]),
        model=model,
        fillers=_FILLERS,
    )
    output = f"attributions/{template.name}/{checksum_of(row['id'])[:12]}.json"
    content = found.to_dict()
    content["settings"] |= {"unit_id": row["id"], "code": row["code"], "prompt": template.name}
    write_json(study.folder / output, content)
    return output


def _balanced(items: pl.DataFrame) -> pl.DataFrame:
    """As many utterances of every option, for the check."""
    return items.filter(pl.int_range(pl.len()).over("label") < _CHECKED)


def _check(
    study: Study, template: PromptTemplate, items: pl.DataFrame, model: LanguageModel
) -> str:
    check = coder_check(template.prompt, _balanced(items), options=template.options, model=model)
    output = f"attributions/{template.name}/check.json"
    write_json(study.folder / output, check.to_dict())
    return output


def _chosen(
    items: pl.DataFrame, template: PromptTemplate, utterances: Sequence[str] | None
) -> pl.DataFrame:
    if utterances is None:
        return items.filter(pl.int_range(pl.len()).over("label") < 1)
    chosen = items.filter(pl.col("id").is_in(list(utterances)))
    if chosen.height < len(set(utterances)):
        absent = sorted(set(utterances) - set(chosen["id"]))
        raise InsufficientData(
            f"These utterances carry no single code of {template.name}: {absent[:5]}."
        )
    return chosen
