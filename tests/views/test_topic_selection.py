"""An area on the map of topics: its turns, their files, the layer made of them; edits from the screen."""

import json
import shutil
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_study import MARKUP, bare_study, full_study

import workbench as wb
from workbench.corpus import LayerMetadata
from workbench.errors import BadInput
from workbench.views import VIEWS
from workbench.views.topic_map import inside

EVERYWHERE = {"x": [-99, 99, 99, -99], "y": [-99, -99, 99, 99]}


@pytest.fixture
def own_study(study, tmp_path):
    """A copy of the planted study, to write to."""
    return wb.Study.open(shutil.copytree(study.folder, tmp_path / "own"))


def block(view, key):
    return next(b for b in view.blocks() if b.key == key)


def kept(study):
    """Files of a study but its lock, which is no content."""
    return [x for x in sorted(study.folder.rglob("*")) if x.name != ".lock"]


def keys(view):
    return [b.key for b in view.blocks()]


# -- which points lie in an area ---------------------------------------------------------------------


def test_points_in_a_concave_area():
    bracket = {"x": [0, 3, 3, 1, 1, 3, 3, 0], "y": [0, 0, 1, 1, 2, 2, 3, 3]}
    x, y = np.array([0.5, 2.0, 2.0, 2.0, -1.0]), np.array([1.5, 0.5, 1.5, 2.5, 0.5])
    assert inside(x, y, corners=bracket).tolist() == [True, True, False, True, False]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=12),
    st.integers(0, 1000),
)
def test_inside_agrees_with_a_fan_of_triangles(corners, seed):
    """The even-odd rule by another way: how many of the triangles of a fan hold a point."""
    generator = np.random.default_rng(seed)
    points = generator.integers(-60, 60, (200, 2)) + generator.uniform(0.1, 0.4, (200, 2))
    points = points.astype(np.float32).astype(float)
    x, y = zip(*corners, strict=True)
    wanted = np.zeros(len(points), bool)
    for second, third in pairwise(corners[1:]):
        wanted ^= in_triangle(points, corners[0], second, third)
    assert (inside(points[:, 0], points[:, 1], corners={"x": x, "y": y}) == wanted).all()


def in_triangle(points, *corners):
    """On the same side of all three edges."""
    sides = []
    for (x1, y1), (x2, y2) in zip(corners, (*corners[1:], corners[0]), strict=True):
        sides.append((x2 - x1) * (points[:, 1] - y1) - (y2 - y1) * (points[:, 0] - x1))
    return np.all(np.array(sides) > 0, axis=0) | np.all(np.array(sides) < 0, axis=0)


# -- the turns of an area -----------------------------------------------------------------------------


def test_an_area_lists_its_turns(study):
    view = VIEWS["topics"](study)
    assert "selection" not in keys(view)
    places = pl.read_parquet(study.folder / "topics" / "helper" / "map.parquet")
    view.click("map", {"area": {"x": [-9, 0, 0, -9], "y": [-9, -9, 9, 9]}})
    wanted = places.filter(pl.col("x").cast(pl.Float32) < 0)["unit_id"]
    table = block(view, "selection").content
    assert block(view, "selection").note.startswith(f"{wanted.len()} turns of ")
    turns = study.corpus.utterances.filter(pl.col("id").is_in(wanted.implode()))
    assert table["text"].to_list() == turns["text"].to_list()[:200]
    view.click("map", {"area": None})
    assert "selection" not in keys(view)
    for nothing in ({"x": [1, 2], "y": [1, 2]}, {"x": [], "y": []}, {}):
        view.click("map", {"area": nothing})
        assert view.area is None


def test_files_hold_every_turn_of_the_area(study, tmp_path, monkeypatch):
    view = VIEWS["topics"](study, side="client")
    view.click("map", {"area": EVERYWHERE})
    n = pl.read_parquet(study.folder / "topics" / "client" / "map.parquet").height
    name, content = view.export("selection", "csv")
    assert name == "topics-client-selection.csv"
    read = pl.read_csv(content)
    assert read.height == n
    assert MARKUP in read["text"].to_list()
    _, content = view.export("selection", "jsonl")
    assert [json.loads(x)["id"] for x in content.splitlines()] == read["id"].to_list()
    monkeypatch.chdir(tmp_path)
    for expected in ("topics-client-selection.csv", "topics-client-selection-2.csv"):
        view.act("selection", "csv")
        assert block(view, "selection").told == f"Written: {tmp_path / expected}"
        assert (tmp_path / expected).read_bytes() == view.export("selection", "csv")[1]


def test_a_selection_becomes_a_layer_of_a_person(own_study):
    view = VIEWS["topics"](own_study)
    view.click("map", {"area": EVERYWHERE})
    view.choose("layer_name", "tired")
    view.choose("layer_label", "sounds tired")
    view.act("selection", "new_layer")
    layer = wb.Study.open(own_study.folder).layer("tired.selection")
    assert block(view, "selection").told == (
        f"Layer tired.selection was written, with {layer.table.height} turns."
    )
    assert layer.metadata == LayerMetadata(
        "tired",
        "selection",
        "human",
        labels=("sounds tired",),
        sampling="turns in an area drawn on the map of topics; no other turn was looked at",
    )
    fitted = pl.read_parquet(own_study.folder / "topics" / "helper" / "map.parquet")["unit_id"]
    assert set(layer.table["unit_id"]) == set(fitted)
    assert set(layer.table["label"]) == {"sounds tired"}
    view.act("selection", "new_layer")
    assert "already" in block(view, "selection").told


@pytest.mark.parametrize("name", ["", "../up", "a b", "a/b", "-a", "x" * 61, "a.b", "<img>"])
def test_a_name_that_is_none_writes_nothing(own_study, name):
    view = VIEWS["topics"](own_study)
    before = kept(own_study)
    view.click("map", {"area": EVERYWHERE})
    view.choose("layer_name", name)
    view.choose("layer_label", "tired")
    view.act("selection", "new_layer")
    assert "name of a layer" in block(view, "selection").told
    assert kept(own_study) == before


def test_a_label_that_is_none_and_an_empty_area_write_nothing(own_study):
    view = VIEWS["topics"](own_study)
    view.choose("layer_name", "tired")
    for label in ("", " ", "x" * 81, "two\nlines"):
        view.click("map", {"area": EVERYWHERE})
        view.choose("layer_label", label)
        view.act("selection", "new_layer")
        assert "label of a layer" in block(view, "selection").told
    view.click("map", {"area": {"x": [70, 71, 71], "y": [70, 70, 71]}})
    assert block(view, "selection").content == "No turn lies in the area."
    view.act("selection", "new_layer")
    assert "No turn is selected" in block(view, "selection").told
    assert not own_study.has_layer("tired.selection")


# -- the turn in its conversation ----------------------------------------------------------------------


def test_a_clicked_mark_shows_its_turn_among_its_neighbours(study):
    view = VIEWS["topics"](study)
    places = pl.read_parquet(study.folder / "topics" / "helper" / "map.parquet")
    unit, x, y = places.row(7)
    view.click("map", {"picked": {"x": x, "y": y, "topic": 1}})
    assert (view.unit, view.topic) == (unit, 1)
    around = block(view, "around").content
    here = study.corpus.utterances.row(by_predicate=pl.col("id") == unit, named=True)
    assert around.filter(pl.col("here") == "→")["text"].to_list() == [here["text"]]
    assert around["turn"].max() - around["turn"].min() <= 8
    codes = study.layer("annomi-helper.head").table.filter(pl.col("unit_id") == unit)["label"]
    assert codes[0] in around.filter(pl.col("here") == "→")["codes"].item().split(", ")


def test_a_clicked_row_shows_its_turn(study):
    view = VIEWS["topics"](study)
    row = block(view, "turns").content.row(3, named=True)
    view.click("turns", row)
    around = block(view, "around").content
    assert around.filter(pl.col("here") == "→")["turn"].to_list() == [row["turn"]]
    view.choose("side", "client")
    assert view.unit is None


# -- what nobody may do in public ------------------------------------------------------------------------


def test_a_public_view_has_no_area_no_turn_and_no_action(study, monkeypatch):
    monkeypatch.setenv("WORKBENCH_FEWEST_SPEAKERS", "3")
    view = VIEWS["topics"](study, public=True)
    view.click("map", {"area": EVERYWHERE, "picked": {"x": 0, "y": 0, "topic": 1}})
    view.click("turns", {"conversation": "t01", "turn": 3})
    assert (view.area, view.unit) == (None, None)
    assert not [b for b in view.blocks() if b.inputs or b.actions]
    for key, name in (("selection", "new_layer"), ("edits", "rename")):
        with pytest.raises(BadInput, match="action"):
            view.act(key, name)
    with pytest.raises(BadInput, match="action"):
        view.export("selection", "csv")
    with pytest.raises(BadInput, match="control"):
        view.choose("new_name", "mine")


# -- unstable topics, and what is not computed -------------------------------------------------------------


def test_unstable_topics_are_grey_and_called_so_in_every_figure(study):
    from workbench.figures.palette import UNSTABLE

    view = VIEWS["topics"](study, topic=1)
    state = block(view, "map").content.state
    assert state["faded"] == [1]
    assert state["colours"]["1"] == UNSTABLE
    assert state["titles"]["1"].endswith("(unstable)")
    bars = block(view, "sizes").content.data[0]
    assert dict(zip(bars.customdata, bars.marker.color, strict=True))[1] == UNSTABLE
    for key in ("words", "groups", "positions"):
        marks = [t for t in block(view, key).content.data if t.type == "bar" or t.mode == "markers"]
        assert UNSTABLE in {color_of(t) for t in marks}, key
    leaves = block(view, "tree").content.data[2]
    assert dict(zip(leaves.customdata, leaves.marker.color, strict=True))[1] == UNSTABLE
    lines = block(view, "classes").content.data
    assert UNSTABLE in {t.line.color for t in lines}
    view.choose("topic", 0)
    dots = next(t for t in block(view, "differences").content.data if t.mode == "markers")
    assert dict(zip(dots.customdata, dots.marker.color, strict=True))[1] == UNSTABLE
    for b in view.blocks():
        if b.kind == "figure" and b.key != "driving":
            captions = " ".join(a.text or "" for a in b.content.layout.annotations)
            assert "unstable" in captions.replace("<br>", " "), b.key


def color_of(trace):
    colour = trace.marker.color
    return colour if isinstance(colour, str) else colour[0]


def test_without_stability_captions_say_so_and_missing_tables_name_the_command(own_study):
    for name in ("stability", "hierarchy", "positions", "classes", "group-words"):
        (own_study.folder / "topics" / f"helper-{name}.parquet").unlink()
    view = VIEWS["topics"](own_study)
    assert block(view, "map").content.state["faded"] == []
    assert "Stability was not computed" in block(view, "topics").note
    for key in ("tree", "positions", "classes", "driving"):
        assert f"workbench topics {own_study.folder}" in block(view, key).content


# -- edits -------------------------------------------------------------------------------------------------


def test_edits_change_the_study_and_are_taken_back(own_demo_study):
    view = VIEWS["topics"](own_demo_study)
    before = block(view, "topics").content
    view.choose("topic", 0)
    view.choose("new_name", "asking about <b>change</b>")
    view.act("edits", "rename")
    assert block(view, "edits").told.startswith("Done: rename topic 0.")
    assert block(view, "edits").content["edit"].to_list() == ["rename topic 0"]
    assert "<b>change</b>" in block(view, "topics").content.filter(topic=0)["name"].item()
    view.choose("other", 1)
    view.act("edits", "merge")
    assert 1 not in block(view, "topics").content["topic"]
    assert 1 not in view.param["topic"].objects
    for told in ("merge topics 0, 1", "rename topic 0"):
        view.act("edits", "undo")
        assert block(view, "edits").told.startswith(f"Taken back: {told}.")
    assert block(view, "topics").content.equals(before)
    view.act("edits", "undo")
    assert "no edit" in block(view, "edits").told


def test_a_turn_is_moved_to_another_topic(own_demo_study):
    view = VIEWS["topics"](own_demo_study, topic=0)
    view.act("edits", "move")
    assert "No turn is chosen" in block(view, "edits").told
    view.click("turns", block(view, "turns").content.row(0, named=True))
    view.choose("other", 2)
    view.act("edits", "move")
    label = own_demo_study.layer("topics-helper").table.filter(unit_id=view.unit)["label"].item()
    assert label == "2"


def test_an_edit_that_makes_no_sense_says_so_and_changes_nothing(own_demo_study):
    view = VIEWS["topics"](own_demo_study, topic=0)
    before = block(view, "topics").content
    view.choose("new_name", "  ")
    view.act("edits", "rename")
    assert "name" in block(view, "edits").told
    view.choose("other", 0)
    view.act("edits", "merge")
    assert "different topics" in block(view, "edits").told
    view.choose("topic", -1)
    view.act("edits", "drop")
    assert block(view, "edits").told
    assert block(view, "topics").content.equals(before)
    assert block(view, "edits").content.is_empty()


def test_another_screen_sees_an_edit_at_once(own_demo_study):
    one, two = (VIEWS["topics"](own_demo_study, topic=0) for _ in range(2))
    block(two, "topics")
    one.choose("new_name", "mine")
    one.act("edits", "rename")
    assert block(two, "topics").content.filter(topic=0)["name"].item() == "mine"


def test_a_study_without_topics_has_nothing_to_edit(tmp_path):
    view = VIEWS["topics"](bare_study(tmp_path / "bare"))
    assert "edits" not in keys(view)


def test_planted_topics_without_embeddings_are_not_edited(tmp_path):
    view = VIEWS["topics"](full_study(tmp_path / "full"), topic=0)
    view.choose("new_name", "mine")
    view.act("edits", "rename")
    assert "embeddings" in block(view, "edits").told
