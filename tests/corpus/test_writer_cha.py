"""CHAT files that are written: read back, and read by pylangacq."""

import polars as pl
import pylangacq
import pytest
from generated_corpora import CHECKS, PHASES, corpora
from hypothesis import given, settings
from there_and_back import assert_what_is_not_lost_comes_back

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled
from workbench.settings import data_home

TURNS = pl.DataFrame(
    {
        "conversation_id": ["talk"] * 3,
        "speaker": ["Dr. Lee", "Sam", "Dr. Lee"],
        "role": ["therapist", "client", "therapist"],
        "text": ["How was the week?", "Hard. [sighs]", "Tell me more."],
        "start": [0.25, 3.0, 5.5],
        "end": [2.75, 5.5, None],
        "meta.com": [None, "looks down\nwaits", None],
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=corpora())
def test_whatever_is_not_told_as_lost_comes_back(corpus):
    assert_what_is_not_lost_comes_back(corpus, "cha")


def test_a_transcript_comes_back_whole(tmp_path):
    corpus = Corpus.build(TURNS)
    assert writer("cha").lost(corpus) == []
    corpus.write(tmp_path / "talk.cha", format="cha")
    again = wb.load(tmp_path / "talk.cha")
    assert again.utterances.select(TURNS.columns).equals(TURNS)
    assert again.conversations["id"].to_list() == ["talk"]


def test_pylangacq_reads_what_is_written(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "talk.cha", format="cha")
    theirs = pylangacq.CHAT.from_files([str(tmp_path / "talk.cha")], strict=False)
    utterances = theirs.utterances()
    assert [u.participant for u in utterances] == ["THE", "CLI", "THE"]
    assert [u.time_marks for u in utterances] == [(250, 2750), (3000, 5500), (5500, 5500)]
    assert [(p.code, p.name, p.role) for p in theirs.headers()[0].participants] == [
        ("THE", "Therapist", "Investigator"),
        ("CLI", "Client", "Participant"),
    ]


def test_without_our_comment_the_roles_still_come_back(tmp_path):
    Corpus.build(TURNS).write(tmp_path / "talk.cha", format="cha")
    text = (tmp_path / "talk.cha").read_text("utf-8")
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("@Comment:"))
    (tmp_path / "bare.cha").write_text(bare, "utf-8")
    again = wb.load(tmp_path / "bare.cha")
    assert again.utterances["role"].to_list() == TURNS["role"].to_list()
    assert again.utterances["speaker"].to_list() == ["THE-bare", "CLI-bare", "THE-bare"]


def test_losses_are_counted_with_their_reason():
    turns = TURNS.with_columns(
        pl.Series("text", ["no end", "two\nlines.", "Fine."]),
        pl.Series("start", [0.0001, 1.0, 2.0]),
    )
    lost = {f.where: f for f in writer("cha").lost(Corpus.build(turns))}
    assert {where: finding.count for where, finding in lost.items()} == {
        "utterances.text": 2,
        "utterances.start": 1,
    }
    assert "final . ? or !" in lost["utterances.text"].message
    assert "milliseconds" in lost["utterances.start"].message


def test_several_conversations_become_a_folder(tmp_path):
    corpus = wb.load(bundled("data", "demo")).filter(conversations=["d01", "d02"])
    corpus.write(tmp_path / "out", format="cha")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["d01.cha", "d02.cha"]
    again = wb.load(tmp_path / "out")
    assert again.utterances["speaker"].to_list() == corpus.utterances["speaker"].to_list()


def test_an_empty_corpus_is_not_written(tmp_path):
    with pytest.raises(BadInput, match="no conversation"):
        Corpus.build(TURNS).filter(conversations=[]).write(tmp_path / "x.cha", format="cha")
    assert not (tmp_path / "x.cha").exists()


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("name", ["eve_excerpt", "annomi_0", "annomi_9"])
def test_real_chat_files_come_back_whole(tmp_path, name):
    corpus = wb.load(data_home() / "formats" / f"{name}.cha")
    assert writer("cha").lost(corpus) == []
    corpus.write(tmp_path / f"{name}.cha", format="cha")
    again = wb.load(tmp_path / f"{name}.cha")
    assert again.utterances.equals(corpus.utterances)
    assert again.speakers.select(corpus.speakers.columns).equals(corpus.speakers)
