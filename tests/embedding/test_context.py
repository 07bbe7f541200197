"""An utterance with its previous turns: what the text is, what it never does, how it is embedded."""

import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus
from workbench.embedding import Encoder, with_context
from workbench.errors import BadInput

TALK = pl.DataFrame(
    {
        "conversation_id": ["a", "a", "a", "b", "b"],
        "turn": [0, 1, 2, 0, 1],
        "side": ["helper", "client", "helper", "client", "other"],
        "text": ["Do you smoke?", "Yeah.", "I see.", "Hello.", None],
    }
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(device="cpu")


def talk(*texts: str) -> pl.DataFrame:
    sides = ["helper", "client"] * len(texts)
    return pl.DataFrame(
        {
            "conversation_id": ["a"] * len(texts),
            "turn": range(len(texts)),
            "side": sides[: len(texts)],
            "text": texts,
        }
    )


def test_sides_are_marked_and_conversations_kept_apart(encoder):
    assert with_context(TALK, turns=2, encoder=encoder) == [
        "[helper] Do you smoke?",
        "[helper] Do you smoke? [client] Yeah.",
        "[helper] Do you smoke? [client] Yeah. [helper] I see.",
        "[client] Hello.",
        "[client] Hello. [other]",
    ]
    assert with_context(TALK, turns=1, encoder=encoder)[2] == "[client] Yeah. [helper] I see."


def test_no_turns_leave_the_texts_as_they_are(encoder):
    assert with_context(TALK, turns=0) == ["Do you smoke?", "Yeah.", "I see.", "Hello.", ""]


def test_row_order_does_not_matter(encoder):
    order = [3, 2, 4, 0, 1]
    plain = with_context(TALK, turns=2, encoder=encoder)
    assert with_context(TALK[order], turns=2, encoder=encoder) == [plain[i] for i in order]


def test_the_oldest_words_go_first_and_the_turn_itself_survives(encoder):
    old = " ".join(f"old{i}" for i in range(200))
    near = "near " * 40 + "end"
    rendered = with_context(talk(old, near, "What now?"), turns=2, encoder=encoder)[2]
    assert rendered.endswith(f"[client] {near} [helper] What now?")
    assert rendered.startswith("[helper] old")
    assert "old199" in rendered
    assert "old0 " not in rendered
    size = encoder.count_tokens([rendered])[0]
    assert encoder.room - 4 <= size <= encoder.room


@pytest.mark.parametrize("words", [50, 150, 246, 247, 248, 249, 250, 251, 252, 300])
def test_a_rendered_turn_fits_the_window_unless_the_turn_alone_does_not(encoder, words):
    texts = ("yes " * 90, "no " * 30, "stop " * words)
    rendered = with_context(talk(*texts), turns=2, encoder=encoder)[2]
    assert rendered.endswith(("stop " * words).strip())
    alone = encoder.count_tokens([f"[helper] {texts[2]}"])[0]
    assert encoder.count_tokens([rendered])[0] <= max(encoder.room, alone)
    if alone > encoder.room - 4:  # no room for a mark and a word
        assert rendered == f"[helper] {texts[2].strip()}"


def test_words_of_many_pieces_and_other_scripts_fit_too(encoder):
    odd = " ".join(["antidisestablishmentarianism", "日本語のテキスト", "naïve", "x-y-z"] * 20)
    rendered = with_context(talk(odd, odd, "So?"), turns=2, encoder=encoder)
    assert encoder.count_tokens(rendered[2:])[0] <= encoder.room
    assert rendered[2].endswith("[helper] So?")


def test_an_encoder_carries_its_context(encoder):
    reader = Encoder(device="cpu", context_turns=1)
    vectors = reader.encode_utterances(TALK)
    assert np.array_equal(vectors, encoder.encode(with_context(TALK, turns=1, encoder=encoder)))
    assert not np.allclose(vectors[1], encoder.encode_utterances(TALK)[1], atol=0.01)
    assert reader.fingerprint == encoder.fingerprint  # the store is keyed by the rendered text
    assert reader.signature == f"{encoder.fingerprint}-context-1" != encoder.signature
    assert encoder.signature == encoder.fingerprint


def test_a_corpus_is_taken_whole(encoder):
    rows = TALK.with_columns(
        id=pl.Series(list("12345")),
        speaker=pl.lit("s"),
        role=pl.lit("therapist"),
        text=pl.col("text").fill_null("Mm."),
    ).drop("side")
    corpus = Corpus.build(rows)
    rendered = with_context(corpus, turns=1, encoder=encoder)
    assert rendered[1] == "[helper] Do you smoke? [helper] Yeah."


def test_bad_input_is_named(encoder):
    with pytest.raises(BadInput, match="not -1"):
        with_context(TALK, turns=-1)
    with pytest.raises(BadInput, match=r"absent: \['side'\]"):
        with_context(TALK.drop("side"), turns=1)
