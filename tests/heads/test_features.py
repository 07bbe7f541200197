from typing import get_args

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.heads import FeatureSpec, features
from workbench.heads.ngrams import hashed_ngrams, sparse_ngrams
from workbench.heads.spec import ColumnKind
from workbench.heads.surface import SURFACE_FEATURES, surface_features

READS = {"reader": "some model", "reader_width": 3, "reader_layers": (4,), "reader_turns": 5}


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
        ["a", "b c", "C d", "d"],
        np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0]]),
        conversations=["x", "x", "x", "y"],
        sides=["helper", "client", "client", "helper"],
    )
    assert table.shape == (4, spec.width)
    first, second = spec.columns("relation").reshape(2, -1)
    assert not table[0, 2:].any()
    assert not table[3, 2:].any()
    assert np.allclose(table[2, spec.columns("context embedding")], [0, 1, 1, 0])
    assert np.allclose(table[2, first], [1, 1, 0.8, 0.5, np.log(2)])
    assert np.allclose(table[2, second], [1, 0, 0.6, 0, 0])


def test_kinds_of_columns_cover_the_table_once():
    spec = FeatureSpec(dimensions=5, context_turns=3, hashed=16, early_layer=3, **READS)
    kinds = get_args(ColumnKind)
    covered = np.concatenate([spec.columns(kind) for kind in kinds])
    assert sorted(covered) == list(range(spec.width))
    assert FeatureSpec().columns("relation").size == 0


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


def test_character_ngrams_see_emoji_and_parts_of_words_and_leave_the_rest_alone():
    plain = hashed_ngrams(["so happyyy :)"], columns=4096, longest=2)
    both = hashed_ngrams(["so happyyy :)", "so happyyyy"], columns=4096, longest=2, characters=4)
    assert (both[0] > 0).sum() > (plain[0] > 0).sum()
    assert np.linalg.norm(both, axis=1) == pytest.approx(1, abs=1e-6)
    assert both[0] @ both[1] > 0.5
    assert (hashed_ngrams(["\U0001f600"], columns=4096, longest=1, characters=3) > 0).sum() > 2


def test_sparse_ngrams_equal_the_dense_ones():
    texts = ["Thank you so much!", "", "no no no", "[NAME] said what?"]
    how = {"columns": 512, "longest": 2, "characters": 5}
    assert np.array_equal(sparse_ngrams(texts, **how).toarray(), hashed_ngrams(texts, **how))


def test_a_spec_without_characters_reads_as_before_they_existed():
    assert "characters" not in FeatureSpec(hashed=8).to_dict()
    spec = FeatureSpec(hashed=8, characters=5)
    assert FeatureSpec.from_dict(spec.to_dict()) == spec


def test_what_a_language_model_makes_of_a_turn_is_a_block_of_its_own():
    spec = FeatureSpec(dimensions=2, surface=False, hashed=8, **READS)
    plain, read = np.eye(2), np.array([[0.6, 0.8, 0.1], [0.8, 0.6, 0.2]])
    table = features(spec, ["a", "b"], plain, read=read, rows=[1])
    assert table.shape == (1, spec.width) == (1, 13)
    assert np.allclose(table[:, spec.columns("embedding")], [[0, 1]])
    assert np.allclose(table[:, spec.columns("reader")], [[0.8, 0.6, 0.2]])
    assert spec.reach == 5
    assert FeatureSpec.from_dict(spec.to_dict()) == spec
    assert "reader" not in FeatureSpec(hashed=8).to_dict()
    for wrong in (None, read[:1], read[:, :2]):
        with pytest.raises(BadInput, match=r"TurnReader\(\[4\]\)"):
            features(spec, ["a", "b"], plain, read=wrong)
    with pytest.raises(BadInput, match="make no table"):
        FeatureSpec(reader="some model")


def test_a_turn_after_an_early_layer_is_a_block_of_its_own():
    spec = FeatureSpec(dimensions=2, context_turns=1, hashed=8, early_layer=3, **READS)
    talk = {"conversations": ["x", "x"], "sides": ["h", "c"], "rows": [1]}
    plain, early = np.eye(2), np.array([[0.6, 0.8], [0.8, 0.6]])
    table = features(spec, ["a", "b"], plain, read=np.ones((2, 3)), early=early, **talk)
    assert np.allclose(table[:, spec.columns("early embedding")], [[0.8, 0.6]])
    assert np.allclose(table[:, spec.columns("reader")], 1)
    assert (spec.reach, FeatureSpec.from_dict(spec.to_dict())) == (5, spec)
    assert "early_layer" not in FeatureSpec(hashed=8).to_dict()
    with pytest.raises(BadInput, match=r"at_layer\(3\)"):
        features(spec, ["a", "b"], plain, read=np.ones((2, 3)), **talk)
