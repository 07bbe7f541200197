"""The report in a browser: from a disk, nothing asked of anyone, all figures and tables the library's."""

import json
import math

import polars as pl
import pytest
from planted_study import MARKUP
from report_reading import TALK, open_report

import workbench as wb
from workbench.coding.session_sheet import session_sheet
from workbench.reports.chapters import chapters
from workbench.topics import Topics

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MARKS = ".point, .points path, .box, .js-line, .textpoint, .heatmaplayer image, .boxlayer path"
REASON = ".annotation-text"  # a figure with nothing to draw says why


def blocks(study, kind):
    """Chapter's anchor and block, for every block of a kind in the report."""
    return [
        (chapter.anchor, block)
        for chapter in chapters(study, conversation=TALK)
        for block in chapter.view.blocks()
        if block.kind == kind and block.key not in chapter.without
    ]


def part(page, anchor, key):
    return page.locator(f"#{anchor} [data-block='{key}']")


def cells(place):
    return place.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def equal(written, value):
    """Whether a cell says what a table holds, numbers to three decimals."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return written in ("", "–")
    if isinstance(value, bool):
        return written == str(value).lower()
    if isinstance(value, int | float):
        return math.isclose(float(written.replace(",", "")), value, abs_tol=5.001e-4)
    return written == ("; ".join(map(str, value)) if isinstance(value, list) else str(value))


def assert_same(shown, table):
    rows = table.rows()
    assert len(shown) == len(rows)
    for written, values in zip(shown, rows, strict=True):
        assert len(written) == len(values)
        assert all(map(equal, written, values)), (written, values)


def test_nothing_is_asked_of_anyone(page, written):
    own = [url for url in page.asked if not url.startswith(("blob:", "data:"))]
    assert own == [written.as_uri()]


def test_every_figure_is_drawn_with_the_librarys_data(page, study):
    expected = blocks(study, "figure")
    assert len(expected) >= 20
    assert page.locator(".js-plotly-plot").count() == len(expected)
    for anchor, block in expected:
        place = part(page, anchor, block.key).locator(".workbench-figure")
        data = json.loads(place.locator(":scope > script").text_content())
        assert data == json.loads(block.content.to_json()), (anchor, block.key)
        drawn = MARKS if block.content.data else REASON
        assert place.locator(drawn).count() > 0, (anchor, block.key)


def test_every_table_is_the_librarys(page, study):
    expected = blocks(study, "table")
    assert len(expected) >= 15
    for anchor, block in expected:
        place = part(page, anchor, block.key)
        assert place.locator("h3").inner_text() == block.title
        heads = place.locator("th").all_inner_texts()
        assert heads == [name.replace("_", " ") for name in block.content.columns]
        assert_same(cells(place), block.content)


def test_counts_are_those_of_the_study(page, study):
    """Straight from the stored results, past the views."""
    topics = Topics.read(study.folder / "topics" / "helper")
    columns = ("Topic", "Representation", "Count", "share", "core", "conversations")
    info = topics.info.select(columns).with_columns(pl.col("Representation").list.join(", "))
    table = part(page, "topics-helper", "topics")
    heads = table.locator("thead th").all_inner_texts()
    wanted = [heads.index(x) for x in ("topic", "words", "turns", "share", "core", "conversations")]
    shown = [[row[at] for at in wanted] for row in cells(table)]
    assert_same(sorted(shown, key=lambda row: int(row[0])), info)
    names = ("annomi-client", "annomi-helper", "annomi-helper-flags")
    layers = [study.layer(f"{name}.head") for name in names]
    sheet = session_sheet(study.corpus, layers, TALK)
    assert_same(cells(part(page, "session", "counts")), sheet.counts)
    layer = study.layer("annomi-client.head").counts()
    shown = [row for row in cells(part(page, "corpus", "layers")) if row[0] == "annomi-client.head"]
    assert [int(row[3]) for row in shown] == layer["count"].to_list()


def test_contents_lead_to_every_chapter(page, study):
    links = page.locator(".workbench-contents a")
    titles = [chapter.title for chapter in chapters(study, conversation=TALK)]
    assert links.all_inner_texts() == [*titles, "Where the figures come from"]
    for target in links.evaluate_all("links => links.map(link => link.hash)"):
        assert page.locator(target).count() == 1
    links.nth(3).click()
    assert page.locator("#topics-client h2").bounding_box()["y"] < 200


def test_cautions_stand_on_top(page):
    first = page.locator("main .workbench-cautions").first
    assert "not for diagnosis" in first.inner_text()
    assert "as private as the transcripts" in first.inner_text()
    assert first.bounding_box()["y"] < 400


def test_conversation_can_be_filtered_and_stepped_through(page, study):
    turns = study.corpus.conversation(TALK).utterances
    shown = page.locator(".wbr-turn:visible")
    assert shown.count() == turns.height
    page.get_by_label("Side").select_option("client")
    assert shown.count() == (turns["side"] == "client").sum()
    page.get_by_role("button", name="Next").click()
    assert page.locator(".wbr-detail-head").inner_text().startswith("Turn 1 ")
    page.locator(".wbr-list").press("ArrowDown")
    assert page.locator(".wbr-detail-head").inner_text().startswith("Turn 3 ")
    page.get_by_label("Side").select_option("both sides")
    page.get_by_label("Search").fill("sleep better")
    assert shown.count() == turns["text"].str.contains("sleep better").sum()


def test_a_figure_answers_to_pointer_and_legend(page, study):
    groups = part(page, "corpus", "groups").locator(".js-plotly-plot")
    groups.locator(".point").first.hover(force=True)
    groups.locator(".hovertext").first.wait_for()
    figure = part(page, "corpus", "lengths").locator(".js-plotly-plot")
    sides = figure.evaluate("node => node.data.map(trace => trace.name)")
    figure.locator(".legendtoggle").first.click()
    page.wait_for_function(
        "node => node.calcdata && node._fullData[0].visible === 'legendonly'",
        arg=figure.element_handle(),
    )
    assert sides == ["helper", "client"]


def test_a_component_of_the_prompt_can_be_chosen(page):
    prompt = page.locator("[data-module=painted_prompt]").first
    prompt.locator("button.wbp-part").nth(1).click()
    assert prompt.locator('[aria-pressed="true"] .wbp-name').inner_text() == "examples"


def test_markup_in_dialogue_shows_as_text(page):
    assert page.locator(".wbr-text").nth(3).inner_text() == MARKUP
    turns = part(page, "reader", "turns")
    assert turns.locator("tbody tr").nth(3).locator("td").nth(3).inner_text() == MARKUP
    strange = "main img, main iframe, .workbench-table script, .wbr script, .js-plotly-plot script"
    assert page.locator(strange).count() == 0
    assert page.title() == "planted: report"


def test_readable_without_scripts(browser, written, study):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(written.as_uri())
    turns = page.locator(".workbench-plain ol li")
    texts = study.corpus.conversation(TALK).utterances["text"].to_list()
    assert turns.locator("span").all_inner_texts() == texts
    assert turns.first.is_visible()
    assert "change" in page.locator("#session [data-block=counts]").inner_text()
    context.close()


def test_on_paper_tables_and_turns_are_whole(page, artefacts):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    cut = page.locator(".workbench-table, .wbr-list").evaluate_all(
        "nodes => nodes.filter(node => node.scrollHeight > node.clientHeight + 2"
        " || node.scrollWidth > node.clientWidth + 2).map(node => node.parentElement.dataset.block)"
    )
    assert cut == []
    assert page.locator(".wbr-tools").first.is_hidden()
    widths = page.locator(".js-plotly-plot").evaluate_all("x => x.map(y => y._fullLayout.width)")
    assert set(widths) == {890}
    page.pdf(path=artefacts / "report.pdf", format="A4")


def test_report_of_the_demonstration_study(browser_page, demo_study, tmp_path, artefacts):
    file = wb.report(demo_study, tmp_path / "demo.html")
    open_report(browser_page, file)
    told = set(browser_page.locator(".workbench-told").all_inner_texts())
    assert {sentence.partition(":")[0] for sentence in told} == {
        "Nothing",
        "There is no human reference",
    }
    figures = browser_page.locator(".js-plotly-plot")
    for number in range(figures.count()):
        assert figures.nth(number).locator(MARKS).count() > 0, number
    for chapter in ("corpus", "reader", "topics-helper", "session", "emotion", "provenance"):
        browser_page.locator(f"#{chapter}").screenshot(path=artefacts / f"report-{chapter}.png")
    browser_page.locator("[id^=attribution]").first.screenshot(
        path=artefacts / "report-attribution.png"
    )
