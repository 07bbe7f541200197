"""WhatsApp exports of iOS and Android in the date forms of several languages."""

import zipfile

import pytest

import workbench as wb
from workbench.errors import BadInput

ANDROID = (
    "31.12.23, 23:58 - Nachrichten sind Ende-zu-Ende-verschlüsselt.\n"
    "31.12.23, 23:58 - Anna: Bist du noch wach?\n"
    "Ich kann nicht schlafen.\n"
    "\n"
    "Es ist der Lärm.\n"
    "31.12.23, 23:59 - +49 151 2345678: Ja: was ist los?\n"
    "01.01.24, 00:00 - Anna: <Medien ausgeschlossen>\n"
    "01.01.24, 00:01 - Anna: \u200eIMG-20240101-WA0001.jpg (Datei angehängt)\n"
    "Das Feuerwerk\n"
    "01.01.24, 00:02 - Anna hat Ben hinzugefügt.\n"
    "01.01.24, 00:03 - Anna: Du hast diese Nachricht gelöscht.\n"
    "01.01.24, 00:04 - Anna: Schon besser. <Diese Nachricht wurde bearbeitet.>\n"
)
IOS = (
    "\u200e[12/31/23, 11:58:01\u202fPM] Night shift: \u200eMessages and calls are end-to-end encrypted.\r\n"
    "[12/31/23, 11:58:05\u202fPM] Anna: Are you awake?\r\n"
    "[12/31/23, 11:59:59\u202fPM] Dr: Lee: Yes. <3\r\n"
    "[1/1/24, 12:00:10\u202fAM] Dr: Lee: What is it?\r\n"
    "\u200e[1/1/24, 12:01:00\u202fAM] Anna: \u200eimage omitted\r\n"
    "\u200e[1/1/24, 12:02:00\u202fAM] Anna: The fireworks \u200e<attached: 00000012-PHOTO-2024.jpg>\r\n"
    "\u200e[1/1/24, 12:03:00\u202fAM] Anna: \u200eAnna added Ben\r\n"
    "[1/1/24, 12:04:00\u202fPM] Anna: Better now. \u200e<This message was edited>\r\n"
)


def load(folder, text, name="Chat.txt", **options):
    (folder / name).write_text(text, "utf-8", newline="")
    return wb.load(folder / name, **options)


def chat(*lines):
    return "\n".join(lines) + "\n"


def test_android_in_german(tmp_path):
    corpus = load(tmp_path, ANDROID)
    turns = corpus.utterances
    assert turns.select("speaker", "role", "text").rows() == [
        ("system-Chat", "system", "Nachrichten sind Ende-zu-Ende-verschlüsselt."),
        ("Anna", "other", "Bist du noch wach?\nIch kann nicht schlafen.\n\nEs ist der Lärm."),
        ("+49 151 2345678", "other", "Ja: was ist los?"),
        ("Anna", "other", ""),
        ("Anna", "other", "Das Feuerwerk"),
        ("system-Chat", "system", "Anna hat Ben hinzugefügt."),
        ("Anna", "other", ""),
        ("Anna", "other", "Schon besser."),
    ]
    assert turns["timestamp"].to_list()[:4:3] == ["2023-12-31T23:58", "2024-01-01T00:00"]
    assert turns["meta.app_note"].to_list()[3:7:3] == [
        "<Medien ausgeschlossen>",
        "Du hast diese Nachricht gelöscht.",
    ]
    assert turns["meta.file"].drop_nulls().to_list() == ["IMG-20240101-WA0001.jpg"]
    assert turns["meta.edited"].to_list() == [None] * 7 + [True]
    assert turns["start"].null_count() == turns.height
    told = dict(corpus.report().select("check", "count").iter_rows())
    assert (told["lines of the app"], told["media or deleted"]) == (2, 3)


def test_ios_in_english_with_marks_and_narrow_spaces(tmp_path):
    corpus = load(tmp_path, IOS, name="_chat.txt")
    assert corpus.conversations["id"].to_list() == [tmp_path.name]
    assert corpus.utterances.select("speaker", "text", "timestamp").rows() == [
        (
            f"system-{tmp_path.name}",
            "Messages and calls are end-to-end encrypted.",
            "2023-12-31T23:58:01",
        ),
        ("Anna", "Are you awake?", "2023-12-31T23:58:05"),
        ("Dr: Lee", "Yes. <3", "2023-12-31T23:59:59"),
        ("Dr: Lee", "What is it?", "2024-01-01T00:00:10"),
        ("Anna", "", "2024-01-01T00:01:00"),
        ("Anna", "The fireworks", "2024-01-01T00:02:00"),
        (f"system-{tmp_path.name}", "Anna added Ben", "2024-01-01T00:03:00"),
        ("Anna", "Better now.", "2024-01-01T12:04:00"),
    ]
    assert corpus.utterances["meta.app_note"].drop_nulls().to_list() == ["image omitted"]
    assert corpus.utterances["meta.file"].drop_nulls().to_list() == ["00000012-PHOTO-2024.jpg"]
    assert corpus.utterances["meta.edited"].sum() == 1


def test_names_are_given_roles(tmp_path):
    corpus = load(tmp_path, IOS, roles={"Dr: Lee": "counsellor", "Anna": "client"})
    assert corpus.utterances["side"].to_list()[1:4] == ["client", "helper", "helper"]
    assert set(corpus.utterances["role"]) == {"system", "client", "counsellor"}


def test_the_zip_file_of_the_app(tmp_path):
    with zipfile.ZipFile(tmp_path / "WhatsApp Chat - Anna.zip", "w") as archive:
        archive.writestr("00000012-PHOTO-2024.jpg", b"\xff\xd8")
        archive.writestr("_chat.txt", IOS)
    corpus = wb.load(tmp_path / "WhatsApp Chat - Anna.zip")
    assert corpus.conversations["id"].to_list() == ["WhatsApp Chat - Anna"]
    assert corpus.utterances.height == 8


def test_a_zip_file_without_a_chat_is_no_chat(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
        archive.writestr("b.txt", "x")
    with pytest.raises(BadInput, match="no reader knows"):
        wb.load(path)
    with pytest.raises(BadInput, match="no chat in the archive"):
        wb.load(path, format="whatsapp")


FORMS = {
    "day first": ("13/04/2024, 21:05 - ", "2024-04-13T21:05"),
    "month first": ("4/13/24, 9:05 PM - ", "2024-04-13T21:05"),
    "year first": ("2024-04-13, 21:05 - ", "2024-04-13T21:05"),
    "Spanish": ("13/4/24, 9:05 p. m. - ", "2024-04-13T21:05"),
    "Spanish morning": ("13/4/24 9:05 a.\u00a0m. - ", "2024-04-13T09:05"),
    "French": ("13/04/2024 à 21:05 - ", "2024-04-13T21:05"),
    "Finnish": ("13.4.2024 klo 21.05 - ", "2024-04-13T21:05"),
    "Chinese": ("2024/4/13 下午9:05 - ", "2024-04-13T21:05"),
    "Korean": ("2024. 4. 13. 오후 9:05 - ", "2024-04-13T21:05"),
    "Arabic": ("١٣\u200f/٤\u200f/٢٠٢٤، ٩:٠٥ م - ", "2024-04-13T21:05"),
    "iOS brackets": ("[13.04.24, 21:05:06] ", "2024-04-13T21:05:06"),
    "noon": ("4/13/24, 12:05 PM - ", "2024-04-13T12:05"),
    "midnight": ("4/13/24, 12:05 AM - ", "2024-04-13T00:05"),
}


@pytest.mark.parametrize("form", FORMS)
def test_dates_of_many_languages(tmp_path, form):
    head, stamp = FORMS[form]
    corpus = load(tmp_path, chat(f"{head}Anna: Hi.", f"{head}Ben: Hello."))
    assert corpus.utterances.select("speaker", "text", "timestamp").rows() == [
        ("Anna", "Hi.", stamp),
        ("Ben", "Hello.", stamp),
    ]
    assert "order of dates" not in corpus.report()["check"]


def test_order_in_time_decides_where_every_month_is_possible(tmp_path):
    days = ["2/1/24", "2/3/24", "3/1/24"]  # as days first: January, March, January
    corpus = load(tmp_path, chat(*(f"{day}, 10:00 - Anna: Hi." for day in days)))
    assert corpus.utterances["timestamp"].str.slice(0, 10).to_list() == [
        "2024-02-01",
        "2024-02-03",
        "2024-03-01",
    ]
    assert "order of dates" not in corpus.report()["check"]


def test_dates_that_fit_both_ways_are_told(tmp_path):
    corpus = load(tmp_path, chat("3/4/24, 10:00 - Anna: Hi.", "5/6/24, 10:00 - Ben: Hello."))
    assert corpus.utterances["timestamp"].to_list() == ["2024-04-03T10:00", "2024-06-05T10:00"]
    found = corpus.report().filter(check="order of dates")
    assert found["level"].to_list() == ["warning"]
    assert "day first" in found["message"][0]


def test_impossible_times_are_left_empty_and_told(tmp_path):
    lines = [
        "13/04/24, 10:00 - Anna: Hi.",
        "13/04/24, 29:00 - Ben: Hello.",
        "99/99/24, 10:00 - Ben: What?",
    ]
    corpus = load(tmp_path, chat(*lines))
    assert corpus.utterances["timestamp"].to_list() == ["2024-04-13T10:00", None, None]
    assert "row 2, row 3" in corpus.report().filter(check="malformed time")["where"][0]


def test_the_apps_words_are_known_by_standing_often_in_a_language_not_listed(tmp_path):
    lines = [f"13.04.24, 10:0{n} - Anna: <Slike ikke med>" for n in range(2)]
    lines += ["13.04.24, 10:05 - Ben: I wonder <said to myself>", "13.04.24, 10:06 - Ben: <3"]
    texts = load(tmp_path, chat(*lines)).utterances["text"].to_list()
    assert texts == ["", "", "I wonder <said to myself>", "<3"]


def test_lines_before_the_first_date_are_told(tmp_path):
    corpus = load(
        tmp_path, chat("end of something", "13.04.24, 10:00 - Anna: Hi."), format="whatsapp"
    )
    assert corpus.utterances["text"].to_list() == ["Hi."]
    assert corpus.report().filter(check="lines before the chat")["level"].to_list() == ["warning"]


def test_a_subject_with_a_colon_is_a_line_of_the_app(tmp_path):
    lines = [
        "13.04.24, 10:00 - Anna: Hi.",
        '13.04.24, 10:01 - Anna changed the subject to "Team: nights"',
    ]
    assert load(tmp_path, chat(*lines)).utterances["role"].to_list() == ["other", "system"]


@pytest.mark.parametrize(
    "text",
    [
        "Therapist: How are you?\nClient: Fine.\n",
        "Anna  0:08  \nHi.\n\nBen  0:12  \nHello.\n",
        "date,speaker,text\n31.12.23,Anna,Hi.\n",
        "2023-12-31 23:59:01 INFO server started\n",
    ],
)
def test_other_texts_are_not_taken(tmp_path, text):
    from workbench.corpus.readers import reader

    (tmp_path / "x.txt").write_text(text, "utf-8")
    assert reader("whatsapp").sniff(tmp_path / "x.txt") == 0.0
    assert reader("whatsapp").sniff(tmp_path / "not there.txt") == 0.0


def test_no_chat_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(BadInput, match=r"x\.txt.*no line begins with a date"):
        load(tmp_path, "Once upon a time.\n", name="x.txt", format="whatsapp")
