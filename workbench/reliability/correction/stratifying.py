"""Strata of a double-coding sample: what was assigned, how sure the coder is, facts of conversations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from workbench.errors import BadInput
from workbench.reliability.correction.anticipation import ExpectedCodes

__all__ = ["stratum_names"]

_BANDS = (0.1, 0.5, 0.9)


def stratum_names(
    frame: pl.DataFrame, strata: Sequence[str], codes: ExpectedCodes, *, whole: bool
) -> list[str]:
    """Name of each unit's stratum, its parts joined by " | ".

    Parameters
    ----------
    frame : polars.DataFrame
        One row per unit.
    strata : sequence of str
        As in `plan_double_coding`.
    codes : ExpectedCodes
        Of the same units.
    whole : bool
        Whether conversations are drawn whole; strata are then strata of conversations.

    Raises
    ------
    BadInput
        If a name is no column, or varies within conversations that are drawn whole.
    """
    parts: list[list[str]] = []
    for name in strata:
        if name == "label":
            parts.append(_thirds(frame, codes) if whole else codes.names())
        elif name == "band" and not whole:
            words = ("p < 0.1", "0.1 <= p < 0.5", "0.5 <= p < 0.9", "p >= 0.9")
            found = np.searchsorted(_BANDS, codes.share, side="right")
            parts.append([words[band] for band in found])
        elif name not in frame.columns:
            raise BadInput.unknown("stratum", name, ["label", "band", *frame.columns])
        else:
            parts.append(frame[name].cast(pl.String).fill_null("none").to_list())
            each = frame.group_by("conversation_id").agg(pl.col(name).n_unique().alias("values"))
            if whole and (each["values"] > 1).any():
                raise BadInput(f"{name!r} varies within conversations, which are drawn whole.")
    return [" | ".join(row) for row in zip(*parts, strict=True)] or ["all"] * frame.height


def _thirds(frame: pl.DataFrame, codes: ExpectedCodes) -> list[str]:
    """Third of the conversations by the mean of the label's probability."""
    names, talk = np.unique(frame["conversation_id"].to_numpy(), return_inverse=True)
    share = np.bincount(talk, codes.share) / np.bincount(talk)
    rank = np.empty(len(names), int)
    rank[np.argsort(share, kind="stable")] = np.arange(len(names))
    words = ("low share", "middle share", "high share")
    return [words[3 * rank[code] // len(names)] for code in talk]
