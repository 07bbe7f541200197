"""Variance components of (segments in conversations) x coders from sums over conversations.

The T terms of the analysis of variance (sums of squared totals over numbers of cells) have expected
values that are linear in the components; their coefficients, as the terms, are sums over conversations
or over coders. Solving six equations gives the components of any table, balanced or not (Henderson's
method 1; Brennan 2001, section 7.1, https://doi.org/10.1007/978-1-4757-3456-0).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.reliability.resampled_sums import ValueOfSums

__all__ = ["components", "dependability", "impossible", "segment_sums"]

_SCALARS = 12  # sums that are not one per coder


def segment_sums(
    table: NDArray[np.float64], talk: NDArray[np.intp], n_talks: int
) -> NDArray[np.float64]:
    """What each conversation adds: T terms, their coefficients, and each coder's numbers and sums."""
    there = ~np.isnan(table)
    y = np.where(there, table - np.nanmean(table), 0.0) if there.any() else np.zeros(table.shape)

    def by_talk(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.zeros((n_talks, *rows.shape[1:]))
        np.add.at(sums, talk, rows)
        return sums

    coded, totals = by_talk(there.astype(float)), by_talk(y)
    each = there.sum(axis=1).astype(float)
    cells = coded.sum(axis=1)
    scalars = np.column_stack(
        [
            np.ones(n_talks),
            by_talk(np.ones(len(y))),
            (coded > 0).sum(axis=1),
            cells**2,
            by_talk(each**2),
            (coded**2).sum(axis=1),
            (coded**2).sum(axis=1) / cells,
            by_talk(each**2) / cells,
            totals.sum(axis=1) ** 2 / cells,
            by_talk(y.sum(axis=1) ** 2 / each),
            np.divide(totals**2, coded, out=np.zeros_like(totals), where=coded > 0).sum(axis=1),
            by_talk(np.square(y).sum(axis=1)),
        ]
    )
    return np.hstack([scalars, coded, totals, coded**2])


def components(sums: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Solve the T terms of each line for the components, shape (m, 5); NaN where there is no solution."""
    lines = len(sums)
    (
        talks,
        parts,
        pairs,
        talk2,
        part2,
        pair2,
        pair_share,
        part_share,
        t_talk,
        t_part,
        t_pair,
        raw,
    ) = sums[:, :_SCALARS].T
    coded, totals, squares = (
        sums[:, _SCALARS + k * place : _SCALARS + k * (place + 1)] for place in range(3)
    )
    n, grand = coded.sum(axis=1), totals.sum(axis=1)
    there = coded > 0.5
    t_coder = np.divide(totals**2, coded, out=np.zeros_like(totals), where=there).sum(axis=1)
    by_coder = np.divide(squares, coded, out=np.zeros_like(squares), where=there).sum(axis=1)
    coders = there.sum(axis=1).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        # rows: grand mean, conversation, coder, segment, conversation x coder, cells
        # columns: mean squared, conversation, coder, segment, conversation x coder, residual
        expected = [
            [n, talk2 / n, (coded**2).sum(axis=1) / n, part2 / n, pair2 / n, np.ones(lines)],
            [n, n, pair_share, part_share, pair_share, talks],
            [n, by_coder, n, coders, by_coder, coders],
            [n, n, parts, n, parts, parts],
            [n, n, n, pairs, n, pairs],
            [n, n, n, n, n, n],
        ]
        terms = np.column_stack([grand**2 / n, t_talk, t_coder, t_part, t_pair, raw])
    matrices = np.moveaxis(np.array(expected), 2, 0)
    found = np.full((lines, 5), np.nan)
    finite = np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2)))
    usable = finite[np.linalg.matrix_rank(matrices[finite], rtol=1e-9) == 6]
    solved = np.linalg.solve(matrices[usable], terms[usable][:, :, None])[:, 1:, 0]
    scale = np.maximum(raw[usable] / n[usable], np.finfo(float).tiny)[:, None]
    found[usable] = np.where(np.abs(solved) <= 1e-12 * scale, 0.0, solved)
    return found


def dependability(
    k: int, n_slices: int, n_coders: int, name: str, *, available: int | None = None
) -> ValueOfSums:
    """G or Phi as a function of sums over conversations."""
    rest_of_talk = 0.0 if available is None else 1 / available

    def value(lines: NDArray[np.float64]) -> NDArray[np.float64]:
        talk, coder, part, pair, rest = np.maximum(components(lines, k), 0).T
        true = talk + part * rest_of_talk
        error = part * (1 / n_slices - rest_of_talk) + pair / n_coders
        error = error + rest / (n_slices * n_coders)
        if name == "phi":
            error = error + coder / n_coders
        whole = true + error
        return np.divide(true, whole, out=np.full(len(lines), np.nan), where=whole > 0)

    return value


def impossible(total: NDArray[np.float64], k: int) -> str | None:
    """Say why components cannot be estimated, if they cannot."""
    talks, parts, raw = total[0], total[1], total[_SCALARS - 1]
    coders = int((total[_SCALARS : _SCALARS + k] > 0.5).sum())
    if talks < 2 or coders < 2:
        return f"{int(talks)} conversations and {coders} coders; at least two of each are needed"
    if parts <= talks:
        return "no conversation has two segments, so segments cannot be told from conversations"
    if raw <= 0:
        return "all values are equal, so there is no variance to divide"
    if np.isnan(components(total[None, :], k)).any():
        return "the missing cells leave the components confounded"
    return None
