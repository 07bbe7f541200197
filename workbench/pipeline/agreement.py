"""How far the coders of a study agree: every scheme with two layers or more, compared in all ways.

Each scheme is a step of its own, so that a new layer makes only its scheme be compared again. Tables lie
under ``agreement/<scheme>-<what>``; see `workbench.reliability.comparison_tables`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.pipeline.run import Outcome, run_step
from workbench.reliability import comparison_tables, read_coded
from workbench.reliability.comparison_rows import AGREEMENT_COLUMNS
from workbench.study import Study

__all__ = ["STEP", "agreement_of_study", "comparable_schemes", "compared_schemes"]

STEP = "agreement"

_TABLES = 3
"""Version of what is kept; another one makes a study compare its coders again."""

_FEWEST = 2
_OVERVIEW = "agreement/overview"

_NO_CODES = ("topics-", "backchannel")
"""Schemes that label turns and code nothing: there is nothing for a second coder to agree with."""

_NOTHING = (
    "No scheme has layers of two coders: there is nothing to compare. Code a second time, or load codes with "
    "the corpus."
)


def comparable_schemes(study: Study) -> dict[str, list[str]]:
    """Schemes with two layers or more, and the names of these layers, sorted."""
    named: dict[str, list[str]] = defaultdict(list)
    for name in study.layer_names():
        scheme, found, _ = name.partition(".")
        if found and not scheme.startswith(_NO_CODES):
            named[scheme].append(name)
    return {scheme: names for scheme, names in sorted(named.items()) if len(names) > 1}


def compared_schemes(study: Study) -> list[str]:
    """Schemes whose comparison the study holds."""
    records = [study.step(f"{STEP}-{scheme}") for scheme in comparable_schemes(study)]
    return [
        record.name.removeprefix(f"{STEP}-")
        for record in records
        if record is not None and record.outputs
    ]


def agreement_of_study(
    study: Study,
    *,
    schemes: Sequence[str] | None = None,
    merge: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> pl.DataFrame:
    """Compare the coders of every scheme of a study, keep the tables, and return the coefficients.

    A scheme whose layers cannot be compared (two codebooks, no common turns) is left out; the notes of its
    step say why.

    Parameters
    ----------
    schemes
        Names; default all with layers of two coders.
    merge
        Spelling -> label, for labels that are spelled in several ways; default: as at the last time.
    random_state
        Seed of the bootstrap.

    Returns
    -------
    polars.DataFrame
        `scheme` and the columns of `workbench.agreement`, by label, for utterances and for conversations.

    Raises
    ------
    BadInput
        If a named scheme has no two layers, or its layers cannot be compared.
    """
    present = comparable_schemes(study)
    for scheme in schemes or ():
        if scheme not in present:
            raise BadInput.unknown("scheme with layers of two coders", scheme, list(present))
    found = []
    for scheme in present if schemes is None else schemes:
        layers = [study.layer(name) for name in present[scheme]]
        layers = [layer for layer in layers if layer.metadata.unit == "utterance"]
        problem = _compare(study, scheme, layers, _merged(study, scheme, merge), random_state)
        if problem is None:
            found += [
                _measures(study, scheme, "measures"),
                _measures(study, scheme, "conversations"),
            ]
        elif schemes is not None:
            raise problem
    _sum_up(study, present)
    return pl.concat([pl.DataFrame(schema={"scheme": str, **AGREEMENT_COLUMNS}), *found])


def _merged(study: Study, scheme: str, merge: Mapping[str, str] | None) -> dict[str, str]:
    """Spellings to merge: those given, else those of the last comparison of the scheme."""
    last = study.step(f"{STEP}-{scheme}")
    kept = last.parameters.get("merge", {}) if last is not None else {}
    return dict(sorted((kept if merge is None else merge).items()))


def _compare(
    study: Study,
    scheme: str,
    layers: Sequence[Layer],
    merge: Mapping[str, str],
    random_state: int,
) -> BadInput | None:
    """Compare one scheme as a step of the study; return why it cannot be compared."""
    problem: list[BadInput] = []

    def compute() -> Outcome:
        try:
            if len(layers) < _FEWEST:
                raise BadInput(
                    f"The scheme {scheme!r} has {len(layers)} layers of utterances. Ratings of "
                    "conversations and spans are compared by workbench.agreement(layers, "
                    "unit='conversation'|'span')."
                )
            coded = read_coded(layers, corpus=study.corpus, merge=merge or None)
            tables = comparison_tables(
                coded, layers, study.corpus, merge=merge, random_state=random_state
            )
        except BadInput as error:
            problem.append(error)
            return Outcome(outputs=(), notes=(str(error),))
        for name, table in tables.items():
            study.write_table(_table(scheme, name), table)
        cautions = dict.fromkeys(x.metadata.caution for x in layers if x.metadata.caution)
        outputs = tuple(f"{_table(scheme, name)}.parquet" for name in tables)
        return Outcome(outputs=outputs, notes=(*coded.notes, *cautions))

    step = f"{STEP}-{scheme}"
    run_step(
        study,
        step,
        depends={
            "corpus": study.corpus.checksum(),
            "layers": {layer.name: _digest(layer) for layer in layers},
            "tables": _TABLES,
        },
        parameters={"random_state": random_state, **({"merge": merge} if merge else {})},
        compute=compute,
    )
    record = study.step(step)
    if record is not None and not record.outputs and not problem:
        problem.append(BadInput(record.notes[0]))
    return problem[0] if problem else None


def _sum_up(study: Study, present: Mapping[str, Sequence[str]]) -> None:
    """Keep one table of alpha by scheme and pair, or say that there is nothing to compare."""
    compared = compared_schemes(study)

    def compute() -> Outcome:
        if not compared:
            return Outcome(outputs=(), notes=() if present else (_NOTHING,))
        tables = [_measures(study, scheme, "measures") for scheme in compared]
        alpha = pl.concat(tables).filter(
            (pl.col("measure") == "krippendorff_alpha") & (pl.col("scale") != "jaccard")
        )
        study.write_table(_OVERVIEW, alpha)
        return Outcome(outputs=(f"{_OVERVIEW}.parquet",))

    records = {scheme: study.step(f"{STEP}-{scheme}") for scheme in compared}
    prints = {scheme: record.fingerprint for scheme, record in records.items() if record}
    run_step(study, STEP, depends={"schemes": prints}, parameters={}, compute=compute)


def _digest(layer: Layer) -> str:
    """Checksum of a layer's codes, probabilities and facts."""
    told = hashlib.sha256(layer.metadata.to_json().encode())
    for table in (layer.table, layer.probabilities):
        if table is not None:
            told.update(table.hash_rows(seed=0).to_numpy().tobytes())
    return checksum_of(told.hexdigest())


def _table(scheme: str, name: str) -> str:
    return f"agreement/{scheme}-{name}"


def _measures(study: Study, scheme: str, name: str) -> pl.DataFrame:
    table = study.table(_table(scheme, name), step=STEP)
    return table.insert_column(0, pl.lit(scheme).alias("scheme"))
