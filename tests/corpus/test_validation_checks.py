"""One thing wrong at a time: the check finds it, names the place and says nothing of the words."""

import time
from dataclasses import replace

import polars as pl
import pytest
from generated_corpora import CHECKS, corpora
from hypothesis import given, settings

from workbench.corpus import Corpus
from workbench.corpus.validation import validate, validate_utterances
from workbench.corpus.validation.report import CHECKED
from workbench.errors import BadInput

SECRET = "the thing nobody else may read"


def talk(*turns, **more):
    """A conversation of (speaker, text) turns with any further columns."""
    frame = {
        "id": [f"u{n}" for n in range(len(turns))],
        "conversation_id": ["a"] * len(turns),
        "speaker": [speaker for speaker, _ in turns],
        "text": [text for _, text in turns],
    }
    return pl.DataFrame({**frame, **more}, strict=False)


TWO = [("T", SECRET), ("C", f"So {SECRET}."), ("T", "And then?"), ("C", "Well.")]

# check -> (table, number of places, the first place)
BROKEN = {
    "reply to a later turn": (talk(*TWO, reply_to=[None, "u3", "u1", "u2"]), 1, "u1"),
    "reply cycle": (talk(*TWO, reply_to=[None, "u3", "u1", "u2"]), 3, "u1"),
    "time runs backwards": (talk(*TWO, start=[0.0, 9.0, None, 4.0]), 1, "u3"),
    "end before start": (talk(*TWO, start=[0.0, 3.0, 6.0, 9.0], end=[2.0, 1.0, 8.0, 9.5]), 1, "u1"),
    "overlap with oneself": (
        talk(*TWO, start=[0.0, 3.0, 4.0, 9.0], end=[5.0, 4.0, 6.0, 9.5]),
        1,
        "u2",
    ),
    "shared time span": (talk(*TWO, start=[0.0, 3.0, 3.0, 9.0], end=[2.0, 5.0, 5.0, 9.5]), 2, "u1"),
    "impossible time": (talk(*TWO, start=[-4.0, 3.0, float("nan"), 9.0]), 2, "u0"),
    "markup in text": (
        talk(("T", f"<i>{SECRET}</i>"), ("C", "Tea &amp; cake"), ("T", "a < b")),
        2,
        "u0",
    ),
    "no words": (
        talk(
            ("T", "[inaudible 00:01]"),
            ("C", "(sighs)"),
            ("T", "--"),
            ("C", "<b></b>"),
            ("T", "No."),
        ),
        4,
        "u0",
    ),
    "repeated turn": (talk(("T", SECRET), ("T", f"{SECRET} "), ("C", SECRET)), 1, "u1"),
    "speaker in two roles": (
        talk(*TWO, role=["therapist", "client", "client", "client"]),
        1,
        "speaker T",
    ),
    "speaker spelled in two ways": (
        talk(("Dr. Lee", "Hi."), ("dr. lee ", "Go on."), ("Sam", "Hi.")),
        2,
        "speaker Dr. Lee",
    ),
    "one speaker": (talk(("T", SECRET), ("T", "Go on.")), 1, "conversation a"),
    "one turn": (talk(("T", SECRET)), 1, "conversation a"),
}


@pytest.mark.parametrize("check", BROKEN)
def test_a_check_names_the_place_and_tells_no_words(check):
    table, count, place = BROKEN[check]
    report = validate(Corpus.build(table))
    found = {finding.check: finding for finding in report.findings}
    assert found[check].count == count
    assert place in found[check].where
    assert found[check].remedy
    assert SECRET not in repr(report) + report._repr_html_()


def test_people_may_talk_at_once_answer_late_and_smile():
    table = talk(
        ("T", "How are you?"),
        ("C", "🙂"),
        ("T", "Good (I mean it)."),
        ("C", "3"),
        start=[0.0, 0.5, 3.0, 3.0],
        end=[1.0, 2.0, 4.0, 4.5],
        reply_to=[None, "u0", "u0", "u2"],
    )
    assert validate(Corpus.build(table)).findings == ()


@given(corpora())
@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS)
def test_any_corpus_can_be_validated(corpus):
    report = validate(corpus)
    assert report.table.height == len(report.findings)
    assert len(report.errors) + len(report.warnings) + len(report.notes) == len(report.findings)
    assert report.errors == ()  # what Corpus.build lets through has no errors
    assert len({finding.check for finding in report.findings}) == len(report.findings)


def test_tables_that_do_not_fit_each_other_are_errors():
    whole = Corpus.build(talk(*TWO))
    twice = replace(whole, conversations=pl.concat([whole.conversations] * 2))
    assert [f.check for f in validate(twice).errors] == ["duplicate conversation"]
    lost = replace(whole, speakers=whole.speakers.head(1))
    assert [(f.check, f.count) for f in validate(lost).errors] == [("unknown speaker", 2)]


def test_what_loading_found_stays_and_is_not_told_twice():
    table = talk(*TWO, turn=[0, 1, 5, 6]).with_columns(
        text=pl.Series([SECRET, " ", "And?", "Well."])
    )
    corpus = Corpus.build(table, where="talk.csv")
    checks = [finding.check for finding in validate(corpus).findings]
    assert sorted(checks) == ["empty text", "turn gap"]
    assert "talk.csv, row 3" in str(validate(corpus).findings[0])


def test_a_part_of_a_corpus_tells_that_turns_were_left_out():
    corpus = Corpus.build(talk(*TWO, reply_to=[None, "u0", "u1", "u2"]))
    part = corpus.filter(utterances=pl.col("id") != "u1")
    assert {f.check for f in validate(part).warnings} == {"turn gap", "reply to nowhere"}


# -- language ----------------------------------------------------------------------------------------

ENGLISH = (
    "So what would you like to do about that, and how do you think it could go from here? " * 3
)
GERMAN = (
    "Was möchten Sie denn als Nächstes versuchen, und wie geht es Ihnen damit im Alltag gerade? "
    * 3
)


def talks(texts):
    rows = [(name, who, text) for name, text in texts.items() for who in "TC"]
    return Corpus.build(
        pl.DataFrame(rows, schema=["conversation_id", "speaker", "text"], orient="row")
    )


@pytest.mark.parametrize(
    ("most", "odd", "told"), [(ENGLISH, GERMAN, "do not read"), (GERMAN, ENGLISH, "s) read as")]
)
def test_a_conversation_in_another_language_than_most_is_pointed_out(most, odd, told):
    corpus = talks({"a": most, "b": most, "c": odd, "d": "Ja. Okay."})
    (mixed,) = [f for f in validate(corpus).findings if f.check == "language mix"]
    assert (mixed.count, mixed.where) == (1, "corpus, conversation c")
    assert told in mixed.message


def test_one_language_is_no_mix():
    for text in (ENGLISH, GERMAN):
        checks = validate(talks({"a": text, "b": text, "c": "Ja. Okay."})).table["check"]
        assert "language mix" not in checks.to_list()


# -- splits ------------------------------------------------------------------------------------------


@pytest.fixture
def clients():
    """Four sessions of two clients."""
    rows = [(name, who, f"{who} says {name}") for name in ("a", "b", "c", "d") for who in "TC"]
    return Corpus.build(
        pl.DataFrame(rows, schema=["conversation_id", "speaker", "text"], orient="row"),
        conversations=pl.DataFrame(
            {"id": ["a", "b", "c", "d"], "source": ["ann", "ann", "bob", "bob"]}
        ),
    )


def test_a_split_that_cuts_a_client_in_two_is_an_error(clients):
    report = validate(clients, {"a": "train", "b": "test", "c": "test", "d": "test"})
    (error,) = report.errors
    assert (error.check, error.where) == ("source spans splits", "corpus, source ann")
    assert validate(clients, {"a": "train", "b": "train", "c": "test", "d": "test"}).errors == ()


def test_a_split_must_fit_the_corpus(clients):
    table = pl.DataFrame({"conversation_id": ["a", "b", "z"], "split": ["dev", "dev", "dev"]})
    found = {f.check: f.count for f in validate(clients, table).warnings}
    assert found == {"split of nothing": 1, "no split": 2}
    with pytest.raises(BadInput, match="split"):
        validate(clients, table.drop("split"))


def test_a_split_that_came_along_is_looked_at_too(clients):
    with_column = replace(
        clients,
        conversations=clients.conversations.with_columns(
            pl.Series("meta.split", ["train", "test", "test", "test"])
        ),
    )
    (warning,) = validate(with_column).warnings
    assert warning.check == "source spans splits"


@pytest.mark.prove
def test_a_million_utterances_take_less_than_a_minute():
    """Without the search for near-duplicates, which has a mark of its own."""
    size = 1_000_000
    words = [f"word{n} and the {n % 97}" for n in range(5_000)]
    frame = pl.DataFrame(
        {
            "conversation_id": [f"c{n // 25}" for n in range(size)],
            "speaker": [f"s{n % 2}" for n in range(size)],
            "text": [f"{words[n % 5_000]} {words[n // 7 % 5_000]} über" for n in range(size)],
            "start": [float(n % 25) for n in range(size)],
        }
    )
    corpus = Corpus.build(frame)
    began = time.perf_counter()
    found = [*validate_utterances(corpus.utterances, where="x")]
    for check in CHECKED:
        found += check(corpus, "x")
    assert time.perf_counter() - began < 60
    assert [finding.check for finding in found] == []
