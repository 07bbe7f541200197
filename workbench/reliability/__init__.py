"""Reliability: how far coders agree, and what an imperfect coder means for a figure.

Consumes Layers and tables of codes; knows no head and no study. `workbench.agreement` is the front.
"""

from workbench.reliability.agreement import (
    COEFFICIENTS,
    Coefficient,
    code_scores,
    confusion_of,
    estimate_coefficient,
    estimate_coefficients,
    most_confused,
)
from workbench.reliability.bias import coder_marginals, prevalence_and_bias
from workbench.reliability.bias_tests import marginal_homogeneity
from workbench.reliability.comparison import agreement_levels
from workbench.reliability.comparison_calibration import (
    calibration_curve,
    calibration_errors,
    probabilities_of,
)
from workbench.reliability.comparison_humans import human_reference, majority_of
from workbench.reliability.comparison_rows import MEASURES
from workbench.reliability.comparison_tables import comparison_tables
from workbench.reliability.contested import contested_units
from workbench.reliability.correction import (
    CorrectedEstimates,
    DoubleCodingPlan,
    corrected_differences,
    corrected_rates,
    corrected_slopes,
    plan_double_coding,
    trained_on_checksum,
    trained_on_mark,
)
from workbench.reliability.generalisability import (
    GeneralisabilityStudy,
    generalisability,
    label_generalisability,
)
from workbench.reliability.icc import ICC_FORMS, IccForm, icc, icc_gap, icc_table
from workbench.reliability.intake import Coded, read_coded
from workbench.reliability.intake_spelling import spelling_variants
from workbench.reliability.ratings import Ratings
from workbench.reliability.slices import slices
from workbench.reliability.tallies import Tallies, tallies
from workbench.reliability.unitizing import layer_spans, unitizing_alpha

__all__ = [
    "COEFFICIENTS",
    "ICC_FORMS",
    "MEASURES",
    "Coded",
    "Coefficient",
    "CorrectedEstimates",
    "DoubleCodingPlan",
    "GeneralisabilityStudy",
    "IccForm",
    "Ratings",
    "Tallies",
    "agreement_levels",
    "calibration_curve",
    "calibration_errors",
    "code_scores",
    "coder_marginals",
    "comparison_tables",
    "confusion_of",
    "contested_units",
    "corrected_differences",
    "corrected_rates",
    "corrected_slopes",
    "estimate_coefficient",
    "estimate_coefficients",
    "generalisability",
    "human_reference",
    "icc",
    "icc_gap",
    "icc_table",
    "label_generalisability",
    "layer_spans",
    "majority_of",
    "marginal_homogeneity",
    "most_confused",
    "plan_double_coding",
    "prevalence_and_bias",
    "probabilities_of",
    "read_coded",
    "slices",
    "spelling_variants",
    "tallies",
    "trained_on_checksum",
    "trained_on_mark",
    "unitizing_alpha",
]
