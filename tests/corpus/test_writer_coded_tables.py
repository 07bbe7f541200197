"""Codings as a long and as a wide CSV: there and back, and what a person finds in the file."""

import polars as pl
import pytest
from coded_corpora import coded_corpora, layer, unexplained
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.readers.coded_table import escaped, split_labels
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled


@pytest.mark.parametrize("form", ["csv-long", "csv-wide"])
@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=coded_corpora())
def test_codings_come_back_or_are_told_as_lost(tmp_path_factory, form, corpus):
    path = tmp_path_factory.mktemp("coded") / "codings.csv"
    corpus.write(path, format=form)
    again = wb.load(path, format=form)
    assert unexplained(corpus, again, writer(form).lost(corpus)) == []


@pytest.mark.parametrize("form", ["csv-long", "csv-wide"])
def test_the_demonstration_comes_back_without_being_asked_for_its_format(tmp_path, form):
    corpus = wb.load(bundled("data", "demo"))
    corpus.write(tmp_path / "demo.csv", format=form)
    again = wb.load(tmp_path / "demo.csv")
    assert unexplained(corpus, again, writer(form).lost(corpus)) == []
    assert len(again.layers) == len(corpus.layers)


def small():
    said = pl.DataFrame(
        {
            "id": ["a-0", "a-1", "a-2"],
            "conversation_id": ["a"] * 3,
            "speaker": ["T", "C", "T"],
            "role": ["therapist", "client", "therapist"],
            "text": ["How are you?", "Fine, I think.", "You think so."],
        }
    )
    rows = [("a-0", "question"), ("a-0", "open"), ("a-2", None)]
    anna = layer("mi", "anna", [{"unit_id": u, "label": x} for u, x in rows], exclusive=False)
    bob = layer("mi", "bob", [{"unit_id": "a-0", "label": "question"}])
    return Corpus.build(said, layers=[anna, bob])


def test_a_wide_table_has_a_column_a_coder(tmp_path):
    small().write(tmp_path / "x.csv", format="csv-wide")
    table = pl.read_csv(tmp_path / "x.csv")
    assert table["label: mi / anna (human)"].to_list() == ["question|open", None, "(none)"]
    assert table["label: mi / bob (human)"].to_list() == ["question", None, None]


def test_a_long_table_has_a_row_a_label_and_every_utterance(tmp_path):
    small().write(tmp_path / "x.csv", format="csv-long")
    table = pl.read_csv(tmp_path / "x.csv")
    assert table.select("id", "coder", "label").rows() == [
        ("a-0", "anna", "question"),
        ("a-0", "anna", "open"),
        ("a-0", "bob", "question"),
        ("a-1", None, None),
        ("a-2", "anna", None),
    ]
    assert set(table["text"]) == {"How are you?", "Fine, I think.", "You think so."}


def test_what_a_wide_table_cannot_hold_is_told():
    spans = layer("s", "anna", [{"unit_id": "a-0", "start_char": 0, "end_char": 3}], unit="span")
    corpus = small()
    corpus = Corpus.build(corpus.utterances, layers=[*corpus.layers, spans])
    told = {finding.where for finding in writer("csv-wide").lost(corpus)}
    assert "layers.s.anna.span" in told
    assert "layers.s.anna.span" not in {f.where for f in writer("csv-long").lost(corpus)}


@given(st.lists(st.text("a|\\/()none ", max_size=5), min_size=1, max_size=4))
def test_labels_in_one_cell_are_told_apart(given_labels):
    assert split_labels("|".join(map(escaped, given_labels))) == given_labels
    assert split_labels("(none)") == [None]


def test_a_long_table_of_another_hand_needs_only_few_columns(tmp_path):
    path = tmp_path / "coders.csv"
    path.write_text(
        "utterance_id;speaker;text;coder;label\n"
        "1;T;How are you?;A;question\n1;T;How are you?;B;other\n2;C;Fine.;A;\n2;C;Fine.;;\n"
    )
    corpus = wb.load(path, roles={"T": "therapist"})
    assert corpus.utterances["role"].to_list() == ["therapist", "client"]
    assert [each.name for each in corpus.layers] == ["codes.A", "codes.B"]
    assert corpus.layer("codes.A").table["label"].to_list() == ["question", None]


def test_rows_that_do_not_agree_on_the_words_are_listed(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,conversation_id,text,coder,label\n1,a,Yes.,A,x\n1,a,No.,B,x\n")
    corpus = wb.load(path)
    (found,) = [finding for finding in corpus.findings if finding.check == "rows disagree"]
    assert (found.level, found.count) == ("warning", 1)
    assert "row 2" in found.where


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,a,Yes.,A,x,soul,1\n", "row 2.*unit is 'soul'.*utterance"),
        ("1,a,Yes.,A,x,utterance,first\n", r"row 2.*layers\.round"),
    ],
)
def test_a_bad_row_is_named(tmp_path, rows, told):
    path = tmp_path / "x.csv"
    path.write_text("id,conversation_id,text,coder,label,unit,round\n" + rows)
    with pytest.raises(BadInput, match=told):
        wb.load(path)
