"""Intrusion tasks: what they are made of, that answers last, and that scores tell readers from guessers."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from workbench.errors import BadInput, InsufficientData
from workbench.topics import IntrusionAnswers, intrusion_score, intrusion_tasks
from workbench.topics.intrusion import CHANCE


@pytest.fixture(scope="module")
def topics(model):
    return model.result_


@pytest.fixture
def answers(tmp_path):
    return IntrusionAnswers(tmp_path / "annotations.sqlite")


def topic_of(topics):
    return {
        u: int(x) for u, x in topics.layer.table.drop_nulls("label")["unit_id", "label"].iter_rows()
    }


# -- tasks -------------------------------------------------------------------------------------------


def test_a_word_task_has_five_words_of_the_topic_and_one_of_another(topics, corpus):
    tasks = intrusion_tasks(topics, corpus)
    assert tasks.key["topic"].sort().to_list() == list(range(topics.n_topics))
    heads = {
        topic: words[:5] for topic, words in topics.info["Topic", "Representation"].iter_rows()
    }
    for item, options in tasks.items["item", "options"].iter_rows():
        row = tasks.key.row(by_predicate=pl.col("item") == item, named=True)
        members = [word for place, word in enumerate(options) if place != row["intruder"]]
        assert sorted(members) == sorted(heads[row["topic"]])
        assert options[row["intruder"]] in heads[row["intruder_topic"]]
        assert row["intruder_topic"] != row["topic"]
        here = topics.ctfidf.filter(pl.col("topic") == row["topic"])["word"].head(50)
        assert options[row["intruder"]] not in here.to_list()


def test_a_turn_task_has_turns_of_six_conversations(topics, corpus):
    tasks = intrusion_tasks(topics, corpus, kind="turns", n=20)
    assert tasks.items.height == 20
    own = topic_of(topics)
    talk = dict(corpus.utterances["id", "conversation_id"].iter_rows())
    for item, options in tasks.items["item", "options"].iter_rows():
        row = tasks.key.row(by_predicate=pl.col("item") == item, named=True)
        found = [own[unit] for unit in options]
        assert found.pop(row["intruder"]) == row["intruder_topic"]
        assert set(found) == {row["topic"]}
        assert len({talk[unit] for unit in options}) == 6


def test_the_items_tell_nothing_of_the_key(topics, corpus):
    tasks = intrusion_tasks(topics, corpus, n=200)
    assert tasks.items.columns == ["item", "kind", "side", "options"]
    assert tasks.items["item"].is_unique().all()
    places = np.bincount(tasks.key["intruder"].to_numpy(), minlength=6)
    # 200 places at random: each of the six about 33 times
    assert places.min() > 15


def test_the_same_topics_give_the_same_tasks_whatever_the_row_order(topics, corpus):
    layer = replace(topics.layer, table=topics.layer.table.sample(fraction=1, shuffle=True, seed=2))
    mixed = replace(
        topics,
        layer=layer,
        info=topics.info.sample(fraction=1, shuffle=True, seed=2),
        words=topics.words.sample(fraction=1, shuffle=True, seed=2),
        ctfidf=topics.ctfidf.sample(fraction=1, shuffle=True, seed=2),
    )
    for kind in ("words", "turns"):
        once, again = (intrusion_tasks(t, corpus, kind=kind, n=9) for t in (topics, mixed))
        assert once.items.equals(again.items)
        assert once.key.equals(again.key)
    other = intrusion_tasks(topics, corpus, random_state=1)
    assert not other.items.equals(intrusion_tasks(topics, corpus).items)


def test_what_gives_no_tasks_is_told(topics, corpus):
    with pytest.raises(BadInput, match="kind of intrusion task 'pictures'"):
        intrusion_tasks(topics, corpus, kind="pictures")
    with pytest.raises(BadInput, match="at least one task"):
        intrusion_tasks(topics, corpus, n=0)
    one = replace(topics, info=topics.info.filter(pl.col("Topic") == 0))
    with pytest.raises(InsufficientData, match="takes two topics"):
        intrusion_tasks(one, corpus)


# -- answers -----------------------------------------------------------------------------------------


def test_the_first_answer_of_a_rater_stands(answers):
    assert answers.table().is_empty()
    assert not answers.file.exists()
    assert answers.add("i1", rater=" Ada ", chosen=3)
    assert not answers.add("i1", rater="Ada", chosen=4)
    assert answers.add("i1", rater="Ben", chosen=4)
    assert answers.table().select("item", "rater", "chosen").rows() == [
        ("i1", "Ada", 3),
        ("i1", "Ben", 4),
    ]


@pytest.mark.parametrize(
    ("rater", "chosen", "message"),
    [
        (" ", 1, "a name"),
        ("x" * 61, 1, "a name"),
        ("Ada", 6, "0 to 5; got 6"),
        ("Ada", True, "got True"),
    ],
)
def test_answers_that_make_no_sense_are_refused(answers, rater, chosen, message):
    with pytest.raises(BadInput, match=message):
        answers.add("i1", rater=rater, chosen=chosen)
    assert answers.table().is_empty()


def test_a_file_that_is_no_database_is_named(tmp_path):
    broken = tmp_path / "annotations.sqlite"
    broken.write_text("not a database, but a text of some length that SQLite will look at")
    with pytest.raises(BadInput, match=r"annotations\.sqlite.*cannot be used"):
        IntrusionAnswers(broken).add("i1", rater="Ada", chosen=1)


WRITER = """
import sys
from workbench.topics import IntrusionAnswers
answers = IntrusionAnswers(sys.argv[1])
number = 0
while True:
    answers.add(f"item {number}", rater="Ada", chosen=number % 6)
    print(number, flush=True)
    number += 1
"""


def test_acknowledged_answers_outlive_a_killed_process(answers):
    for _ in range(2):
        command = [sys.executable, "-c", WRITER, str(answers.file)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        told = [writer.stdout.readline() for _ in range(20)]
        time.sleep(0.03)
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
        writer.wait(20)
        said = {f"item {line.strip()}" for line in told if line.endswith("\n")}
        assert len(said) >= 20
        assert said <= set(answers.table()["item"])


# -- scores ------------------------------------------------------------------------------------------


def answered(tasks, choose, raters=("Ada", "Ben", "Cem")):
    rows = [
        (item, rater, choose(place))
        for rater in raters
        for item, place in tasks.key["item", "intruder"].iter_rows()
    ]
    schema = {"item": pl.String, "rater": pl.String, "chosen": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_perfect_reader_scores_one(topics, corpus):
    tasks = intrusion_tasks(topics, corpus, n=18)
    score = intrusion_score(tasks, answered(tasks, lambda place: place))
    assert score["topic"].to_list() == [None, *range(6)]
    assert set(score["estimate"]) == {1.0}
    assert set(score["chance"]) == {CHANCE}
    whole = score.row(0, named=True)
    assert (whole["n"], whole["n_clusters"], whole["n_raters"]) == (54, 6, 3)
    assert whole["low"] > CHANCE
    assert "few topics (6)" in whole["reason"]


def test_guessers_score_a_sixth_within_their_interval(topics, corpus):
    """Sixty groups of guessers: the interval over topics covers one in six about as often as it says."""
    tasks, rng = intrusion_tasks(topics, corpus, n=36), np.random.default_rng(0)
    scores = [
        intrusion_score(tasks, answered(tasks, lambda _: int(rng.integers(6)))).row(0, named=True)
        for _ in range(60)
    ]
    assert np.mean([x["estimate"] for x in scores]) == pytest.approx(CHANCE, abs=0.02)
    covered = np.mean([x["low"] <= CHANCE <= x["high"] for x in scores])
    assert covered >= 0.88  # 0.95 less two standard errors of 60 draws, few topics


def test_scores_by_topic_and_what_is_missing(topics, corpus):
    tasks = intrusion_tasks(topics, corpus)
    nobody = intrusion_score(tasks, answered(tasks, lambda place: place, raters=()))
    assert nobody["estimate"].null_count() == nobody.height
    assert set(nobody["reason"]) == {"no answers yet"}
    alone = answered(tasks, lambda place: place, raters=("Ada",)).vstack(
        pl.DataFrame({"item": ["gone"], "rater": ["Ada"], "chosen": [1]})
    )
    score = intrusion_score(tasks, alone)
    assert score["n"][0] == 6
    assert "few raters (1)" in score["reason"][0]
    assert score["low"][1] is None
    mixed = answered(tasks, lambda place: place, raters=("Ada", "Ben")).with_columns(
        chosen=pl.when(pl.col("rater") == "Ben")
        .then((pl.col("chosen") + 1) % 6)
        .otherwise("chosen")
    )
    assert set(intrusion_score(tasks, mixed)["estimate"]) == {0.5}
