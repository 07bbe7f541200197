"""Figures of automatic codes, corrected by a human-coded random sample, and the plan of that sample."""

from workbench.reliability.correction.admission import trained_on_checksum, trained_on_mark
from workbench.reliability.correction.double_coded import MIN_SOURCES
from workbench.reliability.correction.estimates import ESTIMATORS, CorrectedEstimates
from workbench.reliability.correction.planning import DoubleCodingPlan, plan_double_coding
from workbench.reliability.correction.rates import corrected_differences, corrected_rates
from workbench.reliability.correction.slopes import corrected_slopes

__all__ = [
    "ESTIMATORS",
    "MIN_SOURCES",
    "CorrectedEstimates",
    "DoubleCodingPlan",
    "corrected_differences",
    "corrected_rates",
    "corrected_slopes",
    "plan_double_coding",
    "trained_on_checksum",
    "trained_on_mark",
]
