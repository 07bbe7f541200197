"""The LLM coder: a prompt made of the codebook, answers that are recorded, and a trail to follow."""

from workbench.coding.llm.coder import LLMCoding, carry_out, code_with_llm
from workbench.coding.llm.cost import CostEstimate, estimate_cost
from workbench.coding.llm.plan import Plan, plan_coding
from workbench.coding.llm.prompt import VARIANTS, Variant
from workbench.coding.llm.recording import Recording
from workbench.coding.llm.replication import Replication, replicate
from workbench.coding.llm.seen import POSSIBLY_SEEN, possibly_seen
from workbench.coding.llm.trail import Trail, trail
from workbench.coding.llm.validation import Validation, validate

__all__ = [
    "POSSIBLY_SEEN",
    "VARIANTS",
    "CostEstimate",
    "LLMCoding",
    "Plan",
    "Recording",
    "Replication",
    "Trail",
    "Validation",
    "Variant",
    "carry_out",
    "code_with_llm",
    "estimate_cost",
    "plan_coding",
    "possibly_seen",
    "replicate",
    "trail",
    "validate",
]
