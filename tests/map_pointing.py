"""Draw a box on the map of topics, and know which corners in its units that gives."""

MARGIN = 1.08
"""The picture is this much wider than the turns lie."""


def draw_box(page, root, places, *, low=0.25, high=0.75):
    """Draw from one corner to the other, at shares of the picture; returns the corners of the box.

    Parameters
    ----------
    root
        Locator that holds the map and nothing else like it.
    places
        Table with `x`, `y` of every turn.
    """
    stage = root.locator(".wbm-over")
    stage.scroll_into_view_if_needed()
    root.get_by_role("button", name="Box", exact=True).click()
    page.wait_for_timeout(300)
    area = stage.bounding_box()
    ends = [(area["x"] + s * area["width"], area["y"] + s * area["height"]) for s in (low, high)]
    page.mouse.move(*ends[0])
    page.mouse.down()
    page.mouse.move(*ends[1], steps=5)
    page.mouse.up()
    left, right = (_meant(places["x"], share) for share in (low, high))
    top, bottom = (_meant(places["y"], 1 - share) for share in (low, high))
    return {"x": [left, right, right, left], "y": [top, top, bottom, bottom]}


def _meant(values, share):
    low, high = values.min(), values.max()
    return (low + high) / 2 + (share - 0.5) * (high - low) * MARGIN
