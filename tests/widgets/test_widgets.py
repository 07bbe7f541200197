"""Widgets without a browser: controls, blocks, clicks and the static face."""

import html
import json
import threading

import ipywidgets
import param
import polars as pl
import pytest
from planted_study import MARKUP

import workbench as wb
from workbench.errors import BadInput, WorkbenchError
from workbench.views import VIEWS, View
from workbench.views.static import cell_writer, static_html
from workbench.views.view import Section
from workbench.widgets.controls import make_control
from workbench.widgets.parts import PAGE, Figure, Grid, PlotlySource, Prose
from workbench.widgets.screen import skin

WIDGET = "application/vnd.jupyter.widget-view+json"


def written(table):
    """Texts of the first page of a table."""
    columns = [[cell_writer(column)(x) for x in column.head(PAGE)] for column in table]
    return [list(row) for row in zip(*columns, strict=True)]


def wrong(screen):
    """Keys of blocks that the widget shows otherwise than its view has them."""
    found = []
    blocks = screen.view.blocks()
    assert [block.key for block in blocks] == list(screen.cards)
    for block in blocks:
        shown = screen.cards[block.key].content
        if block.kind == "table":
            same = shown.rows == written(block.content) and shown.total == block.content.height
        elif block.kind == "figure":
            same = shown.figure == json.loads(block.content.to_json())
        elif block.kind == "esm":
            same = {x: getattr(shown, x) for x in block.content.state} == block.content.state
        else:
            same = shown.lines == [["told", block.content]]
        found += [] if same else [block.key]
    return found


def test_every_view_has_a_widget():
    from workbench import widgets

    for view in VIEWS.values():
        assert view.__name__ in widgets.__all__
        made = getattr(wb.widgets, view.__name__)
        assert made.view_type is view
        assert made.__doc__ == view.__doc__
    with pytest.raises(AttributeError, match="Nothing"):
        _ = wb.widgets.Nothing


@pytest.mark.parametrize("slug", VIEWS)
def test_blocks_are_those_of_the_view(study, slug):
    screen = skin(VIEWS[slug])(study)
    assert wrong(screen) == []
    told = [line[1] for line in screen._cautions.lines]
    assert told == screen.view.cautions()


@pytest.mark.parametrize("slug", VIEWS)
def test_a_bare_study_names_the_commands(bare, slug):
    assert wrong(skin(VIEWS[slug])(bare)) == []


@pytest.mark.parametrize("slug", VIEWS)
def test_every_choice_of_every_control_changes_the_blocks(study, slug):
    screen = skin(VIEWS[slug])(study)
    for name, control in screen.controls.items():
        if isinstance(control, ipywidgets.Dropdown):
            for value in [value for _, value in control.options][-2:]:
                control.value = value
                assert getattr(screen.view, name) == value
                assert wrong(screen) == []
                for other, widget in screen.controls.items():
                    assert widget.value == getattr(screen.view, other)


def test_choices_follow_another_control(study):
    screen = wb.widgets.CorpusOverview(study)
    screen.controls["group"].value = "topic"
    labels = [label for label, _ in screen.controls["value"].options]
    assert labels[0] == "all"
    assert set(labels[1:]) == {"sleep", "smoking", "grief"}
    screen.controls["value"].value = "sleep"
    assert screen.cards["conversations"].content.total == 4


def test_parameters_are_taken_and_checked(study):
    assert wb.widgets.TopicExplorer(study, side="client").controls["side"].value == "client"
    with pytest.raises(BadInput, match="side"):
        wb.widgets.TopicExplorer(study, side="nobody")


def message(widget, content):
    widget._handle_custom_msg(content, [])


def test_a_click_on_a_mark_redraws_in_place(study):
    screen = wb.widgets.CorpusOverview(study)
    groups, counts = screen.cards["groups"].content, screen.cards["counts"].content
    before = counts.rows
    message(groups, {"click": {"customdata": "high", "x": 6}})
    assert screen.controls["value"].value == "high"
    assert screen.cards["counts"].content is counts
    assert counts.rows != before
    assert wrong(screen) == []


def test_a_click_on_a_row_is_the_row_of_the_table(study):
    screen = wb.widgets.TopicExplorer(study)
    table = next(block.content for block in screen.view.blocks() if block.key == "topics")
    message(screen.cards["topics"].content, {"row": 1})
    assert screen.view.topic == table["topic"][1]
    assert screen.controls["topic"].value == table["topic"][1]
    assert wrong(screen) == []


def test_modules_write_back(study):
    reader = wb.widgets.ConversationReader(study, conversation="t01")
    module = reader.cards["reader"].content
    module.selected = 5
    assert reader.view.selected == 5
    reader.controls["conversation"].value = "t02"
    assert (module.title, module.selected) == ("t02", 0)
    explorer = wb.widgets.AttributionExplorer(study)
    names = explorer.view.param["component"].objects
    explorer.cards["prompt"].content.chosen = names[-1]
    assert explorer.view.component == names[-1]
    assert wrong(explorer) == []


def test_blocks_come_and_go(study):
    reader = wb.widgets.ConversationReader(study)
    reader.controls["find"].value = "sleep"
    assert list(reader.cards) == ["reader", "hits", "turns"]
    assert isinstance(reader.cards["hits"].content, Grid)
    hits = reader.cards["hits"].content
    reader.controls["find"].value = "no such words"
    assert isinstance(reader.cards["hits"].content, Prose)
    assert hits.comm is None
    reader.controls["find"].value = ""
    assert list(reader.cards) == ["reader", "turns"]
    assert wrong(reader) == []


def test_pages_of_a_table():
    grid, table = Grid(), pl.DataFrame({"n": range(40), "a_b": [[str(i), "x"] for i in range(40)]})
    grid.show(table)
    assert grid.columns == [["n", True], ["a b", False]]
    assert grid.rows[-1] == ["14", "14; x"]
    grid.page = 2
    assert [row[0] for row in grid.rows] == [str(i) for i in range(30, 40)]
    grid.show(table.clone())
    assert grid.page == 2
    grid.show(table.head(3))
    assert (grid.page, grid.total, len(grid.rows)) == (0, 3, 3)
    taken = []
    grid.on_row(taken.append)
    message(grid, {"row": 2})
    assert taken == [{"n": 2, "a_b": ["2", "x"]}]
    grid.show(table.clear())
    assert grid.rows == []


@pytest.mark.parametrize("slug", VIEWS)
def test_the_static_face_is_the_present_state(study, slug):
    screen = skin(VIEWS[slug])(study)
    bundle = screen._repr_mimebundle_()
    assert WIDGET in bundle
    assert bundle["text/html"] == static_html(screen.view)
    assert bundle["text/plain"] == f"{VIEWS[slug].__name__}({study.name!r})"


def test_the_static_face_escapes_text(study):
    page = wb.widgets.ConversationReader(study, conversation="t01")._repr_mimebundle_()["text/html"]
    assert MARKUP not in page
    assert html.escape(MARKUP) in page
    assert "<img" not in page


def test_modules_make_no_markup_of_text():
    from importlib.resources import files

    for file in (files("workbench.widgets") / "esm").iterdir():
        source = file.read_text("utf-8")
        assert not {"innerHTML", "insertAdjacentHTML", "outerHTML", "http"} & set(
            source.replace(".", " ").replace(":", " ").split()
        )


def test_all_figures_share_one_plotly(study):
    screen = wb.widgets.CorpusOverview(study)
    sources = {
        card.content.source for card in screen.cards.values() if isinstance(card.content, Figure)
    }
    assert sources == {PlotlySource.shared()}
    assert len(PlotlySource.shared().packed) < 2_000_000
    PlotlySource.shared().close()
    assert PlotlySource.shared() not in sources


class Odd(View):
    slug, title, question = "odd", "Odd", "What?"
    controls = ("whole", "exact")
    whole = param.Boolean(default=True)
    exact = param.Integer(default=3, bounds=(1, 9))

    def sections(self):
        return [Section("text", "Text", "text", self._text)]

    def _text(self):
        if self.exact == 9:
            raise WorkbenchError("Nine is too many: run `less`.")
        return f"{self.whole} {self.exact}", ""


def test_check_boxes_and_sliders(bare):
    screen = skin(Odd)(bare)
    screen.controls["whole"].value = False
    screen.controls["exact"].value = 4
    assert screen.cards["text"].content.lines == [["told", "False 4"]]
    assert (screen.controls["exact"].min, screen.controls["exact"].max) == (1, 9)


def test_an_error_is_told_and_the_screen_lives_on(bare):
    screen = skin(Odd)(bare)
    screen.controls["exact"].value = 9
    assert screen._cautions.lines == [["caution", "Nine is too many: run `less`."]]
    screen.controls["exact"].value = 5
    assert screen._cautions.lines == []
    assert screen.cards["text"].content.lines == [["told", "True 5"]]


def test_a_change_from_another_thread_waits_for_the_first(bare):
    screen = skin(Odd)(bare)
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        begun.set()
        go_on.wait(20)

    first = threading.Thread(target=screen._act, args=(slow,))
    second = threading.Thread(target=setattr, args=(screen.controls["exact"], "value", 7))
    first.start()
    begun.wait(20)
    second.start()
    go_on.set()
    first.join(20)
    second.join(20)
    assert screen.view.exact == 7
    assert screen.cards["text"].content.lines == [["told", "True 7"]]


def test_an_unknown_kind_of_control_is_refused(bare):
    class Dated(View):
        day = param.Date()

        def sections(self):
            return []

    with pytest.raises(TypeError, match="No widget for Dated"):
        make_control(Dated(bare), "day")
