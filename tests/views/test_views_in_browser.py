"""The ES modules and all figures in a real browser, without network and without a kernel."""

from __future__ import annotations

import json
from pathlib import Path

import panel
import plotly
import pytest
from module_page import show
from planted_study import MARKUP

from workbench.views import VIEWS

pytestmark = pytest.mark.browser

BUNDLES = {
    "Panel": next(
        (Path(panel.__file__).parent / "dist/bundled/plotlyplot").glob("plotly-*.min.js")
    ),
    "JupyterLab": Path(plotly.__file__).parent / "package_data/plotly.min.js",
}


def state_of(study, slug, key, **params):
    view = VIEWS[slug](study, **params)
    return next(b.content for b in view.blocks() if b.key == key)


@pytest.fixture
def reader(page, tmp_path, study):
    state = state_of(study, "reader", "reader", conversation="t01", second="gold")
    show(page, tmp_path, state)
    return state.state


def shown(page):
    return page.locator(".wbr-turn:visible")


def test_reader_shows_every_turn_and_markup_as_text(page, reader):
    assert shown(page).count() == len(reader["turns"])
    assert page.locator(".wbr-text").nth(3).inner_text() == MARKUP
    assert page.locator("#here img, #here script").count() == 0
    assert page.title() != "hit"
    chips = page.locator(".wbr-turn").nth(1).locator(".wbr-lane").nth(1).locator(".wbr-chip-label")
    assert chips.all_inner_texts() == [mark["label"] for mark in reader["turns"][1]["second"]]


def test_reader_filters_by_side_label_and_search(page, reader):
    page.get_by_label("Side").select_option("client")
    assert shown(page).count() == sum(t["side"] == "client" for t in reader["turns"])
    page.get_by_label("Side").select_option("both sides")
    label = reader["turns"][1]["second"][0]["label"]
    page.get_by_label("Label").select_option(label)
    lanes = [lane["key"] for lane in reader["lanes"]]
    carrying = [t for t in reader["turns"] if any(m["label"] == label for k in lanes for m in t[k])]
    assert shown(page).count() == len(carrying)
    page.get_by_label("Label").select_option("any label")
    page.get_by_label("Search").fill("<IMG")
    assert shown(page).count() == 1
    assert page.locator(".wbr-text mark").inner_text() == "<img"
    assert page.locator(".wbr-count").inner_text() == f"1 of {len(reader['turns'])} turns"
    page.get_by_label("Search").fill("nowhere said")
    assert page.get_by_text("No turn fits these filters.").is_visible()


def test_reader_steps_with_keys_and_buttons_within_the_filter(page, reader):
    page.get_by_label("Side").select_option("client")
    page.locator(".wbr-list").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("window.state.selected") == 3
    page.get_by_role("button", name="Next").click()
    assert page.evaluate("window.state.selected") == 5
    page.get_by_role("button", name="Previous").click()
    assert page.evaluate("window.saved") == 4
    assert page.locator('.wbr-turn[aria-selected="true"]').count() == 1
    active = page.locator(".wbr-list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active} .wbr-number").inner_text() == "3"
    assert page.locator(".wbr-detail-head").inner_text().startswith("Turn 3 ")


def test_keys_in_the_reader_reach_no_shortcut_of_the_page(page, reader):
    page.evaluate("document.addEventListener('keydown', () => { window.leaked = true; })")
    page.get_by_label("Search").press("x")
    page.locator(".wbr-list").press("ArrowDown")
    assert page.evaluate("window.leaked") is None
    assert page.locator(".wbr").get_attribute("data-lm-suppress-shortcuts") == "true"


def test_reader_follows_the_model(page, reader, study):
    page.evaluate("window.change('selected', 9)")
    assert page.locator(".wbr-detail-head").inner_text().startswith("Turn 9 ")
    other = state_of(study, "reader", "reader", conversation="t00").state
    page.evaluate(
        "state => { for (const name of Object.keys(state)) window.change(name, state[name]); }",
        other,
    )
    page.wait_for_function("document.querySelector('.wbr-title').textContent === 't00'")
    assert shown(page).count() == len(other["turns"])


@pytest.mark.parametrize("width", [320, 700, 1400])
def test_reader_fits_any_width(page, reader, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_painted_prompt_shows_text_and_takes_a_click(page, tmp_path, study):
    state = state_of(study, "attribution", "prompt")
    show(page, tmp_path, state)
    assert page.locator(".wbp-part").count() == len(state.state["parts"])
    assert page.get_by_text("<b>How are you?</b>", exact=True).is_visible()
    page.locator(".wbp-part").nth(1).click()
    assert page.evaluate("window.state.chosen") == "examples"
    assert page.locator('.wbp-part[aria-pressed="true"]').count() == 1


@pytest.mark.parametrize("skin", BUNDLES)
def test_every_figure_is_valid_drawn_and_free_of_markup(page, tmp_path, study, skin):
    """Both versions of plotly.js take every attribute; dialogue text makes no element."""
    figures = {
        f"{slug}/{b.key}": json.loads(b.content.to_json())
        for slug, view in VIEWS.items()
        for b in view(study).blocks()
        if b.kind == "figure"
    }
    assert len(figures) >= 15
    file = tmp_path / "page.html"
    script = BUNDLES[skin].read_text("utf-8")
    file.write_text(f"<meta charset=utf-8><script>{script}</script><div id=here></div>", "utf-8")
    page.goto(file.as_uri())
    for name, figure in figures.items():
        found = page.evaluate(
            """async ({data, layout}) => {
                delete layout.template;
                const wrong = (Plotly.validate(data, layout) || []).map((x) => x.msg);
                const here = document.getElementById("here");
                await Plotly.newPlot(here, data, layout);
                const drawn = ".point, .points path, .textpoint, .hm image";
                const marks = here.querySelectorAll(data.length ? drawn : ".annotation-text").length;
                return {wrong, marks, strange: here.querySelectorAll("img, script").length};
            }""",
            figure,
        )
        assert found["wrong"] == [], name
        assert found["marks"] > 0, name
        assert found["strange"] == 0, name
    assert page.title() != "hit"
