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
which is exact for least squares. About this corpus alone (no other conversations), what was drawn is
left out piece by piece (unit, or whole conversation) while the corpus stays as it is, and the variance
is sum_h (n_h - 1) / n_h sum (1 - pi) (replicate - estimate)^2, the jackknife of a stratified draw
without replacement; t has as many degrees of freedom as there are pieces minus strata. A stratum
whose drawn units were all coded alike adds the variance that such a draw cannot show.

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

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.reliability.correction.draw import Pieces, Units, unseen_variance
from workbench.reliability.correction.fits import Cells, Family, Fit

__all__ = ["About", "Corrected", "Estimator", "corrected_coefficients", "corrected_share"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]

#: What an interval is about: conversations like these, or the corpus at hand alone.
About: TypeAlias = Literal["population", "corpus"]

#: The three estimates of a quantity, as `Corrected` names them.
Estimator: TypeAlias = Literal["automatic", "human", "corrected"]


@dataclass(frozen=True, eq=False)
class Corrected:
    """Three estimates of k coefficients, and how they vary.

    Attributes
    ----------
    automatic, human, corrected : ndarray of shape (k,)
    lam : ndarray of shape (k,)
        Weight of the automatic codes.
    automatic_replicates, human_replicates, corrected_replicates : ndarray of shape (g, k)
        About the population: without each source in turn; about the corpus: without each piece of the
        draw. nan where leaving one out makes the quantity undefined.
    human_error, corrected_error : ndarray of shape (k,)
        About the corpus: standard error of the draw.
    df : float
        About the corpus: pieces of the draw minus strata.
    """

    automatic: Floats
    human: Floats
    corrected: Floats
    lam: Floats
    automatic_replicates: Floats
    human_replicates: Floats
    corrected_replicates: Floats
    human_error: Floats
    corrected_error: Floats
    df: float


def corrected_coefficients(
    units: Units,
    *,
    automatic: tuple[Floats, Floats],
    human: tuple[Floats, Floats],
    family: Family = "linear",
    lam: float | None = None,
    about: About = "population",
    together: Integers | None = None,
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
    about : {"population", "corpus"}
    together : ndarray of int, shape (n,), optional
        What was drawn as one piece (conversation, source), where units were not drawn one by one;
        read about the corpus only.

    Raises
    ------
    InsufficientData
        If a regression has no solution: a covariate that is constant or a sum of others, or a
        logistic outcome that a covariate separates.
    """
    drawn, strata, sources = units.drawn, units.pooled_strata, units.sources
    weights = units.weights[drawn]
    whole_corpus = Cells(sources, strata, units.n_sources)
    everything = Fit.of(whole_corpus, *automatic, np.ones(len(drawn)), family)
    pieces = Pieces.of(units, strata, together) if about == "corpus" else None
    cells = (
        Cells(sources[drawn], strata[drawn], units.n_sources) if pieces is None else pieces.cells
    )
    ours = Fit.of(cells, automatic[0][drawn], automatic[1][drawn], weights, family)
    theirs = Fit.of(cells, human[0][drawn], human[1][drawn], weights, family)
    sizes = everything.weights.sum(axis=0)
    if pieces is None:
        own = everything.weights
        a = theirs.influence(own)
        b = ours.influence(own) - everything.influence(own)
        all_replicates = everything.replicates(sizes, own)
    else:
        own = np.zeros_like(theirs.weights)  # the corpus stays as it is
        root = np.sqrt(pieces.left * pieces.correction)[:, None]
        a, b = root * theirs.influence(own), root * ours.influence(own)
        all_replicates = np.tile(everything.beta, (len(own), 1))
    lams, lam_replicates = _lam(a, b, lam)
    corrected = theirs.beta + lams * (everything.beta - ours.beta)
    human_replicates = theirs.replicates(sizes, own)
    shift = lam_replicates * (all_replicates - ours.replicates(sizes, own))
    corrected_replicates = human_replicates + shift
    nothing = np.zeros_like(corrected)
    return Corrected(
        automatic=everything.beta,
        human=theirs.beta,
        corrected=corrected,
        lam=lams,
        automatic_replicates=all_replicates,
        human_replicates=human_replicates,
        corrected_replicates=corrected_replicates,
        human_error=nothing if pieces is None else pieces.error(human_replicates, theirs.beta),
        corrected_error=nothing
        if pieces is None
        else pieces.error(corrected_replicates, corrected),
        df=np.inf if pieces is None else pieces.df,
    )


def corrected_share(
    units: Units,
    automatic: Floats,
    human: Floats,
    *,
    lam: float | None = None,
    about: About = "population",
    together: Integers | None = None,
) -> Corrected:
    """Share of units with a code: the least-squares fit of a constant.

    Parameters
    ----------
    automatic, human : ndarray of shape (n,)
        0, 1 or a probability; of `human` only drawn units are read.
    units, lam, about, together
        As in `corrected_coefficients`.
    """
    one = np.ones((len(automatic), 1))
    found = corrected_coefficients(
        units,
        automatic=(one, automatic),
        human=(one, human),
        lam=lam,
        about=about,
        together=together,
    )
    if about == "population" or not (found.human_error > 0).any():
        return found  # the jackknife covers by itself; with nothing seen at all the rows say so
    unseen = np.sqrt(unseen_variance(units, human, together))
    return replace(
        found,
        human_error=np.hypot(found.human_error, unseen),
        corrected_error=np.hypot(found.corrected_error, unseen),
    )


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
