"""Would a language model give the same codes again? Stability, and a trail of what was asked."""

import json
from dataclasses import replace

import polars as pl
import pytest
from llm_talk import by_question_mark, coded_by, small_book, small_corpus
from openai_server import model_server, saying

from workbench.coding.llm import replicate, trail
from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.language_models import LocalLM, OpenAICompatibleLM

# -- replication -----------------------------------------------------------------------------------


def fickle(content):
    """Another code where the prompt holds no examples."""
    told = by_question_mark(content)
    if len(content["messages"]) > 2:
        return told
    return saying('{"label": "question"}')


def replicated(answer, folder, scheme, **options):
    """A scheme of the small book asked for with and without examples, of a server that answers so."""
    with model_server(answer) as server:
        return replicate(
            small_corpus(6),
            small_book(folder),
            models=[OpenAICompatibleLM(server.endpoint, "small")],
            prompts=("standard", "definitions"),
            schemes=[scheme],
            recordings=folder,
            **options,
        )


def test_stability_over_prompts_and_seeds(tmp_path):
    found = replicated(fickle, tmp_path, "talk", seeds=(0, 1))
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


def torn(content):
    """A flag where the prompt holds examples, none where it does not."""
    given = ["question"] if len(content["messages"]) > 2 else []
    return saying(json.dumps({"labels": given}))


def test_turns_that_nobody_was_asked_about_are_no_agreement(tmp_path):
    found = replicated(torn, tmp_path, "flags")  # a turn of each conversation has no words
    same = found.table.filter(measure="same code", over="prompts").row(0, named=True)
    assert (same["estimate"], same["n"]) == (0, 18)


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
