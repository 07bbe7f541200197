"""The static tier: distilled from the encoder at hand, kept in the cache, another space by name."""

import numpy as np
import pytest

from workbench.coding import code_corpus
from workbench.corpus import Corpus
from workbench.embedding import EmbeddingStore, Encoder, embed, hardware, resolve_encoder_path
from workbench.embedding.static import load_static
from workbench.errors import BadInput, MissingPackage

TEXTS = ["I want to stop smoking.", "What would help you stop?", "", "日本語", "stop " * 700]


@pytest.fixture(scope="module")
def small_encoder(tmp_path_factory):
    """A BERT of 48 numbers with random weights and MiniLM's tokenizer: distilled in seconds."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("small")
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=48, intermediate_size=96, num_hidden_layers=1, num_attention_heads=4
    )
    BertModel(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(resolve_encoder_path()).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def static(small_encoder, cache, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(cache))
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    return Encoder(small_encoder, engine="static")


def test_vectors_are_those_of_model2vec(static, cache):
    from model2vec import StaticModel

    ours = static.encode(TEXTS)
    assert ours.shape == (5, static.dimension) == (5, 48)
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-3)
    (folder,) = (cache / "static").iterdir()
    theirs = StaticModel.from_pretrained(folder).encode(TEXTS, max_length=None)
    told = [0, 1, 4]
    assert np.allclose(ours[told], theirs[told], atol=1e-3)
    assert not theirs[2].any()  # model2vec gives an empty text no direction, we the mean of all
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]


def test_it_is_distilled_once_and_read_from_the_cache(static, small_encoder, cache, monkeypatch):
    first = static.encode(TEXTS)
    load_static.cache_clear()

    def no_second_time(*_, **__):
        raise AssertionError("distilled again")

    monkeypatch.setattr("workbench.embedding.static._distil", no_second_time)
    again = Encoder(small_encoder, engine="static")
    assert np.array_equal(again.encode(TEXTS), first)


def test_distilling_twice_gives_the_same_bits(static, tmp_path, monkeypatch):
    first = static.encode(TEXTS)
    load_static.cache_clear()
    monkeypatch.setenv("WORKBENCH_CACHE_HOME", str(tmp_path))
    assert np.array_equal(static.encode(TEXTS), first)
    load_static.cache_clear()


def test_order_and_repeats_change_no_bit(static):
    texts = [f"{word} {i}" for i in range(300) for word in ("stop", "yes", "Mm-hmm")] + TEXTS * 2
    plain = static.encode(texts)
    order = np.random.default_rng(0).permutation(len(texts))
    assert np.array_equal(static.encode([texts[i] for i in order]), plain[order])
    assert np.array_equal(static.encode(texts[:7]), plain[:7])


def test_it_has_names_of_its_own(static, small_encoder):
    encoder = Encoder(small_encoder)
    assert static.fingerprint.startswith("static-48-fp32-")
    assert static.weights != encoder.weights
    assert static.fingerprint != encoder.fingerprint
    assert static.fingerprint == Encoder(small_encoder, engine="static").fingerprint
    assert "static on cpu" in repr(static)
    assert Encoder(engine="static").dimension == 256 != Encoder().dimension


def test_it_goes_through_the_store_as_any_encoder(static, tmp_path):
    store = EmbeddingStore(tmp_path)
    cold = embed(TEXTS, encoder=static, store=store)
    assert np.array_equal(embed(TEXTS, encoder=static, store=store), cold)
    assert store.fingerprints() == [static.fingerprint]


def test_heads_refuse_static_vectors_by_name(tmp_path):
    import polars as pl

    rows = {
        "id": ["1", "2"],
        "conversation_id": ["a", "a"],
        "turn": [0, 1],
        "speaker": ["T", "C"],
        "role": ["therapist", "client"],
        "text": ["What brings you here today?", "I want to stop smoking."],
    }
    corpus = Corpus.build(pl.DataFrame(rows))
    coding = code_corpus(corpus, encoder=Encoder(engine="static"), store=EmbeddingStore(tmp_path))
    assert coding.layers == ()
    assert all("another sentence encoder" in refusal.reason for refusal in coding.refusals)
    with pytest.raises(BadInput, match=r"shape \(256,\)"):
        code_corpus(corpus, embeddings=np.zeros((2, 256), np.float32))


@pytest.mark.parametrize(
    ("device", "size", "engine", "why"),
    [
        ("cpu", None, "torch", "not stated"),
        ("cpu", 7_000, "torch", "at most 1,000,000"),
        ("cpu", 1_000_000, "torch", "at most 1,000,000"),
        ("cpu", 1_000_001, "static", "1,000,001 texts are more than 1,000,000"),
        ("cuda", 50_000_000, "torch", "GPU"),
    ],
)
def test_auto_decides_by_device_and_stated_size(device, size, engine, why):
    found, reason = hardware.resolve_engine("auto", device=device, size=size)
    assert found == engine
    assert why in reason


def test_auto_never_looks_at_the_texts_of_a_call():
    encoder = Encoder(device="cpu", engine="auto", size=3_000_000)
    assert encoder.engine == "static"
    assert "3,000,000 texts" in encoder.choice
    assert encoder.choice in repr(encoder)
    assert Encoder(device="cpu", engine="auto").engine == "torch"
    assert Encoder(device="cpu", size=3_000_000).engine == "torch"  # auto has to be asked for


def test_without_model2vec_the_static_tier_says_what_to_install(monkeypatch):
    monkeypatch.setattr(hardware, "is_installed", lambda package: package != "model2vec")
    encoder = Encoder(device="cpu", engine="auto", size=3_000_000)
    assert encoder.engine == "torch"
    assert "model2vec is not installed" in encoder.choice


def test_static_without_its_package_is_refused(monkeypatch):
    import sys

    monkeypatch.setattr("workbench.embedding.static.is_installed", lambda _: False)
    monkeypatch.setitem(sys.modules, "model2vec", None)
    with pytest.raises(MissingPackage, match=r"dialogue-workbench\[static\]"):
        Encoder(engine="static")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "onnx"}, "no engine 'onnx'"),
        ({"engine": "auto", "size": -1}, "number of texts"),
        ({"context_turns": -1}, "previous turns"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(BadInput, match=message):
        Encoder(**options)
