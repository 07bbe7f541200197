"""`workbench codebook` and `workbench explain`: tables for people, JSON for machines, one clear line."""

import json

import polars as pl
import pytest

import workbench as wb
from workbench.coding import codebooks, crosswalk, crosswalks, explain_code
from workbench.corpus import Layer, LayerMetadata
from workbench.resources import bundled

BOOK = """\
name: mine
title: Mine
version: 1
schemes:
  - name: asking
    side: helper
    exclusive: true
    codes:
      - {label: asks, definition: It asks.}
      - {label: open, definition: It invites telling., parent: %s}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    study = wb.Study.create(
        tmp_path_factory.mktemp("codebook") / "study", wb.load(bundled("data", "demo"))
    )
    turns = study.corpus.utterances.filter(pl.col("side") == "helper")["id"]
    labels = [("question", "open", "advice", None)[at % 4] for at in range(len(turns))]
    facts = LayerMetadata("annomi-helper-flags", "Ann", "human", exclusive=False)
    table = pl.DataFrame({"unit_id": turns, "label": labels})
    study.write_layer(Layer.build("annomi-helper-flags.ann", table, facts))
    return study.folder


def test_books_and_crosswalks_are_listed(run):
    code, out, _ = run("codebook", "list")
    assert code == 0
    assert all(name in out for name in (*codebooks(), *(walk.name for walk in crosswalks())))
    content = json.loads(run("codebook", "list", "--json")[1])
    assert [book["name"] for book in content["books"]] == list(codebooks())


def test_a_book_is_shown_with_its_codes_and_notes(run):
    code, out, _ = run("codebook", "show", "miti")
    assert code == 0
    assert "miti-globals: helper, any number per conversation, rated 1 to 5" in out
    assert "Persuade with Permission" in out
    content = json.loads(run("codebook", "show", "peer-mi", "--json")[1])
    assert len(content["codes"]["peer-mi"]) == 21
    assert "not verified" in content["notes"]


def test_a_good_book_is_told_with_its_checksum(run, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(BOOK % "asks")
    code, out, _ = run("codebook", "check", file)
    assert code == 0
    assert "'mine': asking (2 codes)" in out
    checksum = json.loads(run("codebook", "check", file, "--json")[1])["checksum"]
    assert checksum == wb.Codebook.read(file).checksum


def test_a_bad_book_ends_with_2_and_names_line_and_code(run, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(BOOK % "ask")
    code, out, err = run("codebook", "check", file)
    assert (code, out) == (2, "")
    assert f"{file} line 10, code 'open': parent 'ask' is not in the scheme" in err


def test_a_layer_is_carried_and_counted(run, folder):
    layer = wb.Study.open(folder).layer("annomi-helper-flags.ann")
    carried, table = crosswalk(layer, to="miti")
    code, out, _ = run("codebook", "crosswalk", folder, layer.name, "--to", "miti", "--json")
    assert code == 0
    assert json.loads(out)["carried"] == table.to_dicts()
    assert not wb.Study.open(folder).has_layer(carried.name)
    code, out, _ = run("codebook", "crosswalk", folder, layer.name, "--to", "miti", "--keep")
    assert code == 0
    assert "volley" in out
    assert wb.Study.open(folder).layer(carried.name).table.equals(carried.table)


def test_an_unknown_pair_ends_with_2_and_names_those_there_are(run, folder):
    code, _, err = run("codebook", "crosswalk", folder, "annomi-helper-flags.ann", "--to", "esconv")
    assert code == 2
    assert "no crosswalk annomi -> esconv" in err
    assert "misc -> miti" in err


def test_an_unknown_layer_ends_with_2_and_names_those_there_are(run, folder):
    code, _, err = run("codebook", "crosswalk", folder, "annomi-helper-flags.an", "--to", "miti")
    assert code == 2
    assert "no layer 'annomi-helper-flags.an'" in err
    assert "'annomi-helper-flags.ann'" in err


def test_a_code_is_explained(run, folder):
    corpus = wb.Study.open(folder).corpus
    asked = corpus.utterances.filter(
        (pl.col("side") == "helper") & pl.col("text").str.ends_with("?")
    )["id"][0]
    found = explain_code(corpus, asked, "annomi-helper", "question")
    code, out, _ = run("explain", folder, asked, "--label", "question", "--json")
    assert code == 0
    content = json.loads(out)
    assert content["players"] == found.table.to_dicts()
    total = content["base_value"] + sum(player["value"] for player in content["players"])
    assert total == pytest.approx(content["full_value"])
    code, out, _ = run("explain", folder, asked)
    assert code == 0
    assert "log-odds" in out
    code, _, err = run("explain", folder, "nowhere")
    assert code == 2
    assert "no utterance 'nowhere'" in err
