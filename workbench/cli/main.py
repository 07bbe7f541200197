"""Entry of the program: verbs are imported when used, errors become one line and an exit code.

Exit codes: 0 done, 1 failed, 2 bad usage or bad input.
"""

from __future__ import annotations

import errno
import sys
from importlib import import_module

import click

from workbench import __version__
from workbench.errors import WorkbenchError

__all__ = ["main"]

VERBS = {
    "analyse": "Run the main job on a corpus and keep everything in a study folder.",
    "report": "Write one self-contained HTML file from a study.",
    "serve": "Serve the dashboards of a study on this machine.",
    "lab": "Open JupyterLab with the notebooks, on a study.",
    "topics": "Fit the topics of one side of a study.",
    "code": "Code the utterances of a study: heads, rules or a language model.",
    "codebook": "Look at codebooks, check one, carry codes over to another book.",
    "explain": "Say which words and turns carried the code of an utterance.",
    "llm-code": "Code the utterances of a study with a language model.",
    "emotion": "Score the emotions of a study's utterances.",
    "agreement": "Say how far the coders of a study, or of a table of codes, agree.",
    "search": "Find utterances by meaning, by words, or by a sequence of codes.",
    "attribute": "Say which part of a prompt carries the language model's decision.",
    "export": "Write layers and tables of a study as CSV, Parquet or Excel.",
    "convert": "Read a corpus in one format and write it in another.",
    "validate": "Load a corpus and say what is wrong with it.",
    "redact": "Write a corpus with surrogates for names, places, numbers and dates.",
    "forget": "Remove a person, or what is past its retention, from studies and caches.",
    "fetch": "Download a public corpus from its publishers, or read your files of it.",
    "train": "Train a head again from its public corpus, or one of your own.",
    "cache": "Look at or empty the embedding store.",
    "doctor": "Say what is installed, what is missing and how to get it.",
    "demo": "Run the main job on the demonstration corpus.",
}


class _Verbs(click.Group):
    """A group whose commands live in `workbench.cli.<verb>` and are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(
            f"workbench.cli.{cmd_name.replace('-', '_')}"
        ).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="workbench")
@click.option("--offline", is_flag=True, help="Refuse every connection to another machine.")
def _program(*, offline: bool) -> None:
    """Analyse helping conversations: topics, MI codes, emotions, prompt attribution."""
    if offline:
        import workbench

        click.get_current_context().with_resource(workbench.offline())


def main() -> None:
    """Run the program and end with its exit code."""
    try:
        _program(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("Stopped. What was finished is kept; run the same command to go on.", 130)
    except WorkbenchError as error:
        _fail(str(error), error.exit_code)
    except PermissionError as error:
        _fail(f"{error.filename}: permission denied.", 2)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail("The disk is full. Nothing half-written was kept; free some space and run again.", 2)


def _fail(message: str, code: int) -> None:
    click.echo(f"workbench: {message}", err=True)
    sys.exit(code)
