"""An utterance with the turns before it, as one text: `[client] I tried. [helper] And then?`.

What an answer means often hangs on what it answers ("Yeah."). The text shows the previous turns in
their order, each behind the side that spoke it, and the utterance itself last. It never reaches
into another conversation and fits the encoder's window: the oldest words go first, the utterance
itself is never cut. The store is keyed by this text, so that equal turns in equal company are
encoded once, and a changed neighbour is a new text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

    from workbench.corpus import Corpus
    from workbench.embedding.encoder import Encoder

__all__ = ["with_context"]

_COLUMNS = ("conversation_id", "turn", "side", "text")


def with_context(
    corpus: Corpus | pl.DataFrame, *, turns: int, encoder: Encoder | None = None
) -> list[str]:
    """Render each utterance with its previous turns, sides marked.

    Parameters
    ----------
    corpus
        A corpus, or a table with the columns `conversation_id, turn, side, text` in any order of
        rows.
    turns
        How many previous turns of the conversation go before the utterance; with 0 the texts
        themselves are returned, without marks.
    encoder
        Whose window the text has to fit; default `Encoder()`.

    Returns
    -------
    list of str
        One per utterance, in the order of the rows. A missing text counts as an empty one.

    Raises
    ------
    BadInput
        If `turns` is negative or a column is missing.

    Examples
    --------
    >>> import polars as pl
    >>> talk = pl.DataFrame(
    ...     {
    ...         "conversation_id": ["a", "a"],
    ...         "turn": [0, 1],
    ...         "side": ["helper", "client"],
    ...         "text": ["Do you smoke?", "Yeah."],
    ...     }
    ... )
    >>> with_context(talk, turns=1)
    ['[helper] Do you smoke?', '[helper] Do you smoke? [client] Yeah.']
    """
    if turns < 0:
        raise BadInput(f"turns is a number of previous turns, not {turns}.")
    table = _table(corpus)
    if not turns:
        return table["text"].to_list()
    if encoder is None:
        from workbench.embedding.encoder import Encoder

        encoder = Encoder()
    ordered = table.with_row_index("_row").sort("conversation_id", "turn", maintain_order=True)
    marked = [
        f"[{side}] {text}".rstrip() for side, text in ordered.select("side", "text").iter_rows()
    ]
    talk = ordered["conversation_id"].rank("dense").to_numpy()
    rendered = _rendered(marked, talk, turns, encoder)
    texts = [""] * len(rendered)
    for row, text in zip(ordered["_row"], rendered, strict=True):
        texts[row] = text
    return texts


def _table(corpus: Corpus | pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    table = corpus if isinstance(corpus, pl.DataFrame) else corpus.utterances
    absent = [name for name in _COLUMNS if name not in table.columns]
    if absent:
        raise BadInput(f"Context needs the columns {list(_COLUMNS)}; absent: {absent}.")
    return table.select(*_COLUMNS[:-1], pl.col("text").fill_null(""))


def _rendered(marked: Sequence[str], talk: np.ndarray, turns: int, encoder: Encoder) -> list[str]:
    """Marked turns, conversation by conversation, each behind those before it that fit."""
    distinct = list(dict.fromkeys(marked))
    tokens = dict(zip(distinct, encoder.count_tokens(distinct).tolist(), strict=True))
    room = encoder.room
    found = []
    for at, turn in enumerate(marked):
        parts, left = [turn], room - tokens[turn]
        for back in range(at - 1, max(at - turns, 0) - 1, -1):
            if talk[back] != talk[at]:
                break
            if tokens[marked[back]] > left:
                parts.append(_end_of(marked[back], left, encoder))
                break
            parts.append(marked[back])
            left -= tokens[marked[back]]
        found.append(" ".join(part for part in reversed(parts) if part))
    return found


def _end_of(marked: str, room: int, encoder: Encoder) -> str:
    """Mark and last words of a turn that fit into `room` tokens; nothing if no word does."""
    mark, *words = marked.split()
    sizes = encoder.count_tokens([mark, *words])
    fits = int((np.cumsum(sizes[:0:-1]) <= room - sizes[0]).sum())
    return " ".join([mark, *words[len(words) - fits :]]) if fits else ""
