from math import isnan

import polars as pl
import pytest

from workbench.corpus import Corpus, CorpusMetadata
from workbench.corpus.language import english_share, is_english, not_english, stating_language

ENGLISH = "I know that I should stop, but it is the only thing that calms me down at night."
OTHERS = {
    "German": "Ich weiß nicht, ob ich das kann. Was soll ich tun, wenn er wieder so ist?",
    "Dutch": "Ik weet niet of ik dat nog kan, maar we moeten het proberen, want hij was in de war.",
    "French": "Je ne sais pas si je peux continuer comme ça, mais il faut que je le fasse pour moi.",
    "Spanish": "No sé qué hacer, me siento muy mal y no puedo dormir, pero quiero cambiar.",
    "Italian": "Non so cosa fare, sono molto stanca e non posso dormire, ma ho in mente di cambiare.",
    "Portuguese": "Eu não sei o que fazer e me sinto muito mal, mas quero mudar de vida.",
    "Swedish": "Jag vet inte vad jag ska göra, men det är inte så bra här hemma och han har en ny.",
    "Polish": "Nie wiem, co mam robić, bo to do mnie nie przemawia i on był taki sam.",
    "Chinese": "我不知道该怎么办,最近总是睡不好。",
}


def _corpus(*texts, language=""):
    rows = [{"conversation_id": f"c{i}", "speaker": "a", "text": t} for i, t in enumerate(texts)]
    return Corpus.build(pl.DataFrame(rows), metadata=CorpusMetadata(language=language))


def test_english_is_english():
    assert is_english([ENGLISH])[0]
    assert english_share([ENGLISH]) > 0.35


@pytest.mark.parametrize("name", OTHERS)
def test_other_languages_are_not(name):
    kept, share = is_english([OTHERS[name]])
    assert not kept
    assert share < 0.15


def test_without_words_nothing_is_refused():
    kept, share = is_english(["...", ""])
    assert kept
    assert isnan(share)


def test_each_long_conversation_stands_for_itself_and_short_ones_for_the_corpus():
    corpus = _corpus(ENGLISH * 5, OTHERS["German"] * 5, "Hm. Genau.")
    assert not_english(corpus) == ("c1",)
    german = _corpus(OTHERS["German"] * 5, "Okay.")
    assert not_english(german) == ("c0", "c1")


@pytest.mark.parametrize(("stated", "kept"), [("en", True), ("English", True), ("de", False)])
def test_a_stated_language_decides(stated, kept):
    assert (not_english(_corpus("Hm.", language=stated)) == ()) == kept


def test_parts_of_a_corpus_state_what_the_whole_was_judged_to_be():
    corpus = _corpus(ENGLISH * 5, OTHERS["German"] * 5, "Hm. Genau.")
    english, german = stating_language(corpus, not_english(corpus))
    assert english.conversations["id"].to_list() == ["c0", "c2"]
    short = english.filter(conversations=["c2"])
    assert not_english(short) == ()
    assert not_english(german) == ("c1",)
    assert len(stating_language(short, ())) == 1
