"""A folder of 500 transcripts, 30 of them broken: 470 load, 30 are listed with reason and line."""

import subprocess
import sys

import pytest

import workbench as wb
from workbench.errors import BadInput

GOOD, BAD = 470, 30
CUE = "{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{who}: {said}\n"
WAYS = [
    lambda text: b"",
    lambda text: b"\x00\x01\x02" * 200,
    lambda text: text.encode("utf-16")[:-1],
    lambda text: text.replace("Yes", "\xff").encode("latin-1"),
    lambda text: text.replace("Yes", "Ye\x00s").encode(),
    lambda text: b"Once upon a time there was a table.\n",
]


def transcript():
    cues = [("Ann", "How are you?"), ("Bob", "Yes, fine."), ("Ann", "Good.")]
    return "\n".join(CUE.format(n=n, who=who, said=said) for n, (who, said) in enumerate(cues, 1))


@pytest.fixture
def folder(tmp_path):
    many = tmp_path / "sessions"
    for number in range(GOOD + BAD):
        part = many / f"year{number % 3}"
        part.mkdir(parents=True, exist_ok=True)
        spoil = WAYS[number // 17 % len(WAYS)] if number % 17 == 0 else str.encode
        (part / f"s{number:03}.srt").write_bytes(spoil(transcript()))
    return many


def workbench(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_good_ones_load_and_the_broken_ones_are_listed(folder):
    corpus = wb.load(folder)
    assert corpus.conversations.height == GOOD
    broken = corpus.report().filter(check="broken file")
    assert broken.height == BAD
    assert broken["level"].unique().to_list() == ["warning"]
    assert broken["message"].str.len_chars().min() > 10
    with_line = broken.filter(broken["message"].str.contains(r"row \d+"))
    assert with_line.height == BAD // len(WAYS) * 3  # where a line can be told: bytes inside a text


def test_strict_refuses_and_writes_nothing(folder, tmp_path):
    with pytest.raises(BadInput, match=r"30 file\(s\) cannot be read") as refused:
        wb.load(folder, strict=True)
    assert len(str(refused.value).splitlines()) == 1 + BAD
    code, told = workbench("convert", folder, tmp_path / "out", "--strict")
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert len(told.splitlines()) == 1 + BAD


def test_without_strict_the_exit_code_is_zero_with_a_summary(folder, tmp_path):
    code, told = workbench("convert", folder, tmp_path / "out")
    assert code == 0
    assert "30 warnings" in told
    assert wb.load(tmp_path / "out").conversations.height == GOOD
