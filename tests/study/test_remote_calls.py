"""Words of a study go to another machine only where people agreed, and every call is written down."""

import json
import sys
from concurrent.futures import Executor, Future
from pathlib import Path

import polars as pl
import pytest
from openai_server import ELSEWHERE, model_elsewhere, model_server

from workbench.embedding import EmbeddingStore
from workbench.errors import NetworkRefused
from workbench.language_models import OpenAICompatibleLM
from workbench.pipeline import attribution, embed_study
from workbench.study.ledger import drop_checksums, remote_calls

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))
from planted_study import full_study


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(tmp_path / "cache"))
    return full_study(tmp_path / "study")


def consent(study, scope, n=None):
    ids = study.corpus.conversations["id"]
    study.join_outcomes(pl.DataFrame({"id": ids.head(n or len(ids)), "consent_scope": scope}))


def test_without_consent_nothing_is_sent_and_nothing_written(study, monkeypatch):
    with model_elsewhere(monkeypatch) as server:
        with pytest.raises(NetworkRefused, match=r"12 of 12 conversations.*12 state none"):
            attribution(study, model=OpenAICompatibleLM(ELSEWHERE, "large"))
        assert server.asked == []
    assert study.ledger() == []


def test_one_conversation_without_consent_is_enough_to_refuse(study, monkeypatch):
    consent(study, "remote-model", n=11)
    with model_elsewhere(monkeypatch) as server:
        with pytest.raises(NetworkRefused, match="1 of 12"):
            attribution(study, model=OpenAICompatibleLM(ELSEWHERE, "large"))
        assert server.asked == []


def test_every_allowed_call_is_in_the_ledger_without_a_word(study, monkeypatch):
    consent(study, "research-sharing, remote-model")
    with model_elsewhere(monkeypatch) as server:
        found = attribution(study, model=OpenAICompatibleLM(ELSEWHERE, "large"))
        sent = len(server.asked)
    assert any(one.settings["model"].startswith("large-first-token-") for one in found)
    calls = study.ledger()
    assert sum(call["texts"] for call in calls) == sent > 0
    assert {call["endpoint"] for call in calls} == {ELSEWHERE}
    assert {call["model"] for call in calls} == {"large"}
    assert all(call["time"] and len(call["checksum"]) == 64 for call in calls)
    written = (study.folder / "ledger.jsonl").read_text()
    assert not any(text in written for text in study.corpus.utterances["text"])


def test_a_model_of_this_machine_needs_no_consent(study):
    with model_server() as server:
        assert attribution(study, model=OpenAICompatibleLM(server.endpoint, "small"))
        assert server.asked
    assert study.ledger() == []


def test_answers_remember_whose_words_they_were_asked_with(study, tmp_path):
    with model_server() as server:
        attribution(study, model=OpenAICompatibleLM(server.endpoint, "small"))
    (recording,) = (tmp_path / "cache" / "answers").glob("*.jsonl")
    marks = [json.loads(line)["of"] for line in recording.read_text().splitlines()]
    assert any(marks)
    assert [] in marks  # prompts from which the utterance was left out


def test_checksums_can_be_dropped(study, monkeypatch):
    consent(study, "remote-model")
    ids = study.corpus.conversations["id"]
    with model_elsewhere(monkeypatch), remote_calls(study, ids):
        OpenAICompatibleLM(ELSEWHERE, "large").score_options(
            [[{"role": "user", "content": "Hm?"}]], ("question", "reflection")
        )
    assert study.ledger()[0]["checksum"]
    drop_checksums(study.folder)
    assert study.ledger()[0]["checksum"] is None
    assert study.ledger()[0]["texts"] == 1


class Elsewhere(Executor):
    """Workers of which nobody knows where they are; it counts what reaches them."""

    def __init__(self):
        self.jobs = 0

    def submit(self, fn, /, *args, **options):
        self.jobs += 1
        answer = Future()
        answer.set_result(fn(*args, **options))
        return answer


def test_workers_elsewhere_get_nothing_of_those_who_agreed_to_this_machine_only(study, tmp_path):
    consent(study, "local", n=2)
    workers, store = Elsewhere(), EmbeddingStore(tmp_path / "store")
    with pytest.raises(NetworkRefused, match="workers of Elsewhere: the consent of 2 of 2"):
        embed_study(study, store=store, executor=workers)
    assert workers.jobs == 0
    assert study.ledger() == []
    consent(study, "remote-model", n=2)
    embed_study(study, store=store, executor=workers)
    assert workers.jobs > 0
    assert [entry["event"] for entry in study.ledger()] == ["sent to workers"]
