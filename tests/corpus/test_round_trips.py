"""What is written is read back: every writer, real corpora and generated ones."""

import datetime
import json
import tempfile
from pathlib import Path

import polars as pl
import pytest
from generated_corpora import (
    CHECKS,
    PHASES,
    assert_same,
    corpora,
    names,
    numbers,
    whole,
    words,
    written_and_read,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.readers.flattening import flatten, unflatten
from workbench.resources import bundled
from workbench.settings import data_home

WHOLE = ("convokit", "csv", "workbench")
"""Formats that carry every corpus whole; the others tell what they lose."""


@pytest.mark.parametrize("form", WHOLE)
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


@pytest.mark.parametrize("form", WHOLE)
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
@pytest.mark.parametrize("form", WHOLE)
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
    for form in WHOLE:
        again = written_and_read(corpus, form).conversations.row(0, named=True)
        assert (again["day"], again["moment"], again["hour"]) == (day, moment, moment.time())
