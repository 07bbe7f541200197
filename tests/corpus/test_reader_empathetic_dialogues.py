"""EmpatheticDialogues: files that look like CSV and are not."""

import gzip

import pytest

import workbench as wb
from workbench.errors import BadInput

HEADER = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"
ROWS = (
    "hit:0_conv:1,1,sentimental,I miss my old flat_comma_ a lot.,1,I moved_comma_ sadly.,5|4|5_2|2|5,\n"
    "hit:0_conv:1,2,sentimental,I miss my old flat_comma_ a lot.,0,Oh no. Where to?,5|4|5_2|2|5,\n"
    "hit:1_conv:3,1,afraid,The storm took our roof.,7,It was loud.,3|3|3_,<HI>\n"
    "hit:1_conv:3,2,afraid,The storm took our roof.,1,Were you in bed?,3|3|3_,<HI>\n"
)


def write(folder, content, name="valid.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fields(corpus):
    return {finding.check: finding for finding in corpus.findings}["fields"]


def test_who_tells_is_the_seeker_who_listens_the_supporter(tmp_path):
    corpus = wb.load(write(tmp_path, HEADER + ROWS))
    turns = corpus.utterances
    assert turns["role"].to_list() == ["seeker", "supporter"] * 2
    assert turns["side"].to_list() == ["client", "helper"] * 2
    assert turns["speaker"].to_list() == ["worker-1", "worker-0", "worker-7", "worker-1"]
    assert turns["text"][0] == "I moved, sadly."
    talk = corpus.conversations.row(0, named=True)
    assert talk["source"] == "worker-1"
    assert (talk["meta.context"], talk["meta.prompt"]) == (
        "sentimental",
        "I miss my old flat, a lot.",
    )
    assert talk["meta.part"] == "valid"


def test_roles_may_be_named_as_the_source_names_them(tmp_path):
    corpus = wb.load(write(tmp_path, HEADER + ROWS), roles={"listener": "counsellor"})
    assert corpus.utterances["role"].to_list() == ["seeker", "counsellor"] * 2


def test_emotion_and_ratings_are_layers_of_the_conversation(tmp_path):
    corpus = wb.load(write(tmp_path, HEADER + ROWS))
    emotion = corpus.layer("empathetic-dialogues-emotion.gold")
    assert emotion.metadata.unit == "conversation"
    assert len(emotion.metadata.labels) == 32
    assert emotion.table.select("unit_id", "label").rows() == [
        ("hit:0_conv:1", "sentimental"),
        ("hit:1_conv:3", "afraid"),
    ]
    first, second = (
        corpus.layer(f"empathetic-dialogues-selfeval.participant-{nth}") for nth in (1, 2)
    )
    assert first.table["value"].to_list() == [5.0, 4.0, 5.0, 3.0, 3.0, 3.0]
    assert second.table["value"].to_list() == [2.0, 2.0, 5.0]
    assert "do not say" in first.metadata.caution


def test_a_lone_quote_swallows_nothing(tmp_path):
    text = HEADER + ROWS.replace("I moved", '"I moved').replace("Oh no.", '"Oh" no.')
    corpus = wb.load(write(tmp_path, text))
    assert corpus.utterances.height == 4
    assert corpus.utterances["text"].to_list()[:2] == ['"I moved, sadly.', '"Oh" no. Where to?']


def test_fields_beyond_the_header_are_kept(tmp_path):
    text = HEADER + ROWS.replace("3|3|3_,<HI>", "3|3|3_,<HI>,12|7|903,4")
    corpus = wb.load(write(tmp_path, text))
    assert corpus.utterances["meta.tags"].to_list() == [None, None, "<HI>", "<HI>"]
    assert corpus.utterances["meta.candidates"][2] == "12|7|903,4"
    assert "fields" not in {finding.check for finding in corpus.findings}


def test_commas_that_were_not_escaped_are_mended_and_told(tmp_path):
    text = HEADER + ROWS.replace("_comma_", ",")
    corpus = wb.load(write(tmp_path, text))
    assert corpus.utterances["text"][0] == "I moved, sadly."
    assert corpus.conversations["meta.prompt"][0] == "I miss my old flat, a lot."
    assert fields(corpus).count == 2
    assert "row 2, row 3" in fields(corpus).where


def test_rows_that_make_no_sense_are_left_out_and_told(tmp_path):
    corpus = wb.load(write(tmp_path, HEADER + ROWS + "and so on\n"))
    assert corpus.utterances.height == 4
    assert (fields(corpus).count, fields(corpus).where.endswith("row 6")) == (1, True)


def test_a_copy_written_by_a_csv_library_is_read_as_csv(tmp_path):
    rows = (
        'hit:0_conv:1,1,sad,"I lost it, all of it.",1,"He said ""no"", so I left.",,\n'
        'hit:0_conv:1,2,sad,"I lost it, all of it.",0,Sorry.,,\n'
    )
    corpus = wb.load(write(tmp_path, gzip.compress((HEADER + rows).encode()), "test.csv.gz"))
    assert corpus.utterances["text"].to_list() == ['He said "no", so I left.', "Sorry."]
    assert corpus.conversations["meta.part"].to_list() == ["test"]


def test_parts_in_one_folder_are_one_corpus(tmp_path):
    write(tmp_path, HEADER + ROWS, "valid.csv")
    write(tmp_path, HEADER + ROWS.replace("hit:", "hit:9"), "test.csv")
    corpus = wb.load(tmp_path)
    assert (corpus.conversations.height, corpus.speakers.height) == (4, 3)


@pytest.mark.parametrize(
    "text", [HEADER, HEADER + "x,y\n", HEADER.replace("prompt", "story") + ROWS]
)
def test_what_is_none_of_it_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match=r"valid\.csv"):
        wb.load(write(tmp_path, text), format="empathetic-dialogues")
