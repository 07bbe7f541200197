"""Plain transcripts: `Name: text` in its many layouts, and texts that are none."""

import pytest
from hypothesis import given, settings
from transcript_files import REAL, assert_gold, assert_loads_or_refuses, checks, load, said, spoiled

import workbench as wb
from workbench.corpus.readers import likeliest, reader
from workbench.corpus.readers.plain import transcript_of
from workbench.errors import BadInput
from workbench.resources import bundled

LINES = """\
T: How was the week?
C: Hard. I told her: stop.
She would not.
See https://example.org: it helps.
T: And at 10:30?
C: Asleep.
"""


def plain(folder, text, **options):
    return load(folder, text, "talk.txt", **options)


def test_letters_for_roles_and_lines_that_go_on(tmp_path):
    corpus = plain(tmp_path, LINES)
    assert said(corpus) == [
        ("therapist-talk", "How was the week?"),
        (
            "client-talk",
            "Hard. I told her: stop. She would not. See https://example.org: it helps.",
        ),
        ("therapist-talk", "And at 10:30?"),
        ("client-talk", "Asleep."),
    ]
    assert corpus.utterances["side"].to_list() == ["helper", "client"] * 2
    assert corpus.findings == ()


@pytest.mark.parametrize(
    "line",
    [
        "[{t}] {n}: {x}",
        "({t}) {n}: {x}",
        "{t} {n}: {x}",
        "{t} - {n}: {x}",
        "{n} ({t}): {x}",
        "{n} [{t}]: {x}",
        "[{t}]\n{n}: {x}",
        "{t}\n\n{n}: {x}",
        "<{t}> {n}：{x}",
        "{t} {n} : {x}",
    ],
)
def test_times_stand_before_or_behind_the_name(tmp_path, line):
    turns = [
        ("0:12", "Ann", "Hello: you"),
        ("01:02:03", "Bob", "at 5:30"),
        ("01:02:04", "Ann", "Yes"),
    ]
    text = "\n".join(line.format(t=t, n=n, x=x) for t, n, x in turns)
    corpus = plain(tmp_path, text)
    assert said(corpus) == [(n, x) for _, n, x in turns]
    assert corpus.utterances["start"].to_list() == [12.0, 3723.0, 3724.0]
    assert corpus.utterances["timestamp"].to_list() == [t for t, _, _ in turns]


def test_ends_half_days_and_zooms_saved_chat(tmp_path):
    spans = plain(
        tmp_path, "[00:01.5 --> 00:02] [SPEAKER_00]: a\n[00:02 - 00:03] [SPEAKER_01]: b\n"
    )
    assert spans.utterances.select("start", "end").rows() == [(1.5, 2.0), (2.0, 3.0)]
    half = plain(tmp_path, "9:58 AM Ann: a\n10:01 PM Bob: b\n9:59 am Ann: c\n")
    assert half.utterances["start"].null_count() == 3
    assert half.utterances["timestamp"].to_list() == ["9:58 AM", "10:01 PM", "9:59 am"]
    chat = plain(
        tmp_path,
        "10:02:11 From  Ann Lee  to  Everyone : Hi\n10:02:30 From Bob to Ann Lee:\n\tYes\n"
        "10:02:31 From Ann Lee to Everyone: So\n",
    )
    assert said(chat) == [("Ann Lee", "Hi"), ("Bob", "Yes"), ("Ann Lee", "So")]
    assert chat.utterances["meta.to"].to_list() == ["Everyone", "Ann Lee", "Everyone"]


def test_a_time_inside_a_turn_is_said_unless_names_carry_times(tmp_path):
    corpus = plain(tmp_path, "Ann: We met at\n10:30 and left.\nBob: Yes.\nAnn: No.\nBob: Oh.\n")
    assert said(corpus)[0] == ("Ann", "We met at 10:30 and left.")
    corpus = plain(tmp_path, "[0:01] Ann: We met.\n[0:05] Somewhere.\n[0:07] Ann: Yes.\n")
    assert said(corpus)[1] == (None, "Somewhere.")
    assert checks(corpus)["no speaker"].count == 1


@pytest.mark.parametrize(
    "text",
    [
        "咨询师：最近怎么样？\n来访者：不太好。\n咨询师：嗯。\n来访者：累。\n",
        "Терапевт: Как неделя?\nКлиент: Тяжело.\nТерапевт: Да.\nКлиент: Вот.\n",
        "المعالج: كيف حالك؟\nالعميل: تعبان.\nالمعالج: نعم.\nالعميل: شكرا.\n",
    ],
)
def test_any_script(tmp_path, text):
    corpus = plain(tmp_path, text, roles={text.split("：")[0].split(":")[0]: "therapist"})
    assert corpus.utterances["side"].to_list() == ["helper", "other"] * 2


def test_words_for_roles_in_other_languages(tmp_path):
    corpus = plain(tmp_path, "Beraterin: Ja?\nKlientin : Naja.\nBeraterin: Mhm.\n")
    assert corpus.utterances["role"].to_list() == ["counsellor", "client", "counsellor"]


def test_titles_and_facts_before_the_first_turn_are_kept(tmp_path):
    turns = LINES.replace("\n", "\n\n")
    corpus = plain(tmp_path, f"Session three\nDate: Monday\nClient ID: 007\nPlace: here\n\n{turns}")
    header = corpus.conversation("talk").facts["meta.header"]
    assert header == "Session three\nDate: Monday\nClient ID: 007\nPlace: here"
    assert corpus.utterances.height == 4


def test_one_who_speaks_once(tmp_path):
    lines = ["Ann: Hello.", "Bob: Hi.", "Ann: So.", "Porter: The post!", "Bob: Thanks."]
    assert ("Porter", "The post!") in said(plain(tmp_path, "\n".join(lines)))
    assert ("Porter", "The post!") in said(plain(tmp_path, "\n\n".join(lines)))


def test_a_name_in_doubt_is_read_as_words_and_noted(tmp_path):
    corpus = plain(
        tmp_path, "Ann: Hello.\nBob: Hi.\nRemember: rest.\nand eat\nAnn: So.\nBob: Yes.\n"
    )
    assert said(corpus)[1] == ("Bob", "Hi. Remember: rest. and eat")
    note = checks(corpus)["name or words"]
    assert (note.level, note.count) == ("note", 1)
    assert note.where.endswith("row 3")
    assert "Remember" not in str(note)


def test_a_list_that_goes_on_after_a_colon_is_no_speaker(tmp_path):
    corpus = plain(tmp_path, "Ann: Two things:\nSleep: more.\nBob: Yes.\nAnn: Good.\nBob: Hm.\n")
    assert said(corpus)[0] == ("Ann", "Two things: Sleep: more.")


NOT_PLAIN = {
    "prose": "Once upon a time there was a table.\nIt said: no.\n\nThe end.\n",
    "note": "Note: buy milk\n",
    "facts": "name: x\ncolour: red\nsize: 3\n",
    "yaml": "- name: a\n  text: b\n- name: c\n  text: d\n",
    "css": "p {\n  color: red;\n  margin: 0;\n}\na {\n  color: blue;\n  margin: 1px;\n}\n",
    "mail": "From: a\nTo: b\nSubject: c\n\nFrom: a\nTo: b\nSubject: d\n",
    "code": "def f(x):\n    try:\n        return 1\n    except E:\n        x = 2\n    else:\n        pass\n",
    "whatsapp": "12/03/2024, 10:15 - Ann: Hi\n12/03/2024, 10:16 - Bob: Hello\n" * 3,
    "iphone": "[2024-03-12, 10:15:01] Ann: Hi\n\u200e[2024-03-12, 10:16:40] Bob: Hello\n" * 3,
    "german": "12.03.24, 10:15 - Ann: Hi\n12.03.24, 10:16 - Bob: Hello\n" * 3,
    "discord": "[03-Dec-21 10:15 PM] ann: Hi\n[03-Dec-21 10:16 PM] bob: Hello\n" * 3,
    "minutes": "\n".join(f"We went on. Then {n} said a lot: {n}" for n in "abcdef"),
}


@pytest.mark.parametrize("name", sorted(NOT_PLAIN))
def test_other_texts_are_not_taken_for_transcripts(tmp_path, name):
    (tmp_path / "a.txt").write_text(NOT_PLAIN[name], "utf-8")
    assert reader("plain").sniff(tmp_path / "a.txt") == 0.0


def test_confidence_stays_below_formats_with_signs_of_their_own(tmp_path):
    (tmp_path / "a.txt").write_text(LINES)
    assert 0.3 <= reader("plain").sniff(tmp_path / "a.txt") < 0.35
    assert likeliest(tmp_path / "a.txt").name == "plain"
    assert reader("plain").sniff(tmp_path) == reader("plain").sniff(tmp_path / "none.txt") == 0.0
    table = "speaker,text\nAnn,Hello: you\nBob,Yes: me\n"
    (tmp_path / "t.csv").write_text(table)
    assert likeliest(tmp_path / "t.csv").name == "table"


def test_a_page_of_long_wrapped_turns_is_still_known(tmp_path):
    wrapped = "I thought about it\n" * 12
    (tmp_path / "a.txt").write_text(f"T: So?\n{wrapped}C: Well,\n{wrapped}" * 4)
    assert likeliest(tmp_path / "a.txt").name == "plain"
    assert wb.load(tmp_path / "a.txt").utterances.height == 8


@pytest.mark.parametrize("text", ["", "Once upon a time.\n", NOT_PLAIN["whatsapp"]])
def test_what_names_nobody_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match=r"talk\.txt"):
        plain(tmp_path, text, format="plain")


def test_turns_of_a_text_know_their_lines():
    found = transcript_of(f"Title\n\n{LINES}")
    assert found.header == ["Title"]
    assert [cue.row for cue in found.cues] == [3, 4, 7, 8]


@settings(max_examples=60, deadline=None)
@given(content=spoiled(LINES))
def test_any_bytes_load_or_are_refused(tmp_path_factory, content):
    assert_loads_or_refuses(tmp_path_factory.mktemp("any"), content, "plain")


def test_a_folder_of_transcripts_is_a_corpus(tmp_path):
    demo = wb.load(bundled("data", "demo"))
    demo.write(tmp_path / "out", format="plain")
    corpus = wb.load(tmp_path / "out")
    assert corpus.conversations.height == demo.conversations.height
    assert sorted(corpus.utterances["text"]) == sorted(demo.utterances["text"])


@REAL
@pytest.mark.parametrize("number", [0, 1, 9])
def test_rendered_transcripts_are_read_exactly(number):
    assert_gold(number, "plain.txt", "role", "text")
