import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.emotion import SENTIMENT, emotion_course
from workbench.errors import BadInput


def _corpus():
    rows = [("a", "therapist"), ("a", "client")] * 3 + [("b", "client")]
    return Corpus.build(
        pl.DataFrame(
            {
                "conversation_id": [talk for talk, _ in rows],
                "speaker": [role for _, role in rows],
                "role": [role for _, role in rows],
                "text": [f"words {i}" for i in range(len(rows))],
            }
        )
    )


def _layer(corpus, positive, negative, labels=SENTIMENT):
    scored = [i for i, p in enumerate(positive) if p is not None]
    table = pl.DataFrame(
        {
            "unit_id": [corpus.utterances["id"][i] for i in scored],
            labels[0]: [positive[i] for i in scored],
            labels[1]: [negative[i] for i in scored],
            **{label: [0.0] * len(scored) for label in labels[2:]},
        }
    )
    metadata = LayerMetadata("s", "c", "model", labels=labels, exclusive=False)
    rows = table.select("unit_id", label=pl.lit(None, pl.String))
    return Layer.build("s.head", rows, metadata, probabilities=table)


def test_valence_and_its_running_mean_stay_within_side_and_conversation():
    corpus = _corpus()
    layer = _layer(
        corpus, [0.9, 0.1, 0.6, 0.3, 0.3, None, 1.0], [0.0, 0.7, 0.0, 0.3, 0.0, None, 0.0]
    )
    course = emotion_course(corpus, layer, window=3)
    assert course["turn"].to_list() == [0, 1, 2, 3, 4, 5, 0]
    assert course["valence"].to_list()[:5] == pytest.approx([0.9, -0.6, 0.6, 0.0, 0.3])
    smooth = course["valence_smooth"].to_list()
    assert [smooth[i] for i in (0, 2, 4)] == pytest.approx([0.75, 0.6, 0.45])  # helper
    assert [smooth[i] for i in (1, 3)] == pytest.approx([-0.3, -0.3])  # client, last not scored
    assert smooth[5] is None
    assert smooth[6] == 1.0
    assert course["reason"].is_null().to_list() == [True] * 5 + [False, True]
    assert course["p.positive"].to_list()[5] is None


def test_columns_are_the_documented_ones():
    corpus = _corpus()
    course = emotion_course(corpus.utterances, _layer(corpus, [0.5] * 7, [0.1] * 7))
    shown = [f"p.{name}" for name in SENTIMENT]
    assert course.columns == [
        *("conversation_id", "unit_id", "turn", "side"),
        *shown,
        *("valence", "valence_smooth", "reason"),
    ]


def test_other_tiers_have_curves_but_no_valence():
    corpus = _corpus()
    layer = _layer(corpus, [0.5] * 7, [0.1] * 7, labels=("joy", "anger"))
    course = emotion_course(corpus, layer)
    assert course["p.joy"].to_list() == [0.5] * 7
    assert course["valence"].is_null().all()
    assert course["reason"].str.contains("sentiment").all()


def test_row_order_of_the_input_does_not_matter_within_a_conversation():
    corpus = _corpus()
    layer = _layer(corpus, [0.9, 0.1, 0.6, 0.3, 0.3, None, 1.0], [0.0] * 7)
    straight = emotion_course(corpus, layer)
    mixed = emotion_course(corpus.utterances.sample(fraction=1, shuffle=True, seed=1), layer)
    assert straight.sort("unit_id").equals(mixed.sort("unit_id"))


@pytest.mark.parametrize("window", [0, 4, -3])
def test_windows_are_odd(window):
    corpus = _corpus()
    with pytest.raises(BadInput, match="odd number"):
        emotion_course(corpus, _layer(corpus, [0.5] * 7, [0.1] * 7), window=window)


def test_a_layer_without_probabilities_has_no_curve():
    corpus = _corpus()
    rows = corpus.utterances.select(unit_id="id", label=pl.lit(None, pl.String))
    gold = Layer.build("gold", rows, LayerMetadata("s", "c", "gold"))
    with pytest.raises(BadInput, match="no probabilities"):
        emotion_course(corpus, gold)


def test_tables_without_sides_are_refused():
    corpus = _corpus()
    layer = _layer(corpus, [0.5] * 7, [0.1] * 7)
    with pytest.raises(BadInput, match=r"lack \['side'\]"):
        emotion_course(corpus.utterances.drop("side"), layer)
