"""What the tests of comparison share: four coders of one small corpus, and their agreement."""

import pytest
from coded_corpus import corpus, four_coders

import workbench as wb


@pytest.fixture(scope="session")
def layers():
    """Three people and a head."""
    return four_coders()


@pytest.fixture(scope="session")
def table(layers):
    """Their agreement, by label."""
    return wb.agreement(layers, by="label", corpus=corpus())
