"""The stability of a study's topics: kept, gone on with, and not shown once the topics changed."""

import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import workbench as wb
from workbench.cli.topics import command
from workbench.corpus import Corpus
from workbench.errors import NotComputed
from workbench.pipeline import stability_of
from workbench.topics import fit_topics

REFITS = 5


@pytest.fixture
def study(tmp_path):
    """A study with planted topics of its clients."""
    rng = np.random.default_rng(0)
    subjects = np.arange(150) % 3
    frame = pl.DataFrame(
        {
            "conversation_id": [f"c{k // 3 % 15:02}" for k in range(150)],
            "speaker": "somebody",
            "role": "client",
            "text": [
                f"subject{s} word{s}x{rng.integers(5)} number{k}" for k, s in enumerate(subjects)
            ],
        }
    )
    made = wb.Study.create(tmp_path / "study", Corpus.build(frame))
    words = made.corpus.utterances["text"].str.extract(r"number(\d+)").cast(pl.Int64).to_numpy()
    points = rng.normal(size=(3, 16))[subjects[words]] + 0.25 * rng.normal(size=(150, 16))
    made.write_embeddings(points.astype(np.float32), encoder="planted")
    refit(made)
    return made


def refit(study, random_state=7):
    topics = fit_topics(study.corpus, study.embeddings(), side="client", random_state=random_state)
    topics.write(study.folder / "topics" / "client")
    study.write_layer(topics.layer)
    return topics


def test_the_study_keeps_the_certificate(study):
    found = wb.topic_stability(study, side="client", refits=REFITS)
    assert found.table["topic"].to_list() == [0, 1, 2]
    assert study.table("topics/client-stability", step="topics").equals(found.table)
    summary = study.table("topics/client-stability-summary", step="topics")
    assert summary.equals(found.summary)
    assert study.layer("topics-client-core").table.equals(found.layer.table)
    record = study.step("topics-client-stability")
    assert record.parameters["refits"] == REFITS
    again = wb.topic_stability(study, side="client", refits=REFITS)
    assert study.step("topics-client-stability") == record
    assert again.table.equals(found.table)
    assert again.settings == found.settings


def test_a_killed_run_goes_on_with_the_refits_it_had(study):
    found = wb.topic_stability(study, side="client", refits=REFITS)
    folder = study.folder / "topics" / "client-refits"
    before = {file.name: file.stat().st_mtime_ns for file in folder.glob("*.parquet")}
    (study.folder / "steps" / "topics-client-stability.json").unlink()
    (study.folder / "topics" / "client-stability.json").unlink()
    (folder / "refit-02.parquet").unlink()
    with pytest.raises(NotComputed, match="--stability"):
        stability_of(study, "client")
    again = wb.topic_stability(study, side="client", refits=REFITS)
    assert again.table.equals(found.table)
    after = {file.name: file.stat().st_mtime_ns for file in folder.glob("*.parquet")}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"refit-02.parquet"}


def test_a_certificate_of_other_topics_is_not_shown(study):
    wb.topic_stability(study, side="client", refits=REFITS)
    topics = stability_of(study, "client")
    assert topics.table.height == 3
    file = study.folder / "topics" / "client" / "topics-client.parquet"
    kept = wb.Layer.read(file)
    merged = kept.table.with_columns(pl.col("label").replace({"2": "1"}))
    wb.Layer(kept.name, merged, kept.metadata).write(file.parent)
    with pytest.raises(NotComputed, match="as they are now"):
        stability_of(study, "client")
    again = wb.topic_stability(study, side="client", refits=REFITS)
    assert again.table["topic"].to_list() == [0, 1]


def test_without_topics_there_is_nothing_to_certify(study):
    with pytest.raises(NotComputed, match="no topics of the helper side"):
        wb.topic_stability(study)


def test_on_the_command_line(own_demo_study):
    folder = str(own_demo_study.folder)
    asked = [folder, "--stability", "--refits", "2", "--workers", "1"]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 0, done.output
    found = stability_of(own_demo_study, "helper")
    assert found.table.height == wb.topics(own_demo_study, side="helper").n_topics
    assert found.table["stable"].null_count() == found.table.height
    assert f"of {found.table.height} topics" in done.output
    as_json = CliRunner().invoke(command, [*asked, "--json"])
    assert len(json.loads(as_json.stdout)["stability"]) == found.table.height
