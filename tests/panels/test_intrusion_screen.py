"""A rater in the browser: clicks and keys, and what the study then holds."""

import pytest
from page_reading import choose, open_screen, part, wait_until_same
from site_serving import serving

from workbench.topics import IntrusionAnswers
from workbench.views import VIEWS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_rater_answers_by_click_and_by_key(browser_page, own_demo_study, artefacts):
    study, page = own_demo_study, browser_page
    answers = IntrusionAnswers(study.folder / "annotations.sqlite")
    view = VIEWS["intrusion"](study, rater="Ada")
    items = view._tasks().items["item"].to_list()
    with serving(study.folder) as site:
        open_screen(page, site, "intrusion")
        field = page.locator(".control-rater input")
        field.fill("Ada")
        field.press("Enter")
        page.locator(".wbi-option").first.wait_for()
        shown = page.locator(".wbi-text").all_text_contents()
        assert shown == next(b for b in view.blocks() if b.key == "task").content.state["options"]
        page.screenshot(path=artefacts / "intrusion-task.png", full_page=True)
        expected = []
        for number, item in enumerate(items):
            page.get_by_text(f"{number + 1} of {len(items)}", exact=True).wait_for()
            page.locator(".wbi-option:enabled").nth(5).wait_for()
            if number % 2:
                page.keyboard.press(str(number % 6 + 1))
            else:
                page.locator(".wbi-option").nth(number % 6).click()
            expected.append((item, "Ada", number % 6))
        part(page, "score").locator(".tabulator-row").first.wait_for()
        assert answers.table().select("item", "rater", "chosen").rows() == expected
        wait_until_same(page, view)
        page.screenshot(path=artefacts / "intrusion-score.png", full_page=True)
        choose(page, "kind", "turns")
        page.get_by_text("Five of these turns belong together").wait_for()
        page.screenshot(path=artefacts / "intrusion-turns.png", full_page=True)
