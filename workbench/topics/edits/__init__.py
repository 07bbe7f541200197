"""Expert edits of fitted topics: rename, merge, split, drop, move; a log that replays to the same model."""

from workbench.topics.edits.edit import Drop, Edit, Merge, Move, Rename, Split
from workbench.topics.edits.log import EditLog
from workbench.topics.edits.replay import replay

__all__ = ["Drop", "Edit", "EditLog", "Merge", "Move", "Rename", "Split", "replay"]
