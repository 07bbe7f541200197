"""Which words before a colon are a speaker, decided by the whole file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.corpus.readers.cues import is_speaker_word
from workbench.corpus.readers.naming import opening, speakers_among, writable_name


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("Ann: Hello", "Ann", "Hello"),
        ("Dr. Avery Lee: So: yes", "Dr. Avery Lee", "So: yes"),
        ("Prof. Dr. Maria van der Berg: Hm", "Prof. Dr. Maria van der Berg", "Hm"),
        ("Lee, Avery: Hm", "Lee, Avery", "Hm"),
        ("O'Brien-Smith (mother): no", "O'Brien-Smith (mother)", "no"),
        ("Thérapeute : bonjour", "Thérapeute", "bonjour"),
        ("咨询师：你好", "咨询师", "你好"),
        ("Терапевт: здравствуйте", "Терапевт", "здравствуйте"),
        ("Avery Lee, Ph.D. | St. Ann (she/her): so", "Avery Lee, Ph.D. | St. Ann (she/her)", "so"),
        ("+44 20 7946 0000: hello", "+44 20 7946 0000", "hello"),
        ("T:Hello", "T", "Hello"),
        ("Ann:", "Ann", ""),
        ("[Ann]: Hello", "Ann", "Hello"),
        ("[Ann] Hello", "Ann", "Hello"),
        ("  SPEAKER_00: x", "SPEAKER_00", "x"),
    ],
)
def test_a_line_may_start_with_a_name(line, name, text):
    assert opening(line)[:2] == (name, text)


@pytest.mark.parametrize(
    "line",
    [
        "at 10:30 we met",
        "10:30: late",
        "1: first",
        "see https://example.org: it helps",
        "https://example.org",
        "I left. Then he said: no",
        "Well, you know what I mean by that now: no",
        "What? Really: no",
        '"role": "user"',
        "<b>: x",
        "- item: x",
        "*THE: x",
        "Date: Monday",
        "Re: your letter",
        "no colon at all",
        "C:\\Users",
        "[laughs]",
        "",
    ],
)
def test_other_lines_cannot(line):
    assert opening(line) is None


LONG = ["Ann: a", "Bob: b"] * 10


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["Therapist: a", "and then", "Client 2: b", "x"], {"Therapist", "Client 2"}),
        (["T: a", "well", "C: b"], {"T", "C"}),
        (["Speaker 1: a", "SPEAKER_02: b", "x"], {"Speaker 1", "SPEAKER_02"}),
        (["Ann: a", "Bob: b", "x", "Ann: c"], {"Ann"}),
        ([*LONG, "I told him: stop", "she said: no", "x"], {"Ann", "Bob"}),
        ([*LONG, "I said: a", "x", "I said: b"], {"Ann", "Bob"}),
        ([*LONG, "peer supporter: a", "peer supporter: b", "x"], {"Ann", "Bob"}),
        ([*LONG, *["peer supporter: a"] * 3, "x"], {"Ann", "Bob", "peer supporter"}),
        ([*LONG, "张医生：好", "x", "张医生：好"], {"Ann", "Bob", "张医生"}),
    ],
)
def test_names_recur_or_are_words_for_speakers(lines, names):
    assert speakers_among(lines).names == names


def test_where_every_paragraph_begins_with_a_name_one_who_speaks_once_counts():
    assert speakers_among(["Ann: a", "the mother: b", "Ann: c"]).names == {"Ann", "the mother"}
    lines = ["Ann: a", "the mother: b", "Porter: d", "Ann: c"]
    assert speakers_among(lines, paragraphs=False).names == {"Ann", "Porter"}


def test_brackets_may_be_sounds():
    assert speakers_among(["[laughs] a", "Ann: b", "Ann: c", "[laughs] d", "x"]).bracketed == set()
    assert speakers_among(["[Ann] a", "[Bob] b", "c"]).bracketed == {"Ann", "Bob"}
    assert speakers_among(["[Client] a", "b", "c"]).bracketed == {"Client"}
    speakers = speakers_among(["[Ann] a", "[Bob] b"])
    assert speakers.split("[Ann] Hello") == ("Ann", "Hello")
    assert speakers.split("Ann: Hello") == (None, "Ann: Hello")


@pytest.mark.parametrize(
    "word", ["Therapist", "klientin", "C1", "Client 2", "SPEAKER_00", "Unknown"]
)
def test_words_that_say_that_somebody_speaks(word):
    assert is_speaker_word(word)
    assert not is_speaker_word(f"{word} of Ann")


@given(st.text(max_size=100))
def test_any_name_can_be_written_so_that_it_is_read_as_one(name):
    written = writable_name(name)
    assert opening(f"{written}: ") == (written, "", False)
    assert writable_name(written) == written
