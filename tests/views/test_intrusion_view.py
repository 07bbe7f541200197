"""The intrusion task without a skin: one item at a time, answers kept, the score last."""

import json
import shutil
from dataclasses import replace

import polars as pl
import pytest

import workbench as wb
from workbench.topics import IntrusionAnswers, Topics, intrusion_score, intrusion_tasks
from workbench.views import VIEWS

SUBJECTS = (
    ("sleep", "bed", "pillow", "night", "tired", "dream"),
    ("smoke", "lighter", "ash", "patch", "lungs", "pack"),
    ("rent", "bank", "loan", "bills", "debt", "salary"),
)


@pytest.fixture
def own_study(study, tmp_path):
    """The planted study with topics whose words differ, to write to."""
    copy = wb.Study.open(shutil.copytree(study.folder, tmp_path / "own"))
    topics = Topics.read(copy.folder / "topics" / "helper")
    shown = [list(SUBJECTS[topic]) if topic >= 0 else [] for topic in topics.info["Topic"]]
    weights = [
        (topic, word, 1.0 / (rank + 1))
        for topic, words in zip(topics.info["Topic"], shown, strict=True)
        for rank, word in enumerate(words)
    ]
    schema = {"topic": pl.Int64, "word": pl.String, "weight": pl.Float64}
    ctfidf = pl.DataFrame(weights, schema=schema, orient="row")
    info = topics.info.with_columns(Representation=pl.Series(shown))
    replace(topics, info=info, ctfidf=ctfidf).write(copy.folder / "topics" / "helper")
    return copy


def blocks(view):
    return {block.key: block for block in view.blocks()}


def state(view):
    return blocks(view)["task"].content.state


def answer(view, chosen):
    view.click("task", {"answer": {"item": state(view)["item"], "chosen": chosen}})


def stored(study):
    return IntrusionAnswers(study.folder / "annotations.sqlite").table()


def tasks_of(study, kind):
    topics = Topics.read(study.folder / "topics" / "helper")
    return intrusion_tasks(topics, study.corpus, kind=kind)


def test_nobody_answers_without_a_name(own_study):
    view = VIEWS["intrusion"](own_study)
    assert state(view)["options"] == []
    assert "Rater" in state(view)["told"]
    answer(view, 2)
    assert stored(own_study).is_empty()


def test_answers_are_stored_and_lead_to_the_score(own_study):
    view = VIEWS["intrusion"](own_study, rater="Ada")
    tasks = tasks_of(own_study, "words")
    key = dict(tasks.key["item", "intruder"].iter_rows())
    total = state(view)["total"]
    assert total == tasks.items.height == len(key)
    for number in range(1, total + 1):
        now = state(view)
        assert now["number"] == number
        assert "score" not in blocks(view)
        answer(view, key[now["item"]])
    assert state(view)["item"] == ""
    shown = blocks(view)["score"].content
    assert shown.equals(intrusion_score(tasks, stored(own_study)))
    assert shown["estimate"][0] == 1.0
    assert dict(stored(own_study)["item", "chosen"].iter_rows()) == key
    # another rater begins anew, and sees no score
    view.choose("rater", "Ben")
    assert state(view)["number"] == 1
    assert "score" not in blocks(view)


def test_what_is_shown_tells_nothing_of_the_key(own_study):
    view = VIEWS["intrusion"](own_study, rater="Ada")
    assert set(state(view)) == {"asked", "item", "options", "number", "total", "told", "answer"}
    assert len(state(view)["options"]) == 6
    assert "topic" not in json.dumps(state(view))


def test_a_late_or_broken_message_changes_nothing(own_study):
    view = VIEWS["intrusion"](own_study, rater="Ada")
    first = state(view)["item"]
    answer(view, 1)
    for late in ({"item": first, "chosen": 2}, None, "x", {"chosen": 2}):
        view.click("task", {"answer": late})
    assert stored(own_study).select("item", "chosen").rows() == [(first, 1)]


def test_turns_are_shown_as_they_were_said(own_study):
    view = VIEWS["intrusion"](own_study, rater="Ada", kind="turns")
    tasks = tasks_of(own_study, "turns")
    texts = dict(own_study.corpus.utterances["id", "text"].iter_rows())
    assert state(view)["options"] == [texts[unit] for unit in tasks.items["options"][0]]


def test_new_topics_bring_new_tasks_and_keep_the_answers(own_study):
    view = VIEWS["intrusion"](own_study, rater="Ada")
    answer(view, 1)
    topics = Topics.read(own_study.folder / "topics" / "helper")
    words = pl.when(pl.col("Topic") == 0).then(pl.col("Representation").list.reverse())
    info = topics.info.with_columns(Representation=words.otherwise("Representation"))
    before = tasks_of(own_study, "words").items["item"]
    replace(topics, info=info).write(own_study.folder / "topics" / "helper")
    after = tasks_of(own_study, "words").items["item"]
    assert not before.equals(after)
    assert state(view)["item"] in set(after)
    assert stored(own_study).height == 1


def test_topics_that_give_no_word_tasks_are_tested_by_turns(study):
    """The planted topics share their words."""
    view = VIEWS["intrusion"](study)
    assert view.param["kind"].objects == ["turns"]
    assert view.kind == "turns"
