"""Prompt attribution: which part of a prompt carries the language model's decision.

`load_prompt` gives a prompt in named components, `coder_check` says whether it codes at all,
`attribute` shares its log-odds among the components by exact Shapley values, with the spread over
option orders and kinds of absence and a noise floor from inert fillers.
"""

from workbench.attribution.attribute import attribute
from workbench.attribution.coder import CoderCheck, coder_check
from workbench.attribution.payoff import LogOdds, Payoff, Scores
from workbench.attribution.result import Attribution
from workbench.attribution.templates import PromptTemplate, load_prompt, prompt_names

__all__ = [
    "Attribution",
    "CoderCheck",
    "LogOdds",
    "Payoff",
    "PromptTemplate",
    "Scores",
    "attribute",
    "coder_check",
    "load_prompt",
    "prompt_names",
]
