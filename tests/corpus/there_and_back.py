"""What a format with losses owes: everything comes back that its `lost` does not name."""

import tempfile
from pathlib import Path

import polars as pl

import workbench as wb
from workbench.corpus.writers import writer


def assert_what_is_not_lost_comes_back(corpus, form):
    told = {finding.where for finding in writer(form).lost(corpus)}
    with tempfile.TemporaryDirectory() as folder:
        corpus.write(Path(folder) / "out", format=form)
        again = wb.load(Path(folder) / "out")
    assert again.utterances.height == corpus.utterances.height
    turns = again.utterances.sort("conversation_id", "turn")
    given = corpus.utterances.sort("conversation_id", "turn")
    _assert_equal("utterances", given, turns, told)
    for table in ("conversations", "speakers"):
        ours, theirs = getattr(corpus, table).sort("id"), getattr(again, table).sort("id")
        assert ours["id"].to_list() == theirs["id"].to_list()
        _assert_equal(table, ours, theirs, told)
    unit = dict(zip(given["id"], turns["id"], strict=True))
    for layer in corpus.layers:
        if f"layers.{layer.name}" in told:
            continue
        order = ["unit_id", "label"]
        ours = layer.table.with_columns(pl.col("unit_id").replace(unit)).sort(order)
        assert again.layer(layer.name).table.sort(order).equals(ours)
        assert again.layer(layer.name).metadata == layer.metadata
    return again


def _assert_equal(table, ours, theirs, told):
    for name in ours.columns:
        if f"{table}.{name}" not in told and ours[name].null_count() < ours.height:
            assert ours[name].to_list() == theirs[name].to_list(), name
