"""Tables that stand beside the topics of a study after its analysis."""

from dataclasses import replace

import polars as pl

from workbench.pipeline.topic_details import write_topic_details
from workbench.topics import Topics, topic_hierarchy, topics_over_position, topics_over_sessions


def topics_of(study, side):
    return Topics.read(study.folder / "topics" / side)


def test_an_analysed_study_has_hierarchy_and_courses_of_both_sides(demo_study):
    corpus = demo_study.corpus
    for side in ("helper", "client"):
        topics = topics_of(demo_study, side)
        made = {
            "hierarchy": topic_hierarchy(topics),
            "positions": topics_over_position(corpus, topics.layer),
            "sessions": topics_over_sessions(corpus, topics.layer),
        }
        for name, table in made.items():
            kept = demo_study.table(f"topics/{side}-{name}", step="topics")
            assert kept.equals(table), name
            assert f"topics/{side}-{name}.parquet" in demo_study.step(f"topics-{side}").outputs


def test_what_cannot_be_made_any_more_does_not_stay_behind(own_demo_study):
    study, topics = own_demo_study, topics_of(own_demo_study, "helper")
    grouped = write_topic_details(study, topics, group="topic")
    assert "topics/helper-classes.parquet" in grouped
    classes = study.table("topics/helper-classes", step="topics")
    assert set(classes["class"]) == set(study.corpus.conversations["topic"].drop_nulls())
    one = replace(topics, info=topics.info.filter(pl.col("Topic") == 0))
    outputs = write_topic_details(study, one)
    assert "topics/helper-hierarchy.parquet" not in outputs
    assert not study.has_table("topics/helper-hierarchy")
    assert not study.has_table("topics/helper-classes")
    assert study.has_table("topics/helper-positions")
