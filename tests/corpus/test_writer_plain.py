"""Plain transcripts that are written and read back."""

import polars as pl
import pytest
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings
from transcript_files import any_corpus, assert_told_exactly, on_one_line, talks

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled

TURNS = pl.DataFrame(
    {
        "conversation_id": ["s1"] * 3,
        "speaker": ["therapist-s1", "mother of Sam", "therapist-s1"],
        "role": ["therapist", "other", "therapist"],
        "text": ["Note: this is recorded.", "She said: no", "[00:12] https://example.org"],
    }
)


def test_a_file_looks_like_this(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "s1.txt", format="plain")
    assert (tmp_path / "s1.txt").read_text("utf-8") == (
        "therapist: Note: this is recorded.\n\n"
        "mother of Sam: She said: no\n\n"
        "therapist: [00:12] https://example.org\n"
    )
    again = wb.load(tmp_path / "s1.txt")
    assert again.utterances.select(TURNS.columns).equals(TURNS)
    assert writer("plain").lost(Corpus.build(TURNS)) == []


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=talks() | talks(unnamed=True))
def test_every_line_and_name_comes_back(corpus):
    corpus = on_one_line(corpus)
    without_times = Corpus.build(corpus.utterances.drop("start", "end"))
    assert assert_told_exactly(without_times, "plain") == {}


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=any_corpus)
def test_what_is_told_as_lost_is_what_is_lost(corpus):
    assert_told_exactly(corpus, "plain")


def test_line_breaks_become_spaces_and_are_told(tmp_path):
    corpus = Corpus.build(TURNS.with_columns(text=pl.Series(["So.\nAnn: no\r\n\nyes", "b", "c"])))
    lost = {finding.where: finding for finding in writer("plain").lost(corpus)}
    assert (lost["utterances.text"].count, len(lost)) == (1, 1)
    assert "Line breaks" in lost["utterances.text"].message
    corpus.write(tmp_path / "s1.txt", format="plain")
    assert wb.load(tmp_path / "s1.txt").utterances["text"][0] == "So. Ann: no  yes"


def test_one_conversation_and_an_ending_make_a_file_else_a_folder(tmp_path):
    demo = wb.load(bundled("data", "demo"))
    demo.filter(conversations=["d01"]).write(tmp_path / "d01.txt", format="plain")
    demo.filter(conversations=["d01"]).write(tmp_path / "one", format="plain")
    demo.filter(conversations=["d01", "d02"]).write(tmp_path / "two", format="plain")
    assert (tmp_path / "d01.txt").is_file()
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["d01.txt"]
    assert sorted(file.name for file in (tmp_path / "two").iterdir()) == ["d01.txt", "d02.txt"]
    again = wb.load(tmp_path / "two")
    for column in ("id", "conversation_id", "speaker", "text"):
        given_ = demo.filter(conversations=["d01", "d02"]).utterances[column]
        assert again.utterances[column].to_list() == given_.to_list()


def test_times_roles_and_layers_are_told(tmp_path):
    demo = wb.load(bundled("data", "demo"))
    timed = demo.utterances.with_columns(start=pl.col("turn") * 5.0)
    corpus = Corpus.build(timed, layers=demo.layers)
    lost = {finding.where: finding for finding in writer("plain").lost(corpus)}
    assert "roles=" in lost["utterances.role"].message
    assert lost["utterances.start"].count == timed.height
    assert {f"layers.{layer.name}" for layer in demo.layers} <= set(lost)


def test_an_empty_corpus_is_not_written(tmp_path):
    with pytest.raises(BadInput, match="no conversation"):
        Corpus.build(TURNS).filter(conversations=[]).write(tmp_path / "x.txt", format="plain")
    assert not (tmp_path / "x.txt").exists()
