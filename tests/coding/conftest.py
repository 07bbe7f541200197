"""What the tests of the LLM coder share."""

import pytest
from llm_talk import small_book


@pytest.fixture
def book(tmp_path):
    """The small codebook, from its file."""
    return small_book(tmp_path)
