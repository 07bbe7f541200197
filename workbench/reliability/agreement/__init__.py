"""Agreement on categories: coefficients, their intervals, and which codes are mixed up."""

from workbench.reliability.agreement.codes import code_scores, confusion_of, most_confused
from workbench.reliability.agreement.coefficients import COEFFICIENTS, Coefficient
from workbench.reliability.agreement.estimation import (
    estimate_coefficient,
    estimate_coefficients,
    fits,
)

__all__ = [
    "COEFFICIENTS",
    "Coefficient",
    "code_scores",
    "confusion_of",
    "estimate_coefficient",
    "estimate_coefficients",
    "fits",
    "most_confused",
]
