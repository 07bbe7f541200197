"""The vault: one encrypted file that holds which surrogate stands for whom, and the secret behind it.

AES-256-GCM over JSON; the key comes from a passphrase by scrypt, or from a key file. The vault holds
names and numbers with their surrogates and no word of what was said. Where a person was mentioned
is kept only as a keyed hash. It must not lie inside a corpus or a study, where it would travel with
the data it protects.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.privacy.lists import folded
from workbench.errors import BadInput
from workbench.files import atomic_path

__all__ = ["Person", "Vault"]

_FORMAT = "dialogue-workbench vault"
_VERSION = 1
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_MARKERS = ("study.json", "corpus.json")
_SHORTEST_PASSPHRASE = 8


@dataclass(slots=True)
class Person:
    """Somebody who is spoken of: the spellings of their name, and what stands in their place."""

    given: list[str] = field(default_factory=list)
    family: list[str] = field(default_factory=list)
    gender: str | None = None
    scopes: list[str] = field(default_factory=list)
    surrogate_given: str | None = None
    surrogate_family: str | None = None

    def label(self, part: str = "original") -> str:
        """Full name as one line, the original's or the surrogate's."""
        if part == "surrogate":
            return " ".join(filter(None, (self.surrogate_given, self.surrogate_family)))
        return " ".join(names[0].title() for names in (self.given, self.family) if names)


@dataclass(slots=True)
class Vault:
    """People and other originals with their surrogates; `secret` makes surrogates repeatable.

    `Vault()` alone lives in memory: random surrogates that nobody can lead back.
    """

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    people: list[Person] = field(default_factory=list, repr=False)
    replaced: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict, repr=False)
    path: Path | None = None
    _credential: bytes = field(default=b"", repr=False)
    _by_passphrase: bool = field(default=True, repr=False)
    _read: str | None = field(default=None, repr=False)

    # -- opening and writing -----------------------------------------------------------------------

    @classmethod
    def open(
        cls, path: str | Path, *, passphrase: str | None = None, key_file: str | Path | None = None
    ) -> Vault:
        """Open a vault, or begin a new one where there is no file yet.

        Parameters
        ----------
        path
            The vault's file, outside of any corpus or study folder.
        passphrase
            At least eight characters; or
        key_file
            File with 32 bytes, as they are or in base64.

        Raises
        ------
        BadInput
            If the place is inside a corpus or study, neither or both secrets are given, the
            secret is not the vault's, or the file is no vault or damaged.
        """
        path = Path(path).expanduser()
        _refuse_shared_place(path)
        credential = _credential(path, passphrase, key_file)
        vault = cls(path=path, _credential=credential, _by_passphrase=passphrase is not None)
        if path.exists():
            vault._load(path.read_bytes())
        return vault

    def save(self) -> None:
        """Write the vault, readable by its owner alone; a crash leaves the old file.

        Raises
        ------
        BadInput
            If another program changed the file since it was opened.
        """
        if self.path is None:
            return
        there = _digest(self.path.read_bytes()) if self.path.exists() else None
        if there != self._read:
            raise BadInput.in_file(
                self.path,
                "the vault was changed by another program meanwhile; nothing was written.",
                remedy="Run again.",
            )
        sealed = self._sealed()
        with atomic_path(self.path, mode=0o600) as temporary:
            temporary.write_bytes(sealed)
        self._read = _digest(sealed)

    def _sealed(self) -> bytes:
        from cryptography.hazmat.primitives.ciphers import aead

        salt, nonce = os.urandom(16), os.urandom(12)
        head = {
            "format": _FORMAT,
            "version": _VERSION,
            "key": "passphrase" if self._by_passphrase else "file",
            "salt": salt.hex(),
            "nonce": nonce.hex(),
            **_SCRYPT,
        }
        header = json.dumps(head, sort_keys=True).encode()
        key = _key(self._credential, salt, by_passphrase=self._by_passphrase)
        return header + b"\n" + aead.AESGCM(key).encrypt(nonce, self._content(), header)

    def _content(self) -> bytes:
        return json.dumps(
            {
                "secret": self.secret.hex(),
                "people": [asdict(person) for person in self.people],
                "replaced": [[*key, *value] for key, value in self.replaced.items()],
            },
            ensure_ascii=False,
        ).encode()

    def _load(self, sealed: bytes) -> None:
        header, _, body = sealed.partition(b"\n")
        head = _header(self.path, header)
        if (head["key"] == "passphrase") != self._by_passphrase:
            raise BadInput.in_file(
                self.path or "", f"this vault opens with a {_KEY_NAMES[head['key']]}."
            )
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import aead

        try:
            salt, nonce = bytes.fromhex(head["salt"]), bytes.fromhex(head["nonce"])
            key = _key(self._credential, salt, by_passphrase=self._by_passphrase)
            content = json.loads(aead.AESGCM(key).decrypt(nonce, body, header))
        except (InvalidTag, ValueError):
            raise BadInput.in_file(
                self.path or "",
                f"the {_KEY_NAMES[head['key']]} is not that of this vault, or the file is damaged.",
                remedy="Without it nobody can open the vault: check the spelling, or restore a copy.",
            ) from None
        self.secret = bytes.fromhex(content["secret"])
        self.people = [Person(**person) for person in content["people"]]
        self.replaced = {(kind, key): (was, now) for kind, key, was, now in content["replaced"]}
        self._read = _digest(sealed)

    # -- what it knows -------------------------------------------------------------------------------

    def number(self, *parts: str) -> int:
        """A large number made of the secret and `parts`: equal for equal parts, else unforeseeable."""
        message = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return int.from_bytes(hmac.digest(self.secret, message, "sha256"), "big")

    def scope(self, kind: str, name: str) -> str:
        """Keyed hash of a conversation, source or speaker, to tell where a person is known."""
        return f"{self.number('scope', kind, name) % (1 << 64):016x}"

    def table(self) -> pl.DataFrame:
        """Everything it holds: `kind`, `original`, `surrogate`."""
        rows = [("person", p.label(), p.label("surrogate")) for p in self.people]
        rows += [(kind, was, now) for (kind, _), (was, now) in self.replaced.items()]
        return pl.DataFrame(rows, schema=["kind", "original", "surrogate"], orient="row").cast(
            pl.String
        )

    def surrogate_names(self) -> set[str]:
        """Names that stand for people, folded."""
        names = (n for p in self.people for n in (p.surrogate_given, p.surrogate_family))
        return {folded(name) for name in names if name}

    def reidentify(self, surrogate: str) -> pl.DataFrame:
        """Originals that a surrogate stands for: `kind`, `original`, `surrogate`.

        Part of a person's surrogate (the given or the family name alone) finds them too.
        """
        wanted = surrogate.casefold().strip()
        table = self.table()
        whole = pl.col("surrogate").str.to_lowercase() == wanted
        part = (pl.col("kind") == "person") & (
            pl.col("surrogate").str.to_lowercase().str.split(" ").list.contains(wanted)
        )
        return table.filter(whole | part).unique(maintain_order=True)


_KEY_NAMES: Mapping[str, str] = {"passphrase": "passphrase", "file": "key file"}


def _refuse_shared_place(path: Path) -> None:
    for folder in path.resolve().parents:
        marker = next((name for name in _MARKERS if (folder / name).is_file()), None)
        if marker:
            raise BadInput.in_file(
                path,
                f"a vault must not lie in a corpus or study folder ({folder} has a {marker}).",
                remedy="Keep it where the data are not: whoever gets the folder would get the key map.",
            )
    if path.is_dir():
        raise BadInput.in_file(path, "this is a folder; a vault is a file.")


def _credential(path: Path, passphrase: str | None, key_file: str | Path | None) -> bytes:
    if (passphrase is None) == (key_file is None):
        raise BadInput.in_file(path, "a vault opens with a passphrase or with a key file.")
    if key_file is not None:
        return _read_key(Path(key_file).expanduser())
    assert passphrase is not None
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        raise BadInput.in_file(
            path, f"the passphrase has fewer than {_SHORTEST_PASSPHRASE} characters."
        )
    return passphrase.encode("utf-8", "surrogatepass")


def _read_key(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError:
        raise BadInput.in_file(
            path,
            "there is no such key file.",
            remedy="Make one with: openssl rand -base64 32 > KEYFILE",
        ) from None
    if len(raw) == 32:
        return raw
    try:
        key = base64.b64decode(
            raw.strip(), validate=True, altchars=b"-_" if b"-" in raw or b"_" in raw else None
        )
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise BadInput.in_file(path, "a key file holds 32 bytes, as they are or in base64.")
    return key


def _key(credential: bytes, salt: bytes, *, by_passphrase: bool) -> bytes:
    if not by_passphrase:
        return hmac.digest(credential, salt, "sha256")
    return hashlib.scrypt(credential, salt=salt, dklen=32, maxmem=2**26, **_SCRYPT)


def _header(path: Path | None, header: bytes) -> dict[str, Any]:
    try:
        head = json.loads(header)
        known = head["format"] == _FORMAT and head["key"] in _KEY_NAMES
    except (ValueError, KeyError, TypeError):
        known, head = False, {}
    if not known or head.get("version") != _VERSION:
        raise BadInput.in_file(
            path or "", f"this file is no vault of version {_VERSION}.", remedy="Name another file."
        )
    return dict(head)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
