"""Check that a corpus hangs together: its tables, its reply links, who speaks in which role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.corpus.validation.finding import Finding, located

if TYPE_CHECKING:
    from workbench.corpus.corpus import Corpus

__all__ = ["check_links", "check_speakers", "check_tables"]


def check_tables(corpus: Corpus, where: str) -> list[Finding]:
    """Conversations and speakers are each there once, and every utterance has its own."""
    found: list[Finding] = []
    for kind, table, key in (
        ("conversation", corpus.conversations, "conversation_id"),
        ("speaker", corpus.speakers, "speaker"),
    ):
        found += located(
            table,
            ~table["id"].is_first_distinct(),
            "error",
            f"duplicate {kind}",
            where,
            f"row(s) of the {kind} table carry an id that stands earlier.",
            "Keep one row each.",
            kind=kind,
        )
        found += located(
            corpus.utterances,
            ~corpus.utterances[key].is_in(table["id"].implode()),
            "error",
            f"unknown {kind}",
            where,
            f"utterance(s) name a {kind} that the {kind} table does not have.",
            "Build the corpus with Corpus.build, or add the rows.",
        )
    return found


def check_links(corpus: Corpus, where: str) -> list[Finding]:
    """Replies answer what was said before, and no chain of replies runs in a circle."""
    turns = corpus.utterances.select("id", "conversation_id", "turn", "reply_to")
    if turns["reply_to"].null_count() == turns.height:
        return []
    places = turns.with_row_index("_place").with_columns(pl.col("_place").cast(pl.Int64))
    answered = places.select(pl.col("id").alias("reply_to"), "_place", "conversation_id", "turn")
    linked = places.join(answered, on="reply_to", suffix="_to", maintain_order="left")
    later = (pl.col("turn_to") > pl.col("turn")) & (
        pl.col("conversation_id") == pl.col("conversation_id_to")
    )
    return located(
        linked,
        later,
        "warning",
        "reply to a later turn",
        where,
        "reply link(s) answer a turn that comes after them.",
        "Check the order of the turns or the links.",
    ) + located(
        linked,
        _on_circle(linked, turns.height),
        "warning",
        "reply cycle",
        where,
        "reply link(s) lie on a circle: the turn answers itself, over others or at once.",
        "Cut one link of each circle.",
    )


def _on_circle(linked: pl.DataFrame, size: int) -> pl.Series:
    """Whether a link lies on a circle: both ends in one strongly connected component."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = linked["_place"].to_numpy(), linked["_place_to"].to_numpy()
    graph = coo_array(([True] * linked.height, ends), shape=(size, size))
    component = connected_components(graph, directed=True, connection="strong")[1]
    return pl.Series(component[ends[0]] == component[ends[1]])


def check_speakers(corpus: Corpus, where: str) -> list[Finding]:
    """A speaker has one role and one spelling, and a conversation more than one speaker and turn."""
    turns = corpus.utterances
    return [
        *_two_roles(turns, where),
        *_spellings(corpus.speakers, where),
        *_lonely(turns, where),
    ]


def _two_roles(turns: pl.DataFrame, where: str) -> list[Finding]:
    roles = turns.group_by("speaker", maintain_order=True).agg(pl.col("role").n_unique())
    return located(
        roles.rename({"speaker": "id"}),
        pl.col("role") > 1,
        "warning",
        "speaker in two roles",
        where,
        "speaker(s) have more than one role.",
        "Give each person one name, or correct the roles with roles={'their name': 'role'}.",
        kind="speaker",
    )


def _spellings(speakers: pl.DataFrame, where: str) -> list[Finding]:
    folded = pl.col("id").str.to_lowercase().str.replace_all(r"\s+", "")
    return located(
        speakers.with_columns(folded.alias("_folded")),
        pl.col("_folded").is_duplicated(),
        "warning",
        "speaker spelled in two ways",
        where,
        "speaker name(s) differ from another one by case or spaces only.",
        "If they are one person, write the name in one way before loading.",
        kind="speaker",
    )


def _lonely(turns: pl.DataFrame, where: str) -> list[Finding]:
    talks = turns.group_by(pl.col("conversation_id").alias("id"), maintain_order=True).agg(
        turns=pl.len(), speakers=pl.col("speaker").n_unique()
    )
    return located(
        talks,
        pl.col("turns") == 1,
        "note",
        "one turn",
        where,
        "conversation(s) consist of one turn.",
        "Check that the conversation ids are right; sequence analyses leave them out.",
        kind="conversation",
    ) + located(
        talks,
        (pl.col("speakers") == 1) & (pl.col("turns") > 1),
        "warning",
        "one speaker",
        where,
        "conversation(s) of several turns have one speaker.",
        "Check the speaker column; a transcript without speakers cannot be told apart by side.",
        kind="conversation",
    )
