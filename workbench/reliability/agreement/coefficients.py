"""The coefficients of agreement as data: what each is for, where it comes from, and its form.

Menus, documents and tests walk `COEFFICIENTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from workbench.reliability.agreement import forms
from workbench.reliability.agreement.sums import Codings, Sums
from workbench.reliability.ratings import LEVELS, Level

__all__ = ["COEFFICIENTS", "Coefficient"]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement.

    Attributes
    ----------
    name, title : str
        Name in calls and tables, and name for people.
    citation : str
        Source of the formula, with DOI where there is one.
    levels : tuple of str
        Levels of measurement it applies to.
    coders : {"two", "two or more"}
        How many coders it compares.
    missing : bool
        Whether units with missing cells take part. Otherwise only units coded by both coders do.
    form : callable
        From ratings ready for summing and the option (weights or distance) to sums.
    option : {"weights", "distance"} or None
        What can be chosen.
    from_codebook : bool
        Whether the number of categories in the codebook enters, used or not.
    lone : bool
        Whether units that one coder alone coded count for the marginals.
    """

    name: str
    title: str
    citation: str
    levels: tuple[Level, ...]
    coders: Literal["two", "two or more"]
    missing: bool
    form: Callable[[Codings, object], Sums]
    option: Literal["weights", "distance"] | None = None
    from_codebook: bool = False
    lone: bool = False


_NAMES: tuple[Level, ...] = ("nominal", "ordinal")

#: Every coefficient by name, from the plainest on.
COEFFICIENTS: Mapping[str, Coefficient] = MappingProxyType(
    {
        one.name: one
        for one in (
            Coefficient(
                "percent",
                "Percent agreement",
                "Mean share of agreeing pairs of codings: Fleiss (1971), "
                "https://doi.org/10.1037/h0031619",
                LEVELS,
                "two or more",
                True,
                forms.percent,
            ),
            Coefficient(
                "cohen_kappa",
                "Cohen's kappa",
                "Cohen (1960), https://doi.org/10.1177/001316446002000104",
                _NAMES,
                "two",
                False,
                forms.cohen,
            ),
            Coefficient(
                "weighted_kappa",
                "Weighted kappa",
                "Cohen (1968), https://doi.org/10.1037/h0026256",
                ("ordinal", "interval", "ratio"),
                "two",
                False,
                forms.weighted,
                "weights",
            ),
            Coefficient(
                "scott_pi",
                "Scott's pi",
                "Scott (1955), https://doi.org/10.1086/266577",
                _NAMES,
                "two",
                False,
                forms.scott,
            ),
            Coefficient(
                "fleiss_kappa",
                "Fleiss' kappa",
                "Fleiss (1971), https://doi.org/10.1037/h0031619; with missing cells Gwet (2021), "
                "https://doi.org/10.1177/0013164420973080",
                _NAMES,
                "two or more",
                True,
                forms.fleiss,
                lone=True,
            ),
            Coefficient(
                "krippendorff_alpha",
                "Krippendorff's alpha",
                "Hayes and Krippendorff (2007), https://doi.org/10.1080/19312450709336664; sets: "
                "Passonneau (2006), https://aclanthology.org/L06-1392",
                LEVELS,
                "two or more",
                True,
                forms.alpha,
                "distance",
            ),
            Coefficient(
                "gwet_ac1",
                "Gwet's AC1",
                "Gwet (2008), https://doi.org/10.1348/000711006X126600",
                _NAMES,
                "two or more",
                True,
                forms.ac1,
                from_codebook=True,
                lone=True,
            ),
            Coefficient(
                "gwet_ac2",
                "Gwet's AC2",
                "Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed.; AC1: "
                "https://doi.org/10.1348/000711006X126600",
                ("ordinal",),
                "two or more",
                True,
                forms.ac2,
                "weights",
                from_codebook=True,
                lone=True,
            ),
            Coefficient(
                "brennan_prediger",
                "Brennan-Prediger",
                "Brennan and Prediger (1981), https://doi.org/10.1177/001316448104100307",
                _NAMES,
                "two or more",
                True,
                forms.brennan_prediger,
                from_codebook=True,
            ),
        )
    }
)
