"""`workbench redact` as a user meets it."""

import json
import stat

import pytest

import workbench as wb
from workbench.corpus.privacy import presidio

SESSION = """\
conversation_id,speaker,role,text
s1,T,therapist,How are you Samuel?
s1,C,client,My name is Samuel Ortiz and I paid with 4711 0815.
"""


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch):
    """The finder without the extra: these tests are about the program, and it starts at once."""
    monkeypatch.setattr(presidio, "MODEL", "a_model_that_is_not_installed")


@pytest.fixture
def session(tmp_path):
    path = tmp_path / "in" / "session.csv"
    path.parent.mkdir()
    path.write_text(SESSION)
    return path


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "passphrase.txt"
    path.write_text("correct horse battery\n")
    return path


@pytest.fixture
def redact(run, session, secret, tmp_path):
    """Run the verb on the session with a vault beside it."""

    def call(*options, out="out", vault="key.vault"):
        return run(
            *("redact", session, tmp_path / out, "--vault", tmp_path / vault),
            *("--passphrase-file", secret, *options),
        )

    return call


def test_a_corpus_comes_out_pseudonymised(redact, tmp_path):
    code, out, err = redact()
    assert code == 0, err
    assert "pseudonymised, not anonymous" in out
    assert "Ortiz" not in out
    made = wb.load(tmp_path / "out")
    assert made.metadata.facts["privacy"]["state"] == "pseudonymised"
    assert "Samuel" not in str(made.utterances.to_dicts())
    assert stat.S_IMODE((tmp_path / "key.vault").stat().st_mode) == 0o600


def test_reveal_leads_back_and_nothing_else(redact, run, secret, tmp_path):
    redact()
    name = wb.load(tmp_path / "out").utterances["text"][0].split()[-1].rstrip("?")
    options = ("--vault", tmp_path / "key.vault", "--passphrase-file", secret)
    code, out, _ = run("redact", "--reveal", name, *options, "--json")
    assert code == 0
    assert [row["original"] for row in json.loads(out)["found"]] == ["Samuel Ortiz"]
    code, _, err = run("redact", "--reveal", "Nobody", *options)
    assert code == 2
    assert "no surrogate 'Nobody'" in err


def test_check_lists_places_and_json_has_no_words(redact, run, tmp_path):
    code, out, _ = redact("--check", "--json")
    assert code == 0
    content = json.loads(out)
    [place] = content["suspicions"]
    assert (place["suspicion"], place["turn"]) == ("group of digits", 1)
    assert "4711" not in out
    assert content["counts"] == {"person": 2}
    code, out, _ = run("redact", tmp_path / "out", "--check")
    assert code == 0
    assert "4711 0815" in out


def test_the_passphrase_may_come_from_the_environment(run, session, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_VAULT_PASSPHRASE", "correct horse battery")
    code, _, err = run("redact", session, tmp_path / "out", "--vault", tmp_path / "v")
    assert code == 0, err


def test_a_wrong_passphrase_writes_nothing(redact, secret, tmp_path):
    redact()
    before = (tmp_path / "key.vault").read_bytes()
    secret.write_text("wrong horse battery\n")
    code, _, err = redact(out="second")
    assert code == 2
    assert "passphrase is not that of this vault" in err
    assert not (tmp_path / "second").exists()
    assert (tmp_path / "key.vault").read_bytes() == before


def test_new_sessions_get_the_same_surrogates(redact, tmp_path):
    redact()
    redact(out="second")
    first, second = (wb.load(tmp_path / name) for name in ("out", "second"))
    assert first.checksum() == second.checksum()


@pytest.mark.parametrize("vault", ["out/key.vault", "in/../out/deep/key.vault"])
def test_a_vault_among_the_data_is_refused(redact, tmp_path, vault):
    code, _, err = redact(vault=vault)
    assert code == 2
    assert "must not lie in" in err
    assert not (tmp_path / "out").exists()


def test_a_vault_in_a_written_corpus_is_refused(redact, run, secret, tmp_path):
    redact()
    code, _, err = redact(out="second", vault="out/key.vault")
    assert code == 2
    assert "corpus.json" in err


def test_what_is_there_is_not_written_over(redact, session, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("years of work")
    code, _, err = redact()
    assert code == 2
    assert "something else is there" in err
    assert (tmp_path / "out" / "thesis.docx").read_text() == "years of work"
    code, _, err = redact(out="in/out")
    assert code == 0, err
    code, _, err = redact(out="in/session.csv")
    assert code == 2


def test_redacting_twice_is_refused(redact, run, secret, tmp_path):
    redact()
    options = ("--vault", tmp_path / "key.vault", "--passphrase-file", secret)
    code, _, err = run("redact", tmp_path / "out", tmp_path / "twice", *options)
    assert code == 2
    assert "already pseudonymised" in err
    assert not (tmp_path / "twice").exists()


@pytest.mark.parametrize("arguments", [(), ("corpus.csv",), ("corpus.csv", "out")])
def test_what_is_missing_is_said(run, arguments):
    code, _, err = run("redact", *arguments)
    assert code == 2
    assert "--vault" in err


def test_without_a_terminal_nobody_is_asked_for_a_passphrase(run, session, tmp_path, monkeypatch):
    monkeypatch.delenv("WORKBENCH_VAULT_PASSPHRASE", raising=False)
    code, _, err = run("redact", session, tmp_path / "out", "--vault", tmp_path / "v")
    assert code == 2
    assert "--passphrase-file" in err
