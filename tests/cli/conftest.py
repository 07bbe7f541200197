"""The program, run in this process."""

import sys

import pytest

from workbench.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program; return exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["workbench", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
