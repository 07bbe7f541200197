"""A study coded by a language model: consent, ledger, kills, what `forget` reaches, the verb."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from llm_study import code
from llm_talk import by_question_mark, small_book, small_corpus
from openai_server import ELSEWHERE, Trouble, model_elsewhere, model_server

from workbench.cli.llm_code import command
from workbench.errors import BadInput, NetworkRefused, NotComputed, WorkbenchError
from workbench.pipeline.llm_coding import code_by_llm, llm_trail
from workbench.study import Study
from workbench.study.forgetting import forget


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(tmp_path / "cache"))
    return Study.create(tmp_path / "study", small_corpus(4))


@pytest.fixture
def book(tmp_path):
    return small_book(tmp_path)


def consent(study, scope, n=4):
    ids = study.corpus.conversations["id"].head(n)
    study.join_outcomes(pl.DataFrame({"id": ids, "consent_scope": scope}))


def test_the_study_keeps_layer_outcomes_and_trail(study, book):
    with model_server(by_question_mark) as server:
        (layer,) = code(study, book, server.endpoint)
        assert len(server.asked) == 12
        code(study, book, server.endpoint)
        assert len(server.asked) == 12
    assert layer.name == "talk.llm"
    assert study.layer("talk.llm").table.equals(layer.table)
    assert layer.counts()["count"].to_list() == [8, 4]
    assert any("language model" in note for note in study.step("llm-code-small").notes)
    assert study.ledger() == []  # a server of this machine
    trail = llm_trail(study, "talk")
    assert trail.table.height == 12
    with pytest.raises(NotComputed, match="workbench llm-code"):
        llm_trail(study, "flags")


def test_new_conversations_cost_only_themselves(study, book):
    with model_server(by_question_mark) as server:
        code(study, book, server.endpoint)
        before = len(server.asked)
        grown = small_corpus(5)
        study.add(grown.filter(conversations=["c4"]))
        (layer,) = code(study, book, server.endpoint)
        assert len(server.asked) - before == 3
    assert layer.table["unit_id"].n_unique() == 20


def test_words_leave_only_with_consent_and_every_call_is_written_down(study, book, monkeypatch):
    with model_elsewhere(monkeypatch, by_question_mark) as server:
        consent(study, "remote-model", n=3)
        with pytest.raises(NetworkRefused, match="1 of 4 conversations"):
            code(study, book, ELSEWHERE)
        assert server.asked == []
        assert study.ledger() == []
        consent(study, "remote-model")
        code(study, book, ELSEWHERE)
        calls = study.ledger()
        assert len(calls) == len(server.asked) == 12
    assert {call["endpoint"] for call in calls} == {ELSEWHERE}
    written = (study.folder / "ledger.jsonl").read_text()
    assert not any(text in written for text in study.corpus.utterances["text"] if text)


def test_workers_ask_no_more_than_was_permitted(study, book, monkeypatch):
    with model_elsewhere(monkeypatch, by_question_mark) as server, ThreadPoolExecutor(2) as pool:
        with pytest.raises(NetworkRefused, match="4 of 4 conversations"):
            code(study, book, ELSEWHERE, executor=pool)
        assert server.asked == []
        consent(study, "remote-model")
        (layer,) = code(study, book, ELSEWHERE, executor=pool)
        assert len(study.ledger()) == len(server.asked) == 12
    assert layer.counts()["count"].to_list() == [8, 4]


def test_a_limit_asks_for_the_consent_of_those_it_reads(study, book, monkeypatch):
    consent(study, "remote-model", n=1)
    with model_elsewhere(monkeypatch, by_question_mark) as server:
        code(study, book, ELSEWHERE, units=["c0-1", "c0-3"])
        assert len(server.asked) == 2


def test_a_rate_limit_that_does_not_end_keeps_what_came(study, book):
    with model_server(by_question_mark) as server:
        server.trouble = [None] * 5 + [Trouble.error(429, Retry_After="3600")]
        with pytest.raises(
            WorkbenchError, match=r"429 .* 3600 seconds.* 5 of 12 answers .* are kept"
        ):
            code(study, book, server.endpoint)
        assert study.layer_names() == []
        code(study, book, server.endpoint)
        assert len(server.asked) == 6 + 7


@pytest.mark.parametrize("after", [3, 7])
def test_killed_at_any_moment_it_loses_no_answer(study, book, tmp_path, after):
    """SIGKILL while the server is answering: what it had answered is on the disk, all but the last one."""

    def slowly(content):
        time.sleep(0.05)
        return by_question_mark(content)

    program = Path(__file__).with_name("killed_llm_coding.py")
    with model_server(slowly) as server:
        arguments = [str(study.folder), str(tmp_path / "small.yaml"), server.endpoint]
        child = subprocess.Popen(
            [sys.executable, str(program), *arguments], env=os.environ | {"WORKBENCH_PROGRESS": "0"}
        )
        until = time.monotonic() + 240
        while server.answered < after and child.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        answered = server.answered
        lines = (study.folder / "llm" / "answers.jsonl").read_text().splitlines()
        kept = sum('"kind": "answer"' in line and line.endswith("}") for line in lines)
        assert kept >= answered - 1 >= after - 1
        asked = len(server.asked)
        (layer,) = code(Study.open(study.folder), book, server.endpoint)
        assert len(server.asked) - asked == 12 - kept
    assert layer.counts()["count"].to_list() == [8, 4]


def test_forgetting_somebody_reaches_prompts_and_answers(study, book):
    with model_server(by_question_mark) as server:
        code(study, book, server.endpoint)
        theirs = study.corpus.utterances.filter(pl.col("speaker") == "client-0")["text"].to_list()
        recording = study.folder / "llm" / "answers.jsonl"
        assert any(text in recording.read_text() for text in theirs)
        found = forget("client-0", studies=[study])
        assert found.still_held.is_empty()
        left = recording.read_text()
        unsaid = [t for t in theirs if t not in small_corpus(4).utterances["text"].to_list()[7:]]
        assert unsaid
        assert not any(text in left for text in unsaid)
        again = Study.open(study.folder)
        assert "removed" in set(llm_trail(again, "talk").table["reason"].drop_nulls().str.slice(-7))
        asked = len(server.asked)
        code(again, book, server.endpoint)
        # all twelve prompts held words that somebody else said word for word, or theirs
        assert 3 <= len(server.asked) - asked <= 12


def test_the_verb_tells_the_cost_first(study, book, tmp_path):
    named = ["--codebook", str(tmp_path / "small.yaml"), "--scheme", "talk", "--model", "small"]
    with model_server(by_question_mark) as server:
        options = [str(study.folder), *named, "--endpoint", server.endpoint]
        told = CliRunner().invoke(command, [*options, "--price-in", "1000", "--price-out", "0"])
        assert told.exit_code == 0, told.output
        assert "12 prompts to ask (0 are answered already)" in told.output
        assert "at the prices given" in told.output
        assert "add --yes" in told.output
        assert server.asked == []
        cost = json.loads(CliRunner().invoke(command, [*options, "--json"]).output)["cost"]
        assert cost["calls"] == 12
        done = CliRunner().invoke(command, [*options, "--yes", "--trail", str(tmp_path / "trail")])
        assert done.exit_code == 0, done.output
        assert "talk.llm" in done.output
        assert len(server.asked) == 12
        second = [*options, "--name", "second", "--prompt", "definitions", "--limit", "4"]
        done = CliRunner().invoke(command, [*second, "--yes", "--trail", str(tmp_path / "trail")])
        assert done.exit_code == 0, done.output
        assert "talk.llm-second" in done.output
        assert "note: Coded by a language model" in done.output
    assert sorted(x.name for x in (tmp_path / "trail").iterdir()) == [
        *(f"talk.second.trail.{ending}" for ending in ("json", "md", "parquet")),
        *(f"talk.trail.{ending}" for ending in ("json", "md", "parquet")),
    ]


def test_an_endpoint_needs_the_name_of_a_model(study, book):
    with pytest.raises(BadInput, match="Name the model"):
        code_by_llm(study, book, endpoint="http://127.0.0.1:9/v1")
