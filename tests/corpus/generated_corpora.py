"""Corpora made for round trips, and what it means that two are the same."""

import string
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import workbench as wb
from workbench.corpus import Corpus, CorpusMetadata, Layer, LayerMetadata

CHECKS = list(HealthCheck)
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""No shrinking: it takes minutes where every example writes and reads files."""
TABLES = ("utterances", "conversations", "speakers")


def assert_same(first, second, *, corpus_facts=True):
    for table in TABLES:
        assert_frame_equal(getattr(first, table), getattr(second, table), check_column_order=False)
    assert first.checksum() == second.checksum()
    assert {la.name for la in first.layers} == {la.name for la in second.layers}
    for layer in first.layers:
        again = second.layer(layer.name)
        assert_frame_equal(layer.table, again.table)
        assert layer.metadata == again.metadata
    if corpus_facts:
        for fact in ("name", "licence", "citation", "language"):
            assert getattr(first.metadata, fact) == getattr(second.metadata, fact)


def written_and_read(corpus, form):
    with tempfile.TemporaryDirectory() as folder:
        corpus.write(Path(folder) / "out", format=form)
        return wb.load(Path(folder) / "out")


# -- generated corpora -----------------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
names = st.text(string.ascii_letters + string.digits + " -_.:äß\"'", min_size=1, max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
whole = st.integers(-(2**53), 2**53)
columns_of = {
    "text": st.none() | words,
    "whole": st.none() | whole,
    "number": st.none() | numbers,
    "flag": st.none() | st.booleans(),
    "day": st.none() | st.dates(),
}
dtypes = {
    "text": pl.String,
    "whole": pl.Int64,
    "number": pl.Float64,
    "flag": pl.Boolean,
    "day": pl.Date,
}


@st.composite
def tables(draw, ids, keys):
    """A table of `ids` with some columns of any type."""
    frame = pl.DataFrame({"id": ids}, schema={"id": pl.String})
    for key in draw(st.lists(st.sampled_from(keys), unique=True, max_size=3)):
        kind = draw(st.sampled_from(sorted(columns_of)))
        values = draw(st.lists(columns_of[kind], min_size=len(ids), max_size=len(ids)))
        frame = frame.with_columns(pl.Series(key, values, dtype=dtypes[kind]))
    return frame


@st.composite
def corpora(draw):
    """A small corpus with hard texts, odd names, all kinds of columns and layers."""
    talks = draw(st.lists(names, unique=True, min_size=1, max_size=3))
    sizes = draw(st.lists(st.integers(1, 4), min_size=len(talks), max_size=len(talks)))
    roles = ["therapist", "client", "user", "tool", "Someone"]
    rows = []
    for talk, size in zip(talks, sizes, strict=True):
        for turn in range(size):
            start = draw(st.none() | st.floats(0, 2e8, allow_nan=False))
            row = {"id": f"{talk}/{turn}", "conversation_id": talk, "turn": turn}
            row["speaker"] = draw(st.sampled_from(["A", "B", "C: d"]))
            row["role"] = draw(st.sampled_from(roles))
            row["text"] = draw(words)
            row["reply_to"] = draw(st.none() | st.just(f"{talk}/0"))
            row["start"] = start
            row["end"] = None if start is None else start + 1
            row["timestamp"] = draw(st.none() | st.sampled_from(["13", "00:01", "1.5", "2.0", ""]))
            rows.append(row)
    kinds = {"start": pl.Float64, "end": pl.Float64, "timestamp": pl.String, "reply_to": pl.String}
    frame = pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None)
    extra = draw(tables(frame["id"].to_list(), ["meta.x", "meta.reply_to", "meta.role"]))
    frame = frame.join(extra, on="id", maintain_order="left")
    return Corpus.build(
        frame,
        conversations=draw(tables(talks, ["rating", "meta.topic", "topics", "meta.a.b"])),
        speakers=draw(tables(["A", "B", "C: d"], ["gender", "meta.role", "meta.age"])),
        layers=draw(layers(frame["id"].to_list())),
        metadata=CorpusMetadata(
            name=draw(names), licence="CC0-1.0", language="en", facts={"seen": 1}
        ),
    )


@st.composite
def layers(draw, ids):
    """A one-label layer and a many-label layer with a turn that has none."""
    single = draw(st.lists(st.sampled_from(["a", "b"]), min_size=len(ids), max_size=len(ids)))
    first = Layer.build(
        "one.gold",
        pl.DataFrame({"unit_id": ids, "label": single, "value": [1.5] * len(ids)}),
        LayerMetadata("one", "gold", "gold", labels=("a", "b"), facts={"k": 3}),
    )
    many = [(unit, label) for unit in ids for label in draw(st.sampled_from([[None], ["x", "y"]]))]
    second = Layer.build(
        "many.h1",
        pl.DataFrame(many, schema={"unit_id": pl.String, "label": pl.String}, orient="row"),
        LayerMetadata("many", "h1", "human", round=2, labels=("x", "y"), exclusive=False),
    )
    return draw(st.sampled_from([[], [first], [first, second]]))
