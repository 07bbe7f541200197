"""The full-size head: trained on a few real transcripts, found, and coding a study."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench import settings
from workbench.coding import full_subjects, load_codebook
from workbench.coding.annomi import annomi_talk
from workbench.coding.cards import card_of
from workbench.coding.full import code_full, find_full_head
from workbench.coding.full_training import FULL, score_full, train_full
from workbench.coding.recipes import full_recipe_of
from workbench.coding.scoring.coverage import COVERAGE
from workbench.coding.scoring.predictions import SCORES
from workbench.errors import MissingModel, WorkbenchError
from workbench.heads.tagger import TaggerRecipe
from workbench.pipeline.coding import _coded_in_full

pytestmark = [
    pytest.mark.skipif(
        settings.data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)"
    ),
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("full-size head"),
]
SHORT = TaggerRecipe(below=2, through=4, rank=4, epochs=1)


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A folder with AnnoMI's files, cut to sixteen short transcripts."""
    source = settings.data_home() / "annomi"
    folder = tmp_path_factory.mktemp("annomi")
    simple = pl.read_csv(source / "AnnoMI-simple.csv", infer_schema=False)
    short = (
        simple.group_by("transcript_id", maintain_order=True)
        .len()
        .filter(pl.col("len").is_between(14, 36))["transcript_id"][:16]
    )
    kept = pl.col("transcript_id").is_in(short.implode())
    simple.filter(kept).write_csv(folder / "AnnoMI-simple.csv")
    full = pl.read_csv(source / "AnnoMI-full.csv.gz", infer_schema=False).filter(kept)
    full.write_csv(folder / "plain.csv")
    (folder / "AnnoMI-full.csv.gz").write_bytes(gzip.compress((folder / "plain.csv").read_bytes()))
    (folder / "plain.csv").unlink()
    return folder


@pytest.fixture(scope="module")
def in_haste():
    """Heads of the blend learn for a few steps only."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(full_subjects, "full_recipe_of", hasty)
        yield


@pytest.fixture(scope="module")
def home(few, in_haste, tmp_path_factory):
    """A user's folder of heads with a full-size head that has seen little, and that not for long."""
    home = tmp_path_factory.mktemp("heads")
    train_full(few, home / FULL, recipe=SHORT, report_seeds=(101,), device="cpu")
    return home


@pytest.fixture(scope="module")
def talks(few):
    """Three of the transcripts."""
    corpus = annomi_talk(few)
    return corpus.filter(conversations=corpus.conversations["id"].head(3).to_list())


def hasty(scheme):
    return replace(full_recipe_of(scheme), iterations=10, folds=2)


@pytest.fixture
def found(home, monkeypatch):
    from workbench.coding import full

    monkeypatch.setattr(full, "TRAINED", home)
    return find_full_head("annomi")


def test_its_card_has_the_figures_of_every_task_in_both_ways_of_reading(home):
    card = (home / FULL / "CARD.md").read_text("utf-8")
    for task in ("annomi-helper", "annomi-helper-flags", "annomi-client"):
        assert f"## {task}, with previous turns: Scores on videos it never saw" in card
        assert f"## {task}, each turn by itself: Scores on videos it never saw" in card
        assert f"## {task}, with previous turns: Parts of the blend" in card
    assert "difference to TF-IDF + logistic regression, paired" in card


def test_scoring_its_recipe_once_more_gives_the_figures_of_its_card(few, in_haste, found):
    again = score_full(few, recipe=SHORT, seed=101, device="cpu")
    assert list(again) == ["annomi-helper", "annomi-helper-flags", "annomi-client"]
    for task, tables in again.items():
        card = found.tables(task, context=True)
        for title in (SCORES, "Scores of each fold"):
            for ours, theirs in zip(tables[title], card[title], strict=True):
                assert ours == pytest.approx(theirs, abs=1e-3, nan_ok=True)


def test_it_codes_in_both_ways_and_says_how_much_it_read(found, talks):
    for context, ending in ((True, "full"), (False, "full-alone")):
        coding = code_full(talks, "annomi", context=context, device="cpu")
        names = [layer.name for layer in coding.layers]
        assert names == [
            f"{task}.{ending}" for task in ("annomi-helper", "annomi-helper-flags", "annomi-client")
        ]
        for layer in coding.layers:
            assert (layer.metadata.context_turns > 0) == context
            assert layer.metadata.model == found.fingerprint
            assert len(layer.metadata.facts["trained_on"]) > 0
        helper = coding.layers[0]
        total = helper.probabilities.select(pl.sum_horizontal(helper.metadata.labels)).to_series()
        assert total.to_numpy() == pytest.approx(1, abs=1e-5)
        sides = dict(talks.utterances.select("id", "side").iter_rows())
        assert {sides[unit] for unit in helper.table["unit_id"]} == {"helper"}


def test_what_else_is_in_the_corpus_changes_no_code(found, talks):
    one = talks.filter(conversations=talks.conversations["id"].head(1).to_list())
    alone = code_full(one, "annomi", device="cpu").layers[0]
    among = code_full(talks, "annomi", device="cpu").layers[0]
    same = among.restricted_to(alone.table["unit_id"])
    labels = list(alone.metadata.labels)
    np.testing.assert_allclose(
        same.probabilities.select(labels).to_numpy(),
        alone.probabilities.select(labels).to_numpy(),
        atol=1e-3,
    )


def test_the_card_of_its_layers_is_found_by_what_coded(found, talks):
    for context in (True, False):
        layer = code_full(talks, "annomi", context=context, device="cpu").layers[0]
        own = card_of(layer.metadata)
        assert own == find_full_head("annomi").tables("annomi-helper", context=context)
        assert COVERAGE in own
    assert card_of(replace(layer.metadata, model="another")) == {}


def test_a_study_keeps_its_layers_beside_those_of_the_small_heads(found, talks, tmp_path):
    study = wb.Study.create(tmp_path / "study", talks)
    layers = wb.code(study, "annomi", size="full")
    assert layers[0].name == "annomi-helper.full"
    assert study.layer("annomi-client.full").metadata.coder == "annomi-client full head"


def test_an_executor_changes_nothing_and_another_head_on_a_worker_is_refused(
    found, talks, tmp_path, monkeypatch
):
    monkeypatch.setattr("workbench.pipeline.labelling.PART_ROWS", 1)
    here = wb.code(wb.Study.create(tmp_path / "here", talks), "annomi", size="full")
    with ThreadPoolExecutor(2) as pool:
        study = wb.Study.create(tmp_path / "there", talks)
        there = wb.code(study, "annomi", size="full", executor=pool)
    for ours, theirs in zip(here, there, strict=True):
        assert ours.table.equals(theirs.table)
        assert ours.probabilities.equals(theirs.probabilities)
    with pytest.raises(WorkbenchError, match="another than that of the calling machine"):
        _coded_in_full(talks, None, load_codebook("annomi"), True, None, "another")


def test_without_one_it_says_how_to_get_it(monkeypatch, tmp_path):
    from workbench.coding import full

    monkeypatch.setattr(full, "TRAINED", tmp_path)
    monkeypatch.setenv("WORKBENCH_HEADS_HOME", str(tmp_path))
    with pytest.raises(MissingModel, match="workbench train annomi-full"):
        find_full_head("annomi")
