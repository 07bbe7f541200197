"""The turns of a scheme's side and what the model may read of them: turns before, change goal."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from workbench.coding.fit_for import Fit
from workbench.coding.llm.turn import Turn
from workbench.corpus import Corpus, Scheme
from workbench.embedding import text_mark
from workbench.errors import BadInput

__all__ = ["CodedTurn", "turns_to_code"]


@dataclass(frozen=True, slots=True)
class CodedTurn:
    """A turn to be coded, its conversation, and the marks of all texts whose words its prompt holds."""

    turn: Turn
    conversation_id: str
    read: tuple[str, ...]


def turns_to_code(
    corpus: Corpus, scheme: Scheme, *, units: Collection[str] | None, context: int, fit: Fit
) -> list[CodedTurn]:
    """Turns of a scheme in corpus order, of the conversations that may be coded.

    Parameters
    ----------
    units
        Ids to code; None for all of the side.
    context
        Turns before the coded one, of the same conversation.
    fit
        Which conversations may be coded.

    Raises
    ------
    BadInput
        If an id is not in the corpus.
    """
    wanted = None if units is None else frozenset(units)
    if wanted is not None:
        strange = wanted - set(corpus.utterances["id"])
        if strange:
            raise BadInput(f"{len(strange)} utterances are not in the corpus, as {min(strange)!r}.")
    goals = dict(corpus.conversations.select("id", "target_behaviour").iter_rows())
    talk = corpus.utterances.filter(
        pl.col("conversation_id").is_in(pl.Series(fit.conversations, dtype=pl.String).implode())
    ).select("id", "conversation_id", "side", pl.col("text").fill_null(""))
    rows = talk.rows()
    begins: dict[str, int] = {}
    found = []
    for at, (unit, conversation, side, text) in enumerate(rows):
        begin = begins.setdefault(conversation, at)
        if scheme.side not in {"any", side} or (wanted is not None and unit not in wanted):
            continue
        before = tuple(
            (row[2], row[3]) for row in rows[max(at - context, begin) : at] if row[3].strip()
        )
        read = tuple(sorted({text_mark(one) for one in (text, *(said for _, said in before))}))
        turn = Turn(unit, side, text, before, goals.get(conversation))
        found.append(CodedTurn(turn, conversation, read))
    return found
