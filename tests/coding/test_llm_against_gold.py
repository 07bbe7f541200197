"""Is a language model a good coder? Its codes beside gold and other coders, checked by hand."""

from dataclasses import replace

import polars as pl
import pytest
from llm_talk import by_question_mark, coded_by, small_book, small_corpus
from openai_server import model_server, saying

import workbench as wb
from workbench.coding.llm import POSSIBLY_SEEN, code_with_llm, possibly_seen, validate
from workbench.coding.rules import code_by_rules
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.language_models import OpenAICompatibleLM
from workbench.settings import data_home

GOLD = ("question", "reflection", "question")  # of turns 1, 3 and 5


def gold_layer(corpus, labels=GOLD):
    units = [u for u in corpus.utterances["id"] if u[-1] in "135"]
    rows = pl.DataFrame({"unit_id": units, "label": list(labels) * (len(units) // 3)})
    meta = LayerMetadata("talk", "expert", "gold", labels=("question", "reflection"))
    return Layer.build("talk.gold", rows, meta)


def shy(content):
    """Codes questions only; on the rest it declines."""
    asked = content["messages"][-1]["content"].rstrip().endswith("?")
    return saying('{"label": "question"}' if asked else "I'm sorry, I can't.")


def figures(validation):
    return dict(validation.table.select("measure", "estimate").iter_rows())


def test_a_coder_that_is_right_scores_one(tmp_path):
    corpus = small_corpus(6)
    found = validate(
        coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus), corpus=corpus
    )
    told = figures(found)
    assert told["macro-F1 on the turns it coded"] == 1
    assert told["Krippendorff's alpha on the turns it coded"] == pytest.approx(1)
    assert told["share of turns coded"] == 1
    assert (found.mark, set(found.table["mark"])) == ("", {""})
    assert found.table["n_clusters"][0] == 6


def test_what_is_declined_is_counted_apart_and_missed(tmp_path):
    corpus = small_corpus(6)
    found = validate(coded_by(shy, tmp_path, corpus), gold_layer(corpus), corpus=corpus)
    told = figures(found)
    assert told["share of turns coded"] == pytest.approx(2 / 3)
    assert told["percent agreement on the turns it coded"] == 1
    assert told["macro-F1 on the turns it coded"] == 1
    assert told["macro-F1, not coded counts as missed"] == 0.5  # question 1, reflection 0
    ends = dict(found.outcomes.select("outcome", "turns").iter_rows())
    assert ends == {"coded": 12, "refusal": 6, "unclear": 0, "malformed": 0}
    # one category is left: alpha is undefined and says why
    alpha = found.table.filter(pl.col("measure").str.starts_with("Krippendorff")).row(0, named=True)
    assert alpha["estimate"] is None
    assert alpha["reason"]


def test_another_coder_is_scored_on_the_same_turns_with_the_paired_difference(tmp_path):
    corpus = small_corpus(6)
    always = replace(gold_layer(corpus, ("question",) * 3), name="talk.always")
    coding = coded_by(by_question_mark, tmp_path, corpus)
    told = figures(validate(coding, gold_layer(corpus), corpus=corpus, beside=[always]))
    assert told["macro-F1 on the same turns"] == pytest.approx(
        0.4
    )  # 2 * 2/3 / (1 + 2/3) = 0.8, and 0
    assert told["difference to talk.always, paired"] == pytest.approx(0.6)


def test_a_coder_of_some_of_these_turns_is_compared_on_those_alone(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    known = replace(gold, name="talk.known")
    some = known.restricted_to(gold.table["unit_id"].head(6))
    found = validate(coding, gold, corpus=corpus, beside=[some]).table
    (row,) = found.filter(pl.col("measure") == "macro-F1 on the same turns").to_dicts()
    assert (row["estimate"], row["n"]) == (1.0, 6)
    elsewhere = known.restricted_to(pl.Series(["nowhere"]))
    found = validate(coding, gold, corpus=corpus, beside=[elsewhere]).table
    (row,) = found.filter(pl.col("measure") == "macro-F1 on the same turns").to_dicts()
    assert row["estimate"] is None
    assert row["reason"] == "talk.known has none of these turns"


def test_nothing_in_common_is_said(tmp_path):
    corpus = small_corpus(2)
    coding = coded_by(by_question_mark, tmp_path, corpus, units=["c0-1"])
    with pytest.raises(InsufficientData, match="No turn has both"):
        validate(coding, gold_layer(corpus).restricted_to(pl.Series(["c1-1"])), corpus=corpus)
    other = Layer.build(
        "mood.gold",
        pl.DataFrame({"unit_id": ["c0-1"], "label": ["up"]}),
        LayerMetadata("mood", "expert", "gold", labels=("up",)),
    )
    with pytest.raises(BadInput, match="LLM layer of the scheme 'mood'"):
        validate(coding, other, corpus=corpus)


# -- gold of another spelling, another book, another corpus ----------------------------------------


def respelled(layer, **spellings):
    """The layer with some labels spelled otherwise, and a name of its own."""
    rows = layer.table.select("unit_id", pl.col("label").replace(spellings))
    return Layer.build("talk.other", rows, replace(layer.metadata, labels=()))


def test_a_label_spelled_two_ways_is_told_with_the_merge(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    other = respelled(gold, question="Question")
    for layers in ({"gold": other}, {"gold": gold, "beside": [other]}):
        with pytest.raises(BadInput, match=r"merge=\{'Question': 'question'\}"):
            validate(coding, corpus=corpus, **layers)
        merged = validate(coding, corpus=corpus, merge={"Question": "question"}, **layers)
        assert figures(merged)["macro-F1 on the turns it coded"] == 1
    with pytest.raises(BadInput, match=r"no label to merge 'Questoin'\. Did you mean 'Question'"):
        validate(coding, other, corpus=corpus, merge={"Questoin": "question"})


def test_a_code_that_the_book_does_not_have_is_named_unless_another_book_holds(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    other = respelled(gold, reflection="summary")
    with pytest.raises(BadInput, match=r"not in the codebook small: 'summary' \(6 times.*'other'"):
        validate(coding, other, corpus=corpus)
    told = figures(
        validate(coding, other, corpus=corpus, codebook=("question", "reflection", "summary"))
    )
    assert told["percent agreement on the turns it coded"] == pytest.approx(2 / 3)
    assert told["Krippendorff's alpha on the turns it coded"] < 1


def test_gold_of_another_version_of_the_book_is_refused_unless_one_is_said_to_hold(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    older = replace(gold, metadata=replace(gold.metadata, codebook="older"))
    with pytest.raises(BadInput, match=r"Two codebooks are mixed.*'talk.gold'.*codebook="):
        validate(coding, older, corpus=corpus)
    assert validate(coding, older, corpus=corpus, codebook=small_book(tmp_path)).table.height


def test_two_gold_codes_that_exclude_each_other_are_refused(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    second = pl.DataFrame({"unit_id": ["c0-1"], "label": ["reflection"]})
    rows = pl.concat([gold.table.select("unit_id", "label"), second])
    with pytest.raises(BadInput, match="several labels to 1 units, such as 'c0-1'"):
        validate(coding, Layer.build("talk.gold", rows, gold.metadata), corpus=corpus)


def test_codes_of_another_corpus_are_refused(tmp_path):
    corpus = small_corpus(6)
    coding = coded_by(by_question_mark, tmp_path, corpus)
    with pytest.raises(BadInput, match="15 coded turns are not in the corpus 'own'"):
        validate(coding, gold_layer(corpus), corpus=small_corpus(1))


def test_a_second_model_stands_beside_the_first_under_a_name(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    same = coded_by(shy, tmp_path / "b", corpus)
    with pytest.raises(BadInput, match=r"called 'talk.llm'.*name='second'"):
        validate(coding, gold, corpus=corpus, beside=same.layers)
    second = coded_by(shy, tmp_path / "b", corpus, name="second")
    told = figures(validate(coding, gold, corpus=corpus, beside=second.layers))
    assert told["difference to talk.llm-second, paired"] == 0.5


def test_a_turn_without_words_was_not_asked_about(tmp_path):
    corpus = small_corpus(6)
    gold = gold_layer(corpus)
    silent = [unit for unit in corpus.utterances["id"] if unit.endswith("-6")]
    rows = gold.table.select("unit_id", "label")
    rows = pl.concat([rows, pl.DataFrame({"unit_id": silent, "label": "reflection"})])
    found = validate(
        coded_by(by_question_mark, tmp_path, corpus),
        Layer.build("talk.gold", rows, gold.metadata),
        corpus=corpus,
    )
    assert figures(found)["share of turns coded"] == 1
    assert figures(found)["macro-F1, not coded counts as missed"] == 1


@pytest.mark.parametrize("name", ["annomi", "esconv", "annomi-subset"])
def test_public_corpora_are_marked(name, tmp_path):
    corpus = small_corpus(2, name=name)
    assert POSSIBLY_SEEN in possibly_seen(corpus)
    coding = coded_by(by_question_mark, tmp_path, corpus)
    assert POSSIBLY_SEEN in coding.layers[0].metadata.caution
    found = validate(coding, gold_layer(corpus), corpus=corpus)
    assert all(POSSIBLY_SEEN in mark for mark in found.table["mark"])


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_the_shipped_head_always_stands_beside(tmp_path):
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-simple.csv")
    gold = corpus.layer("annomi-helper.gold")
    units = gold.table.filter(pl.col("label").is_in(["question", "reflection"]))["unit_id"][
        ::60
    ].to_list()
    with model_server(by_question_mark) as server:
        coding = code_with_llm(
            corpus,
            model=OpenAICompatibleLM(server.endpoint, "small"),
            schemes=["annomi-helper"],
            units=units,
            recording=tmp_path / "a.jsonl",
        )
    rules = code_by_rules(corpus).layers[0]
    found = validate(coding, gold, corpus=corpus, beside=[rules])
    head = found.table.filter(pl.col("coder").str.starts_with("shipped head"))
    assert head["n"].to_list() == [3698]
    assert head["measure"].to_list() == ["macro-F1, mean over folds"]
    assert head["estimate"][0] > 0.7
    assert POSSIBLY_SEEN in found.table["mark"][0]
    assert "difference to annomi-helper.rules, paired" in figures(found)
