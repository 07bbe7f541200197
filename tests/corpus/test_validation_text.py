"""Mojibake: what is broken is mended, what is right stays, letter for letter."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.corpus.validation import mend_text, validate

RIGHT = (
    "Schöne Grüße aus Zürich",
    "Où est l’été ?",
    "“Quoted” – and so on…",
    "Ångström, naïve, Über, señor, ÃO",
    "我很難過",
    "it's fine :)",
    "¿Qué tal?",
)


def corpus_of(texts, layers=()):
    table = pl.DataFrame(
        {
            "id": [f"u{n}" for n in range(len(texts))],
            "conversation_id": ["a"] * len(texts),
            "speaker": ["T", "C"] * (len(texts) // 2) + ["T"] * (len(texts) % 2),
            "text": list(texts),
        }
    )
    return Corpus.build(table, layers=layers)


def broken(text, codec="cp1252"):
    return text.encode().decode(codec)


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "mac_roman"])
def test_mojibake_is_found_and_mended(codec):
    texts = ["Hello.", broken("Das wäre schön, würde ich sagen.", codec), "Ja, schön."]
    corpus = corpus_of(texts)
    (found,) = [f for f in validate(corpus).findings if f.check == "mojibake"]
    assert (found.count, found.where) == (1, "corpus, utterance u1")
    mended = mend_text(corpus)
    assert mended.corpus.utterances["text"].to_list() == [
        "Hello.",
        "Das wäre schön, würde ich sagen.",
        "Ja, schön.",
    ]
    assert mended.table["id"].to_list() == ["u1"]
    assert "utf-8" in mended.table["steps"][0]
    assert "text mended" in mended.corpus.report()["check"].to_list()
    assert "mojibake" not in validate(mended.corpus).table["check"].to_list()


def test_right_text_is_left_alone():
    corpus = corpus_of(RIGHT)
    assert "mojibake" not in validate(corpus).table["check"].to_list()
    mended = mend_text(corpus)
    assert mended.table.is_empty()
    assert mended.corpus.checksum() == corpus.checksum()


@given(st.lists(st.text(st.characters(max_codepoint=0x24F, codec="utf-8")), max_size=5))
@settings(max_examples=50, deadline=None)
def test_only_what_is_listed_is_changed(texts):
    corpus = corpus_of(["Hello.", *texts])
    mended = mend_text(corpus)
    before = dict(corpus.utterances.select("id", "text").iter_rows())
    after = dict(mended.corpus.utterances.select("id", "text").iter_rows())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == set(mended.table["id"])


def test_spans_move_with_their_words():
    right = "Ich möchte früher aufhören."
    said = broken(right)
    torn = said.index("Ã")  # the first half of the letter ö
    words = {word: (said.index(broken(word)), len(broken(word))) for word in ("früher", "Ich")}
    spans = [(start, start + length) for start, length in words.values()] + [(0, torn + 1)]
    table = pl.DataFrame(
        {
            "unit_id": ["u0"] * 3,
            "label": ["x"] * 3,
            "start_char": [start for start, _ in spans],
            "end_char": [end for _, end in spans],
        }
    )
    layer = Layer.build("s", table, LayerMetadata("s", "me", "human", unit="span"))
    mended = mend_text(corpus_of([said, "Ja."], [layer])).corpus
    places = mended.layer("s").table.select("start_char", "end_char").rows()
    assert [right[a:b] for a, b in places[:2]] == ["früher", "Ich"]
    assert places[2] == (None, None)
    assert mended.layer("s").table["label"].to_list() == ["x"] * 3
