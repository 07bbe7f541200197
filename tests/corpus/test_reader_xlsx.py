"""Excel workbooks, as people make them."""

import datetime
import io
from functools import cache

import openpyxl
import polars as pl
import pytest
from damaged_archives import damaged
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiled_files import assert_loads_or_refuses, spoiled

import workbench as wb
from workbench.errors import BadInput

HEADER = ("Sprecher", "Äußerung", "Beginn", "mood")
TURNS = [
    ("Therapeutin", "Wie war die Woche?", datetime.time(0, 0, 5), 3),
    ("Klient", "Schwierig, ich habe kaum geschlafen.", datetime.time(0, 0, 9, 500_000), 2),
    ("Therapeutin", "Sie sind müde.", datetime.timedelta(hours=1, seconds=1), None),
]


def book(*sheets):
    """Bytes of a workbook of (name, rows) sheets."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


def saved(folder, made, name="s.xlsx"):
    made.save(folder / name)
    return folder / name


def test_a_sheet_is_read_like_a_table(tmp_path):
    corpus = wb.load(saved(tmp_path, book(("Sitzung", [HEADER, *TURNS]))))
    turns = corpus.utterances
    assert turns["role"].to_list() == ["therapist", "client", "therapist"]
    assert turns["text"].to_list() == [row[1] for row in TURNS]
    assert turns["start"].to_list() == [5.0, 9.5, 3601.0]
    assert turns["meta.mood"].to_list() == [3, 2, None]
    assert turns["conversation_id"].unique().to_list() == ["s"]
    assert "Sprecher -> speaker" in corpus.report().filter(check="columns guessed")["message"][0]


def test_rows_above_the_header_and_blank_ones_are_passed_over(tmp_path):
    rows = [(), ("Session 3", None, datetime.date(2024, 3, 5)), (), HEADER, TURNS[0], (), TURNS[1]]
    corpus = wb.load(saved(tmp_path, book(("a", rows))))
    assert corpus.utterances["text"].to_list() == [TURNS[0][1], TURNS[1][1]]
    assert "row 2" in corpus.report().filter(check="above header")["where"][0]


def test_each_sheet_of_dialogue_is_a_conversation_and_others_are_listed(tmp_path):
    made = book(
        ("one", [HEADER, *TURNS]),
        ("codes", [("code", "meaning"), ("Q", "question"), ("R", "reflection")]),
        ("two", [HEADER, *TURNS[:2]]),
        ("draft", [HEADER, *TURNS]),
        ("empty", []),
    )
    made["draft"].sheet_state = "hidden"
    corpus = wb.load(saved(tmp_path, made))
    assert corpus.conversations["id"].to_list() == ["s-one", "s-two"]
    assert corpus.utterances.height == 5
    told = corpus.report().filter(check="other sheets")["message"][0]
    assert "['codes', 'draft (hidden)']" in told


def test_merged_cells_hold_their_value_in_every_row(tmp_path):
    rows = [("Conversation", *HEADER), ("c1", *TURNS[0]), (None, *TURNS[1]), ("c2", *TURNS[2])]
    made = book(("a", rows))
    made["a"].merge_cells("A2:A3")
    corpus = wb.load(saved(tmp_path, made))
    assert corpus.utterances["conversation_id"].to_list() == ["c1", "c1", "c2"]


def test_dates_and_numbers_are_kept(tmp_path):
    rows = [("speaker", "text", "day", "score", "ok")]
    rows += [("A", "Well.", datetime.datetime(2024, 3, 5, 13, 5), 1.5, True)]
    rows += [("B", "Yes.", datetime.datetime(2024, 3, 6), 2, False)]
    turns = wb.load(saved(tmp_path, book(("a", rows)))).utterances
    assert turns["meta.day"].to_list() == ["2024-03-05 13:05:00", "2024-03-06 00:00:00"]
    assert turns["meta.score"].to_list() == [1.5, 2.0]
    assert turns["meta.ok"].to_list() == ["True", "False"]


def test_formulas_without_a_stored_value_are_told(tmp_path):
    made = book(("a", [("speaker", "text"), ("A", "Well."), ("B", '="Ye"&"s."'), ("A", "So.")]))
    corpus = wb.load(saved(tmp_path, made))
    assert corpus.utterances["text"].to_list() == ["Well.", "", "So."]
    found = corpus.report().filter(check="formula")
    assert found["count"].to_list() == [1]
    assert "sheet 'a'" in found["where"][0]


def test_a_table_without_header_begins_with_its_first_turn(tmp_path):
    rows = [("0:05", "T", "How are you?"), ("0:09", "C", "Well enough."), ("0:12", "T", "Good.")]
    turns = wb.load(saved(tmp_path, book(("a", rows)))).utterances
    assert turns["role"].to_list() == ["therapist", "client", "therapist"]
    assert turns["start"].to_list() == [5.0, 9.0, 12.0]


def test_columns_can_be_named(tmp_path):
    rows = [("who", "said"), ("x", "One two."), ("y", "Three."), ("x", "Four."), ("y", "Five.")]
    path = saved(tmp_path, book(("a", rows)))
    corpus = wb.load(path, columns={"who": "speaker", "said": "text"}, roles={"x": "therapist"})
    assert corpus.utterances["role"].to_list() == ["therapist", "other"] * 2
    with pytest.raises(BadInput, match="'whom'"):
        wb.load(path, columns={"whom": "speaker"})


def test_a_row_without_a_speaker_is_named(tmp_path):
    path = saved(tmp_path, book(("a", [("speaker", "text"), ("A", "One."), (None, "Two.")])))
    with pytest.raises(BadInput, match=r"sheet 'a', row 3"):
        wb.load(path)


def test_what_is_no_dialogue_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no column could be taken"):
        wb.load(saved(tmp_path, book(("a", [("n", "m"), (1, 2), (3, 4)]))))
    with pytest.raises(BadInput, match="no sheet holds"):
        wb.load(saved(tmp_path, book(("a", []))))


@cache
def small():
    made = io.BytesIO()
    book(("a", [HEADER, *TURNS])).save(made)
    return made.getvalue()


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
@pytest.mark.parametrize("what", sorted(damaged(small(), "xl/workbook.xml")))
def test_damaged_and_dangerous_files_are_refused(tmp_path, part, what):
    content, words = damaged(small(), part)[what]
    (tmp_path / "s.xlsx").write_bytes(content)
    for form in (None, "xlsx"):
        with pytest.raises(BadInput, match=words) as refused:
            wb.load(tmp_path / "s.xlsx", format=form)
        assert "s.xlsx" in str(refused.value)


@settings(max_examples=60, deadline=None)
@given(content=spoiled(small()), form=st.sampled_from([None, "xlsx"]))
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, content, form):
    path = tmp_path_factory.mktemp("spoiled") / "s.xlsx"
    assert_loads_or_refuses(path, content, format=form)


def test_a_table_written_by_polars_comes_back(tmp_path):
    table = pl.DataFrame({"speaker": ["A", "B"], "text": ["Well, yes.", "No."], "n": [1, 2]})
    table.write_excel(tmp_path / "s.xlsx")
    turns = wb.load(tmp_path / "s.xlsx").utterances
    assert turns.select("speaker", "text", pl.col("meta.n").alias("n")).equals(table)
