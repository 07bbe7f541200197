"""The map of topics: its marks, its cells, and what a person does with it in a real browser."""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from module_page import show

from workbench.views import VIEWS
from workbench.views.topic_map import CELLS_FROM, inside, map_cells, map_marks

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from topic_map import measured, planted_map


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def map_of(view):
    return next(b.content for b in view.blocks() if b.key == "map")


# -- marks and cells -----------------------------------------------------------------------------------


def test_each_turn_is_a_mark_the_outliers_first():
    points = planted_map(500)
    marks = map_marks(points, unstable={3})
    topics = unpacked(marks["topics"], "<i2")
    places = unpacked(marks["places"], "<f4").reshape(-1, 2)
    assert (topics[: (points["topic"] == -1).sum()] == -1).all()
    drawn = pl.DataFrame({"x": places[:, 0], "y": places[:, 1], "topic": topics})
    wanted = points.with_columns(pl.col("x", "y").cast(pl.Float32), pl.col("topic").cast(pl.Int16))
    assert drawn.sort("x", "y").equals(wanted.sort("x", "y"))


def test_a_cell_has_the_topic_of_most_of_its_turns():
    points = pl.DataFrame(
        {"x": [0.0, 0.001, 0.002, 9.0], "y": [0.0, 0.0, 0.001, 9.0], "topic": [4, 7, 7, 2]}
    )
    cells = map_cells(points)
    assert cells["n"].to_list() == [3, 1]
    assert cells["topic"].to_list() == [7, 2]
    assert cells["x"].to_list() == pytest.approx([0.001, 9.0])


def test_of_two_topics_as_frequent_the_smaller_number_names_the_cell_in_any_order():
    points = pl.DataFrame({"x": [1.0, 1.0], "y": [2.0, 2.0], "topic": [9, 3]})
    assert map_cells(points)["topic"].to_list() == [3]
    assert map_cells(points.reverse()).equals(map_cells(points))


def test_a_large_map_is_sent_as_cells_that_add_up():
    points = planted_map(CELLS_FROM)
    marks = map_marks(points)
    assert unpacked(marks["counts"], "<i4").sum() == CELLS_FROM
    sizes = unpacked(marks["sizes"], "u1")
    assert 25 <= sizes.min() <= sizes.max() <= 60
    assert len(json.dumps(marks)) < 1_500_000


def test_a_small_map_without_any_turn_is_empty():
    empty = pl.DataFrame(schema={"x": pl.Float64, "y": pl.Float64, "topic": pl.Int64})
    assert map_marks(empty)["places"] == ""
    assert map_cells(empty).is_empty()


# -- in a browser ----------------------------------------------------------------------------------------


@pytest.fixture
def shown(page, tmp_path, study):
    show(page, tmp_path, map_of(VIEWS["topics"](study)))
    return page


def place(page, x, y):
    """Pixels of the page at a share of the map's width and height."""
    box = page.locator(".wbm-over").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw(page, corners):
    """Draw with the pointer from corner to corner."""
    page.mouse.move(*place(page, *corners[0]))
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*place(page, *corner), steps=6)
    page.mouse.up()
    page.wait_for_function("window.state.area !== null")


@pytest.mark.browser
def test_a_lasso_holds_the_turns_that_lie_in_it(shown, study):
    """Counted in the browser, by its own point-in-path test, and by the view."""
    draw(shown, [(0.2, 0.2), (0.8, 0.15), (0.5, 0.5), (0.85, 0.8), (0.15, 0.7)])
    area = shown.evaluate("window.state.area")
    counted = shown.evaluate(
        """([places, {x, y}]) => {
            const bytes = Uint8Array.from(atob(places), (c) => c.charCodeAt(0));
            const at = new Float32Array(bytes.buffer);
            const path = new Path2D();
            path.moveTo(x[0] * 1e3, y[0] * 1e3);
            x.forEach((_, i) => path.lineTo(x[i] * 1e3, y[i] * 1e3));
            const pen = document.createElement("canvas").getContext("2d");
            let n = 0;
            for (let i = 0; i < at.length; i += 2) {
                n += pen.isPointInPath(path, at[i] * 1e3, at[i + 1] * 1e3, "evenodd");
            }
            return n;
        }""",
        [shown.evaluate("window.state.places"), area],
    )
    view = VIEWS["topics"](study)
    view.click("map", {"area": area})
    block = next(b for b in view.blocks() if b.key == "selection")
    assert block.note.startswith(f"{counted} turns of")
    places = view._data.places
    whole = places.height
    assert 0 < counted < whole
    within = inside(places["x"].to_numpy(), places["y"].to_numpy(), corners=area)
    assert within.sum() == counted


@pytest.mark.browser
def test_a_box_a_click_and_taking_an_area_back(shown, study):
    shown.get_by_role("button", name="Box").click()
    assert shown.locator('.wbm-button[aria-pressed="true"]').inner_text() == "Box"
    draw(shown, [(0.3, 0.3), (0.7, 0.7)])
    assert len(shown.evaluate("window.state.area.x")) == 4
    shown.get_by_role("button", name="Clear area").click()
    assert shown.evaluate("window.state.area") is None
    places = VIEWS["topics"](study)._data.places
    x, y = places["x", "y"].cast(pl.Float32).row(5)
    shown.mouse.click(*place(shown, share(places["x"], x), 1 - share(places["y"], y)))
    shown.wait_for_function("window.state.picked !== null")
    picked = shown.evaluate("window.state.picked")
    assert (picked["x"], picked["y"], picked["topic"]) == (x, y, places["topic"][5])


def share(values, value):
    """Where a value lies on its axis, which has a margin of 4 % at both ends."""
    low, high = values.min(), values.max()
    return 0.5 + (value - (low + high) / 2) / ((high - low) * 1.08)


@pytest.mark.browser
def test_moving_and_magnifying_keep_areas_in_the_units_of_the_map(shown):
    shown.get_by_role("button", name="Closer").click()
    shown.get_by_role("button", name="Move").click()
    shown.mouse.move(*place(shown, 0.5, 0.5))
    shown.mouse.down()
    shown.mouse.move(*place(shown, 0.6, 0.5), steps=4)
    shown.mouse.up()
    assert shown.evaluate("window.state.area") is None
    shown.get_by_role("button", name="Lasso").click()
    draw(shown, [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)])
    closer = shown.evaluate("window.state.area")
    shown.get_by_role("button", name="Whole map").click()
    shown.wait_for_timeout(100)
    shown.evaluate("window.state.area = null")
    draw(shown, [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)])
    whole = shown.evaluate("window.state.area")
    wide = [max(area["x"]) - min(area["x"]) for area in (closer, whole)]
    assert wide[1] / wide[0] == pytest.approx(1.5, rel=0.02)


@pytest.mark.browser
def test_another_topic_is_drawn_without_sending_the_map_again(page, tmp_path):
    figures = measured(page, 20_000, tmp_path, repeats=3)
    assert figures["WebGL"]
    assert figures["MB"] < 0.4
    assert figures["ms to draw again"] < 2_000  # other tests run beside; the benchmark times it


@pytest.mark.browser
def test_without_webgl_the_map_is_drawn_plainly(page, tmp_path, study):
    page.add_init_script(
        """const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
            return kind === "webgl" ? null : real.call(this, kind, ...more);
        };"""
    )
    show(page, tmp_path, map_of(VIEWS["topics"](study)))
    page.wait_for_timeout(300)
    inked = page.evaluate(
        """() => {
            const marks = document.querySelector(".wbm-marks");
            const ink = marks.getContext("2d").getImageData(0, 0, marks.width, marks.height).data;
            return ink.some((value) => value > 0);
        }"""
    )
    assert inked


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1400])
def test_the_map_fits_any_width(page, shown, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
