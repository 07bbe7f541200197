"""Corpora with the layers of several coders, and what did not come back although nobody said so."""

from dataclasses import fields, replace

import polars as pl
from generated_corpora import TABLES, corpora, words
from hypothesis import strategies as st

from workbench.corpus import Layer, LayerMetadata
from workbench.corpus.layer import LAYER_COLUMNS

labels = st.sampled_from(["question", "open", "a|b", "x/y", "\\", "(none)", "", "ä", "7"])
rates = st.none() | st.sampled_from([0.25, 1.0, 3.0])
SCHEMA = {name: dtype for name, dtype in LAYER_COLUMNS.items() if name not in
          ("unit", "scheme", "coder", "coder_kind", "round")}  # fmt: skip


def layer(scheme, coder, rows, kind="human", **facts):
    frame = pl.DataFrame(
        [[row.get(name) for name in SCHEMA] for row in rows], schema=SCHEMA, orient="row"
    )
    about = LayerMetadata(scheme, coder, kind, **facts)
    return Layer.build(facts.pop("name", f"{scheme}.{coder}.{about.unit}"), frame, about)


@st.composite
def coded_corpora(draw, **also):
    """A hard corpus with an exclusive and a many-label scheme of two coders, spans and ratings."""
    corpus = draw(corpora(**also))
    ids = corpus.utterances["id"].to_list()
    talks = corpus.conversations["id"].to_list()
    layers = [
        _exclusive(draw, coder, kind, ids) for coder, kind in (("anna", "human"), ("gold", "gold"))
    ]
    layers += [_many(draw, "bo b", ids), _spans(draw, corpus), _talks(draw, talks)]
    layers.append(_model(draw, ids))
    chosen = draw(st.sets(st.integers(0, len(layers) - 1)))
    return replace(corpus, layers=tuple(layers[place] for place in sorted(chosen)))


def _some(draw, ids):
    return [unit for unit in ids if draw(st.booleans())]


def _exclusive(draw, coder, kind, ids):
    rows = [
        {"unit_id": unit, "label": draw(st.sampled_from(["change", "sustain", None]))}
        for unit in _some(draw, ids)
    ]
    return layer("talk/1", coder, rows, kind, labels=("sustain", "change"))


def _many(draw, coder, ids):
    rows = []
    for unit in _some(draw, ids):
        given = draw(st.lists(labels, unique=True, max_size=3)) or [None]
        rows += [{"unit_id": unit, "label": x, "note": draw(st.none() | words)} for x in given]
    return layer("many", coder, rows, exclusive=False, round=2)


def _spans(draw, corpus):
    rows = []
    for unit, text in corpus.utterances.select("id", "text").iter_rows():
        if text and draw(st.booleans()):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            rows.append(
                {"unit_id": unit, "label": draw(labels), "start_char": start, "end_char": end}
            )
    return layer("spans", "anna", rows, unit="span", caution="Two sessions only.")


def _talks(draw, talks):
    rows = [{"unit_id": talk, "label": "good", "value": draw(rates)} for talk in _some(draw, talks)]
    return layer("global", "anna", rows, unit="conversation")


def _model(draw, ids):
    rows = [
        {"unit_id": unit, "label": draw(labels), "probability": draw(rates), "target_id": ids[0]}
        for unit in _some(draw, ids)
    ]
    return layer("talk/1", "head 1", rows, "model", model="abc", context_turns=2)


# -- what came back --------------------------------------------------------------------------------


def unexplained(before, after, lost):
    """Differences between a corpus and what was read back that no finding of `lost` names."""
    told = {finding.where: finding.message for finding in lost}
    wrong = [place for table in TABLES for place in _differing(before, after, table)]
    key = [("scheme", "coder", "coder_kind", "round", "unit")] * 2
    there = {_key(each, key[0]): each for each in after.layers}
    for each in before.layers:
        if f"layers.{each.name}" in told or not each.table.height:
            continue
        again = there.get(_key(each, key[0]))
        if again is None:
            wrong.append(f"layers.{each.name}")
            continue
        wrong += _differing_rows(each, again, told)
        gone = told.get(f"layers.{each.name}.metadata", "")
        wrong += [
            f"layers.{each.name}.metadata: {field.name}"
            for field in fields(each.metadata)
            if getattr(each.metadata, field.name) != getattr(again.metadata, field.name)
            and field.name not in gone
        ]
        if each.name != again.name and "name" not in gone:
            wrong.append(f"layers.{each.name}: name")
    return [place for place in wrong if place not in told]


def _key(each, names):
    return tuple(getattr(each.metadata, name) for name in names)


def _differing(before, after, table):
    ours, theirs = getattr(before, table).sort("id"), getattr(after, table).sort("id")
    if ours["id"].to_list() != theirs["id"].to_list():
        return [f"{table}.id"]
    names = [*ours.columns, *(name for name in theirs.columns if name not in ours.columns)]
    empty = [None] * ours.height
    wrong = []
    for name in names:
        first = ours[name].to_list() if name in ours.columns else empty
        second = theirs[name].to_list() if name in theirs.columns else empty
        if [(type(x), x) for x in first] != [(type(x), x) for x in second]:
            wrong.append(f"{table}.{name}")
    return wrong


def _differing_rows(each, again, told):
    names = [n for n in LAYER_COLUMNS if f"layers.{each.name}.{n}" not in told]
    first, second = (sorted(map(repr, la.table.select(names).rows())) for la in (each, again))
    return [] if first == second else [f"layers.{each.name} rows: {first} | {second}"]
