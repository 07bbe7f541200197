"""Codebooks as data: reading, looking up, refusing what is no codebook."""

import pytest

from workbench.corpus import Codebook
from workbench.errors import BadInput

BOOK = """\
name: tiny
title: A tiny book
version: "1"
schemes:
  - name: helper
    side: helper
    exclusive: true
    codes:
      - {label: question, definition: asks}
      - {label: open, definition: asks openly, parent: question, examples: ["Why?"]}
"""


def read(folder, text):
    path = folder / "book.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Codebook.read(path)


def test_a_book_is_read(tmp_path):
    book = read(tmp_path, BOOK)
    scheme = book.scheme("helper")
    assert scheme.labels == ("question", "open")
    assert scheme.codes[1].parent == "question"
    assert scheme.codes[1].examples == ("Why?",)
    with pytest.raises(BadInput, match="Did you mean 'helper'"):
        book.scheme("helpers")


def test_the_checksum_follows_the_content_not_its_layout(tmp_path):
    first = read(tmp_path, BOOK).checksum
    assert read(tmp_path, "# a remark\n" + BOOK).checksum == first
    assert read(tmp_path, BOOK.replace("asks openly", "invites")).checksum != first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [", "line 1.*YAML"),
        ("- a", "mapping"),
        ("name: x", "lacks"),
        (BOOK.replace("definition: asks}", "meaning: asks}"), r"lacks \['definition'\]"),
        (BOOK.replace("label: open", "label: question"), "stands twice"),
        (BOOK.replace("parent: question", "parent: questions"), "parent 'questions'"),
        (BOOK.split("    codes:", maxsplit=1)[0] + "    codes: []\n", "at least one"),
        (BOOK.replace("asks openly", "höflich").encode("latin-1"), "not UTF-8"),
    ],
)
def test_what_is_no_codebook_is_refused(tmp_path, text, told):
    with pytest.raises(BadInput, match=rf"(?s)book\.yaml.*{told}"):
        read(tmp_path, text)


RATED = BOOK.replace("exclusive: true", "exclusive: false\n    level: ordinal\n    scale: [1, 5]")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "parent: question",
            "parent: questions",
            "10, code 'open': parent 'questions' is not in the scheme. Present: ['question', 'open'].",
        ),
        ("label: open", "label: Question", "10, code 'Question': differs from 'question'"),
        ("asks openly", "asks openly, exampels: [x]", "10, code 'open': the key 'exampels'"),
        ("label: open", "label: no", "10, a code of scheme 'helper': `label` is no text"),
        ("asks openly", "''", "10, code 'open': `definition` is empty"),
        ('["Why?"]', '"Why?"', "10, code 'open': `examples` is a list"),
        ('["Why?"]', "[on]", "10, code 'open': `examples` is no text"),
        (
            "side: helper",
            "side: therapist",
            "6, scheme 'helper': `side` is 'therapist'; expected one of",
        ),
        ("exclusive: true", "exclusive: maybe", "7, scheme 'helper': `exclusive` is 'maybe'"),
        (
            "exclusive: true",
            "exclusive: true\n    unit: turn",
            "8, scheme 'helper': `unit` is 'turn'",
        ),
        (
            "exclusive: true",
            "exclusive: true\n    scale: [1, 5]",
            "8, scheme 'helper': the level is",
        ),
        (
            "exclusive: true",
            "exclusive: true\n    level: ordinal",
            "8, scheme 'helper': the level is",
        ),
        (
            "exclusive: true",
            "exclusive: true\n    level: ordinal\n    scale: [5, 1]",
            "9, scheme 'helper': `scale` is the lowest and the highest",
        ),
        ("asks}", "asks, parent: open}", "9, code 'question': its parents form a circle"),
        (
            "title:",
            "citaton: me\ntitle:",
            "2, the book: the key 'citaton' is unknown. Did you mean 'citation'",
        ),
    ],
)
def test_an_error_names_file_line_and_code(tmp_path, before, after, told):
    with pytest.raises(BadInput) as raised:
        read(tmp_path, BOOK.replace(before, after))
    line, rest = told.split(", ", 1)
    assert f"book.yaml line {line}, {rest}" in str(raised.value)


def test_a_key_that_stands_twice_and_an_alias_are_refused(tmp_path):
    with pytest.raises(BadInput, match="line 3: the key 'title' stands twice"):
        read(tmp_path, BOOK.replace("version", "title: again\nversion"))
    laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(BadInput, match="stands for another one"):
        read(tmp_path, laughs)


def test_two_schemes_of_one_name_are_refused(tmp_path):
    again = BOOK + BOOK.split("schemes:\n", maxsplit=1)[1]
    with pytest.raises(BadInput, match="line 11: scheme 'helper' stands twice"):
        read(tmp_path, again)


def test_ratings_have_a_level_and_a_scale(tmp_path):
    scheme = read(tmp_path, RATED).scheme("helper")
    assert (scheme.level, scheme.scale) == ("ordinal", (1.0, 5.0))
    plain = read(tmp_path, BOOK).scheme("helper")
    assert (plain.level, plain.scale) == ("nominal", None)


def test_a_book_of_ratings_goes_through_a_coding_tool(tmp_path):
    book = read(tmp_path, RATED)
    book.write(tmp_path / "book.qdc")
    again = Codebook.read(tmp_path / "book.qdc").scheme("helper")
    assert (again.level, again.scale) == ("ordinal", (1.0, 5.0))
    assert again.labels == book.scheme("helper").labels


def test_a_code_is_found_by_its_label_and_may_have_a_published_name(tmp_path):
    book = read(tmp_path, BOOK.replace("label: open", "label: open, name: Open Question"))
    scheme = book.scheme("helper")
    assert scheme.code("open").name == "Open Question"
    with pytest.raises(BadInput, match="Did you mean 'open'"):
        scheme.code("opne")


def test_numbers_and_dates_are_texts_as_they_are_written(tmp_path):
    numbered = BOOK.replace('"1"', "1.10").replace("question", "010")
    book = read(tmp_path, numbered)
    assert book.version == "1.10"
    assert book.scheme("helper").labels == ("010", "open")
    assert book.scheme("helper").codes[1].parent == "010"
    dated = read(tmp_path, BOOK.replace('"1"', "2024-05-01"))
    assert dated.version == "2024-05-01"
    assert dated.checksum


def test_the_name_of_a_note_is_a_text(tmp_path):
    notes = 'version: "1"\nnotes:\n  who: we\n  1: one'
    with pytest.raises(BadInput, match="line 6: the name of note 1 is no text"):
        read(tmp_path, BOOK.replace('version: "1"', notes, 1))


OWN_WALK = """\
crosswalks:
  - target: miti
    note: Units differ.
    schemes:
      - source: helper
        target: miti-behaviour
        labels:
          - {label: question, target: Q}
          - {label: open, target: Q}
"""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("source: helper", "source: helpers", "line 15: scheme 'helpers' is not in book 'tiny'"),
        ("label: open", "label: opened", "line 19, label 'opened': is not in 'helper'"),
        ("          - {label: open, target: Q}\n", "", r"says nothing of \['open'\]"),
    ],
)
def test_a_crosswalk_in_a_book_is_compared_with_its_codes(tmp_path, before, after, told):
    assert read(tmp_path, BOOK + OWN_WALK).crosswalks[0].name == "tiny -> miti"
    with pytest.raises(BadInput, match=told):
        read(tmp_path, BOOK + OWN_WALK.replace(before, after))


def test_the_codes_above_a_code_are_told_from_the_nearest_on(tmp_path):
    deep = BOOK + "      - {label: inviting, definition: invites, parent: open}\n"
    scheme = read(tmp_path, deep).scheme("helper")
    assert scheme.above("inviting") == ("open", "question")
    assert scheme.above("question") == ()


def test_a_missing_book_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no such codebook"):
        Codebook.read(tmp_path / "none.yaml")
