"""The checks against what is known of real corpora (README of the data, section quirks)."""

import csv
import gzip
import itertools
import json

import pytest

import workbench as wb
from workbench.corpus.validation import validate


def counts(path):
    corpus = wb.load(path)
    return {finding.check: finding.count for finding in validate(corpus).findings}


def test_annomi(data_home):
    """Six steps back; 29 neighbouring turns of one speaker and shared seconds are no mistake."""
    found = counts(data_home / "annomi" / "AnnoMI-simple.csv")
    assert found == {"malformed time": 1, "time runs backwards": 6, "no words": 14}


@pytest.mark.parametrize(("part", "backwards", "single"), [("train", 23, 70), ("dev", 4, 6)])
def test_meld(data_home, part, backwards, single):
    path = data_home / "meld" / f"{part}_sent_emo.csv"
    found = counts(path)
    assert found["time runs backwards"] == backwards
    assert found["one turn"] == single
    assert "mojibake" not in found
    assert "markup in text" not in found
    with path.open(encoding="utf-8", newline="") as opened:
        rows = [
            tuple(r[c] for c in ("Dialogue_ID", "StartTime", "EndTime"))
            for r in csv.DictReader(opened)
        ]
    assert found["shared time span"] == sum(rows.count(row) > 1 for row in rows)


@pytest.mark.parametrize(
    "name", ["esconv_raw.jsonl.gz", "esconv_feedback.jsonl.gz", "FailedESConv.jsonl"]
)
def test_esconv(data_home, name):
    """No mojibake and no entities; what was resent by accident is counted."""
    path = data_home / "esconv" / name
    found = counts(path)
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    talks = [json.loads(line)["dialog"] for line in content.splitlines()]
    said = [
        [(turn["speaker"], turn.get("text", turn.get("content")).strip()) for turn in talk]
        for talk in talks
    ]
    resent = sum(a == b for talk in said for a, b in itertools.pairwise(talk))
    assert found.get("repeated turn", 0) == resent
    assert resent == {"esconv_raw.jsonl.gz": 27, "FailedESConv.jsonl": 29}.get(name, 0)
    assert set(found) <= {"repeated turn", "no words", "one speaker"}


@pytest.mark.parametrize("number", [0, 1, 9])
def test_one_transcript_in_many_formats(data_home, number):
    """Cues overlap and neighbours say the same words in transcript 9: neither is a mistake."""
    for path in sorted((data_home / "formats").glob(f"annomi_{number}.*")):
        if path.name.endswith((".gold.jsonl", ".txt", ".cha", ".srt", ".vtt")):
            continue  # read by readers with tests of their own
        assert validate(wb.load(path)).errors == ()
        assert validate(wb.load(path)).warnings == ()


def test_the_demonstration_corpus_has_nothing_to_warn_of():
    from workbench.resources import bundled

    report = validate(wb.load(bundled("data", "demo")))
    assert report.errors == report.warnings == ()
