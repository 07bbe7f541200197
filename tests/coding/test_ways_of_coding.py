"""Coders, sizes, context, confidence and heads of one's own, in one study side by side."""

import json

import polars as pl
import pytest
from click.testing import CliRunner
from coded_mood import BOOK, LABELS, SAID, coded, talk

import workbench as wb
from workbench.cli.code import command as code_command
from workbench.cli.train import command as train_command
from workbench.corpus import Codebook
from workbench.errors import BadInput
from workbench.pipeline.coding import code_step
from workbench.views import VIEWS

YAML = f"""
name: moods
title: Moods of a turn
version: "1"
citation: none
licence: CC0
schemes:
  - name: mood
    side: client
    exclusive: true
    codes:
{"".join(f"      - {{label: {label}, definition: A {label} turn.}}{chr(10)}" for label in LABELS)}
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "moods.yaml"
    path.write_text(YAML, "utf-8")
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    corpus, codes, _ = talk(6, 10)
    made = wb.Study.create(tmp_path_factory.mktemp("study") / "moods", corpus)
    made.write_layer(coded(codes))
    return made


@pytest.fixture(scope="module")
def head(book, study, tmp_path_factory):
    """Trained by the program on a study's layer, and on text that can be learned."""
    corpus, codes, _ = talk()
    folder = tmp_path_factory.mktemp("mood")
    learned = wb.Study.create(folder / "study", corpus)
    learned.write_layer(coded(codes))
    options = ["--codebook", str(book), "--corpus", str(learned.folder), "--layer", "ana"]
    done = CliRunner().invoke(
        train_command, [*options, "--out", str(folder / "head"), "--no-context"]
    )
    assert done.exit_code == 0, done.output
    assert "Abstaining: coverage and accuracy" in done.output
    return folder / "head"


def test_steps_are_named_by_how_they_code():
    assert code_step("annomi") == "code-annomi"
    assert code_step("annomi", context=False) == "code-annomi-alone"
    assert code_step("annomi", size="full", abstain=0.7) == "code-annomi-full-above-70"
    assert code_step("annomi", coder="rules") == "code-annomi-rules"


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"coder": "rule"}, "Did you mean 'rules'"),
        ({"size": "large"}, "no size of head"),
        ({"coder": "rules", "context": False}, "context=False does not go with the coder 'rules'"),
        ({"size": "full", "heads": ["x"]}, "heads does not go with heads of full size"),
        ({"heads": []}, "at least one head"),
        ({"coder": "rules", "abstain": 7}, "above 0 and below 1"),
    ],
)
def test_options_that_do_not_go_together_are_refused(study, options, hint):
    with pytest.raises(BadInput, match=hint):
        wb.code(study, **options)
    assert study.layer_names() == ["mood.ana"]


def test_rules_need_no_embeddings(study):
    layers = wb.code(study, coder="rules")
    assert "annomi-helper.rules" in [layer.name for layer in layers]
    assert study.step("embed") is None
    assert study.step("code-annomi-rules").notes


def test_a_head_of_ones_own_codes_a_study_with_and_without_a_confidence(study, book, head):
    (layer,) = wb.code(study, book, heads=[head])
    (sure,) = wb.code(study, book, heads=[head], abstain=0.7)
    assert [layer.name, sure.name] == ["mood.head-alone", "mood.head-alone-above-70"]
    assert study.has_layer(layer.name)
    assert study.has_layer(sure.name)
    truth = {text: label for label, text in SAID.items()}
    said = dict(study.corpus.utterances.select("id", "text").iter_rows())
    given = layer.table.select("unit_id", "label").iter_rows()
    assert all(label == truth[said[unit]] for unit, label in given)
    assert sure.table["unit_id"].n_unique() == layer.table["unit_id"].n_unique()
    assert sure.table.filter(pl.col("label").is_not_null())["probability"].min() >= 0.7
    assert layer.metadata.facts["out_of_domain"]["utterances"] == layer.probabilities.height


def test_a_book_of_ones_own_can_be_looked_up_in_the_study_it_coded(study, book, head):
    wb.code(study, str(book), heads=[head])
    assert study.codebooks() == {"moods": Codebook.read(book)}
    view = VIEWS["codebook"](study)
    assert (view.book, view.scheme, view.code) == ("moods", "mood", LABELS[0])
    codes = next(block for block in view.blocks() if block.key == "codes")
    assert codes.content["definition"].to_list() == [f"A {label} turn." for label in LABELS]


def test_the_program_prints_the_share_out_of_domain(study, book, head):
    options = [str(study.folder), "--codebook", str(book), "--head", str(head)]
    shown = CliRunner().invoke(code_command, options)
    assert shown.exit_code == 0, shown.output
    assert "coded utterances are unlike those the coder learned from" in shown.output
    told = json.loads(CliRunner().invoke(code_command, [*options, "--json"]).stdout)
    (share,) = told["out_of_domain"].values()
    assert share["expected"] == 0.05
    (withheld,) = json.loads(
        CliRunner().invoke(code_command, [*options, "--abstain", "0.7", "--json"]).stdout
    )["abstained"].values()
    assert withheld["below"] == 0.7


def test_training_says_what_is_missing(book, tmp_path):
    absent = CliRunner().invoke(train_command, ["--codebook", str(book)])
    assert absent.exit_code == 2
    assert "--corpus, --layer, --out" in absent.output


def test_the_book_of_these_tests_is_the_one_on_disk(book):
    assert wb.Codebook.read(book).scheme("mood").labels == BOOK.scheme("mood").labels
