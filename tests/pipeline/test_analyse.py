"""The main job: resumable, idempotent, honest about what does not fit."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus
from workbench.errors import BadInput, InsufficientData
from workbench.resources import bundled

KILLED_RUNS = Path(__file__).with_name("killed_runs.py")
CODED_TWICE = ("annomi-client", "annomi-helper", "annomi-helper-flags", "goemotions")
KILLS, LONGEST = 20, 16  # seconds: most steps end in between, some need several tries


def contents(study: wb.Study) -> dict[str, object]:
    """Everything a study holds but clocks, by relative path."""
    found: dict[str, object] = {"embeddings": study.embeddings().tobytes()}
    for file in sorted(study.folder.rglob("*.parquet")):
        table = pl.read_parquet(file)
        found[str(file.relative_to(study.folder))] = [
            table.columns,
            *table.hash_rows(seed=1).to_list(),
        ]
    for file in sorted((study.folder / "attributions").rglob("*.json")):
        content = json.loads(file.read_text())
        for clock in ("seconds", "prompts"):
            content.get("settings", {}).pop(clock, None)
        found[str(file.relative_to(study.folder))] = content
    return found


def few_sessions(n: int = 8) -> Corpus:
    demo = wb.load(bundled("data", "demo"))
    return demo.filter(conversations=demo.conversations["id"].head(n).to_list())


def test_every_station_left_its_result(demo_study):
    done = {record.name for record in demo_study.steps()}
    assert done == {
        "embed",
        "code-annomi",
        "emotion",
        "topics-helper",
        "topics-client",
        "attribution-question_reflection",
        *(f"agreement-{scheme}" for scheme in CODED_TWICE),
        "agreement",
    }
    assert demo_study.embeddings().shape == (demo_study.corpus.utterances.height, 384)
    manifest = demo_study.manifests()[-1]
    assert manifest["corpus"]["checksum"] == demo_study.corpus.checksum()
    assert manifest["versions"]["torch"]
    assert {"seconds", "fingerprint", "device"} <= set(manifest["steps"]["embed"])


def test_a_second_run_does_nothing_says_so_and_is_quick(own_demo_study):
    before = contents(own_demo_study)
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "analyse", str(own_demo_study.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert time.perf_counter() - begun < 10
    assert "nothing was computed" in done.stdout
    assert contents(own_demo_study) == before
    assert len(own_demo_study.manifests()) == 1


def test_what_a_killed_run_left_half_written_is_cleared(own_demo_study):
    left = own_demo_study.folder / "topics" / ".client-group-words.parquet.0m821ts5"
    left.write_bytes(b"words of a client")
    wb.analyse(own_demo_study)
    assert not left.exists()


@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL on Windows")
def test_killed_at_twenty_random_times_it_ends_with_the_same_tables(demo_study, tmp_path):
    command = [sys.executable, KILLED_RUNS, bundled("data", "demo"), tmp_path, KILLS, LONGEST, 11]
    done = subprocess.run(
        [str(x) for x in command], capture_output=True, text=True, check=False, timeout=1100
    )
    assert done.returncode == 0, done.stderr[-2000:]
    expected = contents(demo_study)
    for number in range(int(done.stdout)):
        ended = wb.Study.open(tmp_path / str(number))
        assert contents(ended) == expected
        left = [file.name for file in ended.folder.rglob(".*") if file.name != ".lock"]
        assert left == []


def test_new_sessions_code_only_what_they_touch(own_demo_study, monkeypatch):
    from workbench.pipeline import coding

    old = own_demo_study.layer("annomi-helper.head")
    turns = [("T", "therapist", "So what would you like to change about it?")] * 2
    turns += [("C", "client", "I really want to stop smoking now, I have had enough.")] * 2
    new = pl.DataFrame(
        {
            "conversation_id": ["new"] * 4,
            "speaker": [t[0] for t in turns],
            "role": [t[1] for t in turns],
            "text": [t[2] for t in turns],
        }
    )
    seen = []
    original = coding.code_corpus
    monkeypatch.setattr(
        coding,
        "code_corpus",
        lambda corpus, *a, **k: (
            seen.append(corpus.conversations["id"].to_list()) or original(corpus, *a, **k)
        ),
    )
    own_demo_study.add(Corpus.build(new))
    wb.code(own_demo_study)
    assert seen == [["new"]]
    layer = own_demo_study.layer("annomi-helper.head")
    assert layer.table.head(old.table.height).equals(old.table)
    assert layer.table["unit_id"].n_unique() == old.table["unit_id"].n_unique() + 2


def test_added_sessions_give_the_tables_of_a_study_made_at_once(tmp_path):
    whole = few_sessions(6)
    ids = whole.conversations["id"].to_list()
    at_once = wb.Study.create(tmp_path / "a", whole)
    in_turn = wb.Study.create(tmp_path / "b", whole.filter(conversations=ids[:4]))
    skip = ["topics", "attribution"]
    wb.analyse(in_turn, skip=skip)
    in_turn.add(whole.filter(conversations=ids[4:]))
    wb.analyse(in_turn, skip=skip)
    wb.analyse(at_once, skip=skip)
    for name in ("annomi-helper.head", "annomi-client.head", "goemotions.head"):
        assert in_turn.layer(name).table.equals(at_once.layer(name).table)
        assert in_turn.layer(name).probabilities.equals(at_once.layer(name).probabilities)
    assert np.array_equal(in_turn.embeddings(), at_once.embeddings())


def test_two_utterances_go_on_without_topics(tmp_path):
    turns = pl.DataFrame(
        {
            "conversation_id": ["a", "a"],
            "speaker": ["T", "C"],
            "role": ["therapist", "client"],
            "text": ["What brings you here today, then?", "I want to drink less, I think."],
        }
    )
    study = wb.Study.create(tmp_path / "s", Corpus.build(turns))
    run = wb.analyse(study, skip=["attribution"])
    assert any("topics" in note for note in run.notes)
    assert study.layer("annomi-helper.head").table.height == 1
    with pytest.raises(InsufficientData):
        wb.topics(study)


def test_another_language_is_refused_not_scored(tmp_path):
    german = [
        "Was führt Sie denn heute zu mir?",
        "Na ja, ich kann einfach nicht mehr gut schlafen.",
    ]
    turns = pl.DataFrame(
        {
            "conversation_id": ["a"] * 40,
            "speaker": ["T", "K"] * 20,
            "role": ["therapist", "client"] * 20,
            "text": german * 20,
        }
    )
    study = wb.Study.create(tmp_path / "s", Corpus.build(turns))
    run = wb.analyse(study)
    told = " ".join(run.notes)
    assert "English" in told
    assert not [name for name in study.layer_names() if name.endswith(".head")]


def test_an_unknown_station_is_named(demo_study):
    with pytest.raises(BadInput, match="Did you mean 'emotion'"):
        wb.analyse(demo_study, skip=["emotions"])
