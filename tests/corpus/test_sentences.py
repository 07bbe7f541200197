"""Turns of talk and where their sentences end; `|` stands at each end."""

import itertools

import polars as pl
import pytest
from generated_corpora import CHECKS, corpora, words
from hypothesis import given, settings

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.corpus.segmentation import join_turns
from workbench.corpus.sentences import TIME_ESTIMATED, UTTERANCE, sentence_spans, split_sentences

MARKED = [
    "I see.|What happened then?|You left!",
    "Dr. Lee and Mrs. Ortiz saw me.|I was late.",
    "I went with J. R. Smith.|It was fine.",
    "It costs 3.50, or 4.25 a pack.|That adds up.",
    "I get up at 6 a.m. every day.|Then I smoke.",
    "I got home at 9 p.m.|Then I ate.",
    "We tried patches, gum, etc. and none of it helped.",
    "Well... you know... it's hard.",
    "I was going to...|Then she came in.",
    "I thought... I don't know.|Maybe.",
    "So you… you stopped?|When?",
    "i feel sad today.|what should i do?|nobody listens",
    "Really?!|No way!!!|Yes.",
    'She said, "Stop it!" and left.|I cried.',
    '"Why now?" he asked.|I had no answer.',
    'He told me "it\'s over."|I believed him.',
    "(I don't mean it.)|Go on.",
    "Thanks. :)|See you... ;-)",
    "That is all I want :) you know",
    "[laughs] I know.|[sighs] It's late.",
    "I was about to-- No.|Go ahead.",
    "What about you, e.g. in the morning?|Or i.e. before work?",
    "No.|I don't.",
    "So did I.|We all did.",
    "1. Eat well.|2. Sleep.|3. Walk.",
    "I am 25.|And you?",
    "I smoke 20 a day.|It was 30.|Yes.",
    "Are you hungry ?|Yes , I ' m .|Good .",
    "visit www.example.org for more.|ok?",
    "Ich bin z. B. am 3. Oktober gekommen.|Und Sie?",
    "Herr Dr. Maier kam bzw. ging.|Danke!",
    "Das ist z.B. so usw.|Danach war Ruhe.",
    "¿Qué tal?|¡Muy bien!|La Sra. López vino.",
    "« Pourquoi ? »|Je ne sais pas.",
    "我很難過。|你呢？|我不知道！",
    "「大丈夫ですか？」|はい。",
    "मैं ठीक हूँ।|और आप?",
    "كيف حالك؟|أنا بخير.",
    "First thing\n\nSecond thing",
    "A line\nthat goes on.",
    "He lives in the U.S. now.|I don't.",
    "Okay",
    "...",
    "",
]


def cut(text):
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize("marked", MARKED)
def test_sentences_of_talk(marked):
    expected = [piece.strip() for piece in marked.split("|")]
    if "\n\n" in marked:
        expected = marked.split("\n\n")
    joiner = "" if any(mark in marked for mark in "。？！") else " "
    assert cut(marked.replace("|", joiner)) == expected


@given(words)
@settings(max_examples=200, deadline=None)
def test_no_sign_is_lost_between_sentences(text):
    spans = sentence_spans(text)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


@pytest.fixture
def session():
    frame = pl.DataFrame(
        {
            "id": ["u0", "u1", "u2"],
            "conversation_id": ["a"] * 3,
            "speaker": ["T", "C", "T"],
            "text": ["I see. What then?", "Nothing.", "Oh. I see. Go on."],
            "start": [0.0, 10.0, None],
            "end": [10.0, 12.0, 20.0],
            "reply_to": [None, "u0", "u1"],
        }
    )
    codes = Layer.build(
        "codes.me",
        pl.DataFrame({"unit_id": ["u0", "u1"], "label": ["question", None]}),
        LayerMetadata("codes", "me", "human"),
    )
    spans = Layer.build(
        "spans.me",
        pl.DataFrame(
            {
                "unit_id": ["u0", "u0", "u2"],
                "label": ["then", "both", "go"],
                "start_char": [12, 2, 11],
                "end_char": [16, 11, 13],
            }
        ),
        LayerMetadata("spans", "me", "human", unit="span"),
    )
    return Corpus.build(frame, layers=[codes, spans])


def test_a_turn_becomes_its_sentences(session):
    turns = split_sentences(session).utterances
    assert turns.select("id", "turn", "text", "reply_to", UTTERANCE).rows() == [
        ("u0.0", 0, "I see.", None, "u0"),
        ("u0.1", 1, "What then?", "u0.0", "u0"),
        ("u1.0", 2, "Nothing.", "u0.1", "u1"),
        ("u2.0", 3, "Oh.", "u1.0", "u2"),
        ("u2.1", 4, "I see.", "u2.0", "u2"),
        ("u2.2", 5, "Go on.", "u2.1", "u2"),
    ]


def test_times_are_shared_out_by_length_and_marked(session):
    turns = split_sentences(session).utterances
    assert turns[TIME_ESTIMATED].to_list() == [True, True, False, False, False, False]
    assert turns["start"].to_list() == [0.0, pytest.approx(70 / 17), 10.0, None, None, None]
    assert turns["end"].to_list() == [pytest.approx(60 / 17), 10.0, 12.0, None, None, 20.0]
    silent = session.utterances.with_columns(start=None, end=None)
    assert TIME_ESTIMATED not in split_sentences(Corpus.build(silent)).utterances.columns


def test_codings_of_turns_become_segments_and_spans_find_their_sentence(session):
    split = split_sentences(session)
    codes = split.layer("codes.me")
    assert codes.metadata.unit == "segment"
    assert codes.table["unit_id"].is_in(split.utterances[UTTERANCE].implode()).all()
    texts = dict(split.utterances.select("id", "text").iter_rows())
    rows = split.layer("spans.me").table.select("unit_id", "start_char", "end_char").iter_rows()
    assert [texts[unit][start:end] for unit, start, end in rows] == ["then", "Go"]
    assert (split.findings[-1].check, split.findings[-1].count) == ("span left out", 1)


def test_joining_makes_the_turns_again(session):
    again = join_turns(split_sentences(session)).utterances
    assert again["text"].to_list() == session.utterances["text"].to_list()
    assert again["end"].to_list() == session.utterances["end"].to_list()
    assert again["start"].to_list() == session.utterances["start"].to_list()


@given(corpora())
@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS)
def test_splitting_keeps_every_word(corpus):
    split = split_sentences(corpus).utterances
    assert split["id"].is_unique().all()
    said = split.group_by(UTTERANCE, maintain_order=True).agg(pl.col("text").str.join(" "))
    spoken = [" ".join(text.split()) for text in corpus.utterances["text"].to_list()]
    assert said[UTTERANCE].to_list() == corpus.utterances["id"].to_list()
    # Chinese and Japanese sentences have no space between them, so spaces do not count
    squeezed = ["".join(text.split()) for text in said["text"].to_list()]
    assert squeezed == ["".join(text.split()) for text in spoken]
