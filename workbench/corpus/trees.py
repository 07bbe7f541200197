"""Linear conversations out of trees: the main path, or every path from the first message to a leaf.

Chats that were edited or answered several times (ChatGPT, OpenAssistant, LLM logs) and threads are
trees by `reply_to`; analyses of neighbours (sequences, dynamics, session sheets) want talks in
which every turn answers the one before. The main path follows the first answer in turn order, which
readers of trees make the current or best one.

A conversation is a tree if its reader said so (`meta.branches`), or if every turn but the first
replies to an earlier one and one of them has several answers. Replies that are only given here and
there, as in messengers, make no tree.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.schema import META

__all__ = ["BRANCHES", "ORIGINAL", "main_path", "paths"]

BRANCHES = f"{META}branches"
"""Column of conversations that are trees: the number of their leaves."""

ORIGINAL = f"{META}original_id"
"""Column of `paths`: the utterance in the tree that this one is a copy of."""


def main_path(corpus: Corpus) -> Corpus:
    """Keep the main path of every tree; other conversations stay as they are.

    Ids do not change, so codings of the result belong to the whole tree as well. Turns are
    numbered anew.
    """
    dropped: set[str] = set()
    for tree in _trees(corpus):
        kept = set(_paths(tree)[0])
        dropped |= set(tree["id"]) - kept
    if not dropped:
        return corpus
    linear = corpus.filter(utterances=~pl.col("id").is_in(list(dropped)))
    turn = pl.int_range(pl.len()).over("conversation_id").alias("turn")
    return replace(
        linear,
        utterances=linear.utterances.with_columns(turn),
        conversations=linear.conversations.drop(BRANCHES, strict=False),
    )


def paths(corpus: Corpus) -> Corpus:
    """Make every path of every tree a conversation of its own; others stay as they are.

    A path is named `<conversation>~<leaf>` and keeps the conversation's `source`, so that no split
    parts the paths of one tree. Messages shared by several paths are there once for each, named
    `<utterance>~<leaf>`, with the tree's utterance in `meta.original_id`; layers go with them. Count
    shared messages once: group by `meta.original_id`.
    """
    rows: list[tuple[str, str, str, str, int]] = []
    for tree in _trees(corpus):
        talk = tree["conversation_id"][0]
        for path in _paths(tree):
            leaf = path[-1].removeprefix(f"{talk}-")
            rows += [
                (name, f"{name}~{leaf}", talk, f"{talk}~{leaf}", n) for n, name in enumerate(path)
            ]
    if not rows:
        return corpus
    columns = {"id": pl.String, "copy": pl.String, "talk": pl.String, "path": pl.String}
    copies = pl.DataFrame(rows, schema={**columns, "place": pl.Int64}, orient="row")
    whole = pl.col("conversation_id").is_in(copies["talk"].unique().implode())
    linear = corpus.utterances.filter(~whole)
    return replace(
        corpus,
        utterances=pl.concat([linear, _copied(corpus, copies)], how="diagonal"),
        conversations=_conversations(corpus, copies),
        layers=tuple(_layer(layer, copies) for layer in corpus.layers),
    )


def _trees(corpus: Corpus) -> list[pl.DataFrame]:
    """Turns (`id`, `conversation_id`, `reply_to`) of each conversation that is a tree."""
    turns = corpus.utterances.select("id", "conversation_id", "turn", "reply_to")
    if BRANCHES in corpus.conversations.columns:
        said = corpus.conversations.filter(pl.col(BRANCHES).cast(pl.Int64, strict=False) > 1)["id"]
    else:
        said = pl.Series([], dtype=pl.String)
    shape = turns.group_by("conversation_id", maintain_order=True).agg(
        all_reply=pl.col("reply_to").is_not_null().sum() == pl.len() - 1,
        several=pl.col("reply_to").drop_nulls().is_duplicated().any(),
    )
    threads = shape.filter("all_reply", "several")["conversation_id"]
    names = set(said) | set(threads)
    chosen = turns.filter(pl.col("conversation_id").is_in(list(names)))
    return chosen.sort("turn").partition_by("conversation_id", maintain_order=True)


def _paths(tree: pl.DataFrame) -> list[list[str]]:
    """Ids along every path, the main one first; replies that run in a circle are cut."""
    place_of = {name: place for place, name in enumerate(tree["id"])}
    before: dict[str, str | None] = {}
    answered: set[str] = set()
    for place, (name, reply) in enumerate(tree.select("id", "reply_to").iter_rows()):
        earlier = reply is not None and place_of.get(reply, place) < place
        before[name] = reply if earlier else None
        answered |= {reply} if earlier else set()
    found = []
    for leaf in before:
        if leaf in answered:
            continue
        path: list[str] = []
        at: str | None = leaf
        while at is not None:
            path.append(at)
            at = before[at]
        found.append(path[::-1])
    return sorted(found, key=lambda path: [place_of[name] for name in path])


def _copied(corpus: Corpus, copies: pl.DataFrame) -> pl.DataFrame:
    turns = copies.join(corpus.utterances, on="id", how="left", maintain_order="left")
    reply = pl.when(pl.col("place") > 0).then(pl.col("copy").shift())
    return turns.with_columns(
        pl.col("id").alias(ORIGINAL),
        pl.col("copy").alias("id"),
        pl.col("path").alias("conversation_id"),
        pl.col("place").alias("turn"),
        reply.alias("reply_to"),
    ).drop("copy", "talk", "path", "place")


def _conversations(corpus: Corpus, copies: pl.DataFrame) -> pl.DataFrame:
    """The facts of each conversation, once for each of its paths."""
    names = copies.select("talk", "path").unique(maintain_order=True)
    table = corpus.conversations.drop(BRANCHES, strict=False)
    linear = table.filter(~pl.col("id").is_in(names["talk"].implode()))
    joined = names.join(table, left_on="talk", right_on="id", how="left", maintain_order="left")
    return pl.concat([linear, joined.rename({"path": "id"}).select(linear.columns)])


def _layer(layer: Layer, copies: pl.DataFrame) -> Layer:
    """A layer whose rows go with every copy of their unit; links that leave a path are dropped."""
    if layer.metadata.unit == "conversation":
        units = copies.select(pl.col("talk").alias("id"), pl.col("path").alias("copy"), "path")
        units = units.unique(maintain_order=True)
    else:
        units = copies.select("id", "copy", "path")
    table = _with_copies(layer.table, units)
    targets = units.select(pl.col("id").alias("target_id"), "path", pl.col("copy").alias("_target"))
    table = table.join(targets, on=["target_id", "path"], how="left", maintain_order="left")
    leaves = (
        pl.col("path").is_not_null()
        & pl.col("target_id").is_not_null()
        & pl.col("_target").is_null()
    )
    table = table.filter(~leaves).with_columns(
        pl.coalesce("_target", "target_id").alias("target_id")
    )
    shares = layer.probabilities
    if shares is not None:
        shares = _with_copies(shares, units).select(shares.columns)
    return replace(layer, table=table.select(layer.table.columns), probabilities=shares)


def _with_copies(table: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table by `unit_id`, once for each copy of their unit, with the path it is on."""
    joined = table.join(units, left_on="unit_id", right_on="id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("copy", "unit_id").alias("unit_id")).drop("copy")
