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
        ("name: [", "row 1.*YAML"),
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


def test_a_missing_book_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no such codebook"):
        Codebook.read(tmp_path / "none.yaml")
