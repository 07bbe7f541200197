"""The store: what is put comes back, in any process, after a crash, beside a damaged file."""

import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import workbench.embedding.shards as shards_module
from workbench.embedding import EmbeddingStore, Encoder, embed
from workbench.embedding.encoder import distinct
from workbench.errors import BadInput, WorkbenchError


def some(n: int, *, seed: int = 0, dimension: int = 8) -> tuple[np.ndarray, np.ndarray]:
    keys, _, _ = distinct([f"{seed}-{i}" for i in range(n)])
    values = np.random.default_rng(seed).normal(size=(n, dimension)).astype(np.float16)
    return keys, values


@pytest.fixture
def store(tmp_path) -> EmbeddingStore:
    return EmbeddingStore(tmp_path / "store")


def test_round_trip_over_shards_in_any_order(store):
    a, va = some(50, seed=1)
    b, vb = some(70, seed=2)
    store.put(a, va, "enc")
    store.put(b, vb, "enc")
    absent, _ = some(5, seed=3)
    keys, values = np.concatenate([absent, b, a]), np.concatenate([vb, va])
    order = np.random.default_rng(0).permutation(len(keys))
    for opened in (store, EmbeddingStore(store.folder)):
        found, vectors = opened.get(keys[order], "enc")
        assert np.array_equal(found, order >= 5)
        assert np.array_equal(vectors, values[order[order >= 5] - 5])


def test_encoders_do_not_see_each_other(store):
    keys, values = some(3)
    store.put(keys, values, "one")
    assert not store.get(keys, "two")[0].any()


def test_keys_that_end_in_zero_bytes(store):
    keys = np.array([b"a" * 15 + b"\0", b"a" * 14 + b"\0\0", b"\0" * 16], "S16")
    values = np.eye(3, dtype=np.float16)
    store.put(keys, values, "enc")
    found, vectors = EmbeddingStore(store.folder).get(keys, "enc")
    assert found.all()
    assert np.array_equal(vectors, values)


def test_same_shard_twice_is_one_file(store):
    keys, values = some(4)
    store.put(keys, values, "enc")
    store.put(keys[::-1], values[::-1], "enc")
    assert len(list(store.folder.rglob("*.parquet"))) == 1


def test_empty_store_makes_no_folder(store):
    assert store.size().is_empty()
    assert store.prune() == 0
    assert not store.folder.exists()
    assert not store.get(some(2)[0], "enc")[0].any()


def test_size_and_prune(store):
    store.put(*some(10), "one")
    store.put(*some(20), "two")
    table = store.size()
    assert table["fingerprint"].to_list() == ["one", "two"]
    assert table["entries"].to_list() == [10, 20]
    assert store.prune(fingerprint="one") == table["bytes"][0]
    assert store.size()["fingerprint"].to_list() == ["two"]
    with pytest.raises(BadInput, match="one"):
        store.prune(fingerprint="one")
    store.prune()
    assert store.size().is_empty()


@pytest.mark.parametrize("cut", [0, 1, 3, 100, 0.3, 0.6, 0.9, -8, -1])
def test_a_cut_shard_is_left_out_and_listed(store, cut):
    store.put(*some(30, seed=1), "enc")
    store.put(*some(30, seed=2), "enc")
    victim = sorted(store.folder.rglob("*.parquet"))[0]
    content = victim.read_bytes()
    victim.write_bytes(content[: int(cut * len(content)) if isinstance(cut, float) else cut])
    opened = EmbeddingStore(store.folder)
    keys = np.concatenate([some(30, seed=1)[0], some(30, seed=2)[0]])
    with pytest.warns(UserWarning, match="damaged shard"):
        found, _ = opened.get(keys, "enc")
    assert found.sum() == 30
    assert len(opened.damaged) == 1
    assert victim.name in opened.damaged[0]


def test_a_flipped_byte_never_gives_a_wrong_vector(store):
    keys, values = some(40)
    store.put(keys, values, "enc")
    file = next(store.folder.rglob("*.parquet"))
    content = file.read_bytes()
    draw = np.random.default_rng(0)
    for place in draw.integers(0, len(content), 60):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        file.write_bytes(broken)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, vectors = EmbeddingStore(store.folder).get(keys, "enc")
        assert not found.any() or np.array_equal(vectors, values[found])


def test_leftovers_of_a_killed_writer_are_ignored(store):
    keys, values = some(4)
    store.put(keys, values, "enc")
    (store.folder / "enc" / ".abc.parquet.x1y2").write_bytes(b"half")
    opened = EmbeddingStore(store.folder)
    assert opened.get(keys, "enc")[0].all()
    assert opened.damaged == []
    assert opened.size()["entries"].to_list() == [4]


def test_full_disk_is_one_clear_error(store, monkeypatch):
    import errno
    from pathlib import Path

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    keys, values = some(4)
    store.put(keys, values, "enc")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WorkbenchError, match="disk is full"):
        store.put(*some(4, seed=9), "enc")
    assert store.get(keys, "enc")[0].all()
    assert len(list((store.folder / "enc").iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkbenchError, match="WORKBENCH_CACHE_HOME"):
        EmbeddingStore(tmp_path / "file" / "store").put(*some(2), "enc")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_fingerprints_cannot_leave_the_folder(store, name):
    with pytest.raises(BadInput, match="fingerprint"):
        store.put(*some(1), name)


def test_pruned_by_another_process_meanwhile(store):
    keys, values = some(6)
    store.put(keys, values, "enc")
    assert store.get(keys, "enc")[0].all()
    EmbeddingStore(store.folder).prune()
    assert not store.get(keys, "enc")[0].any()
    assert store.damaged == []


WRITER = """
import sys, numpy as np
from workbench.embedding import EmbeddingStore
from workbench.embedding.encoder import distinct
store = EmbeddingStore(sys.argv[1])
for i in range(int(sys.argv[2]), int(sys.argv[3])):
    keys, _, _ = distinct([f"{i}-{j}" for j in range(20)])
    value = np.full((20, 4), i, np.float16)
    store.put(keys, value, "enc")
    print(i, flush=True)
"""


def test_two_processes_write_at_once(store):
    ranges = [("0", "30"), ("15", "45")]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.folder), *part], stdout=subprocess.DEVNULL
        )
        for part in ranges
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    for i in range(45):
        keys, _, _ = distinct([f"{i}-{j}" for j in range(20)])
        found, vectors = store.get(keys, "enc")
        assert found.all()
        assert (vectors == i).all()
    assert store.damaged == []


def test_killed_writer_keeps_what_it_had_put(store):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.folder), "0", "100000"],
        stdout=subprocess.PIPE,
        text=True,
    )
    reached = 0
    for line in process.stdout:
        reached = int(line)
        if reached >= 25:
            break
    time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for i in range(reached + 1):
        keys, _, _ = distinct([f"{i}-{j}" for j in range(20)])
        assert store.get(keys, "enc")[0].all()
    store.size()
    assert store.damaged == []


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(device="cpu")


def spied(seen: list[str]):
    """`Encoder.stream` that notes the texts it is asked for."""
    original = Encoder.stream

    def stream(self, texts, **options):
        seen.extend(texts)
        return original(self, texts, **options)

    return stream


def test_a_second_run_encodes_nothing_and_gives_the_same_bits(store, encoder, monkeypatch):
    texts = ["How are you?", "Mm-hmm.", "", "Mm-hmm.", "I smoke, um, twenty a day."]
    cold = embed(texts, encoder=encoder, store=store)
    assert store.size()["entries"].to_list() == [4]
    monkeypatch.setattr(Encoder, "stream", spied(encoded := []))
    warm = embed(texts[::-1], encoder=encoder, store=EmbeddingStore(store.folder))
    assert encoded == []
    assert np.array_equal(warm[::-1], cold)
    assert np.array_equal(cold.astype(np.float16).astype(np.float32), cold)
    assert embed([], encoder=encoder, store=store).shape == (0, encoder.dimension)


def test_only_new_texts_are_encoded(store, encoder, monkeypatch):
    embed(["one", "two"], encoder=encoder, store=store)
    monkeypatch.setattr(Encoder, "stream", spied(seen := []))
    both = embed(["two", "three", "one"], encoder=encoder, store=store)
    assert seen == ["three"]
    assert np.array_equal(both, encoder.encode(["two", "three", "one"]))


def test_interrupted_run_keeps_finished_shards(store, encoder, monkeypatch):
    monkeypatch.setattr(shards_module, "_SHARD_TEXTS", 5)
    texts = [f"sentence number {i}" for i in range(12)]
    original = Encoder.stream

    def dies_in_the_third(self, texts, **options):
        for number, part in enumerate(original(self, texts, **options)):
            if number == 2:
                raise KeyboardInterrupt
            yield part

    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "stream", dies_in_the_third)
        with pytest.raises(KeyboardInterrupt):
            embed(texts, encoder=encoder, store=store)
    assert store.size()["entries"].to_list() == [10]
    resumed = embed(texts, encoder=encoder, store=store)
    assert np.array_equal(resumed, encoder.encode(texts))


def test_default_store_lies_in_the_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(tmp_path))
    assert EmbeddingStore().folder == tmp_path / "embeddings"
    assert not EmbeddingStore().folder.exists()
