"""What is written is read back: every writer, real corpora and generated ones."""

import datetime
import json
import string
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import workbench as wb
from workbench.corpus import Corpus, CorpusMetadata, Layer, LayerMetadata
from workbench.corpus.readers.flattening import flatten, unflatten
from workbench.corpus.writers import BUILT_IN as WRITERS
from workbench.resources import bundled
from workbench.settings import data_home

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


@pytest.mark.parametrize("form", sorted(WRITERS))
@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=corpora())
def test_any_corpus_comes_back(form, corpus):
    assert_same(corpus, written_and_read(corpus, form))


scalars = st.none() | st.booleans() | whole | numbers | words
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(names, scalars, max_size=2)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(["a", "b", "c.d"]), values), min_size=1, max_size=5)
)
def test_flat_columns_give_the_records_back(records):
    columns, traits = flatten(records, prefix="meta.")
    table = pl.DataFrame([pl.Series("id", range(len(records))), *columns])
    assert unflatten(table, traits, prefix="meta.") == records


@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(st.data())
def test_any_convokit_folder_comes_back(data):
    """ConvoKit files -> corpus -> ConvoKit files: the same JSON, null and absent kept apart."""
    metas = st.dictionaries(st.sampled_from(["score", "tags", "role", "topic"]), values, max_size=3)
    stamps = st.none() | st.integers(0, 2 * 10**9) | st.floats(0, 1e5) | st.just("2016-01-01")
    stamps = data.draw(st.sampled_from([stamps, st.sampled_from(["13", "27", None])]))
    utterances = [
        {
            "id": f"u{n}",
            "conversation_id": f"u{n - n % 2}",
            "text": data.draw(words),
            "speaker": data.draw(st.sampled_from(["s1", "s2"])),
            "meta": data.draw(metas),
            "reply-to": f"u{n - 1}" if n % 2 else None,
            "timestamp": data.draw(stamps),
            "vectors": [],
        }
        for n in range(4)
    ]
    used = {record["speaker"] for record in utterances}
    files = {
        "utterances.jsonl": utterances,
        "conversations.json": {t: {"meta": data.draw(metas), "vectors": []} for t in ("u0", "u2")},
        "speakers.json": {s: {"meta": data.draw(metas), "vectors": []} for s in sorted(used)},
        "corpus.json": data.draw(st.dictionaries(st.just("n"), scalars)),
    }
    with tempfile.TemporaryDirectory() as folder:
        given_folder, made = Path(folder) / "given", Path(folder) / "made"
        given_folder.mkdir()
        for name, content in files.items():
            lines = content if name.endswith("l") else [content]
            (given_folder / name).write_text("\n".join(map(json.dumps, lines)), "utf-8")
        first = wb.load(given_folder)
        first.write(made, format="convokit")
        assert_same(first, wb.load(made))
        for name, content in files.items():
            assert _content(made / name) == content


def _content(path):
    text = path.read_text("utf-8")
    return (
        [json.loads(line) for line in text.split("\n") if line]
        if path.suffix == ".jsonl"
        else json.loads(text)
    )


# -- corpora that exist ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_the_demonstration_corpus_comes_back(form):
    corpus = wb.load(bundled("data", "demo"))
    assert_same(corpus, written_and_read(corpus, form))


REAL = [
    "annomi/AnnoMI-simple.csv",
    "annomi/AnnoMI-full.csv.gz",
    "esconv/FailedESConv.jsonl",
    "esconv/esconv_raw.jsonl.gz",
    "esconv/esconv_feedback.jsonl.gz",
    "formats/convokit_annomi",
    "formats/annomi_9.sharegpt.json",
    "meld/dev_sent_emo.csv",
]


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("form", sorted(WRITERS))
@pytest.mark.parametrize("path", REAL)
def test_real_corpora_come_back(path, form):
    corpus = wb.load(data_home() / path)
    assert_same(corpus, written_and_read(corpus, form))


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_a_convokit_folder_is_written_as_it_was(tmp_path):
    given_folder = data_home() / "formats" / "convokit_annomi"
    wb.load(given_folder).write(tmp_path / "out", format="convokit")
    for file in given_folder.iterdir():
        assert _content(tmp_path / "out" / file.name) == _content(file)


def test_dates_and_times_survive_text_files():
    day, moment = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 13, 5, 7, 250000)
    corpus = Corpus.build(
        pl.DataFrame({"conversation_id": ["a"], "speaker": ["x"], "text": ["Hello."]}),
        conversations=pl.DataFrame(
            {"id": ["a"], "day": [day], "moment": [moment], "hour": [moment.time()]}
        ),
    )
    for form in WRITERS:
        again = written_and_read(corpus, form).conversations.row(0, named=True)
        assert (again["day"], again["moment"], again["hour"]) == (day, moment, moment.time())
