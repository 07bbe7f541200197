"""Windows that a tagger reads: every turn once, only turns before it, nothing of other conversations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.embedding.recipe import Recipe, resolve_encoder_path
from workbench.embedding.tokens import load_tokenizer
from workbench.errors import BadInput
from workbench.heads.tagger.turns import GOAL, LONGEST, NOTHING, Turns, batch_of, batches


def turns_of(lengths: list[list[int]]) -> Turns:
    """Conversations of turns with so many tokens each."""
    flat = [n for talk in lengths for n in talk]
    bounds = np.cumsum([0, *map(len, lengths)])
    return Turns([[7] * n for n in flat], [[5, 5]] * len(flat), bounds, [101], [102])


talks = st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=12), min_size=1, max_size=5)


@given(talks, st.integers(0, 5), st.integers(1, 6), st.integers(20, 120))
def test_every_turn_is_tagged_once_from_its_own_conversation(lengths, context, tagged, size):
    turns = turns_of(lengths)
    windows = turns.reading(context=context, turns=tagged, size=size)
    done = sorted(row for w in windows for row in w.rows[w.first :])
    assert done == list(range(len(turns)))
    for window in windows:
        rows = list(window.rows)
        assert rows == list(range(rows[0], rows[0] + len(rows)))
        assert len(set(np.searchsorted(turns.bounds, rows, side="right"))) == 1
        assert window.first <= context
        assert len(rows) - window.first <= (tagged if context else 1)


@given(talks, st.integers(0, 3))
def test_a_window_does_not_depend_on_other_conversations(lengths, context):
    alone = turns_of(lengths[:1]).reading(context=context, turns=4, size=80)
    among = turns_of(lengths).reading(context=context, turns=4, size=80)
    assert among[: len(alone)] == alone


@given(talks, st.integers(0, 100))
def test_training_shows_every_turn_and_some_once_more_alone(lengths, seed):
    turns = turns_of(lengths)
    rng = np.random.default_rng(seed)
    windows = turns.training(range(len(lengths)), size=64, alone=0.5, rng=rng)
    counts = np.bincount([row for w in windows for row in w.rows], minlength=len(turns))
    assert set(counts) <= {1, 2}
    assert (counts == 2).sum() == round(0.5 * len(turns))


@given(talks, st.booleans())
def test_batches_hold_every_window_once(lengths, equal):
    turns = turns_of(lengths)
    windows = turns.reading(context=2, turns=3, size=50)
    cut = list(batches(turns, windows, budget=200, equal=equal))
    assert sorted(w.rows for part in cut for w in part) == sorted(w.rows for w in windows)
    for part in cut:
        own = {len(turns.sequence(w)[0]) for w in part}
        assert not equal or len(own) == 1


def test_a_batch_says_which_token_is_of_which_turn():
    turns = turns_of([[2, 3], [1]])
    batch = batch_of(turns, turns.reading(context=3, turns=1, size=50))
    assert batch.turn[1].tolist() == [GOAL] * 4 + [0, 0, 1, 1, 1]
    assert batch.turn[2].tolist() == [GOAL] * 4 + [0] + [NOTHING] * 4
    assert batch.rows.tolist() == [[0, -1], [0, 1], [2, -1]]
    assert batch.tagged.tolist() == [[True, False], [False, True], [True, False]]


@pytest.fixture(scope="module")
def tokenizer():
    folder = resolve_encoder_path()
    return load_tokenizer(folder, Recipe.read(folder))


def test_turns_carry_side_and_goal_and_keep_both_ends_when_long(tokenizer):
    long = " ".join(["first"] + ["word"] * 400 + ["last"])
    turns = Turns.read(
        ["What now?", long],
        sides=["helper", "client"],
        conversations=["a", "a"],
        goals=["sleep", "sleep"],
        tokenizer=tokenizer,
    )
    helper, client, goal = tokenizer.ids(["therapist :", "client :", "goal : sleep"])
    assert turns.tokens[0][: len(helper)] == helper
    assert turns.tokens[1][: len(client)] == client
    assert turns.goals == [goal, goal]
    words = turns.tokens[1][len(client) :]
    assert len(words) == LONGEST
    assert [words[0], words[-1]] == [ids[0] for ids in tokenizer.ids(["first", "last"])]


def test_turns_of_a_conversation_must_stand_together(tokenizer):
    with pytest.raises(BadInput, match="stand together"):
        Turns.read(
            ["a", "b", "c"],
            sides=["helper"] * 3,
            conversations=["x", "y", "x"],
            goals=[None] * 3,
            tokenizer=tokenizer,
        )
