"""Word documents, made with python-docx, and odd ones made by hand."""

import io
from functools import cache

import docx
import pytest
from damaged_archives import damaged, with_part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiled_files import assert_loads_or_refuses, spoiled

import workbench as wb
from workbench.errors import BadInput

TURNS = [
    ("Therapist", "What brings you here?"),
    ("Sam Ortiz", "I told him: stop. He did not."),
    ("Therapist", "That was hard."),
    ("Sam Ortiz", "Yes."),
]


def saved(folder, document, name="s.docx"):
    document.save(folder / name)
    return folder / name


def spoken(corpus):
    return corpus.utterances.select("role", "text").rows()


EXPECTED = [("therapist" if who == "Therapist" else "other", text) for who, text in TURNS]


def paragraphs(texts):
    document = docx.Document()
    for text in texts:
        document.add_paragraph(text)
    return document


def test_paragraphs_with_names_and_colons(tmp_path):
    document = paragraphs(["Session 3, 5 March", "", *(f"{who}: {text}" for who, text in TURNS)])
    document.add_paragraph("And then I left.")
    corpus = wb.load(saved(tmp_path, document))
    expected = [*EXPECTED[:-1], ("other", "Yes. And then I left.")]
    assert spoken(corpus) == expected
    assert corpus.conversations["meta.header"].to_list() == ["Session 3, 5 March"]
    roles = {"Sam Ortiz": "client"}
    assert wb.load(tmp_path / "s.docx", roles=roles).utterances["side"][1] == "client"


def test_bold_names_before_and_above_what_is_said(tmp_path):
    before, above = docx.Document(), docx.Document()
    for who, text in TURNS:
        one = before.add_paragraph()
        one.add_run(who).bold = True
        one.add_run(f"  {text}")
        above.add_paragraph().add_run(who).bold = True
        above.add_paragraph(text)
    for document in (before, above):
        assert spoken(wb.load(saved(tmp_path, document))) == EXPECTED


def test_bold_words_in_what_is_said_are_no_names(tmp_path):
    document = docx.Document()
    for who, text in TURNS * 3:
        document.add_paragraph(f"{who}: {text}")
    for _ in range(2):
        one = document.add_paragraph()
        one.add_run("Never").bold = True
        one.add_run(" would I do that.")
    turns = wb.load(saved(tmp_path, document)).utterances
    assert turns["speaker"].n_unique() == 2
    assert turns["text"][-1].count("Never would I do that.") == 2


@pytest.mark.parametrize("line", ["{who}   {time}\n{text}", "00:{time} {who}\n{text}"])
def test_exports_of_recognisers(tmp_path, line):
    texts = [
        line.format(who=who, text=text, time=f"00:{10 + place}")
        for place, (who, text) in enumerate(TURNS)
    ]
    as_breaks = wb.load(saved(tmp_path, paragraphs(texts)))
    own_lines = [part for text in texts for part in text.split("\n")]
    as_paragraphs = wb.load(saved(tmp_path, paragraphs(own_lines)))
    for corpus in (as_breaks, as_paragraphs):
        assert spoken(corpus) == EXPECTED
        assert corpus.utterances["start"].to_list() == [10.0, 11.0, 12.0, 13.0]


def test_a_table_with_a_header(tmp_path):
    document = paragraphs(["Session 3"])
    rows = [("Time", "Speaker", "Text")]
    rows += [(f"0:{10 + n}", who, text) for n, (who, text) in enumerate(TURNS)]
    table = document.add_table(len(rows), 3)
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    corpus = wb.load(saved(tmp_path, document))
    assert spoken(corpus) == EXPECTED
    assert "1 paragraph(s)" in corpus.report().filter(check="left out")["message"][0]


def test_tables_without_header_are_one_conversation(tmp_path):
    document = docx.Document()
    for half in (TURNS * 2, TURNS * 2):
        table = document.add_table(len(half), 2)
        for row, values in zip(table.rows, half, strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
        document.add_page_break()
    corpus = wb.load(saved(tmp_path, document))
    assert spoken(corpus) == EXPECTED * 4
    assert corpus.conversations.height == 1


def test_merged_cells_of_a_table(tmp_path):
    document = docx.Document()
    table = document.add_table(4, 3)
    rows = [
        ("Speaker", "Text", "Phase"),
        ("A", "One.", "start"),
        ("B", "Two.", ""),
        ("A", "So.", ""),
    ]
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    table.cell(1, 2).merge(table.cell(3, 2))
    corpus = wb.load(saved(tmp_path, document))
    assert corpus.utterances["meta.Phase"].to_list() == ["start"] * 3


def tracked(kind, text):
    word = "delText" if kind == "del" else "t"
    return parse_xml(
        f'<w:{kind} {nsdecls("w")} w:id="1" w:author="x" w:date="2024-03-05T10:00:00Z">'
        f'<w:r><w:{word} xml:space="preserve">{text}</w:{word}></w:r></w:{kind}>'
    )


def test_inserted_text_counts_and_deleted_text_does_not(tmp_path):
    document = paragraphs(["Therapist: It is", "Client: Yes."])
    first = document.paragraphs[0]
    first._p.append(tracked("del", " easy"))
    first._p.append(tracked("ins", " hard."))
    document.add_paragraph()._p.append(tracked("ins", "Therapist: Go on."))
    document.add_paragraph()._p.append(tracked("del", "Client: I lied."))
    corpus = wb.load(saved(tmp_path, document))
    assert corpus.utterances["text"].to_list() == ["It is hard.", "Yes.", "Go on."]
    told = corpus.report().filter(check="tracked changes")["message"][0]
    assert "2 insertion(s) and 2 deletion(s)" in told


def test_a_deleted_paragraph_end_joins_two_paragraphs(tmp_path):
    document = paragraphs(["Therapist: It is", " hard.", "Client: Yes."])
    first = document.paragraphs[0]._p
    mark = f'<w:pPr {nsdecls("w")}><w:rPr><w:del w:id="2" w:author="x"/></w:rPr></w:pPr>'
    first.insert(0, parse_xml(mark))
    corpus = wb.load(saved(tmp_path, document))
    assert corpus.utterances["text"].to_list() == ["It is hard.", "Yes."]


def test_comments_headers_and_footers_are_left_out_and_told(tmp_path):
    document = paragraphs([f"{who}: {text}" for who, text in TURNS])
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.add_comment(document.paragraphs[0].runs, text="Check this.", author="x")
    corpus = wb.load(saved(tmp_path, document))
    assert spoken(corpus) == EXPECTED
    told = corpus.report().filter(check="beside the text")["message"][0]
    assert "1 comment(s)" in told
    assert "1 header(s)" in told
    assert "Confidential" not in str(corpus.report().rows())


def test_both_editions_of_the_format_and_other_part_names(tmp_path):
    document = paragraphs([f"{who}: {text}" for who, text in TURNS])
    made = io.BytesIO()
    document.save(made)
    old = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    new = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    strict = with_part(made.getvalue(), "word/document.xml", lambda xml: xml.replace(old, new))
    (tmp_path / "strict.docx").write_bytes(strict)
    assert spoken(wb.load(tmp_path / "strict.docx")) == EXPECTED


@pytest.mark.parametrize("texts", [["Dear all,", "this is a letter."], []])
def test_what_is_no_dialogue_is_refused(tmp_path, texts):
    with pytest.raises(BadInput, match="no paragraph begins with the name"):
        wb.load(saved(tmp_path, paragraphs(texts)))


@cache
def small():
    made = io.BytesIO()
    paragraphs([f"{who}: {text}" for who, text in TURNS]).save(made)
    return made.getvalue()


@pytest.mark.parametrize("what", sorted(damaged(small(), "word/document.xml")))
def test_damaged_and_dangerous_files_are_refused(tmp_path, what):
    content, words = damaged(small(), "word/document.xml")[what]
    (tmp_path / "s.docx").write_bytes(content)
    for form in (None, "docx"):
        with pytest.raises(BadInput, match=words) as refused:
            wb.load(tmp_path / "s.docx", format=form)
        assert "s.docx" in str(refused.value)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), form=st.sampled_from([None, "docx"]))
def test_a_spoiled_text_loads_or_is_refused(tmp_path_factory, data, form):
    content = with_part(small(), "word/document.xml", lambda xml: data.draw(spoiled(xml)))
    path = tmp_path_factory.mktemp("spoiled") / "s.docx"
    assert_loads_or_refuses(path, content, format=form)
