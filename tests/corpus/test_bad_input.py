"""Every kind of bad input: one clear message that names file and row, or a finding, and no traceback."""

import gzip
import json

import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus
from workbench.errors import BadInput

HEADER = "conversation_id,speaker,role,text\n"
ROWS = "a,T,therapist,How are you?\na,C,client,Fine.\n"


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def checks(corpus):
    return {finding.check: finding for finding in corpus.findings}


REFUSED = [
    ("nothing.csv", None, ["there is no such file"]),
    ("empty.csv", b"", ["empty"]),
    ("blank.json", b" \n\n", ["empty"]),
    ("header.csv", HEADER, ["no utterance"]),
    (
        "latin.csv",
        HEADER.encode() + "a,T,therapist,Schön\n".encode("cp1252"),
        ["row 2", "byte 52 (0xf6)", "not UTF-8", "iconv -f WINDOWS-1252"],
    ),
    ("sixteen.csv", (HEADER + ROWS).encode("utf-16")[:-1], ["damaged UTF-16"]),
    ("zeros.csv", HEADER + "a,T,therapist,Yes\x00No\n", ["row 2", "zero bytes"]),
    ("cut.csv.gz", gzip.compress((HEADER + ROWS * 900).encode())[:60], ["damaged or cut off"]),
    ("notext.csv", "conversation_id,speaker\na,T\na,C\n", ["text", "columns={"]),
    (
        "ragged.csv",
        HEADER + ROWS + "a,T,therapist,Well, well, well\n",
        ["row 4", "6 fields", "header 4"],
    ),
    ("short.csv", HEADER + "a,T,therapist\n", ["row 2", "3 fields", "header 4"]),
    (
        "labels.csv",
        "transcript_id,mi_quality,video_title,video_url,topic,utterance_id,interlocutor,timestamp,"
        "utterance_text,main_therapist_behaviour,client_talk_type\n"
        "0,high,F,u,t,0,client,00:00:01,Yes.,n/a,change\n0,high,F,u,t,1,client,00:00:02,No.,n/a,staying\n",
        ["row 3", "client_talk_type", "'staying'", "sustain"],
    ),
    ("twice.csv", "text,text,speaker\na,b,c\n", ["header", "twice"]),
    (
        "ids.csv",
        "id,conversation_id,speaker,text\n1,a,T,x\n1,a,C,y\n",
        ["row 3", "id that stands earlier"],
    ),
    ("broken.jsonl", '{"speaker": "T", "text": "x"}\n{"speaker": "C", "te\n', ["row 2", "JSON"]),
    ("number.jsonl", '{"speaker": "T", "text": "x"}\n3\n', ["row 2", "object"]),
    ("broken.json", '{"messages": [{"role": "user", "content": "x"},\n}', ["row 2", "JSON"]),
    (
        "nomessages.jsonl",
        '{"messages": [{"role": "user", "content": "x"}]}\n{"messages": []}\n',
        ["row 2"],
    ),
    ("half.jsonl", '{"speaker": "T", "text": "\\ud83d"}\n', ["row 1", "half a character"]),
    ("deep.json", "[" * 100_000, ["no reader knows"]),
    (
        "prose.txt",
        "Once upon a time there was a table.\n",
        ["no reader knows", "annomi", "convokit"],
    ),
    ("binary.bin", bytes(range(256)) * 4, ["no reader knows"]),
    ("broken.parquet", b"PAR1" + b"\x00" * 50, ["damaged"]),
    ("turn.csv", "conversation_id,turn,speaker,text\na,0,T,x\na,,C,y\n", None),
    (
        "annomi.csv",
        "transcript_id,mi_quality,interlocutor,utterance_text\n0,high,therapist,x\n",
        ["video_url"],
    ),
    (
        "esconv.jsonl",
        json.dumps({"emotion_type": "x", "problem_type": "y", "dialog": [{"speaker": "usr"}]}),
        ["row 1", "turn 0"],
    ),
]


@pytest.mark.parametrize(("name", "content", "told"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refused_with_file_and_place(tmp_path, name, content, told):
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    if told is None:
        assert wb.load(path).utterances.height == 2
        return
    with pytest.raises(BadInput) as refused:
        wb.load(path)
    message = str(refused.value)
    assert refused.value.exit_code == 2
    assert name in message
    for part in told:
        assert part in message


def test_json_nested_without_end_is_refused(tmp_path):
    with pytest.raises(BadInput, match="nested too deeply"):
        wb.load(write(tmp_path, "deep.json", "[" * 100_000), format="chat")


def test_messages_hold_no_words_of_the_dialogue(tmp_path):
    path = write(
        tmp_path, "x.jsonl", '{"speaker": "T", "text": "my secret"}\n{"text": "my secret\n'
    )
    with pytest.raises(BadInput) as refused:
        wb.load(path)
    assert "secret" not in str(refused.value)


def test_a_first_row_of_words_is_no_header_to_be_told(tmp_path):
    path = write(tmp_path, "x.csv", "I hate my father so much,7\nMe too and my mother,8\n")
    with pytest.raises(BadInput, match=r"<24 characters>") as refused:
        wb.load(path)
    assert "father" not in str(refused.value)


def test_blank_lines_and_windows_line_ends_are_no_trouble(tmp_path):
    corpus = wb.load(write(tmp_path, "x.csv", (HEADER + ROWS + "\n\n").replace("\n", "\r\n")))
    assert corpus.utterances["text"].to_list() == ["How are you?", "Fine."]
    assert corpus.findings == ()


def test_a_byte_order_mark_is_no_trouble(tmp_path):
    corpus = wb.load(write(tmp_path, "bom.csv", (HEADER + ROWS).encode("utf-8-sig")))
    assert corpus.utterances["conversation_id"].to_list() == ["a", "a"]


def test_gaps_in_the_turn_order_are_a_warning(tmp_path):
    text = "conversation_id,turn,speaker,text\na,0,T,x\na,1,C,y\na,4,T,z\n"
    corpus = wb.load(write(tmp_path, "gap.csv", text))
    assert corpus.utterances["turn"].to_list() == [0, 1, 2]
    gap = checks(corpus)["turn gap"]
    assert (gap.level, gap.count) == ("warning", 1)
    assert "row 4" in gap.where


def test_a_reply_to_nowhere_is_a_warning_and_null(tmp_path):
    text = "id,conversation_id,speaker,text,reply_to\n1,a,T,x,\n2,a,C,y,1\n3,a,T,z,99\n"
    corpus = wb.load(write(tmp_path, "reply.csv", text))
    assert corpus.utterances["reply_to"].to_list() == [None, "1", None]
    assert checks(corpus)["reply to nowhere"].level == "warning"


def test_a_megabyte_in_one_turn_is_loaded(tmp_path):
    long = "word " * 200_000
    chat = {
        "messages": [{"role": "user", "content": long}, {"role": "assistant", "content": "Ok."}]
    }
    corpus = wb.load(write(tmp_path, "long.json", json.dumps(chat)))
    assert corpus.utterances["text"][0] == long
    assert checks(corpus)["long text"].level == "warning"
    table = wb.load(write(tmp_path, "long.csv", f"{HEADER}a,T,therapist,{long}\na,C,client,Ok.\n"))
    assert len(table.utterances["text"][0]) >= 999_999


def test_no_helper_turns_are_noted(tmp_path):
    corpus = wb.load(write(tmp_path, "x.csv", "speaker,text\nAnn,Hello there\nBob,Good day\n"))
    assert checks(corpus)["no helper turns"].level == "note"
    assert "roles={" in checks(corpus)["no helper turns"].remedy


def test_two_utterances_load(tmp_path):
    corpus = wb.load(write(tmp_path, "two.csv", HEADER + ROWS))
    assert corpus.utterances.height == 2
    assert corpus.utterances["side"].to_list() == ["helper", "client"]


def test_an_empty_text_stays_in_the_order(tmp_path):
    corpus = wb.load(write(tmp_path, "x.csv", HEADER + ROWS + "a,T,therapist,\n"))
    assert corpus.utterances["text"].to_list()[-1] == ""
    assert checks(corpus)["empty text"].count == 1


def test_a_value_of_the_wrong_type_names_its_row():
    frame = pl.DataFrame({"conversation_id": ["a"] * 2, "speaker": ["T"] * 2, "text": ["x"] * 2})
    with pytest.raises(BadInput, match=r"row 2.*utterances\.turn"):
        Corpus.build(frame.with_columns(pl.Series("turn", ["0", "first"])))


def test_a_corpus_folder_of_another_version_is_refused(tmp_path):
    wb.load(write(tmp_path, "x.csv", HEADER + ROWS)).write(tmp_path / "out")
    about = tmp_path / "out" / "corpus.json"
    content = json.loads(about.read_text())
    about.write_text(json.dumps({**content, "schema_version": 99}))
    with pytest.raises(BadInput, match="schema version 99"):
        wb.load(tmp_path / "out")


def test_a_damaged_table_of_a_corpus_folder_is_named(tmp_path):
    wb.load(write(tmp_path, "x.csv", HEADER + ROWS)).write(tmp_path / "out")
    (tmp_path / "out" / "speakers.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(BadInput, match=r"speakers\.parquet"):
        wb.load(tmp_path / "out")
    (tmp_path / "out" / "corpus.json").write_text("{")
    with pytest.raises(BadInput, match=r"corpus\.json.*JSON"):
        wb.load(tmp_path / "out")
