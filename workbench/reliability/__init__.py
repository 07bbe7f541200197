"""Reliability: how far coders agree, and what an imperfect coder means for a figure.

Consumes Layers and tables of codes; knows no head and no study.
"""

from workbench.reliability.icc import ICC_FORMS, IccForm, icc, icc_gap, icc_table
from workbench.reliability.intake import Coded, read_coded
from workbench.reliability.ratings import Ratings
from workbench.reliability.tallies import Tallies, tallies

__all__ = [
    "ICC_FORMS",
    "Coded",
    "IccForm",
    "Ratings",
    "Tallies",
    "icc",
    "icc_gap",
    "icc_table",
    "read_coded",
    "tallies",
]
