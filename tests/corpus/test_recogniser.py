"""What nobody said is flagged; what people say, again and again and politely, is kept."""

import polars as pl
import pytest
from generated_corpora import CHECKS, corpora
from hypothesis import given, settings

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.recogniser import LABELS, flag_hallucinations, without

# own cues in the manner of what recognisers write into silence; no list of a program is copied
MADE_UP = {
    "stock phrase": [
        "Thank you for watching!",
        "Thanks for watching, guys. Bye!",
        "Okay, thank you so much for watching this video.",
        "Thanks for watching! Thanks for watching!",
        "Please subscribe.",
        "Please like, share and subscribe to our channel.",
        "Don't forget to subscribe and hit the bell!",
        "I'll see you in the next video.",
        "Hi everyone, welcome back to my channel.",
        "If you enjoyed this video, leave a comment below.",
        "To be continued...",
        "Vielen Dank fürs Zuschauen!",
        "Danke fürs Zusehen und bis zum nächsten Mal.",
        "Bitte abonniert meinen Kanal.",
        "Bis zum nächsten Video!",
        "Merci d'avoir regardé la vidéo.",
        "N'oubliez pas de vous abonner !",
        "Abonnez-vous à la chaîne.",
        "¡Muchas gracias por ver el video!",
        "No olvides suscribirte al canal.",
        "Nos vemos en el próximo vídeo.",
        "Obrigada por assistir!",
        "Se inscreva no canal e deixe o like.",
        "Grazie per aver guardato questo video.",
        "Iscriviti al canale!",
        "Bedankt voor het kijken.",
        "Vergeet niet te abonneren, abonneer je op mijn kanaal.",
        "Dziękuję za oglądanie.",
        "Zapraszam do subskrypcji kanału.",
        "Спасибо за просмотр!",
        "Подписывайтесь на канал.",
        "Продолжение следует...",
        "Дякую за перегляд!",
        "Děkuji za sledování.",
        "Tack för att ni har tittat.",
        "İzlediğiniz için çok teşekkür ederim.",
        "Kanalıma abone olmayı unutmayın.",
        "ご視聴ありがとうございました。",
        "チャンネル登録お願いします",
        "感谢您的观看!",
        "请订阅我们的频道",
        "시청해 주셔서 감사합니다.",
        "구독과 좋아요 부탁드립니다",
        "شكرا لكم على المشاهدة",
        "اشتركوا في قناتنا",
        "देखने के लिए धन्यवाद",
        "Cảm ơn các bạn đã theo dõi.",
        "Terima kasih sudah menonton!",
        "Ευχαριστούμε πολύ που παρακολουθήσατε.",
    ],
    "subtitle credit": [
        "Subtitles by the Amara.org community",
        "Captions by Example Studio",
        "Transcribed by a volunteer",
        "Untertitel im Auftrag des ZDF, 2020",
        "Untertitelung des NDR, 2019",
        "Sous-titres réalisés par une équipe de bénévoles",
        "Subtítulos por la comunidad",
        "Legendas pela comunidade",
        "Sottotitoli a cura di un amico",
        "Ondertiteling door vrijwilligers",
        "Napisy stworzone przez społeczność",
        "Субтитры сделал Пример",
        "Titulky vytvořil Nikdo",
        "字幕由志愿者提供",
        "Altyazı M.K.",
    ],
    "music mark": [
        "♪",
        "♪ la la la ♪",
        "[Music]",
        "(soft music playing)",
        "*Musik*",
        "[Música]",
        "🎵",
    ],
    "loop": [
        "I'm going to go. " * 4,
        "and then we'll see " * 6 + "and",
        "So what you want to do is " * 5,
        "no " * 30,
        "Bu çok güzel. " * 5,
        "それはそうですね" * 5,
        "我不知道" * 8,
    ],
}

SAID = [
    "Thank you.",
    "Thank you so much for listening.",
    "Thanks for watching the kids yesterday.",
    "Mm-hmm.",
    "mm-hmm mm-hmm mm-hmm",
    "No no no no, that's not what I meant.",
    "Yeah yeah yeah yeah yeah.",
    "okay bye",
    "See you next time.",
    "You.",
    "I know, I know, I know, I know.",
    "I don't know. I don't know. I don't know.",
    "I watch everything with subtitles by now.",
    "I subscribe to that idea.",
    "We listened to the music he likes.",
    "She likes to ring the bell when she wants something.",
    "He keeps watching that video, over and over and over and over.",
    "Ja, ja, ja, genau.",
    "Danke, dass Sie mir zugehört haben.",
    "Ich schaue das mit Untertiteln.",
    "Merci de m'avoir écouté.",
    "Gracias por todo.",
    "ありがとうございました",
    "はい、はい、はい、そうですね",
    "哈哈哈哈哈哈哈哈哈哈哈哈",
    "谢谢你听我说",
    "Hahahahahahaha",
    "And then I had to subscribe to the gym.",
    "See you on the video call next week.",
    "Press the bell if you need the nurse.",
    "Er hat die Zeitung abonniert.",
    "Vous devriez vous abonner à la salle de sport.",
    "No quiere suscribirse al gimnasio.",
    "Iscriviti a un corso di nuoto.",
    "Mam subskrypcję i nie mogę z niej zrezygnować.",
    "我订阅了报纸",
    "上司に高評価をもらった",
    "Untertitel helfen mir beim Verstehen.",
    "I would like a transcript of this session.",
    "[laughs]",
    "",
]


def corpus_of(texts, **more):
    """Each text by another speaker of one talk, so that nothing follows itself."""
    frame = {
        "conversation_id": ["a"] * len(texts),
        "speaker": [f"S{n}" for n in range(len(texts))],
        "text": list(texts),
    }
    return Corpus.build(pl.DataFrame({**frame, **more}))


def labels(corpus):
    layer = flag_hallucinations(corpus)
    assert layer.table["unit_id"].to_list() == corpus.utterances["id"].to_list()
    return layer.table["label"].to_list()


@pytest.mark.parametrize("label", LABELS)
def test_made_up_cues_are_flagged(label):
    texts = MADE_UP[label]
    missed = [
        text for text, found in zip(texts, labels(corpus_of(texts)), strict=True) if found != label
    ]
    assert missed == []


def test_what_people_say_is_kept():
    flagged = [text for text, found in zip(SAID, labels(corpus_of(SAID)), strict=True) if found]
    assert flagged == []


def test_a_turn_with_words_of_its_own_is_kept():
    mixed = (
        "So we talked about your sister, and you wanted to call her this week. Thanks for watching!"
    )
    assert labels(corpus_of([mixed])) == [None]


def cues(texts, **more):
    frame = {"conversation_id": "a", "speaker": "S"}
    return Corpus.build(
        pl.DataFrame({"text": list(texts), **more}).with_columns(
            **{k: pl.lit(v) for k, v in frame.items()}
        )
    )


def test_a_cue_over_and_over_is_kept_the_first_time():
    said = ["Let us begin.", *["I think we are ready."] * 5, "Yes."]
    assert labels(cues(said)) == [None, None, "loop", "loop", "loop", "loop", None]
    assert labels(cues(["I think we are ready."] * 3)) == [None] * 3
    assert labels(cues(["Yeah."] * 5)) == [None] * 5


def test_thanks_that_last_or_come_thrice_are_silence():
    assert labels(cues(["Thank you."] * 3)) == [None, "loop", "loop"]
    assert labels(cues(["Thank you."], start=[0.0], end=[2.0])) == [None]
    assert labels(cues(["Thank you."], start=[0.0], end=[29.9])) == ["stock phrase"]


def test_removal_is_asked_for():
    corpus = corpus_of(["How are you?", "Thanks for watching!", "Tired."])
    layer = flag_hallucinations(corpus)
    assert layer.metadata.coder_kind == "rule"
    kept = without(corpus, layer)
    assert kept.utterances["text"].to_list() == ["How are you?", "Tired."]
    assert kept.utterances["turn"].to_list() == [0, 2]
    assert corpus.utterances.height == 3


@given(corpora())
@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS)
def test_every_turn_gets_one_row(corpus):
    found = labels(corpus)
    assert set(found) <= {None, *LABELS}


REAL = [
    "annomi/AnnoMI-simple.csv",
    "esconv/esconv_raw.jsonl.gz",
    "esconv/esconv_feedback.jsonl.gz",
    "esconv/FailedESConv.jsonl",
]


def test_real_talk_gives_less_than_one_false_alarm_in_a_thousand_turns(data_home):
    turns = flags = 0
    for name in REAL:
        table = flag_hallucinations(wb.load(data_home / name)).table
        turns += table.height
        flags += table["label"].count()
    assert turns == 32_894
    assert flags / turns < 0.5 / 1_000
