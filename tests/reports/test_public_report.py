"""A public report holds no quotation, no single conversation and no figure on few people."""

import pytest

import workbench as wb
from workbench.errors import BadInput


@pytest.fixture(scope="module")
def public_page(study, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_FEWEST_SPEAKERS", "3")
        written = wb.report(study, tmp_path_factory.mktemp("public") / "report.html", public=True)
    return written.read_text("utf-8")


def test_no_utterance_text_is_in_it(public_page, written, study):
    texts = [text for text in study.corpus.utterances["text"].unique() if len(text) >= 20]
    assert any(text in written.read_text("utf-8") for text in texts)
    assert not [text for text in texts if text in public_page]
    assert "onerror" not in public_page


def test_it_says_what_it_is_and_why_the_reader_is_closed(public_page):
    assert "A public view" in public_page
    assert "fewer than 3 people" in public_page
    assert "The conversation reader and its search are closed" in public_page
    assert "It is as private as the transcripts" not in public_page


def test_no_single_conversation_is_named(public_page, study):
    assert not [name for name in study.corpus.conversations["id"] if f">{name}<" in public_page]
    assert not [name for name in study.corpus.utterances["id"] if name in public_page]
    with pytest.raises(BadInput, match="no single conversation"):
        wb.report(study, "report.html", conversation="t01", public=True)


def test_figures_and_tables_are_there(public_page):
    assert "How often each topic is spoken of" in public_page
    assert "Mean valence by" in public_page
    assert "withheld" in public_page
