"""Draw the units of a plan, and put them in the order in which a coder sees them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

__all__ = ["draw_pieces"]

_GAP = 20  # pieces between two presentations of one, where there are as many


def draw_pieces(
    frame: pl.DataFrame,
    counts: Mapping[str, int],
    *,
    piece: str,
    repeat: float,
    random_state: int,
) -> pl.DataFrame:
    """Draw without replacement within strata, repeat some, shuffle.

    Parameters
    ----------
    frame : polars.DataFrame
        `unit_id`, `conversation_id`, `stratum`, `inclusion_probability` of all units; units of one
        conversation in the order of turns.
    counts : stratum -> pieces to draw
    piece : {"unit_id", "conversation_id"}
        What is drawn whole.
    repeat : float
        Share of the drawn pieces presented twice; between the two times stand at least 20 pieces,
        fewer where there are not enough.
    random_state : int

    Returns
    -------
    polars.DataFrame
        As `DoubleCodingPlan.draw`.
    """
    rng = np.random.default_rng(random_state)
    ids = frame.select(piece, "stratum").unique().sort("stratum", piece)
    chosen: list[str] = []
    for stratum in sorted(counts):
        present = ids.filter(pl.col("stratum") == stratum)[piece].to_list()
        chosen += [present[at] for at in rng.permutation(len(present))[: counts[stratum]]]
    order = [chosen[at] for at in rng.permutation(len(chosen))]
    n = len(order)
    times = round(repeat * n)
    gap = min(_GAP, n // 2, n - times)
    again = np.sort(rng.permutation(n - gap)[:times])
    places = np.concatenate([np.arange(n), rng.uniform(again + gap, n)])
    shown = pl.DataFrame(
        {
            piece: order + [order[at] for at in again],
            "repeat": [False] * n + [True] * len(again),
            "place": places,
        },
        schema={piece: pl.String, "repeat": pl.Boolean, "place": pl.Float64},
    ).sort("place")
    return shown.join(frame, on=piece, how="left", maintain_order="left_right").select(
        "unit_id", "conversation_id", "stratum", "inclusion_probability", "repeat"
    )
