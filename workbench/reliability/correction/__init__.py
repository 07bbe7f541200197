"""Figures of automatic codes, corrected by a human-coded random sample, and the plan of that sample."""

from workbench.reliability.correction.double_coded import MIN_SOURCES, trained_on_checksum
from workbench.reliability.correction.estimates import ESTIMATORS, CorrectedEstimates
from workbench.reliability.correction.rates import corrected_differences, corrected_rates
from workbench.reliability.correction.slopes import corrected_slopes

__all__ = [
    "ESTIMATORS",
    "MIN_SOURCES",
    "CorrectedEstimates",
    "corrected_differences",
    "corrected_rates",
    "corrected_slopes",
    "trained_on_checksum",
]
