"""Groups of conversations compared: shares of topics, and the words that drive a difference.

Whole sources are what is resampled and relabelled, because turns of one source resemble each other.
"""

from workbench.topics.groups.cautions import group_cautions
from workbench.topics.groups.conversations import MAX_GROUPS, check_groups
from workbench.topics.groups.shares import ESTIMANDS, GROUP_COLUMNS, Estimand, group_table
from workbench.topics.groups.words import WORD_GROUP_COLUMNS, group_words

__all__ = [
    "ESTIMANDS",
    "GROUP_COLUMNS",
    "MAX_GROUPS",
    "WORD_GROUP_COLUMNS",
    "Estimand",
    "check_groups",
    "group_cautions",
    "group_table",
    "group_words",
]
