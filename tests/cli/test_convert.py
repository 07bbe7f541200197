"""`workbench convert`: formats in and out, what is lost told before, shapes changed on request."""

import json

import pytest
from click.testing import CliRunner

import workbench as wb
from workbench.cli.convert import command
from workbench.corpus import readers, writers
from workbench.errors import BadInput
from workbench.resources import bundled

ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:03.000
Ann Lee: What brings you here today?

2
00:00:03.500 --> 00:00:06.000
Bo: I lost my job and I keep drinking.

3
00:00:06.200 --> 00:00:09.000
Bo: My wife is worried. I am, too.

4
00:00:09.500 --> 00:00:12.000
Ann Lee: It sounds like this is hard for you. How do you feel about it?

5
00:00:12.500 --> 00:00:15.000
Bo: I feel tired. I want to stop.

6
00:00:16.000 --> 00:00:17.000
Ann Lee: Thank you for watching!
"""


@pytest.fixture
def zoom(tmp_path):
    path = tmp_path / "session.vtt"
    path.write_text(ZOOM)
    return path


def convert(*arguments):
    done = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_a_dry_run_tells_what_is_lost_and_writes_nothing(tmp_path):
    demo = bundled("data", "demo")
    done = convert(demo, tmp_path / "out", "--to", "openai", "--dry-run")
    assert done.exit_code == 0
    assert "layers.annomi-helper.intended" in done.stdout
    assert "Nothing was written" in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert "cannot carry 0 thing(s)" in convert(demo, "--to", "convokit", "--dry-run").stdout


def test_what_was_lost_is_told_after_writing_too(zoom, tmp_path):
    done = convert(zoom, tmp_path / "out.srt", "--to", "srt")
    assert "lost: utterances.meta.cue_id" in done.stdout
    assert wb.load(tmp_path / "out.srt").utterances.height == 6


def test_json_lists_findings_and_losses(zoom, tmp_path):
    done = convert(zoom, tmp_path / "out.txt", "--to", "plain", "--json")
    told = json.loads(done.stdout)
    assert told["written"] == str(tmp_path / "out.txt")
    assert "utterances.start" in {finding["where"] for finding in told["lost"]}
    assert {finding["check"] for finding in told["findings"]} >= {"no helper turns"}


def test_cues_become_turns_with_roles_and_without_what_nobody_said(zoom, tmp_path):
    options = ("--join-turns", "--propose-roles", "--hallucinations", "remove")
    convert(zoom, tmp_path / "out", *options)
    turns = wb.load(tmp_path / "out").utterances
    assert turns["speaker"].to_list() == ["Ann Lee", "Bo", "Ann Lee", "Bo"]
    assert turns["text"][1] == "I lost my job and I keep drinking. My wife is worried. I am, too."
    assert (turns["start"][1], turns["end"][1]) == (3.5, 9.0)


def test_turns_are_not_joined_over_long_pauses(zoom, tmp_path):
    convert(zoom, tmp_path / "out", "--join-turns", "--longest-pause", "0.1")
    assert wb.load(tmp_path / "out").utterances.height == 6
    assert convert(zoom, tmp_path / "x", "--longest-pause", "0.1").exit_code == 2


def test_flags_of_a_recogniser_travel_as_a_layer(zoom, tmp_path):
    convert(zoom, tmp_path / "out", "--hallucinations", "flag")
    corpus = wb.load(tmp_path / "out")
    assert corpus.utterances.height == 6
    (layer,) = corpus.layers
    assert layer.table.drop_nulls("label")["label"].to_list() == ["stock phrase"]


def test_mojibake_is_mended_on_request(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("speaker,text\ntherapist,SchÃ¶n dass Sie da sind\nclient,Danke\n", "utf-8")
    convert(path, tmp_path / "out", "--mend-text")
    assert wb.load(tmp_path / "out").utterances["text"][0] == "Schön dass Sie da sind"


def test_a_target_is_needed_and_an_unknown_format_named(zoom, tmp_path):
    assert "TARGET" in convert(zoom).stderr
    with pytest.raises(BadInput, match="convokit"):
        convert(zoom, tmp_path / "out", "--to", "convokt")


def test_the_list_of_formats_is_the_registry():
    listed = convert("--list").stdout
    for name in {*readers.readers(), *writers.writers()}:
        assert f" {name} " in listed
