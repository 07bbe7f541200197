"""Full-size heads: a language model adapted to tag the turns of a conversation, several tasks at once.

A tagger knows its tasks and their labels, but no scheme and no corpus. Torch is loaded when it is
trained or used.
"""

from workbench.heads.tagger.files import load_tagger, save_tagger
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.heads.tagger.tagger import Tagger, Task

__all__ = ["Goal", "Tagger", "TaggerRecipe", "Task", "load_tagger", "save_tagger"]
