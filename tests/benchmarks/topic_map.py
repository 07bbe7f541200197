"""The map of topics in a real browser: megabytes to send, and milliseconds until it is drawn again.

Run with `make bench`. Points are planted (clouds on a plane, a fifth without a topic). A redraw is what the
screen does when another topic is chosen: one number is sent, and the map has been painted when the frame
after it begins and the graphics pipeline was waited for. Without a graphics card Chromium draws WebGL on
the processor.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

BROWSER = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
TOPICS = 40
UNSTABLE = frozenset({3, 4})
PAGE = """<meta charset=utf-8><style>%(style)s</style><div id=here style="width:1160px"></div>
<script type=module>
const listeners = {};
const model = {
    get: (name) => window.state[name],
    set: (name, value) => { window.state[name] = value; },
    on: (event, listener) => { (listeners[event] ??= []).push(listener); },
    off: () => {},
    save_changes: () => {},
};
const painted = async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const gl = document.querySelector(".wbm-marks")?.getContext("webgl");
    if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return Boolean(gl);
};
window.change = async (name, value) => {
    const begun = performance.now();
    window.state[name] = value;
    for (const listener of listeners[`change:${name}`] ?? []) listener();
    await painted();
    return performance.now() - begun;
};
const url = URL.createObjectURL(new Blob([%(module)s], { type: "text/javascript" }));
const { render } = (await import(url)).default;
window.draw = async (text) => {
    const begun = performance.now();
    window.state = JSON.parse(text);
    render({ model, el: document.getElementById("here") });
    const webgl = await painted();
    return { webgl, took: performance.now() - begun };
};
window.ready = true;
</script>"""


def planted_map(n: int, *, random_state: int = 7) -> pl.DataFrame:
    """Turns of forty topics on a plane, and a fifth of all without one: `x`, `y`, `topic`."""
    generator = np.random.default_rng(random_state)
    topic = np.where(generator.random(n) < 0.2, -1, generator.integers(0, TOPICS, n))
    centres = generator.uniform(-10, 10, (TOPICS, 2))
    clouds = centres[topic] + generator.normal(scale=0.9, size=(n, 2))
    everywhere = generator.uniform(-11, 11, (n, 2))
    place = np.where(topic[:, None] < 0, everywhere, clouds)
    return pl.DataFrame({"x": place[:, 0], "y": place[:, 1], "topic": topic})


def open_map(page: Any, folder: Path) -> None:
    """Open a page on which `draw` shows the state of a map and `change` sets a trait of it."""
    from workbench.views.esm import module_path, style_path

    module = json.dumps(module_path("topic_map").read_text("utf-8")).replace("</", "<\\/")
    style = style_path("topic_map").read_text("utf-8")
    file = folder / "page.html"
    file.write_text(PAGE % {"module": module, "style": style}, "utf-8")
    page.goto(file.as_uri())
    page.wait_for_function("window.ready === true")


def state_of(points: pl.DataFrame, *, chosen: int = 0) -> str:
    """State of the map of these points, as JSON."""
    from workbench.views.topic_map import map_marks, map_state

    state = map_state(
        map_marks(points, unstable=UNSTABLE),
        titles={topic: f"{topic}: words of the topic" for topic in range(-1, TOPICS)},
        unstable=UNSTABLE,
        chosen=chosen,
        area=None,
        picked=None,
        told=f"n = {points.height:,} turns",
    )
    return json.dumps(state.state)


def measured(page: Any, n: int, folder: Path, *, repeats: int) -> dict[str, Any]:
    """Make, send and draw a map of `n` turns, then draw it again with another topic chosen."""
    points = planted_map(n)
    begun = time.perf_counter()
    state = state_of(points)
    made = time.perf_counter() - begun
    open_map(page, folder)
    first = page.evaluate("text => window.draw(text)", state)
    again = [
        page.evaluate("n => window.change('chosen', n)", i % TOPICS) for i in range(1, repeats + 1)
    ]
    return {
        "turns": n,
        "marks": len(base64.b64decode(json.loads(state)["topics"])) // 2,
        "WebGL": first["webgl"],
        "s to make": made,
        "MB": len(state.encode()) / 1e6,
        "ms to draw": first["took"],
        "ms to draw again": statistics.median(again),
        "worst": max(again),
    }


def main() -> None:
    """Print a table and, with `--json`, the same for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args()
    program = os.environ.get("WORKBENCH_CHROMIUM") or shutil.which("chromium")
    if program is None:
        sys.exit("There is no chromium here (install it, or set WORKBENCH_CHROMIUM).")
    from playwright.sync_api import sync_playwright

    rows = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=program, args=BROWSER)
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        for n in options.turns:
            rows.append(measured(page, n, Path(folder), repeats=options.repeats))
        chromium.close()
    with pl.Config(
        tbl_cols=-1, tbl_width_chars=160, float_precision=2, tbl_hide_dataframe_shape=True
    ):
        print(pl.DataFrame(rows))
    print("Wanted: 100,000 turns under 15 MB, drawn again under 300 ms.")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
