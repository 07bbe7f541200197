"""Questions and answers as trees, HTML as its words."""

import json

import pytest

import workbench as wb
from workbench.corpus.readers.markup import has_markup, words_of_markup
from workbench.errors import BadInput

HEADER = (
    ",questionID,questionTitle,questionText,questionLink,topic,therapistInfo,therapistURL,"
    "answerText,upvotes,views,split\n"
)
ROWS = (
    '0,5,How can I sleep?,"I lie awake\nall night.",https://q/5,sleep,"Ann Low, LPC",https://t/ann,'
    '"<p>Get up&nbsp;early.</p><p>3 < 4 &amp; so on.</p><script>bad()</script>",1,80,train\n'
    '1,5,How can I sleep?,"I lie awake\nall night.",https://q/5,sleep,Bo Gray,https://t/bo,'
    "Say <what you feel> aloud.,0,12,train\n"
    "2,6,Is this normal?,,https://q/6,,Bo Gray,https://t/bo,,0,1,val\n"
    "3,6,Is this normal?,,https://q/6,,Bo Gray,https://t/bo,Yes.,0,1,val\n"
)


def write(folder, content, name="counselchat-data.csv"):
    (folder / name).write_text(content, "utf-8")
    return folder / name


def test_each_answer_replies_to_the_question(tmp_path):
    corpus = wb.load(write(tmp_path, HEADER + ROWS))
    turns = corpus.utterances
    assert turns["id"].to_list() == [
        *("counsel-chat-5-0", "counsel-chat-5-1", "counsel-chat-5-2"),
        *("counsel-chat-6-0", "counsel-chat-6-1"),
    ]
    assert turns["reply_to"].to_list() == [
        *(None, "counsel-chat-5-0", "counsel-chat-5-0", None, "counsel-chat-6-0")
    ]
    assert turns["side"].to_list() == ["client", "helper", "helper", "client", "helper"]
    assert turns["speaker"].to_list()[1:3] == ["https://t/ann", "https://t/bo"]
    assert turns["meta.upvotes"].to_list() == [None, 1, 0, None, 0]
    assert corpus.conversations["topic"].to_list() == ["sleep", None]
    assert corpus.conversations["source"].to_list() == ["counsel-chat-5", "counsel-chat-6"]
    assert corpus.conversations["meta.split"].to_list() == ["train", "val"]
    info = dict(corpus.speakers.select("id", "meta.info").iter_rows())
    assert info["https://t/ann"] == "Ann Low, LPC"


def test_markup_becomes_words_and_is_told(tmp_path):
    corpus = wb.load(write(tmp_path, HEADER + ROWS))
    texts = corpus.utterances["text"].to_list()
    assert texts[1] == "Get up early.\n3 < 4 & so on."
    assert texts[2] == "Say <what you feel> aloud."
    assert texts[3] == "Is this normal?"
    told = {finding.check: finding.count for finding in corpus.findings}
    assert (told["markup"], told["no answer"], told["title only"]) == (1, 1, 1)


@pytest.mark.parametrize("lines", [True, False])
def test_context_and_response(tmp_path, lines):
    pairs = [
        {"Context": "I cannot stop crying.", "Response": "Since when?"},
        {"Context": "I cannot stop crying.", "Response": "Who knows of it?"},
        {"Context": "Who am I?", "Response": None},
    ]
    if lines:
        path = write(tmp_path, "\n".join(map(json.dumps, pairs)), "combined.json")
    else:
        table = "Context,Response\n" + "".join(
            f"{pair['Context']},{pair['Response'] or ''}\n" for pair in pairs
        )
        path = write(tmp_path, table, "combined.csv")
    corpus = wb.load(path)
    assert corpus.metadata.name == "counsel-chat"
    assert corpus.conversations.height == 2
    assert corpus.utterances["role"].to_list() == ["client", "therapist", "therapist", "client"]
    assert corpus.utterances["reply_to"][2] == corpus.utterances["id"][0]


def test_other_column_names(tmp_path):
    text = (HEADER + ROWS).replace("answerText", "answer")
    corpus = wb.load(write(tmp_path, text), format="counsel-chat", columns={"answer": "answerText"})
    assert corpus.utterances.height == 5
    with pytest.raises(BadInput, match="answerText"):
        wb.load(write(tmp_path, text), format="counsel-chat")
    with pytest.raises(BadInput, match="answr"):
        wb.load(write(tmp_path, text), format="counsel-chat", columns={"answr": "answerText"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("<P>One<br/>two</P>", "One\ntwo"),
        ("<b>A</b><!-- hidden --> b", "A b"),
        ("<style>p {}</style>so", "so"),
        ("<p>open <![if x]> end", "open end"),
        ("<script>never closed", ""),
        ("<i>I</i> <I'm sad>", "I <I'm sad>"),
    ],
)
def test_words_of_markup(text, words):
    assert words_of_markup(text) == words
    assert has_markup(text) == (text != words)
