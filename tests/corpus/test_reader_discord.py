"""Discord: what DiscordChatExporter writes, and Discord's own data package."""

import json

import pytest

import workbench as wb
from workbench.errors import BadInput


def person(number, name, **more):
    return {
        "id": number,
        "name": name,
        "discriminator": "0000",
        "nickname": None,
        "isBot": False,
        **more,
    }


ANNA, BOT = person("1", "anna", nickname="Anna"), person("2", "helper", isBot=True)


def message(number, author, content, **more):
    return {
        "id": number,
        "type": "Default",
        "timestamp": f"2024-04-13T10:0{number[-1]}:00+00:00",
        "timestampEdited": None,
        "isPinned": False,
        "content": content,
        "author": author,
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
        **more,
    }


EXPORT = {
    "guild": {"id": "9", "name": "Night shift", "iconUrl": "x"},
    "channel": {
        "id": "77",
        "type": "GuildTextChat",
        "category": "talk",
        "name": "sleep",
        "topic": "Sleep",
    },
    "dateRange": {"after": None, "before": None},
    "messages": [
        message("101", ANNA, "joined the server.", type="GuildMemberJoin"),
        message("102", ANNA, "I slept badly.", reactions=[{"emoji": {"name": "🙂"}, "count": 2}]),
        message(
            "103",
            BOT,
            "Tell me more.",
            type="Reply",
            reference={"messageId": "102", "channelId": "77"},
        ),
        message(
            "104", person("3", "anna"), "Me too.", reference={"messageId": "999"}, type="Reply"
        ),
        message(
            "105", ANNA, "", attachments=[{"id": "5", "fileName": "bed.png", "fileSizeBytes": 9}]
        ),
    ],
    "messageCount": 5,
}


def write(folder, content, name="Night shift - sleep [77].json"):
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_an_exported_channel(tmp_path):
    corpus = wb.load(write(tmp_path, EXPORT), roles={"helper": "assistant"})
    turns = corpus.utterances
    assert turns.select("id", "speaker", "role", "reply_to").rows() == [
        ("101", "system-Night shift - sleep [77]", "system", None),
        ("102", "anna (1)", "other", None),
        ("103", "helper", "assistant", "102"),
        ("104", "anna (3)", "other", None),
        ("105", "anna (1)", "other", None),
    ]
    assert turns["timestamp"][0] == "2024-04-13T10:01:00+00:00"
    assert json.loads(turns["meta.reactions"][1])[0]["count"] == 2
    assert json.loads(turns["meta.attachments"][4])[0]["fileName"] == "bed.png"
    assert turns["meta.type"].to_list() == ["GuildMemberJoin", None, "Reply", "Reply", None]
    assert turns["meta.reply_to"].drop_nulls().to_list() == ["999"]
    assert turns["meta.about"].drop_nulls().to_list() == ["anna (1)"]
    assert "meta.embeds" not in turns.columns
    assert corpus.conversations.select("source", "topic", "meta.guild.name").rows() == [
        ("77", "Sleep", "Night shift")
    ]
    traits = {row["id"]: row for row in corpus.speakers.iter_rows(named=True)}
    assert traits["helper"]["meta.isBot"] is True
    assert (traits["anna (1)"]["role"], traits["anna (1)"]["meta.nickname"]) == ("other", "Anna")
    told = set(corpus.report()["check"])
    assert {"events of the channel", "reply to nowhere"} <= told


def test_parts_of_a_channel_stay_one_source(tmp_path):
    folder = tmp_path / "channel"
    folder.mkdir()
    for part, number in (("part 1", "102"), ("part 2", "103")):
        messages = [message(number, ANNA, "Hi.")]
        write(folder, {**EXPORT, "messages": messages}, f"sleep [77] [{part}].json")
    corpus = wb.load(folder)
    assert corpus.conversations["source"].to_list() == ["77", "77"]


def test_a_large_export_is_known_by_its_beginning(tmp_path):
    messages = [message(str(n), ANNA, "word " * 50) for n in range(1000)]
    assert wb.load(write(tmp_path, {**EXPORT, "messages": messages})).utterances.height == 1000


def test_exported_csv(tmp_path):
    text = (
        '"AuthorID","Author","Date","Content","Attachments","Reactions"\n'
        '"1","anna","2024-04-13T10:01:00+00:00","I slept badly.\nAgain.","","🙂 (2)"\n'
        '"2","Therapist","2024-04-13T10:02:00+00:00","Tell me more.","bed.png",""\n'
    )
    corpus = wb.load(write(tmp_path, text, "sleep.csv"))
    assert corpus.utterances.select("speaker", "role", "text", "meta.reactions").rows() == [
        ("anna", "other", "I slept badly.\nAgain.", "🙂 (2)"),
        ("Therapist", "therapist", "Tell me more.", ""),
    ]
    assert corpus.speakers["meta.id"].to_list() == ["1", "2"]


def test_the_data_package_has_one_side_oldest_first(tmp_path):
    (tmp_path / "c77").mkdir()
    text = (
        "ID,Timestamp,Contents,Attachments\n"
        '103,2024-04-13 10:03:00+00:00,"The noise, mostly",\n'
        "102,2024-04-13 10:01:00+00:00,I slept badly.,\n"
    )
    corpus = wb.load(write(tmp_path / "c77", text, "messages.csv"))
    assert corpus.conversations["id"].to_list() == ["c77"]
    assert corpus.utterances.select("id", "text").rows() == [
        ("102", "I slept badly."),
        ("103", "The noise, mostly"),
    ]
    assert corpus.report().filter(check="one side only")["level"].to_list() == ["warning"]


def test_message_ids_that_stand_twice_are_made_unique_and_told(tmp_path):
    messages = [message("102", ANNA, "Hi."), message("102", ANNA, "Hi again.")]
    corpus = wb.load(write(tmp_path, {**EXPORT, "messages": messages}))
    assert corpus.utterances["id"].to_list() == ["102", "102-2"]
    assert corpus.report().filter(check="message id twice")["count"].to_list() == [1]


@pytest.mark.parametrize(
    ("export", "told"),
    [
        ({**EXPORT, "messages": []}, "there are no messages"),
        ({**EXPORT, "messages": [{"id": "1", "author": ANNA}]}, "message 0 has no content"),
    ],
)
def test_broken_exports_are_refused(tmp_path, export, told):
    with pytest.raises(BadInput, match=told):
        wb.load(write(tmp_path, export))
