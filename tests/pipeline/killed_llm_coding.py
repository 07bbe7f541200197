"""Code a study by a server until killed.

Usage: killed_llm_coding.py STUDY BOOK ENDPOINT
"""

import sys

from workbench.coding import load_codebook
from workbench.language_models import OpenAICompatibleLM
from workbench.pipeline.llm_coding import code_by_llm
from workbench.study import Study

study, book, endpoint = sys.argv[1:]
code_by_llm(
    Study.open(study),
    load_codebook(book),
    model=OpenAICompatibleLM(endpoint, "small"),
    schemes=["talk"],
)
