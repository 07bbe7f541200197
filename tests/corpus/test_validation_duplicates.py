"""Near-duplicates: planted copies are found, talks that are only alike are not."""

import random
import time

import polars as pl
import pytest

from workbench.corpus import Corpus
from workbench.corpus.duplicates import THRESHOLD, near_duplicates
from workbench.corpus.validation import validate
from workbench.errors import BadInput

VOCABULARY = [f"word{n}" for n in range(3_000)]


def talk(seed, turns=20):
    own = random.Random(seed)
    return [" ".join(own.choices(VOCABULARY, k=own.randint(3, 20))) for _ in range(turns)]


def corpus_of(talks, **facts):
    rows = [
        (name, "TC"[n % 2] + name, text)
        for name, said in talks.items()
        for n, text in enumerate(said)
    ]
    return Corpus.build(
        pl.DataFrame(rows, schema=["conversation_id", "speaker", "text"], orient="row"),
        conversations=pl.DataFrame({"id": list(talks), **facts}),
    )


def test_copies_are_found_however_they_are_written():
    said = talk(1)
    corpus = corpus_of(
        {
            "plain": said,
            "loud": [f"{text.upper()}!" for text in said],
            "merged": [" ".join(said[n : n + 2]) for n in range(0, 20, 2)],
            "tokenised": [text.replace(" ", " , ") for text in said],
            "cut": said[:17],
            "other": talk(2),
        }
    )
    links = near_duplicates(corpus)
    assert set(links["first"]) | set(links["second"]) == {
        "plain",
        "loud",
        "merged",
        "tokenised",
        "cut",
    }
    assert links["group"].unique().to_list() == [0]
    assert links["jaccard"].min() > 0.75


def test_the_index_is_exact():
    first = " ".join(f"a{n}" for n in range(60))
    second = " ".join([f"a{n}" for n in range(50)] + [f"b{n}" for n in range(10)])
    links = near_duplicates(corpus_of({"a": [first], "b": [second]}))
    assert links["jaccard"].to_list() == [48 / (58 + 58 - 48)]


def test_backchannels_and_greetings_are_no_copies():
    nods = ["Mm-hmm.", "Yeah.", "Right.", "Okay, yeah.", "Uh-huh.", "Mm, I see."]
    listeners = {
        f"n{seed}": [random.Random(seed * 99 + n).choice(nods) for n in range(60)]
        for seed in range(20)
    }
    short = {f"s{n}": ["Hi, how are you?", "Fine, thanks.", "See you next week."] for n in range(3)}
    assert near_duplicates(corpus_of(listeners | short)).is_empty()


def test_the_order_of_rows_does_not_matter():
    said = talk(1)
    talks = {"a": said, "b": said, "c": said[:18], "d": talk(2), "e": talk(2)[:18]}
    corpus = corpus_of(talks)
    other_way = corpus_of(dict(reversed(talks.items())))
    assert near_duplicates(corpus).equals(near_duplicates(other_way))
    assert near_duplicates(corpus)["group"].to_list() == [0, 0, 1]


def test_a_threshold_out_of_range_is_refused():
    with pytest.raises(BadInput, match="Jaccard"):
        near_duplicates(corpus_of({"a": talk(1)}), threshold=7)


def test_copies_of_different_sources_are_a_warning_those_of_one_a_note():
    talks = {"a": talk(1), "b": talk(1), "c": talk(2), "d": talk(2)}
    report = validate(corpus_of(talks, source=["v1", "v2", "v3", "v3"]))
    (warning,), notes = report.warnings, {f.check: f for f in report.notes}
    assert (warning.check, warning.where) == (
        "near-duplicate conversations",
        "corpus, conversations a = b",
    )
    assert notes["near-duplicates of one source"].where.endswith("c = d")


def test_copies_on_both_sides_of_a_split_are_an_error():
    corpus = corpus_of({"a": talk(1), "b": talk(1), "c": talk(2)})
    (error,) = validate(corpus, {"a": "train", "b": "test", "c": "test"}).errors
    assert error.check == "near-duplicates span splits"
    assert "a = b" in error.where


def test_hundreds_of_copies_make_one_group():
    talks = {f"c{n:03}": [*talk(1), *talk(n, turns=2)] for n in range(300)}
    links = near_duplicates(corpus_of(talks))
    assert links.height == 299
    assert links["group"].n_unique() == 1


@pytest.mark.prove
def test_ten_thousand_conversations_take_less_than_a_minute():
    corpus = corpus_of({f"c{n}": talk(n) for n in range(10_000)})
    began = time.perf_counter()
    assert near_duplicates(corpus).is_empty()
    assert time.perf_counter() - began < 60


def test_esconv_stands_in_two_spellings(data_home):
    """The README of the data counts 108 chats in both files, one of them another chat in truth."""
    import workbench as wb

    first, second = (
        wb.load(data_home / "esconv" / f"esconv_{name}.jsonl.gz") for name in ("raw", "feedback")
    )
    links = near_duplicates(first.followed_by(second))
    keys = [links[end].str.extract("(esc-[0-9a-f]+)") for end in ("first", "second")]
    assert links.height == 107
    assert (keys[0] == keys[1]).all()
    assert "esc-47b5a58d67" not in keys[0].to_list()
    assert links["jaccard"].min() > THRESHOLD + 0.3


def test_transcripts_in_two_formats_are_copies(data_home):
    import workbench as wb

    table = wb.load(data_home / "annomi" / "AnnoMI-simple.csv")
    folder = wb.load(data_home / "formats" / "convokit_annomi")
    links = near_duplicates(table.followed_by(folder))
    numbers = [links[end].str.extract(r"(\d+)(?:_0)?$") for end in ("first", "second")]
    assert links.height == 10
    assert (numbers[0] == numbers[1]).all()
    splits = dict.fromkeys(table.conversations["id"], "train") | dict.fromkeys(
        folder.conversations["id"], "test"
    )
    report = validate(table.followed_by(folder), splits)
    assert {f.check: f.count for f in report.errors}["near-duplicates span splits"] == 10
