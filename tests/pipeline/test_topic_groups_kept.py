"""The comparison of groups that a study keeps: refused before a fit, told with its cautions."""

import pytest

import workbench as wb
from workbench.errors import BadInput, InsufficientData
from workbench.pipeline.topic_groups import Comparison, write_group_tables
from workbench.topics import Topics, group_table


def kept(study):
    return sorted(
        (path.name, path.stat().st_mtime_ns) for path in (study.folder / "topics").iterdir()
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"group": "qualitty"}, BadInput, "qualitty"),
        ({"group": "quality", "strata": "town"}, BadInput, "town"),
        ({"estimand": "median"}, BadInput, "median"),
        ({"group": "retention_until"}, InsufficientData, "no two groups"),
    ],
)
def test_what_cannot_be_compared_changes_nothing(own_demo_study, options, error, message):
    before = kept(own_demo_study)
    with pytest.raises(error, match=message):
        wb.topics(own_demo_study, **options)
    assert kept(own_demo_study) == before


def test_tables_are_those_of_the_topics_and_bring_their_cautions(own_demo_study):
    study = own_demo_study
    found = Topics.read(study.folder / "topics" / "helper")
    outputs, notes = write_group_tables(study, found, Comparison("quality", "mean"))
    assert any("add up to one" in note for note in notes)
    assert outputs[0] == "topics/helper-groups.parquet"
    table = study.table("topics/helper-groups", step="topics")
    assert table.equals(group_table(study.corpus, found.layer, estimand="mean"))
