"""The Panel skin without a browser: controls follow parameters, blocks follow the view, text is escaped."""

import json

import panel as pn
import param
import polars as pl
import pytest
from bs4 import BeautifulSoup

import workbench as wb
from workbench.corpus import Corpus
from workbench.errors import BadInput
from workbench.panels import Screen
from workbench.panels.controls import make_control
from workbench.panels.index import index_html, steps_table
from workbench.panels.tables import PAGE, grid, page_frame
from workbench.panels.users import read_users
from workbench.study import StepRecord
from workbench.views import VIEWS, View
from workbench.views.static import marked_up, safe
from workbench.views.view import Section

HOSTILE = "<img src=x onerror=window.hurt=1><script>window.hurt=2</script>"


@pytest.fixture
def small_study(tmp_path):
    turns = pl.DataFrame(
        {
            "conversation_id": ["a", "a", "b", "b"],
            "speaker": ["h", HOSTILE, "h", "d"],
            "role": ["therapist", "client", "therapist", "client"],
            "text": ["What brings you?", HOSTILE, "And you?", "I, um, quit."],
        }
    )
    return wb.Study.create(tmp_path / "study", Corpus.build(turns))


class Counter(View):
    slug, title, question = "counter", "Counter", "How many?"
    controls = ("kind", "several", "times", "steps", "whole", "text")
    kind = param.Selector(objects=["one", "two"], default="one")
    several = param.ListSelector(objects=["a", "b"], default=["a"])
    times = param.Number(default=0.5, bounds=(0, 1))
    steps = param.Integer(default=2, bounds=(0, None))
    whole = param.Boolean(default=False)
    text = param.String(default="")

    def cautions(self):
        return [f"Caution about <b>{self.kind}</b>: run `workbench <x>`."]

    def click(self, key, point):
        if point.get("kind") == "none":
            raise BadInput("There is no such <kind>.")
        self.kind = point["kind"]

    def sections(self):
        table = pl.DataFrame({"kind": ["one", "two"], "n": [1, None], "share": [0.25, 0.0001]})
        sections = [
            Section(
                "table", "Table <i>", "table", lambda: (table.head(1 + self.whole), "Note <u>")
            ),
            Section("told", "Told", "text", lambda: (f"{self.kind} {HOSTILE}", "")),
        ]
        return sections if self.kind == "one" else sections[::-1]


@pytest.fixture
def screen(small_study):
    return Screen(Counter(small_study))


def markup(screen):
    panes = [*screen.blocks.select(pn.pane.HTML), screen.cautions]
    return " ".join(pane.object for pane in panes)


def test_every_kind_of_parameter_has_its_widget(screen):
    kinds = [type(widget).__name__ for widget in screen.controls.values()]
    assert kinds == ["Select", "MultiChoice", "FloatSlider", "IntInput", "Checkbox", "TextInput"]


def test_a_parameter_without_a_widget_is_named(small_study):
    class Odd(Counter):
        kind = param.Dict(default={})

    with pytest.raises(TypeError, match=r"Odd\.kind"):
        make_control(Odd(small_study), "kind")


def test_a_control_changes_the_view_and_the_page(screen):
    screen.controls["whole"].value = True
    assert screen.view.whole
    assert len(screen.blocks.select(pn.widgets.Tabulator)[0].value) == 2
    with param.edit_constant(screen.controls["times"]):
        screen.controls["times"].value_throttled = 0.75
    assert screen.view.times == 0.75
    screen.controls["text"].value = "word"
    assert screen.view.text == "word"


def test_what_stays_equal_is_not_made_again(screen):
    before = screen.blocks.select(pn.widgets.Tabulator)[0]
    screen.controls["text"].value = "word"
    assert screen.blocks.select(pn.widgets.Tabulator)[0] is before


def test_blocks_keep_the_order_of_the_view(screen):
    screen.controls["kind"].value = "two"
    keys = [card.css_classes[0] for card in screen.blocks]
    assert keys == ["block-told", "block-table"]


def test_a_click_reaches_the_view_and_the_control_follows(screen):
    screen.clicked("table", {"kind": "two"})
    assert screen.controls["kind"].value == "two"
    assert "about &lt;b&gt;two" in screen.cautions.object


def test_an_error_of_ours_is_shown_and_the_page_goes_on(screen):
    screen.clicked("table", {"kind": "none"})
    assert "There is no such &lt;kind&gt;." in screen.cautions.object
    screen.clicked("table", {"kind": "two"})
    assert "no such" not in screen.cautions.object


def test_no_text_becomes_markup(screen):
    soup = BeautifulSoup(markup(screen), "html.parser")
    assert {tag.name for tag in soup.find_all()} <= {"h2", "p", "ul", "li", "code"}
    assert HOSTILE in soup.get_text()
    assert "Note <u>" in soup.get_text()


def test_safe_and_marked_up_escape_quotes_too():
    assert safe("\"'<>&") == "&quot;&#x27;&lt;&gt;&amp;"
    assert marked_up("`<b>` and `") == "<code>&lt;b&gt;</code> and `"


def test_a_view_of_its_own_for_every_screen(small_study):
    one, two = (Screen(VIEWS["corpus"](small_study)) for _ in range(2))
    assert one.view is not two.view
    one.view.param["layer"].objects = ["only here"]
    assert two.view.param["layer"].objects != ["only here"]


@pytest.mark.parametrize("slug", VIEWS)
def test_every_screen_of_a_study_without_results_says_what_to_run(small_study, slug):
    screen = Screen(VIEWS[slug](small_study))
    text = markup(screen)
    assert len(screen.blocks) >= 1
    if slug in ("topics", "emotion", "attribution"):
        assert "<code>workbench " in text


def test_long_tables_come_in_pages_and_are_not_edited():
    table = pl.DataFrame({"n": range(PAGE + 1), "name": ["x"] * (PAGE + 1)})
    made = grid(table)
    assert (made.pagination, made.page_size, made.disabled) == ("remote", PAGE, True)
    assert grid(table.head(PAGE)).pagination is None


def test_lists_are_joined_and_titles_escaped():
    table = pl.DataFrame({"words_<b>": [["a", "b"], None], "low": [0.00001, 2.0]})
    assert page_frame(table)["words_<b>"].to_list() == ["a; b", None]
    made = grid(table)
    assert made.titles == {"c0": "words &lt;b&gt;", "c1": "low"}
    assert "minimumFractionDigits: 3" in made.formatters["c1"].js_code


def test_the_name_of_a_column_is_never_a_field_of_the_grid():
    code = "--x_x--0_0--window.hurt=1--x_x--0_0--"
    made = grid(pl.DataFrame({code: ["a"]}))
    assert list(made.value.columns) == ["c0"]
    assert code not in str(made._get_configuration(made._get_columns()))


def test_the_index_says_what_is_done_and_what_is_missing(small_study):
    record = StepRecord("topics-client", "f", notes=(f"Too few: {HOSTILE}",))
    small_study.record_step(record)
    small_study.record_step(StepRecord("embed", "f", seconds=1234.5, device="cpu", outputs=("x",)))
    rows = {row["name"]: row for row in steps_table(small_study)}
    assert next(iter(rows)) == "embed"
    assert (rows["embed"]["state"], rows["embed"]["seconds"]) == ("done", "1,234.5")
    assert rows["topics-client"]["state"] == "refused"
    assert (
        rows["topics-helper"]["command"] == f"workbench topics {small_study.folder} --side helper"
    )
    assert rows["attribution"]["command"] == f"workbench attribute {small_study.folder}"
    soup = BeautifulSoup(index_html(small_study), "html.parser")
    assert HOSTILE in soup.get_text()
    assert not soup.find_all(["script", "img"])
    assert {a["href"] for a in soup.select(".screens a")} == {f"./{slug}" for slug in VIEWS}
    assert "not for diagnosis" in soup.get_text()
    assert not soup.select(".leave")
    assert BeautifulSoup(index_html(small_study, logout=True), "html.parser").select(".leave")


def test_users_are_read_and_an_open_file_is_warned_of(tmp_path, caplog):
    file = tmp_path / "users.json"
    file.write_text(json.dumps({"ada": "one", "bo": "two"}))
    file.chmod(0o600)
    assert read_users(file) == {"ada": "one", "bo": "two"}
    assert not caplog.records
    file.chmod(0o644)
    read_users(file)
    assert "plain passwords" in caplog.text
    assert "two" not in caplog.text


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '"x"', '{"a": 1}', '{"a": ""}', '{"": "x"}', "not json", "\udcff"]
)
def test_a_user_file_of_another_form_is_refused_by_name(tmp_path, content):
    file = tmp_path / "users.json"
    file.write_text(content, "utf-8", errors="surrogateescape")
    with pytest.raises(BadInput, match=r"users\.json"):
        read_users(file)


def test_a_missing_user_file_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"nobody\.json: there is no such file"):
        read_users(tmp_path / "nobody.json")
