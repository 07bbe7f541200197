"""The site served to the public: the same screens, without quotations and figures on few people."""

import json
import urllib.request

import pytest
from bokeh.document import Document
from page_reading import open_screen
from site_serving import serving

from workbench.panels.screen import page
from workbench.views import VIEWS


def long_texts(study):
    texts = [text for text in study.corpus.utterances["text"].unique() if len(text) >= 20]
    return [written for text in texts for written in (text, json.dumps(text)[1:-1])]


def document_of(study, slug, *, public):
    """All that a browser is sent for a page."""
    document = Document()
    page(study, slug, public=public).server_doc(document)
    return json.dumps(document.to_json(), ensure_ascii=False, default=str)


@pytest.mark.parametrize("slug", VIEWS)
def test_no_page_sends_what_was_said(demo_study, slug):
    sent = document_of(demo_study, slug, public=True)
    assert "A public view" in sent
    assert not [text for text in long_texts(demo_study) if text in sent]


def test_the_page_that_is_not_public_does(demo_study):
    sent = document_of(demo_study, "reader", public=False)
    assert any(text in sent for text in long_texts(demo_study))


def test_serve_public_says_so_on_its_index(demo_study):
    with (
        serving(demo_study.folder, "--public") as address,
        urllib.request.urlopen(address) as answer,
    ):
        index = answer.read().decode()
    assert "fewer than 5 people" in index
    assert "32 speakers" in index


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_every_public_screen_is_drawn_and_shows_no_words(demo_study, browser_page):
    texts = long_texts(demo_study)
    with serving(demo_study.folder, "--public") as address:
        for slug in VIEWS:
            open_screen(browser_page, address, slug)
            browser_page.get_by_text("A public view").first.wait_for()
            shown = browser_page.locator("body").inner_text()
            assert not [text for text in texts if text in shown], slug
