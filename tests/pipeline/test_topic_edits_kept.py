"""Expert edits of a study's topics: kept, undone, replayed, never lost."""

import shutil

import polars as pl
import pytest

import workbench as wb
from workbench.errors import BadInput, NotComputed
from workbench.pipeline import (
    edit_topics,
    replay_topic_edits,
    topic_edit_log,
    undo_topic_edit,
)
from workbench.topics import Drop, Merge, Rename, Split, Topics


def tables(study):
    """Everything under topics/ that says who belongs where, and the layer."""
    files = sorted((study.folder / "topics").glob("helper*/*.parquet"))
    files = [f for f in files if f.parent.name == "helper"]
    files += sorted((study.folder / "topics").glob("helper-groups.parquet"))
    return [pl.read_parquet(file) for file in files] + [study.layer("topics-helper").table]


def same(one, two):
    return len(one) == len(two) and all(a.equals(b) for a, b in zip(one, two, strict=True))


def test_edits_are_kept_and_undone_to_the_last_cell(own_demo_study):
    study = own_demo_study
    before = tables(study)
    edit_topics(study, Rename(0, "asking about change"))
    merged = edit_topics(study, Merge((1, 2)))
    assert [str(edit) for edit in topic_edit_log(study).edits] == [
        "rename topic 0",
        "merge topics 1, 2",
    ]
    again = wb.Study.open(study.folder)
    assert wb.topics(again).info.equals(merged.info)
    assert again.layer("topics-helper").table.equals(merged.layer.table)
    groups = again.table("topics/helper-groups", step="topics")
    assert 2 not in set(groups["topic"])
    undo_topic_edit(study)
    undo_topic_edit(study)
    assert same(tables(study), before)
    with pytest.raises(BadInput, match="no edit"):
        undo_topic_edit(study)


def test_a_log_replays_to_the_same_model_in_a_fresh_copy(own_demo_study, tmp_path):
    copy = wb.Study.open(shutil.copytree(own_demo_study.folder, tmp_path / "copy"))
    edit_topics(own_demo_study, Split(0, 2))
    edit_topics(own_demo_study, Drop(1))
    replay_topic_edits(copy, own_demo_study.folder / "topics" / "helper-edits.yaml")
    assert same(tables(copy), tables(own_demo_study))


def test_an_edit_that_cannot_be_done_changes_nothing(own_demo_study):
    edit_topics(own_demo_study, Drop(0))
    before, log = tables(own_demo_study), topic_edit_log(own_demo_study)
    with pytest.raises(BadInput, match="no longer there"):
        edit_topics(own_demo_study, Rename(0, "edited away"))
    assert same(tables(own_demo_study), before)
    assert topic_edit_log(own_demo_study) == log


def test_a_log_ahead_of_its_tables_is_caught_up(own_demo_study):
    """What a kill between log and tables leaves behind."""
    study = own_demo_study
    edit_topics(study, Rename(0, "first"))
    topic_edit_log(study).followed_by(Merge((1, 2))).write(
        study.folder / "topics" / "helper-edits.yaml"
    )
    found = wb.topics(study)
    assert 2 not in set(found.info["Topic"])
    assert same(tables(study), [*tables(study)[:-1], found.layer.table])


def test_edits_of_an_earlier_fit_are_put_aside_by_name(own_demo_study):
    study = own_demo_study
    edit_topics(study, Merge((0, 1)))
    found = wb.topics(study, random_state=8)
    assert "edits" not in found.settings
    aside = list((study.folder / "topics").glob("helper-edits-*.yaml"))
    assert len(aside) == 1
    assert aside[0].name in " ".join(study.step("topics-helper").notes)
    assert not topic_edit_log(study).edits
    with pytest.raises(BadInput, match="another fit"):
        replay_topic_edits(study, aside[0])


def test_the_same_fit_made_again_keeps_its_edits(own_demo_study):
    study = own_demo_study
    edited = edit_topics(study, Merge((0, 1)))
    shutil.rmtree(study.folder / "topics" / "helper")
    found = wb.topics(study)
    assert found.layer.table.equals(edited.layer.table)
    assert len(topic_edit_log(study).edits) == 1


def test_without_topics_there_is_nothing_to_edit(own_demo_study):
    shutil.rmtree(own_demo_study.folder / "topics")
    with pytest.raises(NotComputed, match="workbench topics"):
        edit_topics(own_demo_study, Drop(0))


def test_the_fit_itself_stays_beside_the_edited_topics(own_demo_study):
    fitted = Topics.read(own_demo_study.folder / "topics" / "helper")
    edit_topics(own_demo_study, Drop(0))
    kept = Topics.read(own_demo_study.folder / "topics" / "helper-fitted")
    assert kept.layer.table.equals(fitted.layer.table)
