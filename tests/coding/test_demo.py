"""The shipped helper head on the demonstration corpus, whose intended codes we wrote."""

from workbench.coding import code_corpus, shipped_head
from workbench.corpus import load
from workbench.resources import bundled
from workbench.statistics import macro_f1


def test_helper_head_scores_near_its_annomi_score_on_intended_codes():
    corpus = load(bundled("data", "demo"))
    coded = code_corpus(corpus)
    assert not coded.refusals
    intended = corpus.layer("annomi-helper.intended").table.select("unit_id", truth="label")
    both = (
        intended.join(coded.layers[0].table, on="unit_id").drop_nulls("truth").drop_nulls("label")
    )
    labels = shipped_head("annomi-helper").labels
    reached = macro_f1(both["truth"].to_list(), both["label"].to_list(), labels)
    scores = shipped_head("annomi-helper").card["Scores on videos it never saw"]
    assert abs(reached - scores[0]["estimate"]) <= 0.15
