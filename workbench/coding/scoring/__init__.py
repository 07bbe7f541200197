"""Scores for a head's card, for heads of any kind: how predictions were made is not asked.

`score_predictions` makes every table from facts of the material and predictions out of fold;
`score_head` makes these predictions for the small heads. What has to be seen beside a score stands
beside it: plain baselines on the same folds as paired differences, human coders, parts of the
material left out whole, calibration with its noise floor, the score of every fold.
"""

from workbench.coding.scoring.left_out import Split, left_out_splits
from workbench.coding.scoring.predictions import (
    REPORT_SEEDS,
    CodedMaterial,
    Table,
    score_predictions,
)
from workbench.coding.scoring.small_heads import score_head

__all__ = [
    "REPORT_SEEDS",
    "CodedMaterial",
    "Split",
    "Table",
    "left_out_splits",
    "score_head",
    "score_predictions",
]
