"""Examples in docstrings run, and the door lists what it opens."""

import doctest
import importlib
import pkgutil

import pytest

import workbench.statistics as room

MODULES = [f"{room.__name__}.{module.name}" for module in pkgutil.iter_modules(room.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_public_names_exist():
    assert room.__all__ == sorted(room.__all__, key=lambda n: (not n.isupper(), n[0].islower(), n))
    assert all(hasattr(room, name) for name in room.__all__)
