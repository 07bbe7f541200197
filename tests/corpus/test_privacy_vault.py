"""The vault: opens with its secret only, holds no text, lies nowhere near the data, survives a kill."""

import base64
import signal
import stat
import subprocess
import sys
import time

import polars as pl
import pytest

import workbench as wb
from workbench.corpus.privacy import Rules, Vault, redact
from workbench.errors import BadInput

PASSPHRASE = "correct horse battery"
TEXT = "My husband Samuel Ortiz drinks since 3 March 2021, call 555-014-8823."


@pytest.fixture
def corpus():
    table = pl.DataFrame({"conversation_id": ["a"], "speaker": ["C"], "text": [TEXT]})
    return wb.Corpus.build(table)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(base64.b64encode(bytes(range(32))) + b"\n")
    return path


def test_the_same_vault_gives_the_same_surrogates_to_new_sessions(tmp_path, corpus):
    path = tmp_path / "vault"
    first = redact(corpus, vault=Vault.open(path, passphrase=PASSPHRASE), finder=Rules())
    again = redact(corpus, vault=Vault.open(path, passphrase=PASSPHRASE), finder=Rules())
    assert again.corpus.checksum() == first.corpus.checksum()
    other = redact(corpus, finder=Rules())
    assert other.corpus.checksum() != first.corpus.checksum()


def test_authorised_people_lead_a_surrogate_back(tmp_path, corpus):
    path = tmp_path / "vault"
    done = redact(corpus, vault=Vault.open(path, passphrase=PASSPHRASE), finder=Rules())
    text = done.corpus.utterances["text"][0]
    surrogate = " ".join(text.split()[2:4])
    vault = Vault.open(path, passphrase=PASSPHRASE)
    assert vault.reidentify(surrogate)["original"].to_list() == ["Samuel Ortiz"]
    assert vault.reidentify(surrogate.split()[0].lower())["original"].to_list() == ["Samuel Ortiz"]
    assert vault.reidentify("Nobody at all").is_empty()
    assert set(vault.table()["kind"]) == {"person", "date", "phone"}


def test_it_holds_no_word_of_the_text_and_shows_nothing(tmp_path, corpus):
    path = tmp_path / "vault"
    vault = Vault.open(path, passphrase=PASSPHRASE)
    redact(corpus, vault=vault, finder=Rules())
    held = " ".join(vault.table().unpivot()["value"].drop_nulls())
    assert "drinks" not in held
    assert "husband" not in held
    assert "Ortiz" not in repr(vault)
    assert b"Ortiz" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["vault"]


@pytest.mark.parametrize("wrong", ["correct horse batterie", "x" * 8])
def test_a_wrong_passphrase_is_one_clear_error(tmp_path, wrong):
    path = tmp_path / "vault"
    Vault.open(path, passphrase=PASSPHRASE).save()
    with pytest.raises(BadInput, match="passphrase is not that of this vault"):
        Vault.open(path, passphrase=wrong)


def test_a_key_file_opens_what_it_closed(tmp_path, key_file):
    path = tmp_path / "vault"
    vault = Vault.open(path, key_file=key_file)
    vault.save()
    assert Vault.open(path, key_file=key_file).secret == vault.secret
    with pytest.raises(BadInput, match="opens with a key file"):
        Vault.open(path, passphrase=PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"short", b"*" * 44, b"x" * 31])
def test_a_key_file_of_the_wrong_size_is_refused(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(BadInput, match="32 bytes"):
        Vault.open(tmp_path / "vault", key_file=tmp_path / "key")


@pytest.mark.parametrize("spoil", [0, 1, 40, 200, -1])
def test_any_changed_byte_is_refused(tmp_path, key_file, spoil):
    path = tmp_path / "vault"
    Vault.open(path, key_file=key_file).save()
    content = bytearray(path.read_bytes())
    content[spoil] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match="vault"):
        Vault.open(path, key_file=key_file)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]\n", b"\xff\xfe", b'{"format": 3}\nxx', b"PK\x03\x04"]
)
def test_a_file_that_is_no_vault_is_refused(tmp_path, content):
    path = tmp_path / "vault"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="no vault"):
        Vault.open(path, passphrase=PASSPHRASE)
    assert path.read_bytes() == content


@pytest.mark.parametrize("marker", ["study.json", "corpus.json"])
def test_it_must_not_lie_in_a_study_or_corpus(tmp_path, marker):
    (tmp_path / marker).write_text("{}")
    with pytest.raises(BadInput, match="must not lie in a corpus or study folder"):
        Vault.open(tmp_path / "deep" / "down" / "vault", passphrase=PASSPHRASE)


def test_two_programs_at_once_do_not_lose_each_other_s_people(tmp_path, corpus):
    path = tmp_path / "vault"
    Vault.open(path, passphrase=PASSPHRASE).save()
    ours, theirs = (Vault.open(path, passphrase=PASSPHRASE) for _ in range(2))
    redact(corpus, vault=theirs, finder=Rules())
    with pytest.raises(BadInput, match="changed by another program"):
        redact(corpus, vault=ours, finder=Rules())
    assert Vault.open(path, passphrase=PASSPHRASE).table().height == theirs.table().height


def test_a_short_passphrase_and_none_are_refused(tmp_path):
    with pytest.raises(BadInput, match="fewer than 8"):
        Vault.open(tmp_path / "vault", passphrase="1234567")
    with pytest.raises(BadInput, match="passphrase or with a key file"):
        Vault.open(tmp_path / "vault")


WRITER = """
import sys
from workbench.corpus.privacy import Vault
vault = Vault.open(sys.argv[1], key_file=sys.argv[2])
print("open", flush=True)
while True:
    vault.replaced["place", str(len(vault.replaced))] = ("x" * 1000, "y")
    vault.save()
"""


def test_a_killed_write_leaves_a_whole_vault(tmp_path, key_file):
    path = tmp_path / "vault"
    Vault.open(path, key_file=key_file).save()
    held = 0
    for wait in (0.02, 0.11, 0.23):
        program = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(key_file)], stdout=subprocess.PIPE
        )
        assert program.stdout.readline() == b"open\n"
        time.sleep(wait)
        program.send_signal(signal.SIGKILL)
        program.wait()
        vault = Vault.open(path, key_file=key_file)
        assert len(vault.replaced) >= held
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        held = len(vault.replaced)
    assert held > 0
