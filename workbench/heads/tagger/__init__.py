"""Full-size heads: an encoder fine-tuned to tag the turns of a conversation, several tasks at once.

A tagger knows its tasks and their labels, but no scheme and no corpus. Torch is loaded when it is
trained or used.
"""

from workbench.heads.tagger.files import load_tagger, save_tagger
from workbench.heads.tagger.tagger import Calibrated, Reading, Tagger, Task

__all__ = ["Calibrated", "Reading", "Tagger", "Task", "load_tagger", "save_tagger"]
