"""Point at a mark of a plotly figure and click it, as a person does: not before it lights up."""

_AIMED = "node => { node.closest('.js-plotly-plot')._hoverdata = undefined; }"
_LIT = "node => Boolean(node.closest('.js-plotly-plot')._hoverdata?.length)"


def click_mark_of(page, mark, tries=10):
    """Click the middle of `mark`; aim again where the page still moved under the pointer."""
    for _ in range(tries):
        mark.scroll_into_view_if_needed()
        mark.evaluate(_AIMED)
        area = mark.bounding_box()
        x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
        page.mouse.move(x - 2, y)
        page.mouse.move(x, y)
        for _ in range(10):
            if mark.evaluate(_LIT):
                page.mouse.click(x, y)
                return
            page.wait_for_timeout(100)
    raise AssertionError("the mark does not answer to the pointer")
