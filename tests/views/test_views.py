"""What screens show equals the library's tables; clicks and controls change it; nothing dies."""

from __future__ import annotations

import base64
import json

import numpy as np
import polars as pl
import pytest
from planted_study import MARKUP, TALKS

from workbench import views
from workbench.attribution import Attribution, CoderCheck
from workbench.coding.session_sheet import session_sheet
from workbench.emotion.course import emotion_course
from workbench.errors import BadInput
from workbench.files import read_json
from workbench.topics import Topics
from workbench.views import VIEWS
from workbench.views.esm import module_path, style_path


def block(view, key):
    return next(b for b in view.blocks() if b.key == key)


# -- every view ----------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", VIEWS)
def test_a_view_keeps_its_contract(study, slug):
    view = VIEWS[slug](study)
    assert view.slug == slug
    assert view.title
    assert view.question.endswith("?")
    assert all(name in view.param for name in view.controls)
    blocks = view.blocks()
    assert len({b.key for b in blocks}) == len(blocks)
    for b in blocks:
        assert b.title
        if b.kind == "table":
            assert isinstance(b.content, pl.DataFrame)
        if b.kind == "esm":
            assert module_path(b.content.name).is_file()
            assert style_path(b.content.name).is_file()
            assert "keys" not in b.content.state
            json.dumps(b.content.state, allow_nan=False)
        if b.kind == "figure":
            layout = b.content.layout
            assert layout.title.text
            assert any(
                "n = " in (a.text or "") or "interval" in (a.text or "") for a in layout.annotations
            ) or (slug, b.key) == ("topics", "words")


@pytest.mark.parametrize("slug", VIEWS)
def test_with_every_result_no_block_says_that_one_is_missing(study, slug):
    view = VIEWS[slug](study)
    assert [b.key for b in view.blocks() if b.kind == "text"] in (
        *([], ["findings"]),
        ["reference"],  # of two coders one is a model: there is no other human
    )


@pytest.mark.parametrize("slug", VIEWS)
def test_without_results_a_view_names_the_command(bare, slug):
    view = VIEWS[slug](bare)
    view.cautions()
    told = [b.content for b in view.blocks() if b.kind == "text"]
    if slug in {"topics", "intrusion", "emotion", "attribution", "session"} | {
        *("agreement", "contested")
    }:
        command = {
            "topics": "topics",
            "intrusion": "topics",
            "emotion": "emotion",
            "attribution": "attribute",
            "session": "code",
            "agreement": "agreement",
            "contested": "agreement",
        }
        assert any(f"workbench {command[slug]}" in text for text in told)


@pytest.mark.parametrize("slug", VIEWS)
def test_every_choice_of_every_control_can_be_shown(study, slug):
    for name in VIEWS[slug].controls:
        view = VIEWS[slug](study)
        for choice in list(getattr(view.param[name], "objects", []))[:6]:
            view.choose(name, choice)
            view.cautions()
            assert view.blocks()


def test_an_unknown_choice_is_refused(study):
    with pytest.raises(BadInput, match="conversation"):
        VIEWS["reader"](study, conversation="nowhere")
    with pytest.raises(BadInput, match="control"):
        VIEWS["reader"](study, colour="red")


def test_views_load_no_skin():
    import subprocess
    import sys

    heavy = "('panel', 'ipywidgets', 'torch')"
    code = f"import sys, workbench.views; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- corpus --------------------------------------------------------------------------------------


def test_overview_counts_what_the_corpus_holds(study):
    view = VIEWS["corpus"](study)
    counts = dict(block(view, "counts").content.iter_rows())
    assert counts["conversations"] == str(TALKS)
    assert counts["turns"] == f"{study.corpus.utterances.height:,}"
    table = block(view, "conversations").content
    assert table["turns"].sum() == study.corpus.utterances.height
    assert table["id"].to_list() == study.corpus.conversations["id"].to_list()
    lengths = block(view, "lengths").content
    assert sum(sum(bar.customdata) for bar in lengths.data) == study.corpus.utterances.height
    assert [round(sum(bar.y), 9) for bar in lengths.data] == [1.0, 1.0]


def test_a_click_on_a_group_lists_its_conversations_and_a_second_click_all(study):
    view = VIEWS["corpus"](study)
    view.click("groups", {"customdata": "low"})
    assert view.value == "low"
    expected = study.corpus.conversations.filter(pl.col("quality") == "low")["id"].to_list()
    assert block(view, "conversations").content["id"].to_list() == expected
    view.click("groups", {"customdata": "low"})
    assert block(view, "conversations").content.height == TALKS


def test_another_grouping_offers_its_own_groups(study):
    view = VIEWS["corpus"](study, value="low")
    view.group = "topic"
    assert view.value == "all"
    assert set(view.param["value"].objects) == {"all", "sleep", "smoking", "grief"}
    bars = block(view, "groups").content.data[0]
    assert dict(zip(bars.customdata, bars.x, strict=True)) == {"sleep": 4, "smoking": 4, "grief": 4}


def test_label_bars_equal_the_layer(study):
    view = VIEWS["corpus"](study, layer="annomi-client.head")
    counts = study.layer("annomi-client.head").counts()
    given, expected = block(view, "labels").content.data
    assert dict(zip(given.customdata, given.x, strict=True)) == dict(
        counts["label", "count"].iter_rows()
    )
    assert sorted(expected.x) == pytest.approx(sorted(counts["expected"]))


# -- reader --------------------------------------------------------------------------------------


def test_reader_state_holds_turns_codes_and_emotions(study):
    view = VIEWS["reader"](study, conversation="t01", second="gold")
    state = block(view, "reader").content.state
    turns = study.corpus.conversation("t01").utterances
    assert [t["text"] for t in state["turns"]] == turns["text"].to_list()
    assert [lane["title"] for lane in state["lanes"]] == [
        "codes: head",
        "codes: gold",
        "emotion: head",
    ]
    for key, name in (("second", "annomi-client.gold"), ("emotion", "goemotions.head")):
        table = study.layer(name).table.drop_nulls("label")
        for turn in state["turns"]:
            expected = set(table.filter(pl.col("unit_id") == turn["id"])["label"])
            assert {mark["label"] for mark in turn[key]} == expected
    assert all(mark["label"] in state["palette"] for t in state["turns"] for mark in t["codes"])


def test_reader_takes_the_selected_turn_and_starts_anew_in_another_conversation(study):
    view = VIEWS["reader"](study, conversation="t01")
    view.click("reader", {"selected": 5})
    assert block(view, "reader").content.state["selected"] == 5
    view.conversation = "t02"
    assert view.selected == 0


def test_finding_text_ignores_case_and_leads_to_the_turn(study):
    view = VIEWS["reader"](study, find="ONERROR=")
    hits = block(view, "hits").content
    assert hits.rows() == [("t01", 3, "client", MARKUP)]
    view.click("hits", hits.row(0, named=True))
    assert (view.conversation, view.selected) == ("t01", 3)
    assert "No turn" in block(VIEWS["reader"](study, find="xyzzy"), "hits").content


def test_reader_without_codes_still_shows_the_talk(bare):
    state = block(VIEWS["reader"](bare), "reader").content.state
    assert state["turns"]
    assert "workbench code" in state["note"]
    assert "workbench emotion" in state["note"]


# -- topics --------------------------------------------------------------------------------------


def test_topic_screen_equals_the_stored_topics(study):
    view = VIEWS["topics"](study, side="client")
    topics = Topics.read(study.folder / "topics" / "client")
    bars = block(view, "sizes").content.data[0]
    assert dict(zip(bars.customdata, bars.x, strict=True)) == dict(
        topics.info["Topic", "share"].iter_rows()
    )
    drawn = base64.b64decode(block(view, "map").content.state["topics"])
    labels = [int(label) for label in topics.layer.table["label"].drop_nulls()]
    assert sorted(np.frombuffer(drawn, "<i2")) == sorted(labels)
    for key in ("sizes", "topics"):
        assert f"{topics.outlier_share.after:.1%}" in block(view, key).note
        assert f"{topics.set_apart_share:.1%}" in block(view, key).note


def test_a_click_on_a_topic_shows_its_words_and_turns(study):
    view = VIEWS["topics"](study)
    topics = Topics.read(study.folder / "topics" / "helper")
    for key in ("sizes", "differences", "tree"):
        view.topic = 0
        view.click(key, {"customdata": 1})
        assert view.topic == 1
    own = topics.layer.table.filter(pl.col("label") == "1")
    table = block(view, "turns").content
    assert table.height == own.height
    assert table["closeness"].to_list() == sorted(own["value"], reverse=True)
    words = block(view, "words").content.data[0]
    assert list(words.y)[::-1] == topics.words.filter(pl.col("topic") == 1)["word"].to_list()


def test_group_figures_equal_the_group_table(study):
    view = VIEWS["topics"](study, topic=1)
    table = study.table("topics/helper-groups", step="topics")
    own = table.filter((pl.col("topic") == 1) & pl.col("group").is_in(["high", "low"]))
    dots = next(t for t in block(view, "groups").content.data if t.mode == "markers")
    assert dict(zip(dots.y, dots.x, strict=True)) == dict(own["group", "estimate"].iter_rows())
    low = {g: e - x for g, e, x in own["group", "estimate", "low"].iter_rows()}
    assert dict(zip(dots.y, dots.error_x.arrayminus, strict=True)) == pytest.approx(low)
    pair = table.filter(pl.col("group") == "high - low").drop_nulls("estimate")
    dots = next(t for t in block(view, "differences").content.data if t.mode == "markers")
    assert dict(zip(dots.customdata, dots.x, strict=True)) == dict(
        pair["topic", "estimate"].iter_rows()
    )


# -- session -------------------------------------------------------------------------------------

CODED = ["annomi-client.head", "annomi-helper.head", "annomi-helper-flags.head"]


def test_session_figures_equal_the_sheet(study):
    view = VIEWS["session"](study, conversation="t03")
    layers = [study.layer(name) for name in CODED]
    sheet = session_sheet(study.corpus, layers, "t03")
    table = block(view, "measures").content
    assert table["estimate"].to_list() == sheet.measures["estimate"].to_list()
    counts = block(view, "counts").content
    assert counts.sort("scheme", "label").equals(sheet.counts.sort("scheme", "label"))
    line = block(view, "course").content.data[0]
    course = sheet.course.drop_nulls("p_change")
    assert list(line.y) == course["change_talk_share"].to_list()


def test_undefined_measures_are_shown_with_their_reason(study):
    view = VIEWS["session"](study, conversation="t00")
    assert any("Too few: 4 helper turns" in caution for caution in view.cautions())
    assert any("change goal" in caution for caution in view.cautions())
    words = [t for t in block(view, "shares").content.data if t.mode == "text"]
    told = [text for trace in words for text in trace.text]
    assert len(told) == 3
    assert all("not defined: Too few" in text for text in told)
    nulls = block(view, "measures").content.filter(pl.col("estimate").is_null())
    assert nulls["reason"].null_count() == 0


def test_another_coder_gives_other_figures_and_a_click_shows_the_turn(study):
    view = VIEWS["session"](study, conversation="t03", coder="gold")
    counts = block(view, "counts").content
    assert counts["scheme"].unique().to_list() == ["annomi-client"]
    assert counts["expected"].null_count() == counts.height
    view.click("course", {"customdata": 7})
    assert block(view, "turn").content["turn"].to_list() == [6, 7, 8]


# -- emotion -------------------------------------------------------------------------------------


def test_emotion_curve_equals_the_course(study):
    view = VIEWS["emotion"](study, conversation="t02", window=3)
    layer = study.layer("goemotions-sentiment.head")
    course = emotion_course(study.corpus.conversation("t02").utterances, layer, window=3)
    traces = {t.name: t for t in block(view, "valence").content.data}
    for side in ("helper", "client"):
        own = course.filter(pl.col("side") == side)
        assert list(traces[f"{side}, turns"].y) == own["valence"].to_list()
        assert list(traces[f"{side}, running mean"].y) == own["valence_smooth"].to_list()
    assert any("Reddit" in caution for caution in view.cautions())


def test_emotion_shades_follow_the_side(study):
    view = VIEWS["emotion"](study, conversation="t02", side="client")
    heat = block(view, "ekman").content.data[0]
    turns = study.corpus.conversation("t02").utterances.filter(pl.col("side") == "client")
    assert list(heat.x) == turns["turn"].to_list()
    shares = study.layer("goemotions-ekman.head").probabilities
    expected = turns.select(unit_id="id").join(shares, on="unit_id", maintain_order="left")
    assert list(heat.z[heat.y.index("joy")]) == expected["joy"].to_list()


def test_emotion_means_are_means_over_turns_with_intervals_over_sources(study):
    view = VIEWS["emotion"](study, quantity="joy")
    shares = study.layer("goemotions-ekman.head").probabilities
    talks = study.corpus.conversations.select(conversation_id="id", quality="quality")
    turns = study.corpus.utterances.join(talks, on="conversation_id").join(
        shares, left_on="id", right_on="unit_id"
    )
    table = block(view, "means_table").content
    for group, side, estimate, low, high, n in table[
        "group", "side", "estimate", "low", "high", "n"
    ].iter_rows():
        own = turns.filter((pl.col("quality") == group) & (pl.col("side") == side))
        assert estimate == pytest.approx(own["joy"].mean())
        assert n == own.height
        assert low < estimate < high
    assert set(table["n_clusters"]) == {TALKS // 2}


# -- attribution ---------------------------------------------------------------------------------


def stored(study, number):
    folder = study.folder / "attributions" / "question_reflection"
    return Attribution.from_json(folder / f"{number}.json")


def test_attribution_opens_with_the_verdict_on_the_coder(study):
    view = VIEWS["attribution"](study)
    folder = study.folder / "attributions" / "question_reflection"
    check = CoderCheck.from_dict(read_json(folder / "check.json"))
    assert view.cautions()[0] == check.verdict
    assert view.blocks()[0].key == "check"
    dots = next(t for t in block(view, "check").content.data if t.mode == "markers")
    row = dict(zip(dots.y, dots.x, strict=True))
    assert row["this prompt"] == check.table.filter(quantity="accuracy")["estimate"].item()


def test_waterfall_goes_from_the_empty_to_the_full_prompt(study):
    view = VIEWS["attribution"](study)
    result = stored(study, 0)
    assert view.utterance == result.settings["unit_id"]
    empty, steps, full = block(view, "waterfall").content.data
    assert empty.x[0] == pytest.approx(result.base_value)
    assert full.x[0] == pytest.approx(result.full_value)
    assert steps.base[0] == pytest.approx(result.base_value)
    assert steps.base[-1] + steps.x[-1] == pytest.approx(result.full_value)
    bands = block(view, "waterfall").content.layout.shapes
    assert [(b.x1 - b.x0) / 2 for b in bands] == pytest.approx([result.floor] * len(result.table))


def test_painted_prompt_joins_the_parts_of_a_component(study):
    view = VIEWS["attribution"](study)
    result = stored(study, 0)
    state = block(view, "prompt").content.state
    assert [part["name"] for part in state["parts"]] == ["instruction", "examples", "utterance"]
    assert [len(part["lines"]) for part in state["parts"]] == [1, 2, 1]
    assert [part["value"] for part in state["parts"]] == result.table["estimate"].to_list()


@pytest.mark.parametrize(
    ("key", "point"),
    [
        ("waterfall", {"customdata": "utterance"}),
        ("spread", {"customdata": "utterance"}),
        ("prompt", {"chosen": "utterance"}),
        ("values", {"component": "utterance"}),
    ],
)
def test_a_click_on_a_component_shows_its_settings(study, key, point):
    view = VIEWS["attribution"](study)
    view.click(key, point)
    runs = stored(study, 0).runs.filter(pl.col("component") == "utterance")
    assert view.component == "utterance"
    assert block(view, "runs").content.equals(runs)


def test_every_name_of_the_room_is_there():
    assert all(hasattr(views, name) for name in views.__all__)
