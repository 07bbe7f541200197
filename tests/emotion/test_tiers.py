import json

import pytest

from workbench.emotion import EKMAN, EMOTIONS, SENTIMENT, ontology
from workbench.errors import BadInput


def test_every_emotion_has_one_group_and_every_group_an_emotion():
    tree = ontology()
    assert tuple(tree.table["emotion"]) == EMOTIONS
    assert len(set(EMOTIONS)) == 28
    for tier, names in (("ekman", EKMAN), ("sentiment", SENTIMENT)):
        assert tree.labels(tier) == names
        member = tree.membership(tier)
        assert member.shape == (28, len(names))
        assert (member.sum(axis=1) == 1).all()
        assert member.any(axis=0).all()


def test_neutral_stays_neutral_and_stands_alone():
    tree = ontology()
    for tier in ("ekman", "sentiment"):
        alone = tree.table.filter(tree.table[tier] == "neutral")["emotion"].to_list()
        assert alone == ["neutral"]


@pytest.mark.parametrize("tier", ["ekman", "sentiment"])
def test_mapping_is_the_published_one(tier, data_home):
    folder = data_home / "goemotions"
    published = json.loads((folder / f"{tier}_mapping.json").read_text("utf-8"))
    assert {e for group in published.values() for e in group} | {"neutral"} == set(EMOTIONS)
    for group, emotions in published.items():
        assert {ontology().group_of(e, tier) for e in emotions} == {group}


def test_order_is_the_numbering_of_the_data(data_home):
    listed = (data_home / "goemotions" / "labels.txt").read_text("utf-8").split()
    assert tuple(listed) == EMOTIONS


def test_relabel_names_each_group_once():
    tree = ontology()
    assert tree.relabel(["grief", "remorse", "anger"], "ekman") == ["anger", "sadness"]
    assert tree.relabel(["grief", "relief"], "sentiment") == ["positive", "negative"]


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(BadInput, match="Did you mean 'remorse'"):
        ontology().group_of("remorce", "ekman")
    with pytest.raises(BadInput, match="tier 'plutchik'"):
        ontology().labels("plutchik")
