"""The coefficients of agreement against published worked examples and independent programs.

`PUBLISHED` and golden/agreement.json together are the table coefficient x reference x missing cells; the last
tests see to it that no coefficient of the registry is without a reference.
"""

import json
from pathlib import Path

import pytest
from agreement_examples import (
    COHEN,
    COHEN_WEIGHTS,
    COUPLES,
    DIALOGUE_ACTS,
    FLEISS,
    GWET_ABSTRACTORS,
    GWET_PARADOX,
    GWET_RATERS,
    KRIPPENDORFF_2011,
    THREE_CODERS,
    coders,
    counted,
    crossed,
)

from workbench.reliability import Ratings
from workbench.reliability.agreement import COEFFICIENTS, estimate_coefficient
from workbench.reliability.agreement.distances import sets_matrix

ALPHA_2011 = "Krippendorff (2011), Computing Krippendorff's alpha-reliability"
ARTSTEIN = "Artstein and Poesio (2008), https://doi.org/10.1162/coli.07-034-R2"
GWET_2014 = "Gwet (2014), Handbook, in the vignette of his irrCAC"
GWET_2008 = "Gwet (2008), https://doi.org/10.1348/000711006X126600"
WEIGHTS, DISTANCE = "weights", "distance"

#: coefficient, reference, missing cells, ratings, options, published value, digits printed
PUBLISHED = [
    ("percent", ARTSTEIN, False, crossed(DIALOGUE_ACTS), {}, 0.7, 1),
    ("percent", GWET_2014, True, coders(*GWET_RATERS), {}, 0.81818, 5),
    ("cohen_kappa", "Cohen (1960), table 2", False, crossed(COHEN), {}, 0.492, 3),
    ("cohen_kappa", ARTSTEIN, False, crossed(DIALOGUE_ACTS), {}, 0.348, 3),
    ("cohen_kappa", GWET_2014, False, crossed(GWET_ABSTRACTORS), {}, 0.7964094, 7),
    (
        "weighted_kappa",
        "Cohen (1968), https://doi.org/10.1037/h0026256",
        False,
        crossed(COHEN, "ordinal"),
        {WEIGHTS: COHEN_WEIGHTS},
        0.348,
        3,
    ),
    (
        "weighted_kappa",
        "Agresti (1990), in the manual of R's vcd",
        False,
        crossed(COUPLES, "ordinal"),
        {WEIGHTS: "linear"},
        0.2374,
        4,
    ),
    ("scott_pi", ARTSTEIN, False, crossed(DIALOGUE_ACTS), {}, 0.341, 3),
    ("scott_pi", GWET_2014, False, crossed(GWET_ABSTRACTORS), {}, 0.7962397, 7),
    ("fleiss_kappa", "Fleiss (1971), table 1", False, counted(FLEISS), {}, 0.430, 3),
    ("fleiss_kappa", GWET_2014, True, coders(*GWET_RATERS), {}, 0.76117, 5),
    ("krippendorff_alpha", ALPHA_2011, True, coders(*KRIPPENDORFF_2011), {}, 0.743, 3),
    (
        "krippendorff_alpha",
        ALPHA_2011,
        True,
        coders(*KRIPPENDORFF_2011, level="ordinal"),
        {},
        0.815,
        3,
    ),
    (
        "krippendorff_alpha",
        ALPHA_2011,
        True,
        coders(*KRIPPENDORFF_2011, level="interval"),
        {},
        0.849,
        3,
    ),
    (
        "krippendorff_alpha",
        ALPHA_2011,
        True,
        coders(*KRIPPENDORFF_2011, level="ratio"),
        {},
        0.797,
        3,
    ),
    (
        "krippendorff_alpha",
        "Three coders, fifteen units: krippendorff",
        True,
        coders(*THREE_CODERS),
        {},
        0.691,
        3,
    ),
    (
        "krippendorff_alpha",
        "Three coders, fifteen units: krippendorff",
        True,
        coders(*THREE_CODERS, level="interval"),
        {},
        0.811,
        3,
    ),
    ("gwet_ac1", GWET_2008, False, crossed(GWET_PARADOX), {}, 0.941, 3),
    ("gwet_ac1", GWET_2014, True, coders(*GWET_RATERS), {}, 0.77544, 5),
    (
        "gwet_ac2",
        "Gwet (2014), his four raters, as irrCAC prints them",
        True,
        coders(*GWET_RATERS, level="ordinal"),
        {WEIGHTS: "quadratic"},
        0.91400,
        5,
    ),
    ("brennan_prediger", ARTSTEIN + " (as S)", False, crossed(DIALOGUE_ACTS), {}, 0.4, 1),
    ("brennan_prediger", GWET_2014, False, crossed(GWET_ABSTRACTORS), {}, 0.835, 3),
    ("brennan_prediger", GWET_2014, True, coders(*GWET_RATERS), {}, 0.77273, 5),
]

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("agreement.json").read_text())


def golden_ratings(case, name, option):
    """Ratings of a golden case at the level the coefficient is asked at."""
    if "sets" in case:
        return Ratings.build(case["sets"], level="sets")
    level = option if name == "krippendorff_alpha" else "ordinal" if option else "nominal"
    values = [[None if code < 0 else code for code in row] for row in case["codes"]]
    return Ratings.build(values, categories=list(range(case["categories"])), level=level)


GOLDEN_ROWS = [
    pytest.param(
        name,
        case,
        option,
        value,
        id=f"{name}-{option or 'plain'}-{program}-{case['data']}".replace(" ", "_"),
    )
    for case in GOLDEN["cases"]
    for program, name, option, value in case["values"]
]


@pytest.mark.parametrize(
    ("name", "reference", "missing", "ratings", "options", "value", "digits"), PUBLISHED
)
def test_published_example(name, reference, missing, ratings, options, value, digits):
    assert (ratings.codes < 0).any() == missing
    found = estimate_coefficient(ratings, name, **options).estimate
    assert round(found, digits) == pytest.approx(value, abs=1e-12), reference


@pytest.mark.parametrize(("name", "case", "option", "value"), GOLDEN_ROWS)
def test_independent_program(name, case, option, value):
    ratings = golden_ratings(case, name, option)
    takes = COEFFICIENTS[name].option
    options = {takes: option} if takes and option else {}
    assert estimate_coefficient(ratings, name, **options).estimate == pytest.approx(value, abs=1e-9)


def test_masi_weighs_the_overlap_by_how_sets_lie():
    """Passonneau (2006): the Jaccard share times 1, 2/3, 1/3 or 0."""
    one, both, across, apart = map(frozenset, ("a", "ab", "ac", "d"))
    distances = sets_matrix([one, both, across, apart, frozenset()], name="masi").table
    assert distances[0, 0] == distances[4, 4] == 0
    assert distances[0, 1] == pytest.approx(1 - 1 / 2 * 2 / 3)  # one holds the other
    assert distances[1, 2] == pytest.approx(1 - 1 / 3 * 1 / 3)  # they overlap
    assert distances[0, 3] == distances[0, 4] == 1
    jaccard = sets_matrix([one, both, across, apart], name="jaccard").table
    assert jaccard[1].tolist() == pytest.approx([1 / 2, 0, 2 / 3, 1])


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_no_coefficient_without_references(name):
    one = COEFFICIENTS[name]
    published = [row for row in PUBLISHED if row[0] == name]
    programs = [
        ("sets" not in case and any(-1 in row for row in case["codes"]))
        or "missing" in case["data"]
        for case in GOLDEN["cases"]
        for _, measured, _, _ in case["values"]
        if measured == name
    ]
    assert published
    assert programs
    assert "https://" in one.citation
    if one.missing:
        assert any(row[2] for row in published)
        assert any(programs)
