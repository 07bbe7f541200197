"""`workbench redact CORPUS OUT --vault FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.corpus_options import corpus_options, load_corpus
from workbench.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from workbench.corpus import Corpus
    from workbench.corpus.privacy import Redaction, Vault

__all__ = ["command"]


@click.command("redact")
@click.argument("corpus", required=False)
@click.argument("out", required=False)
@click.option(
    "--vault", "vault_file", metavar="FILE", help="Encrypted key map, outside of the data."
)
@click.option("--passphrase-file", metavar="FILE", help="File whose first line is the passphrase.")
@click.option(
    "--key-file", metavar="FILE", help="File with 32 bytes in base64, instead of a passphrase."
)
@click.option(
    "--check", is_flag=True, help="List what may have been missed. Without OUT: in CORPUS as it is."
)
@click.option(
    "--reveal", metavar="SURROGATE", help="Say whom a surrogate stands for, and nothing else."
)
@corpus_options
@json_option
def command(
    *,
    corpus: str | None,
    out: str | None,
    vault_file: str | None,
    passphrase_file: str | None,
    key_file: str | None,
    check: bool,
    reveal: str | None,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write CORPUS to the folder OUT with surrogates for names, places, numbers and dates.

    The result is pseudonymised, not anonymous. The vault keeps which surrogate stands for whom, under
    a passphrase (asked for, from --passphrase-file, or from WORKBENCH_VAULT_PASSPHRASE) or a key file;
    with the same vault, new sessions get the same surrogates.
    """
    if reveal is not None:
        _reveal(_opened(vault_file, passphrase_file, key_file, must_exist=True), reveal, as_json)
        return
    if corpus is None or (out is None and not check):
        raise click.UsageError("Say what to redact and where to: CORPUS OUT --vault FILE.")
    if out is None:
        vault = (
            _opened(vault_file, passphrase_file, key_file, must_exist=True) if vault_file else None
        )
        loaded = load_corpus(corpus, format_=format_, columns=columns, roles=roles)
        _print_check(loaded, None, vault, as_json)
        return
    _refuse_overwriting(Path(corpus), Path(out), vault_file)
    vault = _opened(vault_file, passphrase_file, key_file)
    from workbench.corpus.privacy import redact

    done = redact(load_corpus(corpus, format_=format_, columns=columns, roles=roles), vault=vault)
    done.corpus.write(out)
    _print_done(done, out, as_json, check=check)


def _print_done(done: Redaction, out: str, as_json: bool, *, check: bool) -> None:
    from workbench.corpus.privacy import suspicions

    if as_json:
        content = {"out": out, **done.corpus.metadata.facts["privacy"]}
        content["findings"] = done.corpus.report().to_dicts()
        if check:
            content["suspicions"] = suspicions(done.corpus, spans=done.spans).to_dicts()
        print_json(content)
        return
    print_table(done.counts)
    for finding in done.findings:
        click.echo(f"  {finding.level}: {finding}")
    click.echo(f"{out}: {done.corpus!r}, pseudonymised")
    if check:
        _print_check(done.corpus, done, None, as_json=False)


def _print_check(
    corpus: Corpus, done: Redaction | None, vault: Vault | None, as_json: bool
) -> None:
    """Print suspected places; the words themselves only where a person reads them."""
    from workbench.corpus.privacy import suspicions, words_at

    table = suspicions(corpus, spans=done.spans if done else None, vault=vault)
    if as_json:
        print_json({"suspicions": table.to_dicts()})
        return
    if table.is_empty():
        click.echo("Nothing suspicious was left. This does not make it anonymous.")
        return
    print_table(table.with_columns(words_at(corpus, table)))
    click.echo(f"{table.height} place(s) to look at; most will be harmless.")


def _reveal(vault: Vault, surrogate: str, as_json: bool) -> None:
    from workbench.errors import BadInput

    table = vault.reidentify(surrogate)
    if as_json:
        print_json({"found": table.to_dicts()})
    elif table.is_empty():
        raise BadInput(f"The vault has no surrogate {surrogate!r}.")
    else:
        print_table(table)


def _opened(
    vault_file: str | None,
    passphrase_file: str | None,
    key_file: str | None,
    *,
    must_exist: bool = False,
) -> Vault:
    """Open the vault with the secret that the options, the environment or the user gives."""
    from workbench.corpus.privacy import Vault
    from workbench.errors import BadInput

    if vault_file is None:
        raise click.UsageError("Say where the key map is kept: --vault FILE, outside of the data.")
    path = Path(vault_file)
    if must_exist and not path.is_file():
        raise BadInput.in_file(path, "there is no such vault.")
    if key_file is not None and passphrase_file is not None:
        raise click.UsageError("--key-file and --passphrase-file exclude each other.")
    if key_file is not None:
        return Vault.open(path, key_file=key_file)
    return Vault.open(path, passphrase=_passphrase(passphrase_file, new=not path.exists()))


def _passphrase(file: str | None, *, new: bool) -> str:
    from workbench import settings
    from workbench.corpus.readers.opening import read_text
    from workbench.errors import BadInput

    if file is not None:
        if not Path(file).is_file():
            raise BadInput.in_file(file, "there is no such passphrase file.")
        return (read_text(Path(file)).splitlines() or [""])[0]
    given = settings.value("vault_passphrase")
    if given:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError(
            "No passphrase: use --passphrase-file or --key-file, or set WORKBENCH_VAULT_PASSPHRASE."
        )
    answer: str = click.prompt(
        "Passphrase of the vault", hide_input=True, confirmation_prompt=new, err=True
    )
    return answer


def _refuse_overwriting(corpus: Path, out: Path, vault_file: str | None) -> None:
    """The source, the vault and foreign folders are never written over."""
    from workbench.corpus.storage import is_workbench_folder
    from workbench.errors import BadInput

    source, target = corpus.resolve(), out.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise BadInput.in_file(
            out, f"this and {corpus} lie in each other.", remedy="Choose another OUT."
        )
    vault = Path(vault_file).expanduser().resolve() if vault_file else None
    for folder in (source, target):
        if vault is not None and (folder == vault or folder in vault.parents):
            raise BadInput.in_file(
                vault,
                f"a vault must not lie in {folder}.",
                remedy="Keep it where the data are not.",
            )
    if out.exists() and not is_workbench_folder(out):
        raise BadInput.in_file(
            out, "something else is there.", remedy="Choose a new folder, or one made by this verb."
        )
