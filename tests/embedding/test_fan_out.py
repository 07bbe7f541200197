"""Jobs over the workers of an executor: the same vectors, the model loaded once, nothing lost."""

import multiprocessing
import os
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing

import fan_out_jobs as jobs
import numpy as np
import pytest

import workbench as wb
import workbench.embedding.shards as shards_module
from workbench.embedding import EmbeddingStore, Encoder, embed, embed_blocks
from workbench.embedding.fan_out import IN_FLIGHT, encode_with, place_of, spread
from workbench.errors import BadInput, MissingModel, WorkbenchError

SPAWN = multiprocessing.get_context("spawn")
TEXTS = [f"{i % 11} cups of coffee {'and then some more ' * (i % 7)}" for i in range(120)]


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=SPAWN) as executor:
        yield executor


@pytest.fixture
def store(tmp_path) -> EmbeddingStore:
    return EmbeddingStore(tmp_path / "store")


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(shards_module, "_SHARD_TEXTS", 8)


def test_jobs_in_this_process_come_in_order():
    assert list(spread(jobs.slowly, [(2,), (1,)], executor=None)) == [(0, 2), (1, 1)]


def test_jobs_are_taken_only_as_fast_as_they_are_answered():
    taken = []

    def endless():
        number = 0
        while True:
            taken.append(number)
            yield (number,)
            number += 1

    with (
        ThreadPoolExecutor(2) as executor,
        closing(spread(jobs.slowly, endless(), executor=executor)) as answers,
    ):
        got = [next(answers) for _ in range(10)]
    assert all(number == answer for number, answer in got)
    assert len(taken) <= IN_FLIGHT + 10


def test_an_error_cancels_what_has_not_begun():
    with ThreadPoolExecutor(1) as executor:
        seen: list[Future] = []
        original = executor.submit
        executor.submit = lambda *a, **k: seen.append(original(*a, **k)) or seen[-1]
        with pytest.raises(ValueError, match="five"):
            list(spread(jobs.fails_at_five, [(i,) for i in range(50)], executor=executor))
    assert sum(future.cancelled() for future in seen) > 40


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_vectors_are_those_of_one_process(kind, processes, tmp_path, small_shards):
    encoder = Encoder(device="cpu")
    here = embed(TEXTS, encoder=encoder, store=EmbeddingStore(tmp_path / "one"))
    told = []
    with ThreadPoolExecutor(2) as threads:
        executor = {"threads": threads, "processes": processes}[kind]
        blocks = embed_blocks(
            TEXTS,
            encoder=encoder,
            store=EmbeddingStore(tmp_path / "many"),
            executor=executor,
            sending=told.append,
        )
        there = np.concatenate(list(blocks))
    assert np.array_equal(there.astype(np.float32), here)
    assert told == [len(set(TEXTS))]
    files = [sorted(x.name for x in (tmp_path / y).rglob("*.parquet")) for y in ("one", "many")]
    assert files[0] == files[1]


def test_each_process_loads_the_model_once(processes, store, small_shards):
    embed([f"{text} again" for text in TEXTS], store=store, executor=processes)
    done = [f.result() for f in [processes.submit(jobs.process_and_loads, i) for i in range(8)]]
    assert {loads for _, loads in done} <= {0, 1}  # 0: a worker that came too late for any shard
    assert sum(dict(done).values()) >= 1
    assert os.getpid() not in dict(done)


def test_a_killed_worker_costs_no_finished_shard_and_the_next_call_goes_on(tmp_path):
    with ProcessPoolExecutor(1, mp_context=SPAWN) as executor:
        answers = []
        with (
            pytest.raises(WorkbenchError, match=r"BrokenProcessPool.*call again"),
            closing(
                spread(jobs.kills_its_worker, [(i,) for i in range(6)], executor=executor)
            ) as got,
        ):
            answers.extend(got)
    assert all(number == answer for number, answer in answers)


class DiesAfter(Executor):
    """A pool whose workers are lost after some shards."""

    def __init__(self, inner: Executor, shards: int) -> None:
        self.inner, self.left = inner, shards

    def submit(self, fn, /, *args, **kwargs):
        self.left -= 1
        if self.left < 0:
            return self.inner.submit(jobs.kills_its_worker, 3)
        future = self.inner.submit(fn, *args, **kwargs)
        future.result()
        return future


def test_finished_shards_stay_when_the_pool_breaks(store, small_shards):
    encoder = Encoder(device="cpu")
    with (
        ProcessPoolExecutor(1, mp_context=SPAWN) as pool,
        pytest.raises(WorkbenchError, match="What was finished is kept"),
    ):
        embed(TEXTS, encoder=encoder, store=store, executor=DiesAfter(pool, 3))
    assert store.size()["entries"].sum() == 24
    told = []
    with ThreadPoolExecutor(1) as executor:
        blocks = embed_blocks(
            TEXTS, encoder=encoder, store=store, executor=executor, sending=told.append
        )
        vectors = np.concatenate(list(blocks)).astype(np.float32)
    assert told == [len(set(TEXTS)) - 24]
    assert np.array_equal(vectors, encoder.encode(TEXTS))


def test_a_model_folder_that_a_worker_lacks_is_named():
    options = {**Encoder(device="cpu").options, "model": "/no/such/model"}
    job = (tuple(sorted(options.items())), "bert-x", ["text"])
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(MissingModel, match=r"On worker .*no encoder folder /no/such/model"),
    ):
        list(spread(encode_with, [job], executor=executor))


def test_another_encoder_on_the_worker_is_refused(store):
    encoder = Encoder(device="cpu")
    job = (tuple(sorted(encoder.options.items())), "bert-384-fp32-0000000000000000", ["text"])
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(WorkbenchError, match=r"On worker .*not bert-384-fp32-0+: install the same"),
    ):
        list(spread(encode_with, [job], executor=executor))


def test_a_package_that_a_worker_lacks_is_named():
    with ThreadPoolExecutor(1) as executor, pytest.raises(WorkbenchError, match="nobody_has"):
        list(spread(jobs.imports_what_is_not_there, [(1,)], executor=executor))


def test_workers_stay_offline_when_the_caller_is():
    with ProcessPoolExecutor(1, mp_context=SPAWN) as executor:
        assert executor.submit(jobs.offline_setting, 0).result() == ""  # begun before the block
        with wb.offline():
            refused = dict(spread(jobs.reaches_out, [(0,)], executor=executor))
        assert refused == {0: "NetworkRefused"}


def test_other_settings_stay_at_home(monkeypatch):
    with ProcessPoolExecutor(1, mp_context=SPAWN) as executor:
        executor.submit(jobs.slowly, 0).result()
        monkeypatch.setenv("WORKBENCH_VAULT_PASSPHRASE", "secret")
        list(spread(jobs.slowly, [(0,)], executor=executor))
        assert executor.submit(os.getenv, "WORKBENCH_VAULT_PASSPHRASE").result() is None


def test_where_the_workers_are(processes):
    class Elsewhere(Executor):
        pass

    assert place_of(None) is None
    assert place_of(processes) is None
    assert place_of(Elsewhere()) == "workers of Elsewhere"


def test_no_text_needs_no_worker(store):
    with ThreadPoolExecutor(1) as executor:
        assert embed([], store=store, executor=executor).shape == (0, 384)


def test_a_text_that_is_none_is_refused_before_anything_is_sent(store):
    with ThreadPoolExecutor(1) as executor, pytest.raises(BadInput, match="Text 1"):
        embed(["a", None], store=store, executor=executor)
