"""The encoder against sentence-transformers, and against itself in other orders and company."""

import random
import subprocess
import sys

import numpy as np
import pytest

from workbench.embedding import Encoder, resolve_device, resolve_encoder_path, resolve_precision
from workbench.embedding.encoder import distinct, shards
from workbench.errors import BadInput, MissingModel

WORDS = ["I", "you", "really", "want", "to", "stop", "smoking", "but", "friends", "sleep", "bad"]


def sentences(n: int, *, longest: int = 40, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [f"{i} " + " ".join(draw.choices(WORDS, k=draw.randint(0, longest))) for i in range(n)]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(device="cpu")


@pytest.fixture(scope="module")
def fp32() -> Encoder:
    return Encoder(device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def reference():
    import sentence_transformers

    return sentence_transformers.SentenceTransformer(str(resolve_encoder_path()), device="cpu")


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_fp32_is_what_sentence_transformers_gives(fp32, reference):
    texts = [*sentences(40), "", "Ünïcode, 日本語 and 🙂", "one"]
    ours, theirs = fp32.encode(texts), reference.encode(texts)
    assert ours.dtype == np.float32
    assert ours.shape == (43, fp32.dimension) == theirs.shape
    assert cosines(ours, theirs).min() > 0.999999
    assert np.abs(ours - theirs).max() < 2e-4  # float16 rounding


def test_default_precision_stays_close_to_sentence_transformers(encoder, reference):
    texts = sentences(40)
    near = cosines(encoder.encode(texts), reference.encode(texts))
    assert near.mean() > 0.9995
    assert near.min() > 0.999


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_every_precision_can_be_asked_for(precision, fp32):
    texts = sentences(8)
    half = Encoder(device="cpu", precision=precision)
    assert cosines(half.encode(texts), fp32.encode(texts)).min() > 0.999


def test_order_and_repeats_change_no_bit(encoder):
    texts = [*sentences(60), "Mm-hmm.", "", "Mm-hmm."]
    plain = encoder.encode(texts)
    order = np.random.default_rng(3).permutation(len(texts))
    assert np.array_equal(encoder.encode([texts[i] for i in order]), plain[order])
    assert np.array_equal(plain[60], plain[62])


@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_the_company_a_text_keeps_does_not_matter(precision):
    encoder = Encoder(device="cpu", precision=precision)
    texts = [*sentences(60), "one of several windows " * 80]
    plain = encoder.encode(texts)
    part = encoder.encode(texts[:60:7])
    texts, plain = texts[:60], plain[:60]
    alone = np.concatenate([encoder.encode([text]) for text in texts[::7]])
    assert cosines(part, plain[::7]).min() > 0.9999
    assert cosines(alone, plain[::7]).min() > 0.9999
    if resolve_precision() == "bf16":  # processors with AVX512-BF16 or AMX: measured bit-equal
        assert np.array_equal(part, plain[::7])
        assert np.array_equal(alone, plain[::7])


def test_empty_text_has_a_defined_vector(encoder):
    vector = encoder.encode([""])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_a_long_text_is_the_weighted_mean_of_its_windows(fp32):
    room = fp32.max_tokens - 2
    long = " ".join(["stop"] * room + ["sleep"] * room + ["friends"] * 50)
    windows = [" ".join(["stop"] * room), " ".join(["sleep"] * room), " ".join(["friends"] * 50)]
    mean = np.array([room + 2, room + 2, 52]) @ fp32.encode(windows)
    assert cosines(fp32.encode([long, "short"])[:1], mean[None])[0] > 0.99999


def test_surrogates_and_odd_characters_are_taken(encoder):
    vectors = encoder.encode(["\ud800 half", "\x00", "a\u0301", "\u202e", "? half"])
    assert np.isfinite(vectors).all()
    assert np.array_equal(vectors[0], vectors[4])


def test_what_is_not_text_is_named_by_its_row(encoder):
    with pytest.raises(BadInput, match=r"Text 1 .* NoneType"):
        encoder.encode(["fine", None])


def test_fingerprint_tells_precisions_apart_and_holds_no_path(encoder, fp32):
    other = Encoder(device="cpu", precision="bf16")
    assert fp32.fingerprint != other.fingerprint
    assert fp32.fingerprint == Encoder(device="cpu", precision="fp32").fingerprint
    assert "/" not in encoder.fingerprint


def test_fingerprint_follows_the_weights_not_the_folder(tmp_path, fp32):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(resolve_encoder_path(), copy)
    assert Encoder(copy, device="cpu", precision="fp32").fingerprint == fp32.fingerprint
    with (copy / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x01")
    from workbench.embedding.recipe import weights_checksum

    weights_checksum.cache_clear()
    assert Encoder(copy, device="cpu", precision="fp32").fingerprint != fp32.fingerprint


def test_another_architecture_goes_through_its_own_forward(tmp_path, fp32):
    """A DistilBERT with random weights: same numbers as transformers on one padded batch."""
    import torch
    from safetensors.torch import save_file  # noqa: F401 - what save_pretrained writes with
    from transformers import AutoModel, AutoTokenizer, DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(resolve_encoder_path())
    config = DistilBertConfig(dim=48, hidden_dim=96, n_layers=2, n_heads=4, hidden_size=48)
    DistilBertModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    import json

    saved = json.loads((tmp_path / "config.json").read_text())
    saved["hidden_size"] = 48
    (tmp_path / "config.json").write_text(json.dumps(saved))
    texts = sentences(12)
    batch = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
    mask = batch["attention_mask"][..., None]
    model = AutoModel.from_pretrained(tmp_path).eval()
    with torch.inference_mode():
        hidden = model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            output_hidden_states=True,
        ).hidden_states
    encoder = Encoder(tmp_path, device="cpu", precision="fp32")
    for ours, states in ((encoder, hidden[-1]), (encoder.at_layer(1), hidden[1])):
        mean = ((states * mask).sum(1) / mask.sum(1)).numpy()
        assert cosines(ours.encode(texts), mean).min() > 0.99999


def test_an_early_layer_is_the_mean_of_its_token_vectors(fp32, reference):
    import torch

    texts = sentences(8)
    early = fp32.at_layer(3)
    inside = reference[0].auto_model
    expected = []
    for text in texts:
        given = reference.tokenize([text])
        with torch.inference_mode():
            states = inside(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                output_hidden_states=True,
            ).hidden_states[3]
        expected.append(states[0].mean(dim=0).numpy())
    assert cosines(early.encode(texts), np.array(expected)).min() > 0.99999
    assert early.fingerprint != fp32.fingerprint
    assert early.weights != fp32.weights
    again = Encoder(**early.options)
    assert (again.fingerprint, again.weights) == (early.fingerprint, early.weights)
    with pytest.raises(BadInput, match="from 1 to 5"):
        fp32.at_layer(6)


def test_shards_are_bounded_and_cover_all():
    texts = [*sentences(4_500, longest=3), "x" * 1_500_000, "y" * 1_500_000]
    keys, first, _ = distinct(texts)
    parts = list(shards([texts[i] for i in first], keys))
    assert [len(part.texts) for part in parts] == [2_048, 2_048, 405, 1]
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(len(keys)))
    lengths = [len(text) for part in parts for text in part.texts]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "tpu"}, "no device 'tpu'"),
        ({"precision": "int8"}, "no precision 'int8'"),
        ({"device": "cuda:99"}, "no device"),
    ],
)
def test_unknown_device_or_precision_is_named(arguments, message):
    with pytest.raises(BadInput, match=message):
        Encoder(**arguments)


def test_setting_names_the_device(monkeypatch):
    monkeypatch.setenv("WORKBENCH_DEVICE", "cpu")
    assert resolve_device() == "cpu"


def test_models_that_are_not_there_say_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    with pytest.raises(MissingModel, match="local hub cache"):
        resolve_encoder_path("nobody/has-this", download=True)
    with pytest.raises(MissingModel, match="no encoder folder"):
        resolve_encoder_path(tmp_path / "absent")
    with pytest.raises(BadInput, match=r"config\.json"):
        resolve_encoder_path(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config.json": "{"}, "not valid JSON"),
        ({"config.json": '{"model_type": "t5", "is_encoder_decoder": true}'}, "BERT family"),
        (
            {
                "config.json": '{"hidden_size": 8}',
                "modules.json": '[{"type": "sentence_transformers.models.Dense", "path": ""}]',
            },
            "'Dense' is not supported",
        ),
        (
            {
                "config.json": '{"hidden_size": 8}',
                "modules.json": '[{"type": "x.Pooling", "path": "p"}]',
                "p/config.json": '{"pooling_mode": "lasttoken"}',
            },
            "lasttoken",
        ),
    ],
)
def test_folders_that_hold_no_usable_encoder(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=message):
        Encoder(tmp_path)


def test_pickled_weights_are_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"hidden_size": 8, "model_type": "bert"}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BadInput, match="safetensors"):
        _ = Encoder(tmp_path, device="cpu").fingerprint


def test_import_is_light():
    code = (
        "import sys, workbench.embedding;"
        "sys.exit(bool({'torch','transformers','polars','pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_encoder_can_be_sent_to_another_process(encoder):
    import pickle

    again = pickle.loads(pickle.dumps(encoder))
    assert again.fingerprint == encoder.fingerprint
    assert np.array_equal(again.encode(["hello"]), encoder.encode(["hello"]))


def test_a_stream_gives_every_position_once_and_the_same_vectors(encoder):
    texts = [*sentences(2_100, longest=1), "Mm-hmm.", "", "Mm-hmm.", *sentences(5)]
    whole, seen, parts = encoder.encode(texts), np.zeros(len(texts), int), 0
    for rows, vectors in encoder.stream(texts):
        assert vectors.dtype == np.float16
        assert np.array_equal(vectors.astype(np.float32), whole[rows])
        seen[rows] += 1
        parts += 1
    assert (seen == 1).all()
    assert parts == 2
    assert list(encoder.stream([])) == []


def test_tokens_are_those_of_transformers_own_call(encoder):
    from transformers import AutoTokenizer

    from workbench.embedding.recipe import Recipe
    from workbench.embedding.tokens import load_tokenizer

    folder = resolve_encoder_path()
    texts = [*sentences(20), "", "Ünïcode, 日本語 and 🙂", "a [SEP] b", "long " * 600]
    expected = AutoTokenizer.from_pretrained(folder)(
        texts, add_special_tokens=False, truncation=False, verbose=False
    )["input_ids"]
    tokenizer = load_tokenizer(folder, Recipe.read(folder))
    assert tokenizer.ids(texts) == expected
    assert encoder.count_tokens(texts).tolist() == [len(ids) for ids in expected]
    windows = tokenizer.windows(texts)
    assert windows.lengths.max() == encoder.room == encoder.max_tokens - 2
    assert windows.lengths.sum() == sum(len(ids) for ids in expected)
    assert windows.stops[-1] == len(texts) - 1 + -(-600 // encoder.room)


def test_work_is_prepared_ahead_in_order_and_within_bounds():
    import threading

    from workbench.embedding.ahead import prepared_ahead

    begun: list[int] = []

    def prepare(item: int) -> tuple[int, str]:
        begun.append(item)
        return item * item, threading.current_thread().name

    for item, (square, thread) in prepared_ahead(prepare, range(20), most=2):
        assert square == item * item
        assert len(begun) <= item + 3
        assert thread.startswith("prepare")
    assert begun == list(range(20))


def test_what_fails_ahead_is_raised_when_its_turn_comes():
    from workbench.embedding.ahead import prepared_ahead

    def prepare(item: int) -> int:
        if item == 3:
            raise ValueError("the fourth")
        return item

    seen = []
    with pytest.raises(ValueError, match="the fourth"):
        for item, _ in prepared_ahead(prepare, range(9)):
            seen.append(item)
    assert seen == [0, 1, 2]


def test_a_stream_that_is_left_early_leaves_no_thread(encoder):
    import threading

    work = encoder.stream(sentences(5_000, longest=1))
    next(work)
    work.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("prepare")]


def test_a_profile_says_where_the_time_goes(encoder):
    found = encoder.profile([*sentences(60), *sentences(60)])
    assert found.texts == 120
    assert sum(found.shares.values()) == pytest.approx(1)
    assert 0 < found.tokenising < found.arithmetic < found.seconds
    assert "arithmetic" in str(found)
    with pytest.raises(BadInput, match="no texts"):
        encoder.profile([])


def test_one_string_is_no_list_of_texts(encoder):
    with pytest.raises(BadInput, match="Put it into a list"):
        encoder.encode("hello")


def test_it_says_engine_device_and_why(encoder):
    assert encoder.engine == "torch"
    assert encoder.choice == f"torch on cpu in {encoder.precision}: as given"
    assert encoder.choice in repr(encoder)
