"""Transcripts for the tests of their readers and writers: files, real ones, and corpora with odd texts."""

import json
import re
import tempfile
from pathlib import Path

import polars as pl
import pytest
from generated_corpora import corpora
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.readers import reader
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
ROLES = {"Dr. Avery Lee": "therapist", "Sam Ortiz": "client"}


def load(folder, text, name, **options):
    path = Path(folder) / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return wb.load(path, **options)


def said(corpus):
    """Speakers and texts; None for a speaker whom nobody names."""
    return [
        (None if who.startswith("unknown-") else who, text)
        for who, text in corpus.utterances.select("speaker", "text").iter_rows()
    ]


def times(corpus):
    return corpus.utterances.select("start", "end").rows()


def checks(corpus):
    return {finding.check: finding for finding in corpus.findings}


# -- real files ------------------------------------------------------------------------------------


def assert_gold(number, ending, *columns):
    """A rendered transcript gives back the columns of the gold file, and nothing else to say."""
    folder = data_home() / "formats"
    gold = [json.loads(line) for line in (folder / f"annomi_{number}.gold.jsonl").open()]
    corpus = wb.load(folder / f"annomi_{number}.{ending}", roles=ROLES)
    for column in columns:
        assert corpus.utterances[column].to_list() == [row[column] for row in gold], column
    assert corpus.findings == ()


# -- any bytes -------------------------------------------------------------------------------------

PIECES = [
    "\n",
    "\n\n",
    "<v ",
    "</v>",
    "-->",
    "00:",
    ":",
    ": ",
    ">>",
    "&#10;",
    "[",
    "\ufeff",
    "NOTE",
    "1",
]


@st.composite
def spoiled(draw, text):
    """A good file with a few pieces cut, changed or put in."""
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(text)))
        until = at + draw(st.integers(0, 12))
        text = text[:at] + draw(st.sampled_from(PIECES) | st.text(max_size=4)) + text[until:]
    return text.encode()


def assert_loads_or_refuses(folder, content, form):
    path = folder / "file.txt"
    path.write_bytes(content)
    assert 0 <= reader(form).sniff(path) <= 1
    try:
        corpus = wb.load(path, format=form)
    except BadInput as refused:
        fine = "file.txt" in str(refused)
    else:
        fine = corpus.utterances.height > 0
    assert fine


# -- there and back --------------------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
hard = st.sampled_from(
    [
        *(
            "two\nlines",
            "a --> b",
            "00:00:01.000 --> 00:00:02.000",
            "12",
            "12\n",
            "Ann: no",
            "So: yes",
        ),
        *("R&D &amp; more", "&lt;", "&#10;", "<b>loud</b>", "<v Bob>no</v>", "</v>", "<inaudible>"),
        *(">> and then", "[laughs] yes", "- one\n- two", "{\\an8}up", "{b}", "NOTE this", "WEBVTT"),
        *(
            "",
            " ",
            " left",
            "right ",
            "\tTab",
            "\r",
            "a\x85b",
            "\u2028",
            "10:30 is fine",
            "：",
            "T:x",
        ),
        *("<", "&", "{\\{\\b}}", "<b<i>>", "1\n00:00:01,000 --> 00:00:02,000\nno", "\xa0x\xa0"),
    ]
)
texts = words | hard | st.tuples(hard, words, hard).map("".join)
named = st.sampled_from(
    ["Ann", "Bob", "Dr. Avery Lee", "H01", "mother of Ann", "张医生", "client-7", "x_1"]
)
odd_names = st.sampled_from(
    ["C: d", "a.b. c", "", " Ann", "12", "Date", "<b>", "Ann\nBob", "A" * 90]
)
moments = st.floats(0, 5e5).map(lambda seconds: round(seconds, 3))


@st.composite
def talks(draw, names=named, unnamed=False):
    """A conversation or two with hard texts and times, as transcripts hold them."""
    rows = []
    for talk in draw(st.sampled_from([["s1"], ["s1", "s2"]])):
        who = st.just(f"unknown-{talk}") if unnamed else names | st.just(f"therapist-{talk}")
        for _ in range(draw(st.integers(1, 5))):
            start = draw(moments)
            role = "therapist" if (speaker := draw(who)).startswith("therapist") else "other"
            role = "client" if speaker == "client-7" else role
            row = {"conversation_id": talk, "speaker": speaker, "role": role, "text": draw(texts)}
            rows.append({**row, "start": start, "end": start + 1.5})
    frame = pl.DataFrame(rows).with_columns(pl.col("end").round(3))
    return Corpus.build(frame)


any_corpus = talks(named | odd_names) | talks(unnamed=True) | corpora()


def on_one_line(corpus):
    """The corpus without line breaks and without spaces around a text."""
    lines = [re.sub(r"[\r\n]+", " ", text).strip() for text in corpus.utterances["text"]]
    return Corpus.build(corpus.utterances.with_columns(pl.Series("text", lines)))


def assert_told_exactly(corpus, form):
    """What is told as lost is what differs when the files are read, value by value."""
    timed = corpus.utterances.group_by("conversation_id").agg(pl.col("start").count())["start"]
    if form != "plain" and timed.min() == 0:
        with pytest.raises(BadInput, match="has no times"):
            writer(form).lost(corpus)
        return None
    told = {finding.where: finding.count for finding in writer(form).lost(corpus)}
    with tempfile.TemporaryDirectory() as folder:
        corpus.write(Path(folder) / "out", format=form)
        again = wb.load(Path(folder) / "out", format=form)
    assert again.utterances.height == corpus.utterances.height
    order = dict(zip(again.conversations["id"], range(99), strict=False))
    if "conversations.id" in told:
        return told
    ours = corpus.utterances.sort(pl.col("conversation_id").replace_strict(order), "turn")
    for name in ours.columns:
        differ = (
            [1 for a, b in zip(ours[name], again.utterances[name], strict=True) if a != b]
            if name in again.utterances.columns
            else ours[name].drop_nulls().to_list()
        )
        assert told.get(f"utterances.{name}", 0) == len(differ), name
    assert {f"layers.{layer.name}" for layer in corpus.layers} <= set(told)
    return told
