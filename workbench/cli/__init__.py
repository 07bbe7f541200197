"""The program `workbench VERB`: the same names on the command line as in Python."""

from workbench.cli.main import main

__all__ = ["main"]
