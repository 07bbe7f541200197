"""Every widget in a real JupyterLab: run all, change controls, click, and compare with the library."""

import nbformat
import pytest
from lab_driving import Shown, lab, run_all
from map_pointing import draw_box
from planted_study import MARKUP
from plotly_pointing import click_mark_of

from workbench.reports.exporter import notebook_page
from workbench.topics import IntrusionAnswers
from workbench.views import VIEWS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def use_corpus(shown):
    before = shown.figure("turns")
    shown.choose("group", "topic")
    shown.wait_until_same()
    shown.click_mark("groups", 1)
    shown.wait_until_same()
    assert shown.chosen("value") == shown.view.value != "all"
    assert shown.figure("turns") != before
    shown.choose("value", "all")
    shown.choose("layer", "goemotions.head")
    shown.wait_until_same()


def use_reader(shown):
    turns = shown.part("reader").locator(".wbr-turn")
    shown.choose("conversation", "t01")
    shown.wait_until_same()
    turns.nth(3).click()
    told = shown.part("reader").locator(".wbr-detail-head")
    told.get_by_text("Turn 3").wait_for()
    assert turns.nth(3).locator(".wbr-text").inner_text() == MARKUP
    shown.part("reader").get_by_label("Search").fill("onerror")
    assert turns.filter(visible=True).count() == 1
    found = shown.root.locator(".workbench-control-find input")
    found.fill("sleep better")
    found.press("Enter")
    shown.view.choose("find", "sleep better")
    shown.wait_until_same()
    assert all("sleep better" in row[3] for row in shown.rows("hits"))
    shown.click_row("hits", 14)
    shown.wait_until_same()
    assert shown.chosen("conversation") == shown.view.conversation != "t01"
    told.get_by_text(f"Turn {shown.view.selected} ").wait_for()


def use_search(shown):
    for name, text in (("keywords", "sleep"), ("sequence", "question, then change within 2 turns")):
        field = shown.root.locator(f".workbench-control-{name} input")
        field.fill(text)
        field.press("Enter")
        shown.view.choose(name, text)
        shown.wait_until_same()
    assert all("sleep" in row[4] for row in shown.rows("words"))
    shown.choose("side", "client")
    shown.wait_until_same()
    shown.click_row("hits", 0)
    shown.wait_until_same()
    assert "→" in [row[0] for row in shown.rows("around")]


def use_topics(shown):
    shown.choose("side", "client")
    shown.wait_until_same()
    before = shown.rows("turns")
    shown.click_mark("sizes", 1)
    shown.wait_until_same()
    assert shown.chosen("topic") == str(shown.view.topic)
    assert shown.rows("turns") != before
    shown.click_row("topics", 0)
    shown.wait_until_same()
    shown.choose("topic", -1)
    shown.wait_until_same()
    corners = draw_box(shown.page, shown.part("map"), shown.view._data.places)
    shown.view.click("map", {"area": corners})
    shown.wait_until_same()
    for name, text in (("layer_name", "drawn"), ("layer_label", "in the middle")):
        field = shown.part("selection").locator(f".workbench-control-{name} input")
        field.fill(text)
        field.press("Tab")
        shown.view.choose(name, text)
    shown.part("selection").get_by_role("button", name="New layer").click()
    shown.part("selection").get_by_text("Layer drawn.selection was written").wait_for()
    written = shown.view.study.layer("drawn.selection")
    assert set(written.table["unit_id"]) == set(shown.view._in_area()["id"])
    (shown.view.study.folder / "layers" / "drawn.selection.parquet").unlink()  # others read it too
    shown.click_row("selection", 0)
    shown.wait_until_same()
    assert "→" in [row[0] for row in shown.rows("around")]
    shown.part("turns").get_by_role("button", name="Next").click()
    shown.part("turns").get_by_text("Rows 16 to").wait_for()


def use_session(shown):
    before = shown.figure("course")
    shown.choose("conversation", "t02")
    shown.wait_until_same()
    assert shown.figure("course") != before
    shown.click_mark("course", 2)
    shown.wait_until_same()
    assert shown.rows("turn")
    shown.choose("coder", "gold")
    shown.wait_until_same()


def use_codebook(shown):
    shown.choose("scheme", "annomi-client")
    shown.wait_until_same()
    before = shown.rows("sure")
    shown.click_row("codes", 2)
    shown.wait_until_same()
    assert shown.chosen("code") == "sustain"
    assert shown.rows("sure") != before
    shown.click_row("sure", 0)
    shown.wait_until_same()
    assert "→" in [row[0] for row in shown.rows("around")]


def use_agreement(shown):
    before = shown.figure("measures")
    shown.choose("label", "sustain")
    shown.wait_until_same()
    assert shown.figure("measures") != before
    shown.click_row("levels", 0)
    shown.wait_until_same()
    assert shown.chosen("label") == "change"
    shown.choose("coder", "gold")
    shown.wait_until_same()
    assert shown.chosen("reference") == "head"


def use_contested(shown):
    shown.click_row("contested", 3)
    shown.wait_until_same()
    assert "→" in [row[0] for row in shown.rows("around")]
    before = shown.rows("contested")
    shown.choose("label", "sustain")
    shown.wait_until_same()
    assert shown.rows("contested") != before
    shown.choose("conversation", shown.view.param["conversation"].objects[1])
    shown.wait_until_same()


def use_emotion(shown):
    before = shown.figure("valence")
    shown.choose("conversation", "t03")
    shown.wait_until_same()
    assert shown.figure("valence") != before
    shown.click_mark("valence", 4)
    shown.wait_until_same()
    shown.choose("side", "client")
    shown.choose("window", 9)
    shown.choose("quantity", "joy")
    shown.wait_until_same()
    heading = shown.part("turn").locator("h3")
    before = heading.text_content()
    click_mark_of(shown.page, shown.part("ekman").locator(".heatmaplayer image"))
    heading.filter(has_not_text=before).wait_for()
    # the middle lies between two cells, for the client has every other turn
    middle = shown.view.study.corpus.conversation("t03").utterances.height // 2
    assert heading.text_content() in {f"Turn {middle + step}" for step in (-1, 0, 1)}


def use_intrusion(shown):
    field = shown.root.locator(".workbench-control-rater input")
    field.fill("Ada")
    field.press("Tab")
    shown.view.choose("rater", "Ada")
    task, items = shown.part("task"), shown.view._left()
    for number, _ in enumerate(items):
        task.get_by_text(f"{number + 1} of {len(items)}", exact=True).wait_for()
        options = task.locator(".wbi-option:enabled")
        options.nth(5).wait_for()
        if number % 2:
            options.first.press(str(number % 6 + 1))
        else:
            options.nth(number % 6).click()
    shown.part("score").locator("tbody tr").first.wait_for()
    stored = IntrusionAnswers(shown.view.study.folder / "annotations.sqlite").table()
    wanted = [(item, "Ada", number % 6) for number, item in enumerate(items)]
    assert stored.select("item", "rater", "chosen").rows() == wanted
    shown.wait_until_same()


def use_attribution(shown):
    shown.choose("utterance", shown.view.param["utterance"].objects[1])
    shown.wait_until_same()
    before = shown.rows("runs")
    shown.part("prompt").locator(".wbp-part").nth(2).click()
    shown.view.click("prompt", {"chosen": "utterance"})
    shown.wait_until_same()
    assert shown.chosen("component") == "utterance"
    assert shown.rows("runs") != before
    shown.choose("component", "examples")
    shown.wait_until_same()
    shown.click_row("values", 0)
    shown.wait_until_same()


USES = {
    "corpus": use_corpus,
    "reader": use_reader,
    "search": use_search,
    "topics": use_topics,
    "intrusion": use_intrusion,
    "session": use_session,
    "codebook": use_codebook,
    "agreement": use_agreement,
    "contested": use_contested,
    "emotion": use_emotion,
    "attribution": use_attribution,
}


def test_every_screen_answers_in_jupyterlab(browser_page, study, tmp_path, artefacts):
    assert set(USES) == set(VIEWS)
    page = browser_page
    with lab(study.folder, tmp_path / "lab") as address:
        run_all(page, address)
        for place, (slug, use) in enumerate(USES.items(), 1):
            shown = Shown(page, VIEWS[slug](study), place)
            shown.root.wait_for()
            shown.wait_until_same()
            shown.picture(artefacts / f"lab-{slug}.png")
            use(shown)
            shown.picture(artefacts / f"lab-{slug}-after.png")
        assert "hit" not in page.title()
        page.get_by_role("menuitem", name="File", exact=True).click()
        page.locator(".lm-Menu-item[data-command='docmanager:save']").click()
        exported = _page_of(page, tmp_path / "lab" / "notebooks" / "screens.ipynb")
    for view in VIEWS.values():
        assert f'data-view="{view.slug}"' in exported
    assert MARKUP not in exported


def _page_of(page, notebook):
    """The saved notebook, as the report exporter makes a page of it."""
    for _ in range(80):
        saved = nbformat.read(notebook, 4)
        if any(cell.outputs for cell in saved.cells):
            return notebook_page(saved, title="Screens", code=True)
        page.wait_for_timeout(250)
    raise AssertionError("the notebook was not saved with its outputs")
