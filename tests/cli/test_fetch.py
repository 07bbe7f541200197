"""`workbench fetch`: the list, a folder one has, terms, exit codes."""

import json

import pytest

from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")


def test_the_list_for_people_and_for_machines(run):
    code, out, _ = run("fetch", "--list")
    assert code == 0
    assert "persuasion-for-good" in out
    code, out, _ = run("fetch", "--list", "--json")
    facts = {row["name"]: row for row in json.loads(out)["corpora"]}
    assert (code, facts["annomi"]["conversations"]) == (0, 133)


def test_a_name_is_needed(run):
    code, _, err = run("fetch")
    assert code == 2
    assert "--list" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("annomy",), 2, "Did you mean 'annomi'"),
        (("esconv",), 2, "--accept-terms"),
        (("daic-woz", "--accept-terms"), 2, "cannot be downloaded"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(run, tmp_path, arguments, code, told):
    found, out, err = run("fetch", *arguments, "--out", tmp_path / "files")
    assert (found, out) == (code, "")
    assert told in err
    assert "Traceback" not in err


def test_offline_is_refused_with_the_address(run, tmp_path):
    code, _, err = run("--offline", "fetch", "meld", "--out", tmp_path)
    assert code == 1
    assert "https://raw.githubusercontent.com/declare-lab/MELD" in err
    assert "--from FOLDER" in err


@REAL
def test_files_one_has_are_counted_beside_the_published_ones(run):
    code, out, err = run("fetch", "annomi", "--from", data_home() / "annomi")
    assert code == 0
    assert "Licence: not stated" in err
    assert "106 of 133 transcripts" in err
    assert "106 conversations" in out
    code, out, _ = run("fetch", "annomi", "--from", data_home() / "annomi", "--json")
    answer = json.loads(out)
    assert answer["counts"][0] == {
        **{"what": "transcripts", "loaded": 106, "published": 133, "beside": 0},
    }
