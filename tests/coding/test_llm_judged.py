"""Is a language model a good coder? Gold, stability and a trail, on answers that can be checked by hand."""

import json
from dataclasses import replace

import polars as pl
import pytest
from llm_talk import by_question_mark, small_book, small_corpus
from openai_server import model_server, saying

import workbench as wb
from workbench.coding.llm import (
    POSSIBLY_SEEN,
    code_with_llm,
    possibly_seen,
    replicate,
    trail,
    validate,
)
from workbench.coding.rules import code_by_rules
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.files import checksum_of
from workbench.language_models import LocalLM, OpenAICompatibleLM
from workbench.settings import data_home

GOLD = ("question", "reflection", "question")  # of turns 1, 3 and 5


def gold_layer(corpus, labels=GOLD):
    units = [u for u in corpus.utterances["id"] if u[-1] in "135"]
    rows = pl.DataFrame({"unit_id": units, "label": list(labels) * (len(units) // 3)})
    meta = LayerMetadata("talk", "expert", "gold", labels=("question", "reflection"))
    return Layer.build("talk.gold", rows, meta)


def coded_by(answer, tmp_path, corpus, **options):
    with model_server(answer) as server:
        return code_with_llm(
            corpus,
            small_book(tmp_path),
            model=OpenAICompatibleLM(server.endpoint, "small"),
            schemes=["talk"],
            recording=tmp_path / "a.jsonl",
            **options,
        )


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
    always = gold_layer(corpus, ("question",) * 3)
    coding = coded_by(by_question_mark, tmp_path, corpus)
    told = figures(validate(coding, gold_layer(corpus), corpus=corpus, beside=[always]))
    assert told["macro-F1 on the same turns"] == pytest.approx(
        0.4
    )  # 2 * 2/3 / (1 + 2/3) = 0.8, and 0
    assert told["difference to talk.gold, paired"] == pytest.approx(0.6)


def test_a_coder_of_some_of_these_turns_is_compared_on_those_alone(tmp_path):
    corpus = small_corpus(6)
    coding, gold = coded_by(by_question_mark, tmp_path, corpus), gold_layer(corpus)
    some = gold.restricted_to(gold.table["unit_id"].head(6))
    found = validate(coding, gold, corpus=corpus, beside=[some]).table
    (row,) = found.filter(pl.col("measure") == "macro-F1 on the same turns").to_dicts()
    assert (row["estimate"], row["n"]) == (1.0, 6)
    elsewhere = gold.restricted_to(pl.Series(["nowhere"]))
    found = validate(coding, gold, corpus=corpus, beside=[elsewhere]).table
    (row,) = found.filter(pl.col("measure") == "macro-F1 on the same turns").to_dicts()
    assert row["estimate"] is None
    assert row["reason"] == "talk.gold has none of these turns"


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


# -- replication -----------------------------------------------------------------------------------


def fickle(content):
    """Another code where the prompt holds no examples."""
    told = by_question_mark(content)
    if len(content["messages"]) > 2:
        return told
    return saying('{"label": "question"}')


def test_stability_over_prompts_and_seeds(tmp_path):
    corpus = small_corpus(6)
    with model_server(fickle) as server:
        found = replicate(
            corpus,
            small_book(tmp_path),
            models=[OpenAICompatibleLM(server.endpoint, "small")],
            prompts=("standard", "definitions"),
            seeds=(0, 1),
            schemes=["talk"],
            recordings=tmp_path,
        )
    same = found.table.filter(measure="same code").select("over", "replicates", "estimate").rows()
    assert same == [
        ("everything", 4, pytest.approx(2 / 3)),
        ("prompts", 2, pytest.approx(2 / 3)),
        ("seeds", 2, 1.0),
    ]
    alphas = dict(
        found.table.filter(measure="krippendorff_alpha").select("over", "estimate").iter_rows()
    )
    assert alphas["seeds"] == pytest.approx(1)
    assert alphas["prompts"] < 0.5
    assert found.outcomes.filter(outcome="coded")["turns"].to_list() == [18] * 4
    assert len(found.codings) == 4


def shallow(model, folder):
    """The lower layers of a model as a model of its own."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    whole = AutoModelForCausalLM.from_pretrained(model.folder, num_hidden_layers=6)
    whole.save_pretrained(folder)
    AutoTokenizer.from_pretrained(model.folder).save_pretrained(folder)
    return LocalLM(folder)


def test_stability_over_models_of_this_machine(smollm2, tmp_path):
    found = replicate(
        small_corpus(3),
        small_book(tmp_path),
        models=[smollm2, shallow(smollm2, tmp_path / "shallow")],
        schemes=["talk"],
        context_turns=1,
        recordings=tmp_path,
    )
    assert len({model for model, _, _ in found.codings}) == 2
    assert len(list(tmp_path.glob("coder-*.jsonl"))) == 2
    one, other = (x.layers[0].table.sort("unit_id")["label"] for x in found.codings.values())
    told = dict(found.table.filter(measure="same code").select("over", "estimate").iter_rows())
    same = pytest.approx((one == other).mean())
    assert told == {"everything": same, "models": same}
    shares = [x.layers[0].probabilities.sort("unit_id") for x in found.codings.values()]
    assert not shares[0].equals(shares[1])


def test_a_replication_needs_two(tmp_path):
    with pytest.raises(BadInput, match="two replicates"):
        replicate(
            small_corpus(),
            small_book(tmp_path),
            models=[OpenAICompatibleLM("http://localhost", "m")],
        )
    with pytest.raises(BadInput, match="'1' is given twice"):
        replicate(
            small_corpus(),
            small_book(tmp_path),
            models=[OpenAICompatibleLM("http://localhost", "m")],
            seeds=(1, 1),
        )


# -- the trail -------------------------------------------------------------------------------------


def test_a_trail_holds_prompt_answer_and_what_to_reproduce(tmp_path):
    corpus = small_corpus(1)
    said = ["Well ..."]

    def once_at_a_loss(content):
        return saying(said.pop()) if said else by_question_mark(content)

    coding = coded_by(once_at_a_loss, tmp_path, corpus)
    found = trail(coding.outcomes, coding.recording, coding.settings)
    assert found.table.select("unit_id", "step", "answer").rows() == [
        ("c0-1", "first", "Well ..."),
        ("c0-1", "repair", '{"label": "reflection"}'),
        ("c0-3", "first", '{"label": "reflection"}'),
        ("c0-5", "first", '{"label": "question"}'),
    ]
    third = found.table.row(2, named=True)
    messages = json.loads(third["prompt"])
    assert "You carry the whole house of 0 on your mind." in messages[-1]["content"]
    assert third["prompt_checksum"] == checksum_of(messages)
    assert third["time"].endswith("+00:00")
    statement = found.statement
    assert statement["codebook"]["checksum"] == small_book(tmp_path).checksum
    assert statement["model"].startswith("small-")
    assert {"torch", "python", "dialogue-workbench"} <= set(statement["versions"])
    assert statement["prompts"] == 4


def test_a_trail_is_written_three_ways_for_its_owner_alone(tmp_path):
    coding = coded_by(by_question_mark, tmp_path, small_corpus(1))
    found = trail(coding.outcomes, coding.recording, coding.settings)
    for ending in ("md", "json", "parquet"):
        path = tmp_path / f"t.{ending}"
        found.write(path)
        assert path.stat().st_mode & 0o077 == 0
    assert pl.read_parquet(tmp_path / "t.parquet").equals(found.table)
    content = json.loads((tmp_path / "t.json").read_text())
    assert content["trail"] == found.table.to_dicts()
    text = (tmp_path / "t.md").read_text()
    assert "### c0-1, talk, seed 0, first" in text
    assert '    {"label": "question"}' in text
    with pytest.raises(BadInput, match=r"\.parquet, \.json or \.md"):
        found.write(tmp_path / "t.txt")


def test_markup_in_a_turn_stays_text(tmp_path):
    corpus = small_corpus(1)
    turns = corpus.utterances.with_columns(
        text=pl.when(pl.col("turn") == 1).then(pl.lit("```\n<script>x</script>?")).otherwise("text")
    )
    coding = coded_by(by_question_mark, tmp_path, replace(corpus, utterances=turns))
    text = trail(coding.outcomes, coding.recording, coding.settings).to_markdown()
    assert all(line.startswith("    ") for line in text.splitlines() if "<script>" in line)
