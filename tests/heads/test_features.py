import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.heads import FeatureSpec, features
from workbench.heads.ngrams import hashed_ngrams
from workbench.heads.surface import SURFACE_FEATURES, surface_features


def _column(text, name):
    return float(surface_features([text])[0, SURFACE_FEATURES.index(name)])


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("What? Why? How? When?", "question marks, at most 3", 3),
        ("I see. What would you change", "last sentence begins with a question word", 1),
        ("Could you say more?", "first word is an auxiliary verb", 1),
        ("You know I’m here", "share of words for I", 0.25),
        ("- and then", "begins with a cut-off", 1),
        ("[laughs]", "note in square brackets", 1),
        ("...", "no words", 1),
        ("", "no words", 1),
    ],
)
def test_surface_features(text, name, value):
    assert _column(text, name) == value


def test_hashed_rows_have_length_one_and_no_order_of_rows():
    table = hashed_ngrams(["So what now?", "so what NOW?", ""], columns=128, longest=2)
    assert np.allclose(np.linalg.norm(table, axis=1), 1)
    assert np.array_equal(table[0], table[1])


def test_context_stops_at_the_conversation_and_marks_the_side():
    spec = FeatureSpec(dimensions=2, context_turns=2, surface=False)
    table = features(
        spec,
        ["a", "b", "c", "d"],
        np.arange(8).reshape(4, 2),
        conversations=["x", "x", "x", "y"],
        sides=["helper", "client", "client", "helper"],
    )
    assert table.shape == (4, spec.width)
    assert table[0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert table[2].tolist() == [4, 5, 2, 3, 1, 1, 0, 1, 1, 0]
    assert table[3].tolist() == [6, 7, 0, 0, 0, 0, 0, 0, 0, 0]


def test_rows_select_without_changing_values():
    spec = FeatureSpec(dimensions=3, context_turns=1, hashed=32)
    texts = ["Well.", "What else?", "Nothing."]
    vectors = np.eye(3)
    given = {"conversations": ["x"] * 3, "sides": ["h", "c", "h"]}
    whole = features(spec, texts, vectors, **given)
    assert np.array_equal(features(spec, texts, vectors, rows=[2, 0], **given), whole[[2, 0]])


def test_wrong_shapes_are_refused():
    with pytest.raises(BadInput, match="one row per utterance"):
        features(FeatureSpec(dimensions=3), ["a"], np.zeros((2, 3)))
    with pytest.raises(BadInput, match="previous turns"):
        features(FeatureSpec(dimensions=3, context_turns=1), ["a"], np.zeros((1, 3)))
    with pytest.raises(BadInput, match="sizes"):
        FeatureSpec(dimensions=0)
