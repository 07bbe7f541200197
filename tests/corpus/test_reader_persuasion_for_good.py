"""Persuasion for Good: turns, coded sentences as spans, people and what they gave."""

import csv

import pytest

import workbench as wb
from workbench.corpus.readers import likeliest
from workbench.errors import BadInput

TURNS = [
    ("Good day. Do you like children?", 0, 0, "d1"),
    ("I do. Why?", 0, 1, "d1"),
    ("We collect for them.", 1, 0, "d1"),
    ("Hi.", 0, 0, "d2"),
]
PEOPLE = [
    ("d1", "U1", 0, "0.5", 33, "Female", 4.5),
    ("d1", "U2", 1, "1.0", 40, "Male", 3),
    ("d2", "U2", "0.0", "", 40, "Male", 3),
]
CODED = [
    (0, 0, "Good day.", "greeting", None, None, 0.0, 0.5, 0.5, "d1"),
    (0, 0, "Do you like children?", "task-related-inquiry", None, "thank", 0, 0.4, 0.6, "d1"),
    (1, 0, "I do.", None, "agree-donation", None, 0, 1, 0, "d1"),
]
CODED_HEADER = (
    *("B4", "Turn", "Unit", "er_label_1", "ee_label_1", "er_label_2", "neg", "neu", "pos", "B2"),
)


@pytest.fixture
def release(tmp_path):
    """The folders of the release, with our own two dialogues."""
    import openpyxl

    full, annotated = tmp_path / "data" / "FullData", tmp_path / "data" / "AnnotatedData"
    full.mkdir(parents=True)
    annotated.mkdir()
    with (full / "full_dialog.csv").open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["", "Unit", "Turn", "B4", "B2"])
        rows.writerows([place, *turn] for place, turn in enumerate(TURNS))
    with (full / "full_info.csv").open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["B2", "B3", "B4", "B6", "age.x", "sex.x", "extrovert.x"])
        rows.writerows(PEOPLE)
    for name, header, content in (
        ("300_dialog.xlsx", CODED_HEADER, CODED),
        ("300_info.xlsx", ("B2", "B3", "B4", "B5", "B6"), [("d1", "U2", 1, 1.5, 1.0)]),
    ):
        book = openpyxl.Workbook()
        book.active.append([None, *header])
        for place, row in enumerate(content):
            book.active.append([place, *row])
        book.save(annotated / name)
    return tmp_path


def test_the_release_is_one_corpus(release):
    corpus = wb.load(release)
    assert corpus.utterances["text"].to_list() == [turn[0] for turn in TURNS]
    assert corpus.utterances["role"].to_list() == [
        *("persuader", "persuadee", "persuader", "persuader")
    ]
    assert corpus.utterances["speaker"].to_list() == ["U1", "U2", "U1", "U2"]
    first, second = corpus.conversations.to_dicts()
    assert (first["source"], first["donation"], first["intended_donation"]) == ("U2", 1.0, 1.5)
    assert first["meta.persuader_donation"] == 0.5
    assert second["donation"] is None
    people = {row["id"]: row for row in corpus.speakers.to_dicts()}
    assert (people["U1"]["age"], people["U1"]["gender"], people["U1"]["extraversion"]) == (
        *(33.0, "Female", 4.5),
    )


def test_codes_are_spans_of_the_turns(release):
    corpus = wb.load(release)
    texts = dict(corpus.utterances.select("id", "text").iter_rows())
    rows = corpus.layer("persuasion-persuader.gold").table.to_dicts()
    said = [texts[row["unit_id"]][row["start_char"] : row["end_char"]] for row in rows]
    assert said == ["Good day.", "Do you like children?", "Do you like children?"]
    assert [row["label"] for row in rows] == ["greeting", "task-related-inquiry", "thank"]
    assert rows[2]["note"] == "second most salient"
    scores = corpus.layer("persuasion-sentiment.program")
    assert (scores.metadata.coder, scores.metadata.coder_kind) == ("VADER", "rule")
    assert scores.table.filter(label="pos")["value"].to_list() == [0.5, 0.6, 0.0]


def test_the_annotated_table_alone_gives_the_same_turns(release):
    path = release / "data" / "AnnotatedData" / "300_dialog.xlsx"
    assert likeliest(path).name == "persuasion-for-good"
    corpus = wb.load(path, roles={"1": "client"})
    assert corpus.utterances["id"].to_list() == ["p4g-d1-0", "p4g-d1-1"]
    assert corpus.utterances["text"].to_list() == [TURNS[0][0], "I do."]
    assert corpus.utterances["role"].to_list() == ["persuader", "client"]
    assert corpus.conversations["intended_donation"].to_list() == [1.5]


def test_a_sentence_that_is_written_otherwise_stands_for_its_turn(release):
    path = release / "data" / "FullData" / "full_dialog.csv"
    path.write_text(path.read_text().replace("I do. Why?", "Yes! Why?"))
    corpus = wb.load(release)
    row = corpus.layer("persuasion-persuadee.gold").table.row(0, named=True)
    assert (row["unit_id"], row["start_char"]) == ("p4g-d1-1", None)
    assert "sentence moved" in {finding.check for finding in corpus.findings}


def test_roles_other_than_the_two_are_refused_with_their_row(release):
    path = release / "data" / "FullData" / "full_dialog.csv"
    path.write_text(path.read_text().replace("I do. Why?,0,1", "I do. Why?,0,2"))
    with pytest.raises(BadInput, match="row 3"):
        wb.load(path)


def test_a_damaged_workbook_is_refused_by_name(release):
    path = release / "data" / "AnnotatedData" / "300_dialog.xlsx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = b"x" * 200
    path.write_bytes(content)
    with pytest.raises(BadInput, match="300_dialog"):
        wb.load(path, format="persuasion-for-good")
