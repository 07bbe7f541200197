import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus, CorpusMetadata
from workbench.embedding import Encoder, embed
from workbench.emotion import CAUTION, EKMAN, EMOTIONS, SENTIMENT, score_emotions
from workbench.errors import BadInput

SAID = [
    "Thank you so much, that really means a lot to me.",
    "I am so angry at him, he makes me furious.",
    "I miss her every day and I just cannot stop crying.",
    "   ",
    "I'm really scared of what the doctor will say.",
    "Why do you think that is, and what happened then?",
]


def _corpus(texts, language="", roles=None):
    return Corpus.build(
        pl.DataFrame(
            {
                "conversation_id": ["a"] * len(texts),
                "id": [f"u{i}" for i in range(len(texts))],
                "speaker": ["X"] * len(texts),
                "role": roles or ["client"] * len(texts),
                "text": texts,
            }
        ),
        metadata=CorpusMetadata(language=language),
    )


@pytest.fixture(scope="module")
def scored():
    return score_emotions(_corpus(SAID))


def _labels(layer, unit):
    return set(layer.table.filter(pl.col("unit_id") == unit)["label"])


def test_plain_sentences_take_the_plain_emotion(scored):
    fine, ekman, sentiment = scored.layers
    for unit, emotion, group, tone in [
        ("u0", "gratitude", "joy", "positive"),
        ("u1", "anger", "anger", "negative"),
        ("u2", "sadness", "sadness", "negative"),
        ("u4", "fear", "fear", "negative"),
        ("u5", "curiosity", "surprise", "ambiguous"),
    ]:
        assert emotion in _labels(fine, unit), unit
        assert group in _labels(ekman, unit), unit
        assert tone in _labels(sentiment, unit), unit


def test_three_layers_with_their_labels_and_the_caution(scored):
    layers, refusals = scored
    assert refusals == ()
    assert [layer.name for layer in layers] == [
        "goemotions.head",
        "goemotions-ekman.head",
        "goemotions-sentiment.head",
    ]
    for layer, labels in zip(layers, (EMOTIONS, EKMAN, SENTIMENT), strict=True):
        facts = layer.metadata
        assert facts.labels == labels
        assert facts.caution == CAUTION
        assert (facts.coder_kind, facts.exclusive, facts.context_turns) == ("model", False, 0)
        assert layer.probabilities.columns == ["unit_id", *labels]
        assert layer.probabilities.select(labels).to_numpy().min() >= 0
        assert layer.probabilities.select(labels).to_numpy().max() <= 1


def test_every_unit_is_seen_and_one_without_words_takes_nothing(scored):
    for layer in scored.layers:
        assert set(layer.table["unit_id"]) == {f"u{i}" for i in range(len(SAID))}
        assert _labels(layer, "u3") == {None}
        assert "u3" not in layer.probabilities["unit_id"]


def test_probability_of_a_label_is_that_of_the_table(scored):
    for layer in scored.layers:
        long = layer.probabilities.unpivot(
            index="unit_id", variable_name="label", value_name="whole"
        )
        both = layer.table.drop_nulls("label").join(long, on=["unit_id", "label"])
        assert both["probability"].equals(both["whole"], check_names=False)


def test_row_order_and_company_do_not_matter(scored):
    few = score_emotions(_corpus(SAID).filter(utterances=pl.col("id").is_in(["u4", "u1"])))
    back = _corpus(SAID)
    turned = score_emotions(
        Corpus.build(back.utterances.reverse().with_columns(turn=pl.lit(None, pl.Int64)))
    )
    for one, two, part in zip(scored.layers, turned.layers, few.layers, strict=True):
        first = one.probabilities.sort("unit_id")
        second = two.probabilities.sort("unit_id")
        assert first["unit_id"].equals(second["unit_id"])
        gap = first.drop("unit_id").to_numpy() - second.drop("unit_id").to_numpy()
        assert np.abs(gap).max() <= 2e-3
        shared = first.filter(pl.col("unit_id").is_in(["u1", "u4"])).drop("unit_id").to_numpy()
        assert np.abs(shared - part.probabilities.sort("unit_id").drop("unit_id")).max() <= 2e-3


def test_embeddings_by_row_by_id_and_from_the_encoder_agree(scored):
    corpus = _corpus(SAID)
    rows = embed(SAID)
    by_id = dict(zip(corpus.utterances["id"], rows, strict=True))
    for given in (rows, by_id):
        again = score_emotions(corpus, embeddings=given)
        for one, two in zip(scored.layers, again.layers, strict=True):
            gap = (
                one.probabilities.drop("unit_id").to_numpy()
                - two.probabilities.drop("unit_id").to_numpy()
            )
            assert np.abs(gap).max() <= 2e-3
    with pytest.raises(BadInput, match="5 embeddings for 6 utterances"):
        score_emotions(corpus, embeddings=rows[:5])
    del by_id["u1"]
    with pytest.raises(BadInput, match="'u1'"):
        score_emotions(corpus, embeddings=by_id)


def test_another_language_is_refused_not_scored():
    german = [
        "Ich bin so traurig, weil ich meine Arbeit verloren habe und nicht weiter weiß.",
        "Das tut mir leid. Was würde Ihnen denn in dieser Woche ein wenig helfen können?",
        "Vielleicht sollte ich mit meiner Schwester reden, aber ich schäme mich so sehr.",
        "Sie schämen sich, und trotzdem denken Sie daran, mit Ihrer Schwester zu sprechen.",
    ]
    layers, refusals = score_emotions(_corpus(german))
    assert layers == ()
    assert [(r.scheme, r.conversations) for r in refusals] == [("goemotions", 1)]
    assert "English" in refusals[0].reason
    assert score_emotions(_corpus(SAID, language="de")).layers == ()


def test_prompts_and_tool_output_are_not_speech():
    roles = ["system", "client", "client", "client", "tool", "client"]
    layer = score_emotions(_corpus(SAID, roles=roles)).layers[0]
    assert set(layer.table["unit_id"]) == {"u1", "u2", "u3", "u5"}


def test_another_encoder_is_refused():
    encoder = Encoder()
    encoder.__dict__["weights"] = "another"
    layers, refusals = score_emotions(_corpus(SAID), encoder=encoder)
    assert layers == ()
    assert "encoder" in refusals[0].reason


def test_only_empty_turns_give_null_labels():
    layers, refusals = score_emotions(_corpus(["", "  "]))
    assert refusals == ()
    assert all(layer.table["label"].to_list() == [None, None] for layer in layers)
