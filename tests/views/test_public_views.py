"""A public view quotes nobody and tells nothing of few people, nor lets it be worked out."""

import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planted_study import MARKUP, full_study

import workbench as wb
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.resources import bundled
from workbench.views import VIEWS
from workbench.views.public import Crowd
from workbench.views.static import static_html


def corpus_of(people):
    """One client turn per person and cell, as `people` maps cells to names."""
    rows = [
        {"conversation_id": f"{cell}/{name}", "speaker": name, "role": "client", "text": "Yes."}
        for cell, names in people.items()
        for name in names
    ]
    return Corpus.build(pl.DataFrame(rows))


def withheld(people, *, fewest=5, totals=((),)):
    """Which cells of a table of these are withheld, and why."""
    corpus = corpus_of(people)
    crowd = Crowd(corpus, fewest=fewest)
    cells = pl.DataFrame({"cell": list(people), "n": [len(names) for names in people.values()]})
    behind = crowd.turns.with_columns(cell=pl.col("conversation_id").str.split("/").list.first())
    table = crowd.withhold(cells, behind, keys=["cell"], values=["n"], totals=totals)
    shown = dict(table.drop_nulls("n")["cell", "n"].iter_rows())
    return shown, dict(table.filter(pl.col("n").is_null())["cell", "reason"].iter_rows())


def names(prefix, n):
    return [f"{prefix}{i}" for i in range(n)]


# -- which cells are withheld ------------------------------------------------------------------------


def test_cells_of_fewer_than_five_people_are_withheld_with_the_reason():
    people = {"a": names("x", 9), "b": names("y", 4), "c": names("z", 4)}
    shown, hidden = withheld(people)
    assert shown == {"a": 9}
    assert set(hidden.values()) == {"fewer than 5 speakers"}


def test_one_small_cell_takes_the_smallest_other_with_it():
    people = {"a": names("x", 9), "b": names("y", 7), "c": names("z", 2)}
    shown, hidden = withheld(people)
    assert shown == {"a": 9}
    assert hidden["c"] == "fewer than 5 speakers"
    assert "worked out" in hidden["b"]


def test_small_cells_that_are_few_even_together_take_another_with_them():
    people = {"a": names("x", 9), "b": names("y", 2), "c": names("y", 3)}
    shown, hidden = withheld(people)
    assert shown == {}
    assert set(hidden) == {"a", "b", "c"}


def test_without_a_total_nothing_more_is_withheld():
    people = {"a": names("x", 9), "b": names("y", 7), "c": names("z", 2)}
    shown, hidden = withheld(people, totals=())
    assert shown == {"a": 9, "b": 7}
    assert set(hidden) == {"c"}


def test_the_smaller_side_counts_and_a_model_is_nobody():
    rows = [("t", "therapist", "T")] + [(f"t{i}", "client", f"C{i}") for i in range(9)]
    turns = pl.DataFrame(
        [{"conversation_id": c, "speaker": s, "role": r, "text": "x"} for c, r, s in rows]
    )
    crowd = Crowd(Corpus.build(turns), fewest=5)
    assert crowd.is_small(crowd.turns)
    chats = turns.with_columns(pl.col("role").replace("therapist", "assistant"))
    crowd = Crowd(Corpus.build(chats), fewest=5)
    assert not crowd.is_small(crowd.turns)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz")),
        st.sets(st.integers(0, 14), min_size=1, max_size=9),
        min_size=1,
    ),
    st.integers(2, 6),
)
def test_no_line_of_a_table_with_totals_gives_a_small_group_back(people, fewest):
    corpus = corpus_of(
        {f"{row}{column}": {str(p) for p in who} for (row, column), who in people.items()}
    )
    crowd = Crowd(corpus, fewest=fewest)
    cells = pl.DataFrame(list(people), schema=["row", "column"], orient="row").with_columns(
        n=pl.lit(1)
    )
    cell = pl.col("conversation_id")
    behind = crowd.turns.with_columns(row=cell.str.slice(0, 1), column=cell.str.slice(1, 1))
    table = crowd.withhold(
        cells, behind, keys=["row", "column"], values=["n"], totals=[["row"], ["column"]]
    )
    hidden = {(r, c) for r, c, n in table.select("row", "column", "n").iter_rows() if n is None}
    assert hidden >= {key for key, who in people.items() if len(who) < fewest}
    for place in (0, 1):
        for value in "ABCxyz":
            line = [key for key in people if key[place] == value]
            gone = [key for key in line if key in hidden]
            if gone and len(gone) < len(line):
                assert len(gone) >= 2
                assert len(set().union(*(people[key] for key in gone))) >= fewest


# -- the screens ---------------------------------------------------------------------------------------


@pytest.fixture
def from_three(monkeypatch):
    """The planted study has three people on each side: enough, for once."""
    monkeypatch.setenv("WORKBENCH_FEWEST_SPEAKERS", "3")


def states(slug, study):
    """The public view in the first choices of every control."""
    view = VIEWS[slug](study, public=True)
    yield view
    for name in view.shown_controls:
        for choice in list(view.param[name].objects)[:6]:
            if choice in view.param[name].objects:
                view.choose(name, choice)
                yield view


def long_texts(study):
    texts = [text for text in study.corpus.utterances["text"].unique() if len(text) >= 20]
    return [written for text in texts for written in (text, json.dumps(text)[1:-1])]


def contents(view):
    """Everything a public view holds, as text."""
    told = [static_html(view), *view.shown_cautions()]
    for block in view.blocks():
        content = block.content
        told.append(content.write_ndjson() if isinstance(content, pl.DataFrame) else "")
        told.append(content.to_json() if block.kind == "figure" else str(content))
    return "\n".join(told)


@pytest.mark.parametrize("slug", VIEWS)
def test_nothing_that_was_said_is_in_any_state_of_a_screen(study, slug, from_three):
    texts = long_texts(study)
    for view in states(slug, study):
        held = contents(view)
        assert not [text for text in texts if text in held]
        assert MARKUP[:20] not in held


@pytest.mark.parametrize(
    ("slug", "chosen"), [("corpus", {}), ("codebook", {"scheme": "annomi-client"})]
)
def test_layers_of_single_coders_are_not_named(tmp_path, slug, chosen, from_three):
    study = full_study(tmp_path / "study")
    facts = LayerMetadata("annomi-client", "Brunhilde", "human", labels=("change", "neutral"))
    units = study.corpus.utterances.filter(side="client")["id"]
    rows = pl.DataFrame({"unit_id": units, "label": "change"})
    study.write_layer(Layer.build("annomi-client.Brunhilde", rows, facts))
    assert "Brunhilde" in contents(VIEWS[slug](study, **chosen))
    for view in states(slug, study):
        assert "Brunhilde" not in contents(view)


def test_what_was_said_is_in_the_views_that_are_not_public(study):
    held = contents(VIEWS["reader"](study))
    assert any(text in held for text in long_texts(study))


@pytest.mark.parametrize(
    "slug", ["reader", "intrusion", "session", "attribution", "agreement", "contested"]
)
def test_screens_on_single_people_are_closed_with_a_sentence(study, slug):
    view = VIEWS[slug](study, public=True)
    (block,) = view.blocks()
    assert block.kind == "text"
    assert "closed" in block.content
    assert view.shown_controls == ()
    with pytest.raises(BadInput):
        VIEWS[slug](study, public=True, conversation="t01")


def test_a_click_opens_no_hidden_door(study, from_three):
    overview = VIEWS["corpus"](study, public=True)
    overview.click("groups", {"customdata": "sleep"})
    assert overview.value == "all"
    with pytest.raises(BadInput, match="no control 'value'"):
        overview.choose("value", "all")
    reader = VIEWS["reader"](study, public=True)
    reader.click("hits", {"conversation": "t01", "turn": 3})
    assert [block.key for block in reader.blocks()] == ["closed"]


def test_what_is_not_declared_public_is_not_shown(study, from_three):
    blocks = VIEWS["topics"](study, public=True).blocks()
    assert {"map", "turns"}.isdisjoint(block.key for block in blocks)
    assert "Map" in blocks[-1].content


def test_with_few_people_every_figure_is_withheld(study):
    """Three people on each side and k = 5: no count, share or word may stand."""
    counts = {b.key: b.content for b in VIEWS["corpus"](study, public=True).blocks()}
    facts = dict(counts["counts"].iter_rows())
    for what in ("conversations", "turns", "speakers", "words", "turns of side helper"):
        assert facts[what] == "fewer than 5 speakers"
    assert counts["layers"].select("count", "expected", "share_of_units").null_count().row(0) == (
        (counts["layers"].height,) * 3
    )
    topics = {b.key: b.content for b in VIEWS["topics"](study, public=True).blocks()}
    assert topics["topics"]["turns"].null_count() == topics["topics"].height
    assert "wish" not in contents(VIEWS["topics"](study, public=True))
    assert topics["group_table"]["estimate"].null_count() == topics["group_table"].height
    means = {b.key: b.content for b in VIEWS["emotion"](study, public=True).blocks()}
    assert means["means_table"]["estimate"].null_count() == means["means_table"].height
    for figure in (counts["groups"], counts["labels"], topics["sizes"], means["means"]):
        numbers = [x for trace in figure.data for x in (trace.x if trace.x is not None else ())]
        assert not [x for x in numbers if x]


def test_with_enough_people_the_figures_are_those_of_the_study(study, from_three):
    public = {b.key: b.content for b in VIEWS["topics"](study, public=True).blocks()}
    whole = {b.key: b.content for b in VIEWS["topics"](study).blocks()}
    shown = public["topics"].filter(pl.col("turns").is_not_null())
    assert shown.height
    assert shown.drop("reason").equals(
        whole["topics"]
        .filter(pl.col("topic").is_in(shown["topic"].implode()))
        .select(shown.drop("reason").columns)
    )


def test_k_is_a_setting_that_has_to_be_a_number(study, monkeypatch):
    for wrong in ("1", "many"):
        monkeypatch.setenv("WORKBENCH_FEWEST_SPEAKERS", wrong)
        with pytest.raises(BadInput, match="WORKBENCH_FEWEST_SPEAKERS"):
            VIEWS["corpus"](study, public=True)


def test_small_groups_of_the_demonstration_corpus(tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    ids = corpus.conversations["id"]
    rare = corpus.conversations.filter(pl.col("source") == "C01")["id"]
    groups = pl.DataFrame({"id": ids}).with_columns(
        quality=pl.when(pl.col("id").is_in(rare.implode()))
        .then(pl.lit("rare"))
        .when(pl.int_range(pl.len()) % 3 == 0)
        .then(pl.lit("some"))
        .otherwise(pl.lit("many"))
    )
    study = wb.Study.create(tmp_path / "study", corpus.join_outcomes(groups))
    view = VIEWS["corpus"](study, public=True, group="quality")
    bars, words = next(b.content for b in view.blocks() if b.key == "groups").data
    # all eight helpers are in both others: the name decides which one hides the rare one
    assert dict(zip(bars.y, bars.x, strict=True)) == {"rare": None, "some": 16, "many": None}
    told = dict(zip(words.y, words.text, strict=True))
    assert told["rare"] == "fewer than 5 speakers"
    assert "worked out" in told["many"]
    view.choose("group", "topic")  # each topic has two clients
    bars = next(b.content for b in view.blocks() if b.key == "groups").data[0]
    assert set(bars.x) == {None}
    held = contents(view)
    assert not [text for text in long_texts(study) if text in held]


def test_the_analysed_demonstration_study(demo_study):
    texts = long_texts(demo_study)
    for slug in VIEWS:
        for view in states(slug, demo_study):
            held = contents(view)
            assert not [text for text in texts if text in held]
    turns = demo_study.corpus.utterances.select("speaker", unit_id="id")
    behind = demo_study.layer("topics-helper").table.join(turns, on="unit_id")
    people = dict(behind.group_by("label").agg(pl.col("speaker").n_unique()).iter_rows())
    view = VIEWS["topics"](demo_study, public=True, side="helper")
    table = next(block.content for block in view.blocks() if block.key == "topics")
    for topic, n, reason in table.select("topic", "turns", "reason").iter_rows():
        if people[str(topic)] < 5:
            assert n is None
            assert reason == "fewer than 5 speakers"
        else:
            assert n is not None or "worked out" in reason
