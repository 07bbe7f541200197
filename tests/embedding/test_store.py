"""The store: what is put comes back, in any process, after a crash, beside a damaged file."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import workbench.embedding.shards as shards_module
from workbench.embedding import EmbeddingStore, Encoder, embed, embed_blocks
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


def test_cut_at_any_byte_it_opens_clean_and_takes_the_vectors_again(store):
    keys, values = some(30, seed=1)
    store.put(keys, values, "enc")
    file = next(store.folder.rglob("*.parquet"))
    content = file.read_bytes()
    for cut in np.random.default_rng(5).integers(0, len(content), 40):
        file.write_bytes(content[:cut])
        opened = EmbeddingStore(store.folder)
        with pytest.warns(UserWarning, match="damaged shard"):
            assert not opened.get(keys, "enc")[0].any()
        opened.put(keys, values, "enc")
        found, vectors = opened.get(keys, "enc")
        assert found.all()
        assert np.array_equal(vectors, values)
        assert EmbeddingStore(store.folder).get(keys, "enc")[0].all()


def test_the_other_copy_of_a_damaged_shard_is_found(store):
    keys, values = some(30, seed=1)
    store.put(keys, values, "enc")
    first = next(store.folder.rglob("*.parquet"))
    store.put(keys[:20], values[:20], "enc")
    assert store.has(keys, "enc").all()
    first.write_bytes(first.read_bytes()[:-200])  # after its keys were read
    with pytest.warns(UserWarning, match="damaged shard"):
        found, vectors = store.get(keys, "enc")
    assert found.tolist() == [True] * 20 + [False] * 10
    assert np.array_equal(vectors, values[:20])


def test_many_small_shards_become_one(store):
    watching = EmbeddingStore(store.folder)
    for i in range(200):
        store.put(*some(1, seed=i), "enc")
        assert watching.has(some(1, seed=i)[0], "enc").all()
    assert len(list((store.folder / "enc").iterdir())) < 64
    for opened in (store, watching, EmbeddingStore(store.folder)):
        for i in range(200):
            keys, values = some(1, seed=i)
            assert np.array_equal(opened.get(keys, "enc")[1], values)
    assert store.size()["entries"].to_list() == [200]


def test_what_was_forgotten_does_not_come_back_when_shards_are_put_together(store):
    for i in range(60):
        store.put(*some(1, seed=i), "enc")
    gone = some(1, seed=7)[0]
    assert store.forget(gone) == 1
    for i in range(60, 80):
        store.put(*some(1, seed=i), "enc")
    assert not EmbeddingStore(store.folder).get(gone, "enc")[0].any()
    assert store.size()["entries"].to_list() == [79]


def test_another_dimension_under_one_encoder_is_refused_and_changes_nothing(store):
    keys, values = some(6)
    store.put(keys, values, "enc")
    before = {x: x.read_bytes() for x in store.folder.rglob("*.parquet")}
    with pytest.raises(BadInput, match=r"8 and 16 numbers.*cache prune --encoder enc"):
        store.put(*some(6, seed=1, dimension=16), "enc")
    assert {x: x.read_bytes() for x in store.folder.rglob("*.parquet")} == before
    assert store.dimension("enc") == 8
    store.put(*some(6, seed=1, dimension=16), "other")
    assert store.dimension("absent") is None


def test_an_encoder_of_another_dimension_than_the_store_is_refused(store, encoder):
    keys, _, _ = distinct(["one", "two"])
    store.put(keys, some(2)[1], encoder.fingerprint)
    with pytest.raises(BadInput, match=rf"8 numbers .*{encoder.dimension}"):
        embed(["one"], encoder=encoder, store=store)
    assert store.size()["entries"].to_list() == [2]


def test_blocks_are_the_rows_of_the_whole(store, encoder, monkeypatch):
    import workbench.embedding.cached as cached_module

    monkeypatch.setattr(cached_module, "BLOCK_ROWS", 4)
    texts = ["a", "b", "a", "c", "", "b", "a", "d", "e"]
    blocks = list(embed_blocks(texts, encoder=encoder, store=store))
    assert [block.shape for block in blocks] == [(4, 384), (4, 384), (1, 384)]
    assert {block.dtype for block in blocks} == {np.dtype(np.float16)}
    together = np.concatenate(blocks).astype(np.float32)
    assert np.array_equal(together, embed(texts, encoder=encoder, store=store))


def test_what_is_pruned_between_two_blocks_is_encoded_again(store, encoder, monkeypatch):
    import workbench.embedding.cached as cached_module

    monkeypatch.setattr(cached_module, "BLOCK_ROWS", 2)
    blocks = embed_blocks(["a", "b", "c", "d"], encoder=encoder, store=store)
    first = next(blocks)
    EmbeddingStore(store.folder).prune()
    together = np.concatenate([first, *blocks]).astype(np.float32)
    assert np.array_equal(together, encoder.encode(["a", "b", "c", "d"]))


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_killed_at_random_moments_two_writers_leave_a_clean_store(store):
    draw = np.random.default_rng(3)
    for _ in range(25):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(store.folder), str(begin), "100000"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for begin in (0, 20)
        ]
        begun = [int(process.stdout.readline()) for process in writers]
        time.sleep(draw.uniform(0, 0.5))
        reached = []
        for process, first in zip(writers, begun, strict=True):
            os.kill(process.pid, signal.SIGKILL)
            reached.append(int([first, *process.stdout.read().split()][-1]))
            process.wait()
        opened = EmbeddingStore(store.folder)
        for begin, last in zip((0, 20), reached, strict=True):
            for i in range(begin, last + 1):
                found, vectors = opened.get(distinct([f"{i}-{j}" for j in range(20)])[0], "enc")
                assert found.all()
                assert (vectors == i).all()
        assert opened.damaged == []


def test_a_million_keys_in_five_hundred_shards_are_found_in_seconds():
    from workbench.embedding.shard_index import ShardIndex

    draw = np.random.default_rng(0)
    keys = np.frombuffer(draw.bytes(16 * 1_000_000), "S16")
    index, begun = ShardIndex(), time.process_time()
    for number, part in enumerate(keys.reshape(500, 2000)):
        index.add(Path(f"{number}.parquet"), part)
    order = draw.permutation(len(keys))
    found, shard, row = index.find(keys[order])
    assert time.process_time() - begun < 30  # one to three seconds; shard by shard over a minute
    assert found.all()
    assert np.array_equal(shard * 2000 + row, order)
    assert not index.find(np.array([b"x" * 16]))[0].any()


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_a_million_utterances_are_embedded_in_under_four_gigabytes(tmp_path):
    script = Path(__file__).with_name("million.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "1000000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    peaks = dict(line.split()[:2] for line in done.stdout.splitlines())
    assert int(peaks["again"]) < 4_000, done.stdout  # of all before, for a peak never falls
