"""A forgotten person is nowhere: not in tables, vectors, recordings, databases, nor half-way after a kill."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from crowded_study import PERSON, SHARED, crowded_study, texts_of, traces

import workbench as wb
from workbench.corpus.storage import write_folder
from workbench.embedding import EmbeddingStore, text_mark
from workbench.errors import BadInput
from workbench.language_models import RecordedLM
from workbench.study.forgetting import INTENT, forget


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The study and its cache, made once; tests take copies."""
    folder = tmp_path_factory.mktemp("crowded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_CACHE_HOME", str(folder / "cache"))
        crowded_study(folder / "study", folder / "cache")
    return folder


@pytest.fixture
def home(made, tmp_path, monkeypatch):
    shutil.copytree(made / "study", tmp_path / "study")
    shutil.copytree(made / "cache", tmp_path / "cache")
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def study(home):
    return wb.Study.open(home / "study")


def all_traces(home, needles):
    return traces([home / "study", home / "cache"], needles)


def test_nothing_of_the_person_is_left(home, study):
    needles = [PERSON, *texts_of(study)]
    assert len(all_traces(home, needles)) > 40  # the search sees them
    ids = study.corpus.utterances.filter(pl.col("speaker") == PERSON)["id"]
    study.forget(PERSON)
    assert all_traces(home, needles) == set()
    for name in study.layer_names():
        assert study.layer(name).table["unit_id"].is_in(ids.implode()).sum() == 0


def test_a_dry_run_counts_the_same_and_changes_nothing(home, study):
    before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file() and p.name != ".lock"}
    counted = study.forget(PERSON, dry_run=True)
    assert {
        p: p.read_bytes() for p in home.rglob("*") if p.is_file() and p.name != ".lock"
    } == before
    assert counted.dry_run
    done = wb.Study.open(study.folder).forget(PERSON)
    assert done.table.to_dicts() == counted.table.to_dicts()
    rows = dict(
        done.table.filter(pl.col("what") != "recorded answers").select("what", "rows").iter_rows()
    )
    said = 4 * 24
    assert rows["utterances"] == rows["embeddings"] == said
    assert rows["speakers"] == 1
    assert rows["annotations"] == 1
    assert rows["vectors"] == said - 4  # the shared sentence stays for the other


def test_turns_of_others_stay_where_they_were(study):
    before = study.corpus.utterances.filter(pl.col("speaker") != PERSON)
    study.forget(PERSON)
    after = study.corpus.utterances
    assert after["text"].to_list() == before["text"].to_list()
    assert (
        study.corpus.report()
        .filter(pl.col("check").is_in(["turn gap", "reply to nowhere"]))
        .is_empty()
    )
    talk = study.corpus.conversation("t01").utterances
    assert talk["turn"].to_list() == list(range(24))
    assert talk["reply_to"].null_count() == 24  # every turn had answered the person
    assert study.corpus.speakers["id"].to_list() == ["H0", "C0", "H1", "H2", "C2"]


def test_ids_that_named_the_person_get_a_pseudonym_and_splits_stay_whole(study):
    study.forget(PERSON)
    talks = study.corpus.conversations
    first, fourth = (talks.filter(pl.col("id") == x)["source"].item() for x in ("t01", "t04"))
    assert first == fourth
    assert first.startswith("removed-")
    seventh = talks["id"][7]
    assert seventh == f"{first}/7"
    units = study.corpus.conversation(seventh).utterances["id"]
    assert study.layer("annomi-helper.head").table["unit_id"].is_in(units.implode()).sum() == 24


def test_whole_conversations_go_where_that_is_asked_for(home, study):
    needles = [PERSON, *texts_of(study)]
    study.forget(PERSON, whole_conversations=True)
    assert all_traces(home, needles) == set()
    assert study.corpus.conversations["id"].to_list() == [
        f"t{x:02d}" for x in (0, 2, 3, 5, 6, 8, 9, 11)
    ]
    assert "H1" not in study.corpus.speakers["id"]


def test_what_others_say_as_well_stays_in_the_store(home, study):
    store = EmbeddingStore(home / "cache" / "embeddings")
    key = np.array([bytes.fromhex(text_mark(SHARED))], "S16")
    entries = store.size()["entries"].sum()
    study.forget(PERSON, store=store)
    found, vectors = store.get(key, "test-8")
    assert found.all()
    assert vectors.shape == (1, 8)
    assert store.size()["entries"].sum() == entries - 4 * 23
    study.forget("C2", store=store)
    assert not store.get(key, "test-8")[0].any()


def test_answers_go_where_the_prompts_held_the_words(home, study):
    recording = home / "cache" / "answers" / "rule.jsonl"
    before = len(RecordedLM(recording))
    study.forget(PERSON)
    kept = len(RecordedLM(recording))
    assert 0 < kept < before


def test_steps_are_to_be_run_again(study):
    study.forget(PERSON)
    left = {record.name for record in study.steps()}
    assert left == {"code-annomi"}  # turn by turn: only the changed conversations are scored again
    seen = study.table("steps/code-annomi.conversations", step="code")["id"].to_list()
    assert seen == [f"t{x:02d}" for x in (0, 2, 3, 5, 6, 8, 9, 11)]
    assert not study.has_table("agreement/table")
    assert not (study.folder / "topics").exists()
    left = list((study.folder / "attributions").rglob("*.json"))
    assert left  # of a conversation the person was not in
    assert all(file.stem != "check" for file in left)


def test_the_ledger_says_when_and_how_many_not_who(study):
    study.forget(PERSON)
    (entry,) = study.ledger()
    assert entry["event"] == "forgotten"
    assert entry["time"]
    assert entry["utterances"] == 96
    assert entry["conversations"] == 0
    assert PERSON not in str(entry)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_corpus_folder_is_cleaned_too(home, study, form):
    needles = [PERSON, *texts_of(study)]
    write_folder(study.corpus, home / "copy", tables=form)
    forget(PERSON, studies=[study], corpora=[home / "copy"])
    assert traces([home], needles) == set()
    again = wb.load(home / "copy")
    assert again.utterances["text"].equals(wb.Study.open(study.folder).corpus.utterances["text"])


def test_a_corpus_in_another_format_is_refused_before_anything_is_touched(home, study):
    study.corpus.write(home / "convo", format="convokit")
    before = study.corpus.checksum()
    with pytest.raises(BadInput, match="convert it first"):
        forget(PERSON, studies=[study], corpora=[home / "convo"])
    assert wb.Study.open(study.folder).corpus.checksum() == before


def test_reports_that_still_hold_the_words_or_the_name_are_listed(home, study):
    said = texts_of(study)[3]
    folder = home / "reports"
    folder.mkdir()
    escaped = said.replace("&", "&amp;").replace(" ", "\u00a0")
    (folder / "words.html").write_text(f"<p>{escaped[:10]}<br>{escaped[10:]}</p>")
    (folder / "script.html").write_text(
        f"<script>x = {said.replace('&', chr(92) + 'u0026')!r}</script>"
    )
    (folder / "name.html").write_text(f"<td>{PERSON}</td>")
    (folder / "clean.html").write_text("<p>" + SHARED + " I want to sleep better. (3)</p>")
    (folder / "table.xlsx").write_bytes(b"PK")
    (study.folder / "report.html").write_text(f"<li>{said}</li>")
    done = study.forget(PERSON, reports=[folder])
    held = {Path(file).name: holds for file, holds in done.still_held.iter_rows()}
    assert held == {
        "words.html": "words",
        "script.html": "words",
        "name.html": "name",
        "table.xlsx": "not searched",
        "report.html": "words",
    }


def test_others_who_name_the_person_are_told_of(study):
    turns = study.corpus.utterances
    named = (
        pl.when(pl.col("id") == "t00-0")
        .then(pl.lit(f"Hello {PERSON}, all well?"))
        .otherwise("text")
    )
    write_folder(
        wb.Corpus.build(turns.with_columns(text=named), conversations=study.corpus.conversations),
        study.folder / "corpus",
    )
    done = wb.Study.open(study.folder).forget(PERSON)
    assert any("1 turn(s) of others" in note for note in done.notes)
    assert [Path(file).name for file in done.still_held["file"]] == ["utterances.parquet"]


def test_an_unknown_person_is_refused_with_the_nearest_names(home, study):
    with pytest.raises(BadInput, match=r"no speaker 'wanda-0471'.*wanda-0417"):
        study.forget("wanda-0471")
    assert not (study.folder / INTENT).exists()


def test_conversations_past_their_retention_go_whole(home, study):
    study.join_outcomes(
        pl.DataFrame({"id": ["t01", "t02"], "retention_until": ["2001-01-01", "2999-01-01"]})
    )
    said = study.corpus.conversation("t01").utterances.filter(pl.col("speaker") == PERSON)["text"]
    forget(expired=True, studies=[study])
    corpus = wb.Study.open(study.folder).corpus
    assert "t01" not in corpus.conversations["id"]
    assert corpus.report().filter(pl.col("check") == "past retention").is_empty()
    assert corpus.conversations.height == 11
    assert all_traces(home, [x for x in said if x != SHARED]) == set()
    assert PERSON in corpus.speakers["id"]


def test_killed_anywhere_it_is_finished_by_running_it_again(made, tmp_path, monkeypatch):
    needles = [PERSON, *texts_of(wb.Study.open(made / "study"))]
    counts = [1, 2, 4, 7, 10, 14, 18, 23, 28, 33, 38, 43, 48, 52, 55, 58, 60, 62]
    script = Path(__file__).with_name("killed_removals.py")
    arguments = [made / "study", made / "cache", PERSON, tmp_path, *counts]
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    killed = done.stdout.split()
    assert len(killed) >= 12
    for count in killed:
        home = tmp_path / count
        monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(home / "cache"))
        study = wb.Study.open(home / "study")
        study.forget(PERSON)
        assert all_traces(home, needles) == set(), count
        assert not (home / "study" / INTENT).exists()
        assert len(study.ledger()) == 1
        assert study.corpus.utterances.height == 536 - 96
        assert study.corpus.conversations["source"].n_unique() == 11


def test_another_removal_that_was_begun_has_to_be_finished_first(study):
    (study.folder / INTENT).write_text('{"person": "somebody", "pseudonym": "removed-1"}')
    with pytest.raises(BadInput, match="workbench forget somebody"):
        study.forget(PERSON)
