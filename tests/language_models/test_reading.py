"""A language model describes turns: from what came before them, or each by itself."""

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.language_models.reading import MOST_TURNS, TurnReader, Turns

TALK = ["How was your week?", "I did not smoke.", "Not once.", "No. It was hard, though."]


@pytest.fixture(scope="module")
def reader():
    return TurnReader([2, 4])


def read(reader, texts, *, talk="a", goal="smoking", **options):
    sides = ["client" if number % 2 else "helper" for number in range(len(texts))]
    turns = Turns(texts, sides, [talk] * len(texts), [goal] * len(texts))
    return reader.read(turns, **options)


def close(one, other):
    """Cosine of each pair of rows."""
    return (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def test_a_turn_is_described_by_two_states_of_each_layer(reader):
    found = read(reader, TALK)
    assert found.shape == (4, reader.width)
    assert reader.width % 4 == 0
    assert np.isfinite(found).all()


def test_a_later_turn_changes_nothing_before_it(reader):
    assert close(read(reader, TALK)[:2], read(reader, TALK[:2])) == pytest.approx(1, abs=1e-3)


def test_an_earlier_turn_and_the_goal_are_read(reader):
    whole = read(reader, TALK)
    other = read(reader, ["Did you drink?", *TALK[1:]])
    assert close(whole[1:2], other[1:2])[0] < 0.9999
    assert close(whole[:1], read(reader, TALK, goal=None)[:1])[0] < 0.9999


def test_alone_a_turn_is_read_without_the_others(reader):
    single = read(reader, TALK, context=False)
    other = read(reader, ["Did you drink?", *TALK[1:]], context=False)
    np.testing.assert_array_equal(single[1:], other[1:])


def test_other_conversations_change_nothing(reader):
    single = read(reader, TALK)
    both = reader.read(
        Turns(TALK * 2, ["helper", "client"] * 4, ["a"] * 4 + ["b"] * 4, ["smoking"] * 8)
    )
    np.testing.assert_array_equal(both[:4], single)
    np.testing.assert_array_equal(both[4:], single)


def test_a_long_talk_is_read_in_runs_of_neighbours_in_which_each_turn_is_described_once(reader):
    many = [f"This is turn number {number}." for number in range(60)]
    turns = Turns(many, ["helper"] * 60, ["a"] * 60, [None] * 60)
    runs = reader.runs(turns)
    assert [row for run in runs for row in run.rows] == list(range(60))
    assert max(len(run.rows) for run in runs) <= MOST_TURNS
    assert np.isfinite(reader.read(turns)).all()


def test_bad_input_is_refused():
    with pytest.raises(BadInput, match="per turn"):
        Turns(["a"], [], ["x"], [None])
    with pytest.raises(BadInput, match="no layer 99"):
        assert TurnReader([99]).width


def test_what_it_says_is_what_transformers_says(reader):
    import torch
    from transformers import AutoModel, AutoTokenizer

    from workbench.language_models.folders import smollm2_folder

    folder = smollm2_folder()
    tokens = AutoTokenizer.from_pretrained(folder)("A counselling session.\nTherapist: Hello.")
    (run,) = reader.runs(Turns(["Hello."], ["helper"], ["a"], [None]))
    assert list(run.ids) == tokens["input_ids"]
    whole = AutoModel.from_pretrained(folder, dtype=reader.model.dtype)
    given = torch.tensor([run.ids])
    published = whole(input_ids=given, output_hidden_states=True).hidden_states
    for own, layer in zip(reader.states([run])[0], reader.layers, strict=True):
        np.testing.assert_allclose(
            own.float().numpy(), published[layer][0].detach().float().numpy(), rtol=1e-3, atol=1e-3
        )
