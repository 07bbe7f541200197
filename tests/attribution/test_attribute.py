import json

import numpy as np
import polars as pl
import pytest

from workbench.attribution import Attribution, LogOdds, attribute
from workbench.attribution.attribute import _with_fillers
from workbench.errors import BadInput
from workbench.language_models import Component, Prompt, RecordedLM
from workbench.statistics import ESTIMATE_COLUMNS

PROMPT = Prompt(
    (
        Component("task", "Is the animal a cat or a dog? Answer {options}.", "system"),
        Component("shots", "It meows."),
        Component("shots", "cat", "assistant"),
        Component("shots", "It barks."),
        Component("shots", "dog", "assistant"),
        Component("turn", "{utterance}"),
    )
)
FILLED = PROMPT.filled(utterance="It barked all night long.")
PAYOFF = LogOdds("dog", ("cat", "dog"))


@pytest.fixture(scope="module")
def recording(smollm2, tmp_path_factory):
    return RecordedLM(tmp_path_factory.mktemp("answers") / "answers.jsonl", model=smollm2)


@pytest.fixture(scope="module")
def result(recording):
    return attribute(FILLED, PAYOFF, model=recording, fillers=2)


def test_values_sum_to_full_minus_empty(result):
    total = result.table["estimate"].sum()
    assert total == pytest.approx(result.full_value - result.base_value, abs=1e-5)
    assert result.explanation.values.sum() + result.explanation.base_values == pytest.approx(
        result.full_value, abs=1e-5
    )


def test_every_setting_is_efficient_by_itself(result):
    for (absence, variant), cells in result.coalitions.group_by("absence", "variant"):
        size = cells["present"].list.len()
        full, empty = (cells.filter(size == n)["payoff"].item() for n in (3, 0))
        own = result.runs.filter(absence=absence, variant=variant, filler=False)
        assert own["value"].sum() == pytest.approx(full - empty, abs=1e-5)


def test_full_and_empty_payoff_are_those_of_the_model(result, recording):
    variants = PAYOFF.variants(FILLED).values()
    full = PAYOFF.evaluate(list(variants), model=recording)
    assert result.full_value == pytest.approx(full.values.mean())
    assert result.mass == pytest.approx(full.mass.mean())
    assert 0 < result.least_mass <= result.mass < 1


def test_table_has_the_columns_of_estimates(result):
    assert result.table.columns == ["component", *ESTIMATE_COLUMNS, "above_floor"]
    assert result.table["component"].to_list() == ["task", "shots", "turn"]
    assert set(result.table["n"]) == {4}
    assert (result.table["low"] <= result.table["estimate"]).all()
    assert (result.table["estimate"] <= result.table["high"]).all()


def test_floor_is_the_largest_value_of_a_filler(result):
    fillers = result.runs.filter("filler")
    assert fillers["component"].unique().sort().to_list() == ["filler 1", "filler 2"]
    assert len(fillers) == 8
    assert result.floor == np.abs(fillers["value"].to_numpy()).max()
    above = result.table["estimate"].abs() > result.floor
    assert result.table["above_floor"].to_list() == above.to_list()


def test_what_was_barked_speaks_for_the_dog(result):
    assert result.table.filter(component="turn")["estimate"].item() > 0


def test_an_empty_component_earns_nothing(recording):
    prompt = PROMPT.inserted(Component("void", ""), position=5).filled(utterance="It barked.")
    found = attribute(prompt, PAYOFF, model=recording, fillers=0)
    assert found.table.filter(component="void")["estimate"].item() == pytest.approx(0, abs=1e-9)
    assert found.floor is None
    assert found.table["above_floor"].null_count() == 4


def test_a_second_run_asks_nothing_and_gives_the_same(result, recording):
    again = attribute(FILLED, PAYOFF, model=RecordedLM(recording.path), fillers=2)
    assert again.table.equals(result.table)
    assert again.coalitions.equals(result.coalitions)


def test_round_trip(result, tmp_path):
    result.to_json(tmp_path / "one.json")
    back = Attribution.from_json(tmp_path / "one.json")
    for name in ("table", "runs", "coalitions"):
        assert getattr(back, name).equals(getattr(result, name))
    assert back.parts == result.parts
    assert back.floor == result.floor
    back.to_json(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_round_trip_without_fillers(recording, tmp_path):
    found = attribute(FILLED, PAYOFF, model=recording, fillers=0, absences=("removed",))
    found.to_json(tmp_path / "one.json")
    assert Attribution.from_json(tmp_path / "one.json").table.equals(found.table)


def test_explanation_is_shaps(result):
    import shap

    assert isinstance(result.explanation, shap.Explanation)
    assert result.explanation.feature_names == ["task", "shots", "turn"]
    assert result.explanation.data[2] == "It barked all night long."


def test_repr_shows_no_dialogue(result):
    assert "barked" not in repr(result)


def test_fillers_never_part_a_turn_from_its_answer():
    for _, shown in _with_fillers(FILLED.filled(options="cat or dog"), 5):
        messages = shown.messages()
        assert [message["content"] for message in messages if message["role"] == "assistant"] == [
            "cat",
            "dog",
        ]
        assert messages[-1]["role"] == "user"


def test_an_open_placeholder_is_named(recording):
    with pytest.raises(BadInput, match="utterance"):
        attribute(PROMPT, PAYOFF, model=recording)


def test_no_kind_of_absence(recording):
    with pytest.raises(BadInput, match="kind of absence"):
        attribute(FILLED, PAYOFF, model=recording, absences=())


@pytest.mark.parametrize("content", ["{}", "[", '{"format": 99}'])
def test_a_file_that_is_no_attribution(tmp_path, content):
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"odd\.json: not a stored attribution"):
        Attribution.from_json(path)


def test_json_is_plain(result):
    assert json.loads(json.dumps(result.to_dict()))["settings"]["payoff"].startswith("log-odds")
    assert pl.DataFrame(result.to_dict()["table"]).height == 3
