"""The main job on a Dask cluster of two worker processes: the tables of one process, whatever dies."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import workbench as wb
import workbench.embedding.shards as shards_module
import workbench.pipeline.labelling as labelling_module
from workbench.embedding import EmbeddingStore, Encoder, embed
from workbench.embedding.fan_out import place_of
from workbench.errors import WorkbenchError
from workbench.pipeline import embed_study
from workbench.resources import bundled

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.xdist_group("cluster")

LAYERS = (
    "annomi-helper.head",
    "annomi-helper-flags.head",
    "annomi-client.head",
    "goemotions.head",
    "goemotions-ekman.head",
    "goemotions-sentiment.head",
)
ENCODERS = 2
"""Each loaded once in a worker's life: of the embeddings, and of the earlier layer that heads read."""


def pid_and_loads() -> tuple[int, int]:
    from workbench.embedding.engine import load_engine

    return os.getpid(), load_engine.cache_info().misses


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Many jobs out of a small corpus; the caller makes the parts, so workers need not know."""
    monkeypatch.setattr(shards_module, "_SHARD_TEXTS", 16)
    monkeypatch.setattr(labelling_module, "PART_ROWS", 60)


@pytest.fixture(scope="module")
def corpus():
    demo = wb.load(bundled("data", "demo"))
    return demo.filter(conversations=demo.conversations["id"].head(5).to_list())


def scored(folder, corpus, executor=None) -> wb.Study:
    study = wb.Study.create(folder / "study", corpus)
    store = EmbeddingStore(folder / "store")
    embed_study(study, store=store, executor=executor)
    wb.code(study, store=store, executor=executor)
    wb.emotion(study, store=store, executor=executor)
    return study


def test_embeddings_codes_and_emotions_are_those_of_one_process(client, corpus, tmp_path):
    here = scored(tmp_path / "here", corpus)
    there = scored(tmp_path / "there", corpus, client.get_executor())
    assert np.array_equal(here.embeddings(), there.embeddings())
    for name in LAYERS:
        one, other = here.layer(name), there.layer(name)
        assert one.table.equals(other.table), name
        assert one.probabilities.equals(other.probabilities), name
        assert one.metadata == other.metadata, name
    notes = [[(x.name, x.notes) for x in study.steps()] for study in (here, there)]
    assert notes[0] == notes[1]
    assert there.ledger() == []  # everything stayed on this machine

    told = client.run(pid_and_loads)
    assert [loads for _, loads in told.values()] == [ENCODERS, ENCODERS]
    assert os.getpid() not in {pid for pid, _ in told.values()}


def test_a_second_run_sends_nothing(client, corpus, tmp_path):
    study = scored(tmp_path, corpus, client.get_executor())
    before = client.run(pid_and_loads)
    run = wb.analyse(
        study,
        skip=["topics", "attribution", "agreement"],
        store=EmbeddingStore(tmp_path / "store"),
        executor=client.get_executor(),
    )
    assert run.computed == ()
    assert client.run(pid_and_loads) == before


def when_something_is_kept(store: EmbeddingStore, act) -> threading.Thread:
    """Call `act` in a thread as soon as the first shard is there, with the number of shards."""

    def watch():
        until = time.monotonic() + 300
        while time.monotonic() < until:
            if kept := len(list(store.folder.rglob("[!.]*.parquet"))):
                act(kept)
                return
            time.sleep(0.002)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_worker_killed_in_the_middle_loses_nothing(client, tmp_path):
    texts = [f"{i} {'and so on ' * (i % 20)}" for i in range(480)]
    store, killed = EmbeddingStore(tmp_path), []
    pids = list(client.run(os.getpid).values())
    watching = when_something_is_kept(
        store, lambda kept: (os.kill(pids[0], signal.SIGKILL), killed.append(kept))
    )
    vectors = embed(texts, store=store, executor=client.get_executor())
    watching.join()
    assert killed, "no shard was kept while the watch ran"
    assert 1 <= killed[0] < 30, "the worker was killed in the middle of thirty shards"
    assert np.array_equal(vectors, embed(texts, store=EmbeddingStore(tmp_path / "here")))
    client.wait_for_workers(2, timeout=300)
    again = list(client.run(os.getpid).values())
    assert pids[0] not in again
    assert [loads for _, loads in client.run(pid_and_loads).values() if loads > ENCODERS] == []


def test_a_cluster_that_ends_keeps_finished_shards(tmp_path):
    texts = [f"{i} {'and so on ' * (i % 20)}" for i in range(320)]
    store = EmbeddingStore(tmp_path)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as own,
    ):
        watching = when_something_is_kept(store, lambda kept: own.close())
        with pytest.raises(WorkbenchError, match="What was finished is kept"):
            embed(texts, store=store, executor=own.get_executor())
        watching.join()
    kept = store.size()["entries"].sum()
    assert 16 <= kept < 320
    assert np.array_equal(embed(texts, store=store), Encoder().encode(texts))


def own_address() -> str | None:
    """An address of this machine that is not loopback, found without sending anything."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.mark.skipif(own_address() is None, reason="this machine has no address but loopback")
def test_what_is_sent_to_another_address_stands_in_the_ledger(corpus, tmp_path):
    few = corpus.filter(conversations=corpus.conversations["id"].head(3).to_list())
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            host=own_address(),
            protocol="tcp",
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as own,
    ):
        executor = own.get_executor()
        assert place_of(executor) == cluster.scheduler_address
        study = scored(tmp_path, few, executor)
        scored_again = wb.emotion(
            study, store=EmbeddingStore(tmp_path / "store"), executor=executor
        )
    entries = study.ledger()
    assert [x["step"] for x in entries] == ["embed", "code-annomi", "emotion"]
    assert {x["event"] for x in entries} == {"sent to workers"}
    assert {x["endpoint"] for x in entries} == {cluster.scheduler_address}
    assert entries[0]["texts"] == few.utterances["text"].n_unique()
    assert {x["conversations"] for x in entries} == {3}
    assert len(scored_again) == 3


def test_the_program_takes_a_scheduler(client, corpus, tmp_path, monkeypatch, capsys):
    from workbench.cli import main

    study = wb.Study.create(tmp_path / "study", corpus)
    address = client.scheduler.address
    monkeypatch.setattr("sys.argv", ["w", "emotion", str(study.folder), "--scheduler", address])
    with pytest.raises(SystemExit) as ended:
        main()
        raise SystemExit(0)
    assert not ended.value.code
    assert "goemotions" in capsys.readouterr().out
    assert study.layer("goemotions.head").table.height


@pytest.mark.parametrize(
    ("address", "offline", "told"),
    [
        ("tcp://127.0.0.1:9", "0", "No Dask scheduler answers"),
        ("nonsense://x", "0", "No Dask scheduler answers"),
        ("tcp://192.0.2.1:8786", "1", "on another machine, and the workbench is offline"),
    ],
)
def test_no_scheduler_is_one_clear_line(
    address, offline, told, corpus, tmp_path, monkeypatch, capsys
):
    from workbench.cli import main, scheduler

    monkeypatch.setattr(scheduler, "_SECONDS", 2)
    monkeypatch.setenv("WORKBENCH_OFFLINE", offline)
    study = wb.Study.create(tmp_path / "study", corpus)
    monkeypatch.setattr("sys.argv", ["w", "emotion", str(study.folder), "--scheduler", address])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {1, 2}
    assert told in capsys.readouterr().err
