"""Honest numbers: intervals over clusters, permutation tests, classifier scores.

Consumes arrays and knows no dialogue; rows belong to clusters (what must not be
cut when resampling), and every estimate says how sure it is, or why it is not there.
"""

from workbench.statistics.adjustment import benjamini_hochberg, holm
from workbench.statistics.calibration import Calibration, brier, classwise_ece
from workbench.statistics.classification import (
    confusion,
    f1_by_label,
    macro_f1,
    macro_f1_statistic,
    multilabel_macro_f1,
)
from workbench.statistics.estimate import ESTIMATE_COLUMNS, Estimate
from workbench.statistics.intervals import Method, Statistic, cluster_interval, paired_difference
from workbench.statistics.log_odds import (
    LogOddsTest,
    log_odds_intervals,
    log_odds_ratio,
    log_odds_test,
)
from workbench.statistics.permutation import PermutationTest, permutation_test
from workbench.statistics.proportions import (
    cluster_proportion,
    cluster_proportions,
    proportion_interval,
    ratio_of_sums,
)
from workbench.statistics.relabelling import Relabelling
from workbench.statistics.share_differences import (
    ShareDifferenceTest,
    share_difference_test,
    share_differences,
)

__all__ = [
    "ESTIMATE_COLUMNS",
    "Calibration",
    "Estimate",
    "LogOddsTest",
    "Method",
    "PermutationTest",
    "Relabelling",
    "ShareDifferenceTest",
    "Statistic",
    "benjamini_hochberg",
    "brier",
    "classwise_ece",
    "cluster_interval",
    "cluster_proportion",
    "cluster_proportions",
    "confusion",
    "f1_by_label",
    "holm",
    "log_odds_intervals",
    "log_odds_ratio",
    "log_odds_test",
    "macro_f1",
    "macro_f1_statistic",
    "multilabel_macro_f1",
    "paired_difference",
    "permutation_test",
    "proportion_interval",
    "ratio_of_sums",
    "share_difference_test",
    "share_differences",
]
