"""Every screen in a real browser: what it shows, three interactions each, against the library's tables."""

import re
from pathlib import Path

import pytest
from map_pointing import draw_box
from page_reading import (
    choose,
    click_mark,
    click_until_heard,
    count_marks,
    open_screen,
    part,
    wait_until_same,
)

from workbench.views import VIEWS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def block(view, key):
    return next(block for block in view.blocks() if block.key == key)


def control(name, *, like=""):
    """Choose another value of a control, on the page and in the view."""

    def act(page, view):
        others = [x for x in view.param[name].objects if x != getattr(view, name)]
        value = next(x for x in reversed(others) if like in str(x))
        choose(page, name, value)
        view.choose(name, value)

    return act


def mark(key, index):
    """Click a mark of a figure's first trace; the view gets its point."""

    def act(page, view):
        drawn = block(view, key).content.data[0]
        places = [i for i, at in enumerate(zip(drawn.x, drawn.y, strict=True)) if None not in at]
        point = {"customdata": drawn.customdata[places[index]], "x": drawn.x[places[index]]}
        click_mark(page, key, index)
        view.click(key, point)

    return act


def row(key, index):
    """Click a row of a table; the view gets the row."""

    def act(page, view):
        cell = (
            part(page, key).locator(".tabulator-row").nth(index).locator(".tabulator-cell:visible")
        )
        click_until_heard(page, cell.first)
        view.click(key, block(view, key).content.row(index, named=True))

    return act


def find_a_word(page, view):
    """Look through all conversations for a word of the first turn."""
    words = re.findall(r"[^\W\d]{4,}", view.study.corpus.utterances["text"][0])
    field = page.locator(".control-find input")
    field.fill(words[-1])
    field.press("Enter")
    view.choose("find", words[-1])
    assert block(view, "hits").kind == "table"


def turn(index):
    """Choose a turn in the reader and see its detail."""

    def act(page, view):
        page.locator(".wbr-turn").nth(index).click()
        view.click("reader", {"selected": index})
        said = block(view, "reader").content.state["turns"][index]
        page.locator(
            ".wbr-detail-head", has_text=f"Turn {said['turn']} · {said['role']}"
        ).wait_for()

    return act


def component(index):
    """Choose a component in the painted prompt."""

    def act(page, view):
        part = page.locator("button.wbp-part").nth(index)
        state = block(view, "prompt").content.state
        names = [piece["name"] for piece in state["parts"] if piece["value"] is not None]
        part.click()
        view.click("prompt", {"chosen": names[index]})
        assert view.component == names[index]

    return act


def ask(name, text, *, of):
    """Write into a text control."""

    def act(page, view):
        field = page.locator(f".control-{name} input")
        field.fill(text)
        field.press("Enter")
        view.choose(name, text)
        assert block(view, of).kind == "table"

    return act


def rater(page, view):
    """Write a name; the first task appears."""
    field = page.locator(".control-rater input")
    field.fill("Ada")
    field.press("Enter")
    view.choose("rater", "Ada")
    options = block(view, "task").content.state["options"]
    page.locator(".wbi-option").nth(len(options) - 1).wait_for()
    assert page.locator(".wbi-text").all_text_contents() == options


def area(page, view):
    """Draw a box on the map: its turns are listed."""
    corners = draw_box(page, part(page, "map"), view._data.places)
    view.click("map", {"area": corners})
    assert block(view, "selection").content.height


def wrong_name(page, view):
    """Press the button of a layer without a name: the screen says what is wrong."""
    part(page, "selection").get_by_role("button", name="New layer").click()
    view.act("selection", "new_layer")
    part(page, "selection").get_by_text("The name of a layer is").wait_for()


def download(page, view):
    """The file that the browser gets holds every turn of the area."""
    with page.expect_download() as waited:
        part(page, "selection").get_by_text("CSV").click()
    content = Path(waited.value.path()).read_bytes()
    assert (waited.value.suggested_filename, content) == view.export("selection", "csv")


INTERACTIONS = {
    "corpus": [mark("groups", 0), control("group"), control("layer")],
    "reader": [control("conversation"), turn(3), find_a_word, row("hits", 0)],
    "search": [
        ask("query", "afraid of what comes next", of="hits"),
        ask("keywords", "sleep", of="words"),
        ask("sequence", "question, then change within two turns", of="sequences"),
        control("side"),
        row("hits", 0),
    ],
    "topics": [
        mark("sizes", 1),
        row("topics", 2),
        *(area, wrong_name, download, row("selection", 0)),
        control("side"),
        control("topic"),
    ],
    "intrusion": [control("side"), control("kind"), rater],
    "session": [control("conversation"), control("coder"), mark("course", 2)],
    "codebook": [
        control("code"),
        row("codes", 1),
        mark("counts", 0),
        row("sure", 0),
        control("scheme"),
    ],
    "agreement": [
        control("scheme"),
        control("label"),
        row("levels", 1),
        control("coder"),
    ],
    "contested": [row("contested", 2), control("label"), control("conversation"), row("around", 1)],
    "emotion": [control("conversation"), mark("valence", 2), control("side"), control("quantity")],
    "attribution": [component(1), control("component"), control("utterance")],
}


def test_every_screen_has_three_interactions():
    assert INTERACTIONS.keys() == VIEWS.keys()
    assert all(len(steps) >= 3 for steps in INTERACTIONS.values())


@pytest.mark.parametrize("slug", VIEWS)
def test_a_screen_shows_what_its_view_gives_and_follows_the_reader(
    browser_page, site, demo_study, artefacts, slug
):
    view = VIEWS[slug](demo_study)
    open_screen(browser_page, site, slug)
    wait_until_same(browser_page, view)
    for made in view.blocks():
        assert made.kind != "figure" or count_marks(browser_page, made.key), made.key
    assert browser_page.title() == f"{view.title} · {demo_study.name}"
    told = browser_page.locator("ul.cautions li").all_inner_texts()
    assert told == [caution.replace("`", "") for caution in view.cautions()]
    browser_page.screenshot(path=artefacts / f"{slug}.png", full_page=True)
    for act in INTERACTIONS[slug]:
        act(browser_page, view)
        wait_until_same(browser_page, view)
    browser_page.screenshot(path=artefacts / f"{slug}-after.png", full_page=True)


def test_reader_filters_and_steps(browser_page, site, demo_study):
    view = VIEWS["reader"](demo_study)
    open_screen(browser_page, site, "reader")
    turns = block(view, "reader").content.state["turns"]
    clients = [at for at, said in enumerate(turns) if said["side"] == "client"]
    browser_page.locator(".wbr-tools select").first.select_option("client")
    browser_page.get_by_text(f"{len(clients)} of {len(turns)} turns").wait_for()
    assert browser_page.locator(".wbr-turn:visible").count() == len(clients)
    browser_page.get_by_role("button", name="Next ▶").click()
    browser_page.get_by_role("button", name="Next ▶").click()
    head = f"Turn {turns[clients[1]]['turn']} ·"
    browser_page.locator(".wbr-detail-head", has_text=head).wait_for()


def test_keys_pressed_fast_are_not_taken_back(browser_page, site, demo_study):
    turns = block(VIEWS["reader"](demo_study), "reader").content.state["turns"]
    assert len(turns) > 12
    open_screen(browser_page, site, "reader")
    browser_page.locator(".wbr-list").focus()
    for _ in range(12):
        browser_page.keyboard.press("ArrowDown")
    browser_page.wait_for_timeout(1500)
    assert browser_page.locator(".wbr-detail-head").inner_text().startswith("Turn 12 ")


def test_a_table_is_read_page_by_page(browser_page, site, demo_study):
    table = block(VIEWS["corpus"](demo_study), "conversations").content
    open_screen(browser_page, site, "corpus")
    rows = part(browser_page, "conversations").locator(".tabulator-row")
    rows.first.wait_for()
    assert rows.count() == 15 < table.height
    part(browser_page, "conversations").get_by_role("button", name="Last Page").click()
    last = str(table.row(-1, named=True)["id"])
    part(browser_page, "conversations").get_by_text(last, exact=True).first.wait_for()


def test_two_sessions_do_not_share_their_choices(browser_page, browser, site, demo_study):
    open_screen(browser_page, site, "corpus")
    mark("groups", 0)(browser_page, changed := VIEWS["corpus"](demo_study))
    wait_until_same(browser_page, changed)
    other = browser.new_page(viewport={"width": 1280, "height": 900})
    open_screen(other, site, "corpus")
    wait_until_same(other, VIEWS["corpus"](demo_study))
    wait_until_same(browser_page, changed)
    other.close()


def test_the_index_leads_to_every_screen(browser_page, site, demo_study, artefacts):
    browser_page.goto(site)
    assert browser_page.locator("h1").inner_text() == demo_study.name
    browser_page.screenshot(path=artefacts / "index.png", full_page=True)
    for slug, view in VIEWS.items():
        browser_page.goto(site)
        browser_page.locator(f".screens a[href='./{slug}']", has_text=view.title).click()
        browser_page.wait_for_url(f"{site}/{slug}")
        assert browser_page.locator("nav a[aria-current]").inner_text() == view.title
        assert browser_page.locator(".question").inner_text() == view.question
        browser_page.locator("[class*=block-] h2").first.wait_for()


def test_a_narrow_window_is_not_wider_than_itself(browser_page, site, artefacts):
    browser_page.set_viewport_size({"width": 420, "height": 800})
    for slug in VIEWS:
        open_screen(browser_page, site, slug)
        browser_page.wait_for_timeout(1500)
        width = browser_page.evaluate("document.documentElement.scrollWidth")
        browser_page.screenshot(path=artefacts / f"{slug}-narrow.png")
        assert width <= 420, slug


@pytest.mark.parametrize("slug", VIEWS)
def test_markup_in_texts_names_and_labels_stays_text(
    browser_page, hostile_site, hostile_study, artefacts, slug
):
    asked = []
    browser_page.on("request", lambda request: asked.append(request.url))
    view = VIEWS[slug](hostile_study)
    open_screen(browser_page, hostile_site, slug)
    wait_until_same(browser_page, view)
    if slug == "reader":
        control("coder", like="<img")(browser_page, view)
        wait_until_same(browser_page, view)
        control("second")(browser_page, view)
        wait_until_same(browser_page, view)
        part(browser_page, "turns").locator(".tabulator-col", has_text="img").first.hover()
        browser_page.wait_for_timeout(1200)  # the title shows as a tip
        assert browser_page.locator(".wbr-text", has_text="<script>window.hurt=2</script>").count()
    if slug == "corpus":
        assert "<img" in view.layer
        control("group", like="topic")(browser_page, view)
        wait_until_same(browser_page, view)
    browser_page.screenshot(path=artefacts / f"{slug}-hostile.png", full_page=True)
    assert browser_page.evaluate("window.hurt") is None
    assert browser_page.locator("img[src='x'], img[onerror]").count() == 0
    assert not [url for url in asked if url.endswith("/x")]


def test_the_index_shows_markup_as_text(browser_page, hostile_site):
    browser_page.goto(hostile_site)
    assert browser_page.evaluate("window.hurt") is None
    assert browser_page.locator("img").count() == 0
