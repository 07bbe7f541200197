"""Topics of one side of a corpus: BERTopic, made for talk.

Backchannels, fillers and greetings are set apart first and counted; the rest is fitted so that the
same input gives the same topics; outliers and what was set apart are always shown.
"""

from workbench.topics.backchannels import backchannel_layer
from workbench.topics.edits import Drop, EditLog, Merge, Move, Rename, Split
from workbench.topics.groups import check_groups, group_cautions, group_table, group_words
from workbench.topics.hierarchy import merged_at, topic_hierarchy
from workbench.topics.intrusion import (
    IntrusionAnswers,
    IntrusionTasks,
    intrusion_score,
    intrusion_tasks,
)
from workbench.topics.keywords import NearestWords
from workbench.topics.mixtures import topic_mixtures
from workbench.topics.model import TopicModel, fit_topics
from workbench.topics.names import first_names
from workbench.topics.over_time import (
    topics_over_position,
    topics_over_sessions,
    topics_per_class,
)
from workbench.topics.result import OutlierShare, Topics, topics_checksum
from workbench.topics.stability import StabilityCertificate, topic_stability, warm_workers

__all__ = [
    "Drop",
    "EditLog",
    "IntrusionAnswers",
    "IntrusionTasks",
    "Merge",
    "Move",
    "NearestWords",
    "OutlierShare",
    "Rename",
    "Split",
    "StabilityCertificate",
    "TopicModel",
    "Topics",
    "backchannel_layer",
    "check_groups",
    "first_names",
    "fit_topics",
    "group_cautions",
    "group_table",
    "group_words",
    "intrusion_score",
    "intrusion_tasks",
    "merged_at",
    "topic_hierarchy",
    "topic_mixtures",
    "topic_stability",
    "topics_checksum",
    "topics_over_position",
    "topics_over_sessions",
    "topics_per_class",
    "warm_workers",
]
