"""The LLM coder: a prompt made of the codebook, answers that are recorded, and a trail to follow."""

from workbench.coding.llm.coder import LLMCoding, code_with_llm
from workbench.coding.llm.prompt import VARIANTS, Variant
from workbench.coding.llm.recording import Recording
from workbench.coding.llm.seen import POSSIBLY_SEEN, possibly_seen

__all__ = [
    "POSSIBLY_SEEN",
    "VARIANTS",
    "LLMCoding",
    "Recording",
    "Variant",
    "code_with_llm",
    "possibly_seen",
]
