"""Reliability: how far coders agree, and what an imperfect coder means for a figure.

Consumes Layers and tables of codes; knows no head and no study.
"""

from workbench.reliability.intake import Coded, read_coded
from workbench.reliability.ratings import Ratings

__all__ = ["Coded", "Ratings", "read_coded"]
