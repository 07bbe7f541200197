"""The codebook browser shows the book's words, the study's counts, and utterances by confidence."""

import shutil
from dataclasses import replace

from planted_study import MARKUP

import workbench as wb
from workbench.coding import crosswalks, load_codebook
from workbench.views import VIEWS
from workbench.views.codebook_tables import code_table, label_of
from workbench.views.static import static_html


def blocks(view):
    return {block.key: block for block in view.blocks()}


def test_the_first_book_that_the_study_is_coded_in_is_open(study):
    view = VIEWS["codebook"](study)
    assert (view.book, view.layer) == ("annomi", f"{view.scheme}.head")


def test_codes_stand_as_a_tree_with_definition_and_examples():
    scheme = load_codebook("annomi").scheme("annomi-helper-flags")
    table = code_table(scheme)
    assert [label_of(cell) for cell in table["code"]] == list(scheme.labels)
    assert [cell.startswith("\u2003└ ") for cell in table["code"]] == [
        code.parent is not None for code in scheme.codes
    ]
    assert table["definition"].to_list() == [code.definition for code in scheme.codes]
    assert scheme.codes[0].examples[0] in table["examples"][0]
    assert "name" in code_table(load_codebook("misc").scheme("misc-helper")).columns


def test_a_parent_is_followed_by_its_children_wherever_they_stand_in_the_book():
    table = code_table(load_codebook("misc").scheme("misc-client"))
    labels = table["code"].to_list()
    assert labels[1:3] == ["change talk", "\u2003└ C+"]


def test_counts_and_expected_counts_are_those_of_the_layers(study):
    view = VIEWS["codebook"](study, scheme="annomi-client", code="change")
    shown = blocks(view)["layers"].content
    for name, count, expected in shown["layer", "count", "expected"].iter_rows():
        wanted = study.layer(name).counts().filter(label="change")
        assert (count, expected) == (wanted["count"][0], wanted["expected"][0])
    assert set(shown["layer"]) == {"annomi-client.head", "annomi-client.gold"}
    bars = blocks(view)["counts"].content.data[0]
    counts = dict(study.layer("annomi-client.head").counts()["label", "count"].iter_rows())
    assert dict(zip(bars.customdata, bars.x, strict=True)) == counts


def test_the_most_and_least_confident_utterances_stand_in_context(study):
    view = VIEWS["codebook"](study, scheme="annomi-client", code="change")
    sure, unsure = blocks(view)["sure"].content, blocks(view)["unsure"].content
    given = study.layer("annomi-client.head").table.filter(label="change")["probability"].sort()
    assert sure["probability"].to_list() == given.reverse().head(8).to_list()
    assert unsure["probability"].to_list() == given.head(8).to_list()
    row = sure.row(0, named=True)
    turns = study.corpus.conversation(row["conversation"]).utterances
    assert turns.filter(turn=row["turn"])["text"][0] == row["said"]
    before = turns.filter(turn=row["turn"] - 1)
    assert row["before"] == f"{before['role'][0]}: {before['text'][0]}"


def test_a_coder_without_probabilities_gives_its_first_utterances(study):
    view = VIEWS["codebook"](study, scheme="annomi-client", layer="annomi-client.gold")
    shown = blocks(view)
    assert "probability" not in shown["sure"].content.columns
    assert "no probabilities" in shown["sure"].note
    assert shown["unsure"].kind == "text"


def test_clicks_choose_a_code_and_show_the_talk_around_an_example(study):
    view = VIEWS["codebook"](study, scheme="annomi-helper-flags")
    view.click("codes", {"code": "\u2003└ closed"})
    assert view.code == "closed"
    view.click("counts", {"customdata": "question"})
    assert view.code == "question"
    row = blocks(view)["sure"].content.row(2, named=True)
    view.click("sure", row)
    around = blocks(view)["around"].content
    assert around.filter(here="→")["turn"].to_list() == [row["turn"]]
    assert "question" in around.filter(here="→")["codes"][0]
    view.choose("code", "closed")
    assert "around" not in blocks(view)


def test_a_code_leads_to_other_books(study):
    view = VIEWS["codebook"](study, scheme="annomi-helper-flags", code="open")
    shown = {row[0]: row[1:3] for row in blocks(view)["crosswalks"].content.iter_rows()}
    assert shown == {
        "miti-behaviour": ("Q", "many-to-one"),
        "misc-helper": ("OQ", "one-to-one"),
    }
    assert len(shown) == sum(walk.source == "annomi" for walk in crosswalks())


def test_another_book_offers_its_own_schemes_and_says_what_is_not_coded(study):
    view = VIEWS["codebook"](study)
    view.choose("book", "miti")
    assert view.param["scheme"].objects == ["miti-behaviour", "miti-globals"]
    assert view.param["code"].objects[0] == "GI"
    assert "workbench code" in blocks(view)["counts"].content
    view.choose("scheme", "miti-globals")
    assert "each rated from 1 to 5 per conversation" in blocks(view)["codes"].note
    view.choose("book", "peer-mi")
    assert any("not at hand" in told for told in view.cautions())


def test_codes_of_another_version_of_the_book_are_told_of(study, tmp_path):
    copy = wb.Study.open(shutil.copytree(study.folder, tmp_path / "own"))
    layer = copy.layer("annomi-client.head")
    copy.write_layer(replace(layer, metadata=replace(layer.metadata, codebook="of last year")))
    chosen = {"scheme": "annomi-client", "layer": layer.name}
    told = [VIEWS["codebook"](one, **chosen).cautions() for one in (copy, study)]
    assert ["another version of this codebook" in " ".join(each) for each in told] == [True, False]


def test_a_public_view_counts_many_and_quotes_nobody(study):
    view = VIEWS["codebook"](study, public=True, scheme="annomi-client", code="change")
    shown = blocks(view)
    assert set(shown) == {"codes", "counts", "layers", "crosswalks", "closed"}
    # the planted study has three people on each side, fewer than five
    assert shown["layers"].content["count"].null_count() == shown["layers"].content.height
    assert "sleep better" not in static_html(view)


def test_markup_in_a_turn_stays_text(study):
    options = {"scheme": "annomi-client", "layer": "annomi-client.gold", "code": "sustain"}
    view = VIEWS["codebook"](study, **options)
    assert MARKUP in blocks(view)["sure"].content["said"].to_list()
    assert "&lt;img src=x" in static_html(view)
    assert "<img src=x" not in static_html(view)
