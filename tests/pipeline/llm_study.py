"""A study coded with a language model behind a server, as several tests do it."""

import sys
from pathlib import Path

from workbench.language_models import OpenAICompatibleLM
from workbench.pipeline.llm_coding import code_by_llm, llm_cost

sys.path.insert(
    0, str(Path(__file__).parents[1] / "coding")
)  # llm_talk, for who imports this first


def code(study, book, endpoint, *, model="small", schemes=("talk",), **options):
    asked = OpenAICompatibleLM(endpoint, model, timeout=10)
    return code_by_llm(study, book, model=asked, schemes=schemes, **options)


def cost(study, book, endpoint, *, model="small", schemes=("talk",), **options):
    asked = OpenAICompatibleLM(endpoint, model, timeout=10)
    return llm_cost(study, book, model=asked, schemes=schemes, **options)
