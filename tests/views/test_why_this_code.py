"""The conversation reader is asked why a turn has its code: what it draws is what the library finds."""

import polars as pl
import pytest

from workbench.coding import code_corpus, explain_code
from workbench.corpus import Corpus
from workbench.figures.explanation import code_bars
from workbench.study import Study
from workbench.views import VIEWS
from workbench.views.static import static_html

SAID = [
    ("client", "I keep waking up at four, <b>every</b> night."),
    ("therapist", "What have you tried so far?"),
    ("client", "Tea, mostly, and reading until I am tired enough to go back."),
    ("therapist", " ".join(f"and{at} what about number {at}" for at in range(12)) + "?"),
]


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    rows = [
        {"conversation_id": talk, "speaker": role, "role": role, "text": text}
        for talk in ("a", "b")
        for role, text in SAID
    ]
    corpus = Corpus.build(pl.DataFrame(rows))
    study = Study.create(tmp_path_factory.mktemp("why") / "study", corpus)
    for layer in code_corpus(corpus).layers:
        study.write_layer(layer)
    return study


def blocks(view):
    return {block.key: block for block in view.blocks()}


def asked(study, turn):
    view = VIEWS["reader"](study, conversation="a")
    view.click("reader", {"selected": turn})
    view.act("reader", "why")
    return view


def test_the_answer_is_that_of_the_library(coded):
    view = asked(coded, 1)
    unit = coded.corpus.conversation("a").utterances["id"][1]
    found = explain_code(coded.corpus, unit, "annomi-helper")
    assert found.label in blocks(view)["reader"].told
    bars = blocks(view)["why"].content.data[0]
    assert list(bars.x) == found.table["value"].to_list()
    assert "turn 1" in blocks(view)["why"].title


def test_the_answer_goes_when_another_turn_is_looked_at(coded):
    view = asked(coded, 1)
    assert "why" in blocks(view)
    view.click("reader", {"selected": 2})
    assert "why" not in blocks(view)


def test_a_client_turn_is_explained_by_the_head_of_client_talk(coded):
    title = blocks(asked(coded, 2))["why"].content.layout.title.text
    assert any(label in title for label in ("change", "neutral", "sustain"))


def test_of_many_words_the_weakest_share_a_bar_and_nothing_is_lost(coded):
    unit = coded.corpus.conversation("a").utterances["id"][3]
    found = explain_code(coded.corpus, unit, "annomi-helper")
    assert found.table.height > 40
    bars = code_bars(found).data[0]
    assert len(bars.x) == 31
    assert "others together" in bars.hovertext[-1]
    assert sum(bars.x) == pytest.approx(found.table["value"].sum())


def test_texts_are_escaped(coded):
    view = asked(coded, 1)
    assert any("&lt;b&gt;" in text for text in blocks(view)["why"].content.data[0].hovertext)
    assert "<b>every" not in static_html(view)


def test_without_a_head_of_ours_there_is_nothing_to_ask(study, coded):
    assert blocks(VIEWS["reader"](study))["reader"].actions == ()
    assert [action.name for action in blocks(VIEWS["reader"](coded))["reader"].actions] == ["why"]
