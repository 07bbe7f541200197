"""Codebooks that a study keeps are those it was given."""

from dataclasses import replace

import pytest

import workbench as wb
from workbench.coding import codebooks, load_codebook


@pytest.fixture
def study(tmp_path):
    return wb.Study.create(tmp_path / "study", wb.load("data/demo"))


@pytest.mark.parametrize("name", codebooks())
def test_a_kept_book_is_the_same_book(study, name):
    book = replace(load_codebook(name), name="own")
    study.write_codebook(book)
    assert study.codebooks() == {"own": book}


def test_a_newer_wording_replaces_the_older(study):
    book = replace(load_codebook("dear-man"), name="own")
    study.write_codebook(book)
    study.write_codebook(replace(book, version="2"))
    assert study.codebooks()["own"].version == "2"
