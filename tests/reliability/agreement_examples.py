"""Published worked examples of the coefficients of agreement, and plain definitions of each."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

from workbench.reliability import Ratings

N = None


def crossed(table, level="nominal"):
    """Ratings of two coders from a table of counts, rows of the first."""
    k = range(len(table))
    values = [[i, j] for i in k for j in k for _ in range(table[i][j])]
    return Ratings.build(values, categories=list(k), level=level)


def counted(table):
    """Ratings from a units x categories table of counts; which coder said what does not matter."""
    values = [[k for k, n in enumerate(row) for _ in range(n)] for row in table]
    return Ratings.build(values, categories=list(range(len(table[0]))))


def coders(*lines, level="nominal", categories=None):
    """Ratings from one line for each coder."""
    return Ratings.build(list(zip(*lines, strict=True)), level=level, categories=categories)


# Krippendorff (2011), Computing Krippendorff's alpha-reliability, section D: four observers, twelve units
KRIPPENDORFF_2011 = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
# The example of three coders and fifteen units that programs of alpha are tried on (krippendorff 0.9.0)
THREE_CODERS = [
    [N, N, N, N, N, 3, 4, 1, 2, 1, 1, 3, 3, N, 3],
    [1, N, 2, 1, 3, 3, 4, 3, N, N, N, N, N, N, N],
    [N, N, 2, 1, 3, 4, 4, N, 2, 1, 1, 3, 3, N, 4],
]
# Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed.: cac.raw4raters of his program irrCAC
GWET_RATERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, N],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
# Gwet (2014): 100 pregnancies, two abstractors (cont3x3abstractors)
GWET_ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
# Gwet (2008): 125 units, nearly all positive
GWET_PARADOX = [[118, 5], [2, 0]]
# Cohen (1960), table 2, and Cohen (1968) with his weights of disagreement
COHEN = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
COHEN_WEIGHTS = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]
# Agresti (1990), Categorical Data Analysis, table 2.9: 91 couples (SexualFun of R's vcd, Kappa)
COUPLES = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
# Artstein and Poesio (2008), Inter-coder agreement for computational linguistics, tables 1 and 2
DIALOGUE_ACTS = [[20, 20], [10, 50]]
# Fleiss (1971), table 1: 30 patients, six psychiatrists, five diagnoses
FLEISS = [
    [0, 0, 0, 6, 0],
    [0, 3, 0, 0, 3],
    [0, 1, 4, 0, 1],
    [0, 0, 0, 0, 6],
    [0, 3, 0, 3, 0],
    [2, 0, 4, 0, 0],
    [0, 0, 4, 0, 2],
    [2, 0, 3, 1, 0],
    [2, 0, 0, 4, 0],
    [0, 0, 0, 0, 6],
    [1, 0, 0, 5, 0],
    [1, 1, 0, 4, 0],
    [0, 3, 3, 0, 0],
    [1, 0, 0, 5, 0],
    [0, 2, 0, 3, 1],
    [0, 0, 5, 0, 1],
    [3, 0, 0, 1, 2],
    [5, 1, 0, 0, 0],
    [0, 2, 0, 4, 0],
    [1, 0, 2, 0, 3],
    [0, 0, 0, 0, 6],
    [0, 1, 0, 5, 0],
    [0, 2, 0, 1, 3],
    [2, 0, 0, 4, 0],
    [1, 0, 0, 4, 1],
    [0, 5, 0, 1, 0],
    [4, 0, 0, 0, 2],
    [0, 2, 0, 4, 0],
    [1, 0, 5, 0, 0],
    [0, 0, 0, 0, 6],
]


# -- plain definitions, unit by unit and pair by pair, in exact fractions -------------------------------


def plain(name, ratings, *, option=None):
    """A coefficient from its definition; None where it is undefined. Slow and obvious on purpose."""
    units = [[int(code) for code in row if code >= 0] for row in ratings.codes]
    if name in ("cohen_kappa", "weighted_kappa", "scott_pi"):
        units = [unit for unit in units if len(unit) == 2]
    if not any(len(unit) > 1 for unit in units):
        return None
    if name == "krippendorff_alpha":
        return _plain_alpha(ratings, units, option)
    apart = _plain_weights(ratings, option)
    observed = _mean_over_units(units, apart)
    expected = _plain_expected(name, ratings, units, apart)
    return None if expected == 0 or expected is None else 1 - observed / expected


def _mean_over_units(units, apart):
    """Mean over units of the mean distance of two different codings of the unit."""
    paired = [unit for unit in units if len(unit) > 1]
    means = [
        Fraction(sum(apart(a, b) for a, b in permutations(unit, 2)), len(unit) * (len(unit) - 1))
        for unit in paired
    ]
    return sum(means, Fraction(0)) / len(means)


def _plain_weights(ratings, option):
    """Distance of two codes, 0 to 1."""
    top = len(ratings.categories) - 1
    if option == "linear":
        return lambda a, b: Fraction(abs(a - b), top)
    if option == "quadratic":
        return lambda a, b: Fraction((a - b) ** 2, top**2)
    return lambda a, b: Fraction(a != b)


def _plain_expected(name, ratings, units, apart):
    """Disagreement by chance."""
    q = len(ratings.categories)
    if name == "percent":
        return Fraction(1)
    if name == "brennan_prediger":
        return 1 - Fraction(1, q)
    if name in ("cohen_kappa", "weighted_kappa"):
        return Fraction(
            sum(apart(one[0], other[1]) for one, other in product(units, units)), len(units) ** 2
        )
    used = [unit for unit in units if unit]
    share = [sum(Fraction(unit.count(k), len(unit)) for unit in used) / len(used) for k in range(q)]
    if name in ("scott_pi", "fleiss_kappa"):
        return sum(share[a] * share[b] for a, b in permutations(range(q), 2))
    if q < 2:
        return None
    weights = sum(1 - apart(a, b) for a, b in product(range(q), range(q)))
    return 1 - weights / (q * (q - 1)) * sum(p * (1 - p) for p in share)


def _plain_alpha(ratings, units, option):
    """Alpha by its coincidences: observed within units against all codings together."""
    units = [unit for unit in units if len(unit) > 1]
    codings = [code for unit in units for code in unit]
    apart = _plain_distance(ratings, codings, option)
    n = len(codings)
    observed = sum(
        (apart(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)),
        start=0 * apart(0, 0),
    )
    expected = sum(apart(a, b) for a, b in product(codings, codings)) / Fraction(n - 1)
    return None if expected == 0 else 1 - observed / expected


def _plain_distance(ratings, codings, option):
    """Krippendorff's difference functions, and Passonneau's for sets."""
    name = option or ("masi" if ratings.level == "sets" else ratings.level)
    categories = ratings.categories

    def ordinal(a, b):
        low, high = min(a, b), max(a, b)
        between = sum(low <= code <= high for code in codings)
        return (between - Fraction(codings.count(a) + codings.count(b), 2)) ** 2 if a != b else 0

    def ratio(a, b):
        x, y = Fraction(categories[a]), Fraction(categories[b])
        return ((x - y) / (x + y)) ** 2 if x + y else Fraction(0)

    def jaccard(a, b):
        one, other = categories[a], categories[b]
        return 1 - Fraction(len(one & other), len(one | other)) if one | other else Fraction(0)

    def masi(a, b):
        one, other = categories[a], categories[b]
        m = 3 if one == other else 2 if one <= other or other <= one else 1 if one & other else 0
        return 1 - (1 - jaccard(a, b)) * Fraction(m, 3)

    return {
        "nominal": lambda a, b: Fraction(a != b),
        "ordinal": lambda a, b: Fraction(ordinal(a, b)),
        "interval": lambda a, b: Fraction(categories[a] - categories[b]) ** 2,
        "ratio": ratio,
        "jaccard": jaccard,
        "masi": masi,
    }[name]
