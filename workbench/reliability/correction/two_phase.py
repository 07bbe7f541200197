"""One estimator for rates, differences and slopes: the human sample, steadied by the automatic codes.

Every conversation has automatic codes; some units, drawn with known probability pi, have human
codes as well. Let G(all) be a quantity (a rate, a regression slope) computed from the automatic
codes of all units, G(drawn) the same from the automatic codes of the drawn units, and H(drawn) the
same from their human codes, the latter two weighted by 1 / pi. The estimate is

    H(drawn) + lambda (G(all) - G(drawn)).

For a rate this is the difference estimator of survey sampling with Hájek weights, equal to
prediction-powered inference; with lambda chosen to make the variance least it is the regression
estimator, equal to PPI++ with power tuning (their lambda is ours times the share of units that were
not drawn). For regressions it is predict-then-debias, which allows the code to be outcome or
covariate. lambda = 0 is the human sample alone.

Whatever lambda is, G(all) and G(drawn) aim at the same number, so their difference has mean 0 (up to
1/n) however wrong the automatic codes are: the automatic coder decides how wide the interval is, not
where it lies. An estimated lambda changes the estimate by (lambda-hat - lambda) times that
difference, a product of two terms that both vanish as 1 / sqrt(n), and so does not matter to first
order. It is taken per quantity, from sums over sources, and kept in [0, 1].

Variance is over sources (what must not be cut: video, client, thread): delete-one jackknife of the
whole estimate, lambda and stratum sizes included, with t on (sources with human codes - 1) degrees of
freedom, since the human sample carries most of the variance. Where strata are given, the weights of
each are scaled to its size, and scaled again in each replicate, which keeps differences between
strata out of the variance. A regression without one source is one Newton step from the full fit,
which is exact for least squares. About this corpus alone (no other conversations), the variance is
that of the draw: sum (1 - pi) z^2 over what was drawn, z the weighted residual of H - lambda G.

Sources
-------
Angelopoulos et al. (2023), Prediction-powered inference, https://doi.org/10.1126/science.adi6000
Angelopoulos, Duchi and Zrnic (2023), PPI++, https://arxiv.org/abs/2311.01453
Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling, chapters 6, 7 and 9
Kluger et al. (2025), Prediction-powered inference with imputed covariates and nonuniform sampling,
https://arxiv.org/abs/2501.18577 (predict-then-debias)
MacKinnon, Nielsen and Webb (2023), https://doi.org/10.1002/jae.2969 (jackknife over clusters)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from workbench.errors import InsufficientData

__all__ = ["Corrected", "Family", "Units", "corrected_coefficients"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]

#: Least squares, or logistic regression.
Family: TypeAlias = Literal["linear", "logistic"]

_STEPS = 50  # of Newton's method
_LEAST = 3  # sources with drawn units that a stratum needs to be kept apart


@dataclass(frozen=True, eq=False)
class Units:
    """Who belongs where, and what was drawn; n units.

    Attributes
    ----------
    sources, strata : ndarray of int, shape (n,)
        Numbered from 0; strata that are too thin are pooled by `corrected_coefficients`.
    probability : ndarray of float, shape (n,)
        Inclusion probability of the drawn units; nan for those not drawn.
    """

    sources: Integers
    strata: Integers
    probability: Floats

    @cached_property
    def drawn(self) -> NDArray[np.bool_]:
        """Which units have human codes."""
        return ~np.isnan(self.probability)

    @cached_property
    def pooled_strata(self) -> Integers:
        """Strata with drawn units in at least three sources; the others are one stratum."""
        pairs = np.unique(np.column_stack([self.strata, self.sources])[self.drawn], axis=0)
        sources = np.bincount(pairs[:, 0], minlength=int(self.strata.max(initial=0)) + 1)
        thin = np.isin(self.strata, np.flatnonzero(sources < _LEAST))
        if not thin.any():
            return self.strata
        rest = len(np.unique(self.sources[thin & self.drawn]))
        if rest < _LEAST and not thin.all():
            # too thin even together: they join the largest
            thin |= self.strata == np.argmax(sources)
        return np.unique(np.where(thin, -1, self.strata), return_inverse=True)[1]

    @cached_property
    def weights(self) -> Floats:
        """1 / pi of the drawn units, scaled to the size of each stratum; 0 elsewhere."""
        raw = np.where(self.drawn, 1 / np.where(self.drawn, self.probability, 1), 0)
        strata = self.pooled_strata
        sizes, sums = np.bincount(strata), np.bincount(strata, weights=raw)
        return raw * (sizes / sums)[strata]

    def of(self, rows: NDArray[np.bool_]) -> Units:
        """Some of the units."""
        return Units(
            np.unique(self.sources[rows], return_inverse=True)[1],
            np.unique(self.strata[rows], return_inverse=True)[1],
            self.probability[rows],
        )

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return int(self.sources.max(initial=-1)) + 1

    @property
    def n_drawn_sources(self) -> int:
        """Sources with at least one human-coded unit."""
        return len(np.unique(self.sources[self.drawn]))


@dataclass(frozen=True, eq=False)
class Corrected:
    """Three estimates of k coefficients, each with its delete-one-source replicates.

    Attributes
    ----------
    automatic, human, corrected : ndarray of shape (k,)
    *_replicates : ndarray of shape (sources, k)
        nan where leaving a source out makes the quantity undefined.
    lam : ndarray of shape (k,)
        Weight of the automatic codes.
    human_error, corrected_error : ndarray of shape (k,)
        Standard error of the draw alone, about the corpus at hand; see `draw_error`.
    df : float
        Degrees of freedom of the draw.
    """

    automatic: Floats
    human: Floats
    corrected: Floats
    automatic_replicates: Floats
    human_replicates: Floats
    corrected_replicates: Floats
    lam: Floats
    human_error: Floats
    corrected_error: Floats
    df: float


@dataclass(frozen=True, eq=False)
class _Fit:
    """A weighted regression: its coefficients, and score and information of each unit's cell."""

    beta: Floats
    residuals: Floats  # of each unit
    scores: Floats  # (sources, strata, k), weighted
    information: Floats  # (sources, strata, k, k), weighted
    weights: Floats  # (sources, strata)

    @classmethod
    def of(cls, units: Units, x: Floats, y: Floats, weights: Floats, family: Family) -> _Fit:
        beta = _solve(x, y, weights, family)
        mean = _mean(x, beta, family)
        spread = mean * (1 - mean) if family == "logistic" else np.ones(len(x))
        strata = units.pooled_strata
        shape = (units.n_sources, int(strata.max()) + 1)
        cell = units.sources * shape[1] + strata

        def summed(values: Floats) -> Floats:
            columns = values.reshape(len(values), -1).T
            sums = [np.bincount(cell, c * weights, minlength=shape[0] * shape[1]) for c in columns]
            return np.stack(sums, axis=-1).reshape(*shape, *values.shape[1:])

        residuals = y - mean
        outer = spread[:, None, None] * x[:, :, None] * x[:, None, :]
        return cls(
            beta,
            residuals,
            summed(x * residuals[:, None]),
            summed(outer),
            summed(np.ones(len(x))),
        )

    @cached_property
    def inverse(self) -> Floats:
        return np.linalg.inv(self.information.sum(axis=(0, 1)))

    def influence(self, sizes: Floats) -> Floats:
        """First-order share of each source in the coefficients, (sources, k).

        The weights of a stratum are scaled to its size: a source counts by how its drawn units
        differ from their stratum's mean, and by how many units it adds to the stratum.
        """
        mean = self.scores.sum(axis=0) / self.weights.sum(axis=0)[:, None]
        share = self.scores - self.weights[..., None] * mean + sizes[..., None] * mean
        return share.sum(axis=1) @ self.inverse

    def replicates(self, sizes: Floats) -> Floats:
        """Coefficients without each source in turn, (sources, k); nan where there are none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = (sizes.sum(axis=0) - sizes) / (self.weights.sum(axis=0) - self.weights)
        # a stratum whose units all sit in one source is gone without it
        scale = np.where(sizes.sum(axis=0) - sizes > 0, scale, 0)
        score = np.einsum("gh,ghk->gk", scale, self.scores.sum(axis=0) - self.scores)
        info = np.einsum("gh,ghkl->gkl", scale, self.information.sum(axis=0) - self.information)
        found = np.full(score.shape, np.nan)
        finite = np.isfinite(info).all(axis=(1, 2)) & np.isfinite(score).all(axis=1)
        sound = np.flatnonzero(finite)
        sound = sound[np.linalg.cond(info[sound]) < 1e12]
        found[sound] = self.beta + np.linalg.solve(info[sound], score[sound][..., None])[..., 0]
        return found


def corrected_coefficients(
    units: Units,
    *,
    automatic: tuple[Floats, Floats],
    human: tuple[Floats, Floats],
    family: Family = "linear",
    lam: float | None = None,
    drawn_together: Integers | None = None,
) -> Corrected:
    """Fit one regression on automatic codes, on human codes, and on both.

    Parameters
    ----------
    units : Units
    automatic, human : (ndarray of shape (n, k), ndarray of shape (n,))
        Design and outcome by either coder; of `human` only the rows of drawn units are read.
    family : {"linear", "logistic"}
    lam : float, optional
        Weight of the automatic codes, in place of the one estimated for each coefficient.
    drawn_together : ndarray of int, shape (n,), optional
        What was drawn as one piece (conversation, source), where units were not drawn one by one;
        serves the error of the draw alone.

    Raises
    ------
    InsufficientData
        If a regression has no solution: a covariate that is constant or a sum of others, or a
        logistic outcome that a covariate separates.
    """
    drawn, weights = units.drawn, units.weights
    x_human = np.where(drawn[:, None], human[0], 0.0)
    y_human = np.where(drawn, human[1], 0.0)
    everything = _Fit.of(units, *automatic, np.ones(len(drawn)), family)
    ours = _Fit.of(units, *automatic, weights, family)
    theirs = _Fit.of(units, x_human, y_human, weights, family)
    sizes = everything.weights
    a = theirs.influence(sizes)
    b = ours.influence(sizes) - everything.influence(sizes)
    lams, lam_replicates = _lam(a, b, lam)
    all_replicates = everything.replicates(sizes)
    our_replicates, their_replicates = ours.replicates(sizes), theirs.replicates(sizes)
    shift = lam_replicates * (all_replicates - our_replicates)

    def unit_influence(fit: _Fit, x: Floats) -> Floats:
        return (x * fit.residuals[:, None]) @ fit.inverse

    psi = unit_influence(theirs, x_human)
    residual = psi - lams * unit_influence(ours, automatic[0])
    human_error, df = draw_error(units, psi, drawn_together)
    corrected_error, _ = draw_error(units, residual, drawn_together)
    return Corrected(
        automatic=everything.beta,
        human=theirs.beta,
        corrected=theirs.beta + lams * (everything.beta - ours.beta),
        automatic_replicates=all_replicates,
        human_replicates=their_replicates,
        corrected_replicates=their_replicates + shift,
        lam=lams,
        human_error=human_error,
        corrected_error=corrected_error,
        df=df,
    )


def draw_error(units: Units, influence: Floats, together: Integers | None) -> tuple[Floats, float]:
    """Standard error that comes from the draw alone, and its degrees of freedom.

    With z the weighted influence of what was drawn as one piece, minus the mean of its stratum:
    the root of sum_h n_h / (n_h - 1) sum (1 - pi) z^2. Pieces of which only a part was coded get no
    credit for their number (1 - pi is left out), which is on the wide side.
    """
    drawn, weights, strata = units.drawn, units.weights, units.pooled_strata
    totals = np.bincount(strata, weights)
    mean = np.stack([np.bincount(strata, weights * column) / totals for column in influence.T], -1)
    z = (weights[:, None] * (influence - mean[strata]))[drawn]
    stratum, left = strata[drawn], 1 - units.probability[drawn]
    if together is not None:
        names, first, piece = np.unique(together[drawn], return_index=True, return_inverse=True)
        whole = np.bincount(together)[names] == np.bincount(piece)
        z = np.stack([np.bincount(piece, column) for column in z.T], axis=-1)
        stratum, left = stratum[first], np.where(whole, left[first], 1)
    counts = np.bincount(stratum)
    counts = np.where(counts > 1, counts / np.maximum(counts - 1, 1), 1)
    variance = ((counts[stratum] * left)[:, None] * z**2).sum(axis=0)
    return np.sqrt(variance), float(max(1, len(stratum) - len(np.unique(stratum))))


def _lam(a: Floats, b: Floats, given: float | None) -> tuple[Floats, Floats]:
    """Weight that makes the variance of a - lambda b least, and the same without each source.

    Cut to [0, 1]; 0 where the automatic codes add nothing (every unit drawn, or all coded alike).
    """
    if given is not None:
        return np.full(a.shape[1], given), np.full(a.shape, given)
    products, squares = a * b, b * b

    def ratio(top: Floats, bottom: Floats) -> Floats:
        there = bottom > 1e-24
        return np.clip(np.divide(top, bottom, out=np.zeros_like(top), where=there), 0, 1)

    top, bottom = products.sum(axis=0), squares.sum(axis=0)
    return ratio(top, bottom), ratio(top - products, bottom - squares)


def _mean(x: Floats, beta: Floats, family: Family) -> Floats:
    line = x @ beta
    return np.asarray(expit(line)) if family == "logistic" else line


def _solve(x: Floats, y: Floats, weights: Floats, family: Family) -> Floats:
    """Weighted least squares, or the weighted logistic fit by Newton's method."""
    beta = np.zeros(x.shape[1])
    total = float(weights.sum())
    for _ in range(_STEPS if family == "logistic" else 1):
        mean = _mean(x, beta, family)
        spread = weights * (mean * (1 - mean) if family == "logistic" else 1)
        info = (x * spread[:, None]).T @ x / total
        if not np.isfinite(info).all() or np.linalg.cond(info) > 1e12:
            break
        step = np.linalg.solve(info, x.T @ (weights * (y - mean)) / total)
        beta = beta + step
        if family == "linear" or np.abs(step).max() < 1e-12 * max(1, np.abs(beta).max()):
            return beta
    raise InsufficientData(
        "This regression has no solution: among the coded units a covariate is constant or a sum of "
        "others, or it separates the outcome. Leave a covariate out or have more units coded."
    )
