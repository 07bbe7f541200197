"""Exact nearest neighbours by cosine: a scan in half precision, re-ranked in float32.

A query is compared with every vector; there is no approximate index to build or to keep up to date.
What bounds the time is memory traffic, so the scan reads float16 (half of float32's bytes) and may be
wrong by a known bound; every vector that could still belong to the best k within that bound is then
scored in float32. The answer is therefore that of the full float32 product, whatever the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput

if TYPE_CHECKING:
    import torch

__all__ = ["Neighbours", "SemanticIndex"]

_HALF = 2.0**-11
"""Unit roundoff of float16: what one rounding to it changes at most, relative."""

_FEW = 8
"""Queries from which one float32 product of all is faster than a half-precision scan of each."""

_BLOCK = 1 << 16
_GROUP = 256
_LENGTHS = (0.5, 2.0)
"""Lengths of vectors between which their float16 is scanned as it is."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest vectors of each query, the most alike first.

    Parameters
    ----------
    rows
        Row numbers, int64 (queries, found); `found` is k, or fewer where fewer rows are searched.
    cosines
        Their cosines, float32 (queries, found).
    reranked
        Vectors that were scored in float32 for each query, (queries,).
    """

    rows: NDArray[np.int64]
    cosines: NDArray[np.float32]
    reranked: NDArray[np.int64]


class SemanticIndex:
    """Vectors that can be searched for the nearest ones by cosine.

    Parameters
    ----------
    vectors
        (n, d), float16 or float32, of any length; the cosine of a zero vector counts as 0. float16 is
        used in place, float32 gets a float16 copy beside it.
    device
        `auto` takes CUDA where it is there, else the processor.

    Raises
    ------
    BadInput
        If `vectors` is no table of finite numbers.

    Notes
    -----
    Let v and u be unit vectors, v', u' their float16 and s' the float16 of the scan's float32 sum.
    Each of the three roundings changes the cosine by at most 2**-11 (v' and u' by Cauchy-Schwarz, s'
    because it is at most 1), the sum of d products by at most d * 2**-24 (Higham 2002, Accuracy and
    Stability of Numerical Algorithms, section 3.1, doi 10.1137/1.9780898718027). With b the total,
    the k-th best cosine is at least the k-th best scanned value less b, and no vector scanned more
    than 2b below that value can be among the best k. All others are scored in float32, each row by
    itself, so equal vectors have equal cosines; the lower row comes first. Where a re-ranked cosine
    is further than b from its scanned value the arithmetic of this machine is not what the bound
    supposes, and the scan is made again in float32.
    """

    def __init__(self, vectors: ArrayLike, *, device: str = "auto") -> None:
        table = np.asarray(vectors)
        if table.ndim != 2:
            raise BadInput(f"Vectors have the shape {table.shape}; expected (vectors, dimension).")
        if table.dtype != np.float16:
            table = np.ascontiguousarray(table, np.float32)
        self._vectors = table
        self._lengths = _lengths(table)
        broken = np.flatnonzero(~np.isfinite(self._lengths))
        if len(broken):
            raise BadInput(
                f"{len(broken)} vector(s) hold numbers that are not finite, first row {broken[0]}."
            )
        self._lengths[self._lengths == 0] = 1.0
        self._device = _device(device)
        self._scanned, self._scales = self._in_half()

    def __len__(self) -> int:
        return len(self._vectors)

    def __repr__(self) -> str:
        return f"SemanticIndex({len(self):,} x {self.dimension}, {self._device})"

    @property
    def dimension(self) -> int:
        """Length of a vector in numbers."""
        return int(self._vectors.shape[1])

    @property
    def bound(self) -> float:
        """How far a scanned value is from the cosine at most."""
        return 3 * _HALF * (1 + _HALF) ** 2 + self.dimension * 2.0**-22

    @property
    def nbytes(self) -> int:
        """Bytes held, those of the vectors given included."""
        own = 0 if self._scanned_in_place else self._scanned.nbytes
        return int(self._vectors.nbytes + own + self._lengths.nbytes)

    def search(self, queries: ArrayLike, k: int, *, rows: ArrayLike | None = None) -> Neighbours:
        """Return the k nearest vectors of each query.

        Parameters
        ----------
        queries
            (queries, d), or (d,) for one.
        k
            How many; all there are where they are fewer.
        rows
            Boolean mask (n,) of the vectors to search; default all.

        Raises
        ------
        BadInput
            If a query has another dimension or length zero, k is below 1, or the mask another length.
        """
        units = self._units(queries)
        if k < 1:
            raise BadInput(f"k={k}; ask for at least one neighbour.")
        within = None if rows is None else self._mask(rows)
        among = len(self) if within is None else int(within.sum())
        k = min(k, among)
        parts = [
            self._nearest(unit, values, k, within) for unit, values in self._scan(units) if k
        ] or [(np.empty(0, np.int64), np.empty(0, np.float32), 0)] * len(units)
        return Neighbours(
            rows=np.array([part[0] for part in parts], np.int64).reshape(len(units), k),
            cosines=np.array([part[1] for part in parts], np.float32).reshape(len(units), k),
            reranked=np.array([part[2] for part in parts], np.int64),
        )

    def cosines(self, query: ArrayLike, rows: ArrayLike) -> NDArray[np.float32]:
        """Cosines of one query with chosen rows, float32 (rows,).

        Each row is summed by itself: its cosine does not depend on the others.
        """
        unit = self._units(query)[0]
        chosen = np.asarray(rows, np.int64)
        cosines = np.empty(len(chosen), np.float32)
        for start in range(0, len(chosen), _BLOCK):
            part = chosen[start : start + _BLOCK]
            products = self._vectors[part].astype(np.float32)
            products *= unit
            cosines[start : start + _BLOCK] = products.sum(axis=1) / self._lengths[part]
        return cosines

    # -- the scan ------------------------------------------------------------------------------------

    @property
    def _scanned_in_place(self) -> bool:
        low, high = _LENGTHS
        fits = bool(((self._lengths >= low) & (self._lengths <= high)).all())
        return self._vectors.dtype == np.float16 and fits

    def _in_half(self) -> tuple[torch.Tensor, NDArray[np.float32] | None]:
        """Vectors to scan as a float16 tensor, and what scanned values are divided by."""
        import torch

        half, scales = self._vectors, None
        if self._scanned_in_place:
            scales = self._lengths
        else:
            half = np.empty(self._vectors.shape, np.float16)
            for start in range(0, len(half), _BLOCK):
                part = slice(start, start + _BLOCK)
                half[part] = self._vectors[part] / self._lengths[part, None]
        if not half.flags.writeable:
            half = half.copy()  # torch shares memory only with arrays that may be written to
        return torch.from_numpy(half).to(self._device), scales

    def _scan(
        self, units: NDArray[np.float32]
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Pairs of a query and its scanned values, float32 (n,), within `bound` of the cosines."""
        import torch

        if self._device == "cpu" and len(units) < _FEW:
            for unit in units:
                half = torch.from_numpy(unit.astype(np.float16))
                yield unit, self._scaled(torch.mv(self._scanned, half).float().numpy())
            return
        for start in range(0, len(units), _FEW):
            part = units[start : start + _FEW]
            yield from zip(part, self._product(part), strict=True)

    def _product(self, units: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines by a blocked matrix product in float32, (queries, n)."""
        import torch

        sought = torch.from_numpy(units).to(self._device).T.contiguous()
        values = np.empty((len(self), len(units)), np.float32)
        for start in range(0, len(self), _BLOCK):
            block: torch.Tensor = self._scanned[start : start + _BLOCK].float()
            values[start : start + _BLOCK] = (block @ sought).cpu().numpy()
        return np.ascontiguousarray(self._scaled(values).T)

    def _scaled(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._scales is not None:
            values /= self._scales.reshape(-1, *[1] * (values.ndim - 1))
        return values

    def _nearest(
        self, unit: NDArray[np.float32], values: NDArray[np.float32], k: int, within: Any
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], int]:
        rows, cosines, right = self._reranked(unit, values, k, within)
        if not right:
            rows, cosines, _ = self._reranked(unit, self._product(unit[None])[0], k, within)
        best = np.lexsort((rows, -cosines))[:k]
        return rows[best], cosines[best], len(rows)

    def _reranked(
        self, unit: NDArray[np.float32], values: NDArray[np.float32], k: int, within: Any
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], bool]:
        """Rows that can be among the best k, their cosines, and whether the bound held on them."""
        if within is not None:
            values = np.where(within, values, np.float32(-np.inf))
        rows = np.flatnonzero(values >= _largest(values, k) - 2 * self.bound)
        cosines = self.cosines(unit, rows)
        return rows, cosines, bool((np.abs(cosines - values[rows]) <= self.bound).all())

    # -- what was given ------------------------------------------------------------------------------

    def _units(self, queries: ArrayLike) -> NDArray[np.float32]:
        table = np.atleast_2d(np.asarray(queries, np.float32))
        if table.ndim != 2 or table.shape[1] != self.dimension:
            raise BadInput(
                f"A query has {table.shape[-1]} numbers, the vectors searched have "
                f"{self.dimension}. Encode the query with the encoder of the vectors."
            )
        lengths = np.linalg.norm(table, axis=1, keepdims=True)
        if not (np.isfinite(lengths) & (lengths > 0)).all():
            raise BadInput("A query is a vector of length zero, or not finite.")
        return np.ascontiguousarray(table / lengths, np.float32)

    def _mask(self, rows: ArrayLike) -> NDArray[np.bool_]:
        mask = np.asarray(rows)
        if mask.dtype != np.bool_ or mask.shape != (len(self),):
            raise BadInput(
                f"The mask has the shape {mask.shape} and the type {mask.dtype}; expected "
                f"{len(self)} booleans, one per vector."
            )
        return mask


def _device(device: str) -> str:
    """CUDA where there is one; MPS and everything else scan on the processor."""
    from workbench.embedding.hardware import resolve_device

    found = resolve_device(device)
    return found if found.startswith("cuda") else "cpu"


def _largest(values: NDArray[np.float32], k: int) -> np.float32:
    """Return the k-th largest value; the maxima of groups leave few values to order."""
    whole = len(values) // _GROUP * _GROUP
    maxima = values[:whole].reshape(-1, _GROUP).max(axis=1)
    if len(maxima) >= k:
        values = values[values >= np.partition(maxima, -k)[-k]]
    return np.float32(np.partition(values, -k)[-k])


def _lengths(vectors: NDArray[Any]) -> NDArray[np.float32]:
    lengths = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        part = vectors[start : start + _BLOCK].astype(np.float32)
        lengths[start : start + _BLOCK] = np.sqrt(np.einsum("ij,ij->i", part, part))
    return lengths
