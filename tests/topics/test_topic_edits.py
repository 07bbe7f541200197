import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from workbench.errors import BadInput
from workbench.topics import (
    Drop,
    EditLog,
    Merge,
    Move,
    Rename,
    Split,
    backchannel_layer,
    topics_checksum,
)
from workbench.topics.description import ctfidf_words
from workbench.topics.edits import replay
from workbench.topics.model import TOKENS, topic_vocabulary
from workbench.topics.names import first_names
from workbench.topics.texts import texts_of


@pytest.fixture(scope="module")
def fitted(model):
    return model.result_


@pytest.fixture(scope="module")
def edited(fitted, corpus, embeddings):
    """Replays edits of the planted fit."""

    def edited(*edits):
        return replay(fitted, EditLog("helper", topics_checksum(fitted), edits), corpus, embeddings)

    return edited


def members(topics, topic):
    return set(topics.layer.table.filter(pl.col("label") == str(topic))["unit_id"])


def test_words_from_labels_are_those_of_bertopic(fitted, model, corpus):
    chosen = texts_of(
        corpus,
        np.ones((corpus.utterances.height, 2)),
        side="helper",
        set_apart=backchannel_layer(corpus),
    ).texts
    ours = ctfidf_words(
        chosen,
        model.bertopic_.topics_,
        vocabulary=topic_vocabulary(chosen, first_names(corpus)),
        token_pattern=TOKENS,
        n_words=10,
    )
    both = ours.join(fitted.ctfidf, on=["topic", "word"], how="left", suffix="_bertopic")
    assert both["weight_bertopic"].null_count() == 0
    assert np.allclose(both["weight"], both["weight_bertopic"], rtol=1e-12)


def test_a_log_without_edits_gives_the_fit_back(edited, fitted):
    assert edited() is fitted


def test_what_follows_from_membership_is_what_the_fit_had(edited, fitted):
    """A rename changes no membership: all tables made anew are equal to those of the fit."""
    found = edited(Rename(0, "as it was"))
    for column in ("unit_id", "label", "note"):
        assert found.layer.table[column].equals(fitted.layer.table[column])
    assert np.allclose(found.layer.table["value"], fitted.layer.table["value"], equal_nan=True)
    assert np.allclose(found.centroids, fitted.centroids, atol=1e-6)
    assert np.allclose(found.bars, fitted.bars, atol=1e-6)
    weights = pl.col("weight").round(12)  # words of equal weight may stand in any order
    assert found.words.select("topic", weights).equals(fitted.words.select("topic", weights))
    kept = [c for c in fitted.info.columns if c not in ("Name", "Representation")]
    assert found.info.select(kept).equals(fitted.info.select(kept))
    assert found.info.filter(pl.col("Topic") == 0)["Name"].item() == "as it was"
    assert found.outlier_share == fitted.outlier_share


def test_merged_topics_have_the_members_of_both(edited, fitted):
    found = edited(Merge((3, 1)))
    assert members(found, 1) == members(fitted, 1) | members(fitted, 3)
    assert not members(found, 3)
    assert found.n_topics == fitted.n_topics - 1
    assert len(found.centroids) == len(found.bars) == found.n_topics
    assert set(found.info["Topic"]) == set(fitted.info["Topic"]) - {3}


def test_a_split_topic_is_parted_and_the_largest_part_keeps_the_number(edited, fitted):
    found = edited(Split(2, 2))
    new = max(fitted.info["Topic"]) + 1
    assert members(found, 2) | members(found, new) == members(fitted, 2)
    assert members(found, 2)
    assert members(found, new)
    assert found.n_topics == fitted.n_topics + 1


def test_the_parts_of_a_split_are_those_of_kmeans(edited, fitted, corpus, embeddings):
    """By another road: merge two planted subjects, split them again, and they come apart."""
    found = edited(Merge((0, 1)), Split(0, 2))
    new = max(fitted.info["Topic"]) + 1
    ids = [u for u in corpus.utterances["id"] if u in members(fitted, 0) | members(fitted, 1)]
    rows = corpus.utterances["id"].is_in(ids).to_numpy()
    points = embeddings[rows] / np.linalg.norm(embeddings[rows], axis=1, keepdims=True)
    alone = KMeans(2, n_init=10, random_state=1).fit_predict(points)
    ours = np.array([u in members(found, new) for u in corpus.utterances["id"].filter(rows)])
    agreement = np.mean(ours == alone)
    assert max(agreement, 1 - agreement) > 0.95


def test_members_of_a_dropped_topic_are_outliers(edited, fitted):
    found = edited(Drop(4))
    assert members(fitted, 4) <= members(found, -1)
    assert found.outlier_share.after > fitted.outlier_share.after
    assert found.outlier_share.before == fitted.outlier_share.before


def test_a_moved_utterance_is_where_it_was_put(edited, fitted):
    unit = sorted(members(fitted, 0))[0]
    found = edited(Move(unit, 5))
    assert unit in members(found, 5)
    assert unit not in members(found, 0)
    row = found.layer.table.filter(pl.col("unit_id") == unit)
    assert row["note"].item() == "moved by hand"
    assert unit in members(edited(Move(unit, -1)), -1)


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ((Drop(4), Rename(4, "gone")), "Edit 2 .* no longer there: it was dropped"),
        ((Merge((0, 1)), Drop(1)), "Edit 2 .* merged into topic 0"),
        ((Rename(99, "x"),), "Edit 1 .*'99'"),
        ((Split(0, 5000),), "5000 parts cannot be made"),
        ((Move("nobody", 0),), "'nobody' has no topic"),
        (tuple(Drop(n) for n in range(6)), "the last one"),
    ],
)
def test_an_edit_that_cannot_be_done_says_why(edited, edits, said):
    with pytest.raises(BadInput, match=said):
        edited(*edits)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Merge((1,)),
        lambda: Merge((1, 1)),
        lambda: Split(0, 1),
        lambda: Rename(0, " "),
        lambda: Rename(0, "two\nlines"),
    ],
)
def test_an_edit_that_means_nothing_is_refused(make):
    with pytest.raises(BadInput):
        make()


def test_a_log_of_another_fit_is_refused(fitted, corpus, embeddings):
    with pytest.raises(BadInput, match="another fit"):
        replay(fitted, EditLog("helper", "0" * 64, (Drop(0),)), corpus, embeddings)


EDITS = st.one_of(
    st.builds(Rename, st.integers(0, 20), st.text("abc äß'\"-:#", min_size=1).filter(str.strip)),
    st.builds(Merge, st.lists(st.integers(0, 20), min_size=2, max_size=4, unique=True).map(tuple)),
    st.builds(Split, st.integers(0, 20), st.integers(2, 5)),
    st.builds(Drop, st.integers(0, 20)),
    st.builds(Move, st.text(st.characters(codec="utf-8"), min_size=1), st.integers(-1, 20)),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(EDITS, max_size=6).map(tuple))
@example(edits=(Move("\x85", 0), Rename(0, "Ängste")))
def test_a_log_reads_back_as_it_was_written(edits, tmp_path):
    log = EditLog("client", "ab12", edits)
    log.write(tmp_path / "edits.yaml")
    again = EditLog.read(tmp_path / "edits.yaml")
    assert again == log
    assert again.checksum == log.checksum


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not readable YAML"),
        ("edits: []", "expected the keys"),
        ("{side: helper, fit: x, edits: {drop: 1}}", "not a list"),
        ("{side: helper, fit: x, edits: [{erase: {topic: 1}}]}", "edit 1: expected one of"),
        ("{side: helper, fit: x, edits: [{drop: {topic: one}}]}", "edit 1 .drop.*whole number"),
        ("{side: helper, fit: x, edits: [{drop: {subject: 1}}]}", "edit 1 .drop"),
        ("{side: helper, fit: x, edits: [{merge: {topics: [1]}}]}", "two or more"),
    ],
)
def test_a_broken_log_names_the_edit(tmp_path, text, said):
    path = tmp_path / "edits.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=said):
        EditLog.read(path)


def test_numbers_of_topics_are_never_given_again(edited, fitted):
    highest = max(fitted.info["Topic"])
    found = edited(Split(0, 2), Drop(highest + 1), Split(0, 2))
    assert members(found, highest + 2)
    assert not members(found, highest + 1)


def test_edited_topics_place_new_utterances_by_their_numbers(edited, fitted, embeddings, corpus):
    found = edited(Drop(0))
    placed = found.place(embeddings)
    assert 0 not in set(placed["topic"])
    unit = sorted(members(found, 5))[0]
    row = corpus.utterances["id"].to_list().index(unit)
    assert placed["topic"][row] in (5, -1)
