"""Otter's text export, whole and damaged."""

import pytest
from hypothesis import given, settings
from transcript_files import REAL, assert_gold, assert_loads_or_refuses, checks, load, said, spoiled

from workbench.corpus.readers import likeliest
from workbench.errors import BadInput

OTTER = """\
Dr. Avery Lee  0:08  
How was the week? See you at  5:30 tomorrow.
It is Monday.

And the evenings?

Unknown Speaker  1:02:03  
Note: hard.

Sam Ortiz\t1:02:09
Mm-hmm.

Transcribed by https://otter.ai
"""  # noqa: W291


def otter(folder, text, **options):
    return load(folder, text, "talk.txt", **options)


def test_names_times_and_paragraphs(tmp_path):
    corpus = otter(tmp_path, OTTER, roles={"Dr. Avery Lee": "therapist"})
    assert said(corpus) == [
        (
            "Dr. Avery Lee",
            "How was the week? See you at  5:30 tomorrow. It is Monday. And the evenings?",
        ),
        ("Unknown Speaker-talk", "Note: hard."),
        ("Sam Ortiz", "Mm-hmm."),
    ]
    assert corpus.utterances["start"].to_list() == [8.0, 3723.0, 3729.0]
    assert corpus.utterances["end"].null_count() == 3
    assert corpus.utterances["timestamp"].to_list() == ["0:08", "1:02:03", "1:02:09"]
    assert corpus.utterances["role"].to_list() == ["therapist", "other", "other"]
    assert corpus.conversation("talk").facts["meta.transcribed_by"] == "https://otter.ai"


def test_what_stands_before_the_first_turn_is_kept(tmp_path):
    corpus = otter(tmp_path, f"Session three\nMonday\n\nSUMMARY KEYWORDS\nrest\n\n{OTTER}")
    assert corpus.conversation("talk").facts["meta.header"].startswith("Session three\nMonday")
    assert len(said(corpus)) == 3


def test_a_time_without_a_name_is_nobodys(tmp_path):
    corpus = otter(tmp_path, "0:03\nHello.\n\nAnn  0:05  \nHi.\n")
    assert said(corpus) == [(None, "Hello."), ("Ann", "Hi.")]


def test_a_cut_file_is_loaded_up_to_there(tmp_path):
    corpus = otter(tmp_path, OTTER[: OTTER.index("Mm-hmm")])
    assert len(said(corpus)) == 2
    assert "row 10" in checks(corpus)["cut off"].where


def test_other_texts_are_not_taken_for_it(tmp_path):
    for text in ("See you at  5:30\n", "Ann 0:08\nHi.\n", "Once upon a time.\n"):
        (tmp_path / "a.txt").write_text(text)
        assert likeliest(tmp_path / "a.txt") is None


@pytest.mark.parametrize("text", ["", "Ann: Hello.\n", "Ann  0:08  \n"])
def test_what_holds_no_turn_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match=r"talk\.txt"):
        otter(tmp_path, text, format="otter")


@settings(max_examples=60, deadline=None)
@given(content=spoiled(OTTER))
def test_any_bytes_load_or_are_refused(tmp_path_factory, content):
    assert_loads_or_refuses(tmp_path_factory.mktemp("any"), content, "otter")


@REAL
@pytest.mark.parametrize("number", [0, 1, 9])
def test_rendered_transcripts_are_read_exactly(number):
    assert_gold(number, "otter.txt", "role", "start", "text")
