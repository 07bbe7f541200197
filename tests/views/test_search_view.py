"""The screen Search shows the library's hits, words and sequences, and says what is wrong in its place."""

import numpy as np
import pytest
from planted_study import MARKUP, full_study

from workbench.embedding.search import Filters
from workbench.pipeline import embed_study, find_sequences, keyword_in_context, search
from workbench.views import VIEWS
from workbench.views.static import static_html


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    study = full_study(tmp_path_factory.mktemp("search") / "full")
    embed_study(study)
    return study


def blocks(view):
    return {block.key: block for block in view.blocks()}


def test_hits_are_those_of_the_library(embedded):
    view = VIEWS["search"](embedded, query="tired of it", keywords="sleep", side="client")
    wanted = search(embedded, "tired of it", keywords="sleep", where=Filters(side="client"), k=50)
    shown = blocks(view)["hits"]
    assert shown.content["text"].to_list() == wanted.table["text"].to_list()
    assert shown.content["score"].to_list() == wanted.table["score"].to_list()
    assert wanted.note in shown.note


def test_words_stand_in_their_context(embedded):
    view = VIEWS["search"](embedded, keywords="sleep", regex="kn.ws")
    wanted = keyword_in_context(embedded, "sleep").height
    wanted += keyword_in_context(embedded, "kn.ws", regex=True).height
    assert f"{wanted:,} places" in blocks(view)["words"].note
    assert set(blocks(view)["words"].content["hit"]) <= {"sleep", "knows"}


def test_sequences_and_their_counts(embedded):
    pattern = "question, then gold:change within two turns".replace("gold:", "annomi-client.gold:")
    view = VIEWS["search"](embedded, sequence=pattern, conversation="t03")
    found = find_sequences(embedded, pattern, where=Filters(conversation="t03"))
    assert len(found) > 0
    shown = blocks(view)
    assert shown["sequences"].content["match"].n_unique() == min(len(found), 100)
    counted = dict(shown["counts"].content.iter_rows())
    assert counted == dict(found.counts["conversation_id", "matches"].iter_rows())


def test_a_click_shows_the_turn_among_its_neighbours(embedded):
    view = VIEWS["search"](embedded, keywords="sleep")
    assert "around" not in blocks(view)
    view.click("hits", blocks(view)["hits"].content.row(0, named=True))
    talk, turn = view.place
    around = blocks(view)["around"].content
    assert around.filter(found="→")["turn"].to_list() == [turn]
    near = embedded.corpus.conversation(talk).utterances
    assert np.ptp(around["turn"].to_numpy()) <= 6 < near.height
    view.choose("keywords", "tired")
    assert "around" not in blocks(view)


def test_topics_offered_follow_the_side(embedded):
    view = VIEWS["search"](embedded)
    assert {choice.split()[0] for choice in view.param["topic"].objects} == {
        "all",
        "helper",
        "client",
    }
    view.choose("side", "client")
    assert {choice.split()[0] for choice in view.param["topic"].objects} == {"all", "client"}
    view.choose("topic", "client 1")
    wanted = Filters(side="client", topic=1).mask(
        embedded.corpus, [embedded.layer(name) for name in embedded.layer_names()]
    )
    assert f"Searched {wanted.sum():,} of" in blocks(view)["hits"].note


@pytest.mark.parametrize(
    ("params", "key", "told"),
    [
        ({"regex": "(a"}, "words", "unclosed group"),
        ({"regex": "(a"}, "hits", "unclosed group"),
        ({"sequence": "question then sustian"}, "sequences", "Did you mean 'sustain'"),
        ({"keywords": "xyzzy"}, "hits", "No turn answers"),
        ({"keywords": "xyzzy"}, "words", "do not occur"),
        (
            {"sequence": "change then question then next turn question"},
            "sequences",
            "does not occur",
        ),
    ],
)
def test_what_is_wrong_or_not_there_is_told_in_its_place(embedded, params, key, told):
    shown = blocks(VIEWS["search"](embedded, **params))[key]
    assert shown.kind == "text"
    assert told in shown.content


def test_a_pattern_that_cannot_be_read_is_told_once(embedded):
    assert "counts" not in blocks(VIEWS["search"](embedded, sequence="question then sustian"))


def test_missing_embeddings_name_the_command(study):
    shown = blocks(VIEWS["search"](study, query="tired"))["hits"]
    assert shown.kind == "text"
    assert "workbench analyse" in shown.content


def test_a_public_search_is_closed(embedded):
    view = VIEWS["search"](embedded, public=True)
    assert [block.key for block in view.blocks()] == ["closed"]
    assert view.shown_controls == ()


def test_markup_in_a_turn_stays_text(embedded):
    view = VIEWS["search"](embedded, keywords="script")
    assert MARKUP in blocks(view)["hits"].content["text"].to_list()
    assert "<script>document" not in static_html(view)
