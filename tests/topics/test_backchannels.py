import polars as pl
import pytest

from workbench.corpus import Corpus
from workbench.topics import backchannel_layer, first_names
from workbench.topics.vocabulary import words_of


def corpus_of(texts, conversations=None):
    frame = pl.DataFrame(
        {
            "conversation_id": conversations or ["c"] * len(texts),
            "speaker": ["S1"] * len(texts),
            "role": ["therapist"] * len(texts),
            "text": texts,
        }
    )
    return Corpus.build(frame)


def label_of(text):
    return backchannel_layer(corpus_of([text])).table["label"][0]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("", "nonverbal"),
        ("[laughs]", "nonverbal"),
        ("(chuckles) --", "nonverbal"),
        ("Mm-hmm.", "backchannel"),
        ("Yeah. Yeah, oh okay.", "backchannel"),
        ("Uh, right. [crosstalk]", "backchannel"),
        ("No.", "answer"),
        ("Uh, no, never.", "answer"),
        ("Hi, how are you today?", "greeting"),
        ("Thank you so much for coming in.", "greeting"),
        ("Um-", "filler"),
        ("-and so what do you-", "filler"),
        ("Do you?", "filler"),
        ("Seven.", "short"),
        ("Yeah, rejection.", "short"),
        ("You smoke twenty a day.", None),
        ("Okay, so your sister drinks (a lot of) wine.", None),
        ("No, I never told my mother.", None),
        ("Thank you for telling me about the night your brother left.", None),
    ],
)
def test_rules(text, label):
    assert label_of(text) == label


def test_the_layer_covers_every_utterance_and_says_why(corpus):
    layer = backchannel_layer(corpus)
    assert layer.metadata.scheme == "backchannel"
    assert layer.metadata.coder_kind == "rule"
    assert layer.table["unit_id"].to_list() == corpus.utterances["id"].to_list()
    assert (layer.table["label"].is_null() == layer.table["note"].is_null()).all()


def test_short_formulas_of_many_conversations_are_found_in_any_language():
    texts = ["Genau so ist", "Genau so ist", "Genau so ist", "Der Hund bellt", "Das Haus brennt"]
    labels = backchannel_layer(corpus_of(texts, list("abcde"))).table["label"].to_list()
    assert labels == ["frequent", "frequent", "frequent", None, None]


def test_long_turns_take_no_quadratic_time():
    long = "Then Anna came, and the house was Cold. " * 25_000
    assert backchannel_layer(corpus_of([long])).table["label"].to_list() == [None]


def test_names_are_recognised_by_address_introduction_and_list():
    corpus = corpus_of(
        [
            "Hi, my name is Delwyn and this is the clinic.",
            "So tell me, Hatice. What brings you, Hatice?",
            "Then Fiona said that Prozac, Zoloft, and Effexor made it worse.",
            "In Auckland it rains on Monday. Grace is a gift, grace is all.",
        ]
    )
    assert first_names(corpus) == {"delwyn", "hatice", "fiona"}


def test_speaker_names_are_names_and_role_words_are_not():
    frame = pl.DataFrame(
        {
            "conversation_id": ["c", "c", "c"],
            "speaker": ["Ngaire Smith", "Therapist", "c12"],
            "text": ["a", "b", "c"],
        }
    )
    assert first_names(Corpus.build(frame)) == {"ngaire", "smith"}


def test_words_keep_inner_apostrophes_and_hyphens():
    assert words_of("Mm-hmm, I don’t… <b>10</b>") == ["mm-hmm", "i", "don't", "10"]
