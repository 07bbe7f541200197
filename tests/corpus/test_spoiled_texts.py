"""Text formats under attack: 20,000 spoiled files give a corpus or one clear error, and nothing else."""

import random

import pytest
from format_seeds import SEEDS

import workbench as wb
from workbench.corpus.readers import likeliest, readers
from workbench.errors import BadInput

INPUTS = 20_000
PIECES = [
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b"\r", b"\n\n", b'"', b"'", b"\\", b","),
    *(b"\t", b":", b"-->", b"{", b"}", b"[", b"]", b"<", b">", b"&#x0;", b"&lt;", b"null", b"NaN"),
    *(b"-1", b"1e999", b"99999999999999999999", b"00:99:99", b"\xe2\x80\x8e", b"\xed\xa0\x80"),
    *(b"\\ud83d", "ü".encode(), "：".encode(), "🙂".encode(), b"\x15", b"0_", b"(", b"_comma_"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"\x1b[0m", b"@", b"*", b"%mor:", b"NOTE", b"STYLE"),
]


def spoiled(seed: bytes, other: bytes, chance: random.Random) -> bytes:
    """A good file with some bytes cut, doubled, changed or put in, or joined with another format's."""
    content = bytearray(seed)
    for _ in range(chance.randint(1, 5)):
        at = chance.randint(0, len(content))
        until = min(len(content), at + chance.choice([0, 0, 1, 3, 12, 60]))
        put = chance.choice(
            [
                b"",
                chance.choice(PIECES),
                bytes(content[at:until]) * chance.randint(2, 4),
                chance.randbytes(chance.randint(1, 6)),
                other[: chance.randint(0, len(other))],
            ]
        )
        content[at:until] = put
    return bytes(content)


def load_or_refuse(path, **options):
    try:
        corpus = wb.load(path, **options)
    except BadInput as error:
        refused = str(error)
    else:
        refused = None
    if refused is not None:
        assert path.name in refused
        return None
    assert corpus.utterances.height > 0
    assert corpus.utterances["id"].is_unique().all()
    return corpus


def test_every_text_format_has_a_seed():
    archives_and_folders = {"convokit", "docx", "refi", "refi-qda", "workbench", "xlsx"}
    assert set(readers()) - set(SEEDS) - archives_and_folders - {"csv-wide"} == set()


@pytest.mark.parametrize(("form", "seeds"), SEEDS.items(), ids=list(SEEDS))
def test_the_seeds_are_recognised_and_load(tmp_path, form, seeds):
    for seed in seeds:
        path = tmp_path / "file.txt"
        path.write_text(seed, "utf-8")
        assert likeliest(path).name == form
        assert load_or_refuse(path) is not None


@pytest.mark.parametrize(("form", "seeds"), SEEDS.items(), ids=list(SEEDS))
def test_spoiled_files_load_or_are_refused(tmp_path, form, seeds):
    chance = random.Random(form)
    others = [seed.encode() for name in SEEDS for seed in SEEDS[name]]
    path = tmp_path / "file.txt"
    loaded = 0
    for number in range(INPUTS // len(SEEDS) + 1):
        seed = chance.choice(seeds).encode()
        path.write_bytes(spoiled(seed, chance.choice(others), chance))
        named = form if number % 4 else None  # one in four goes by its content
        loaded += load_or_refuse(path, format=named) is not None
    assert loaded > 10  # the spoiling leaves enough to be read


@pytest.mark.parametrize(("form", "seeds"), SEEDS.items(), ids=list(SEEDS))
def test_line_ends_marks_and_utf16_change_nothing(tmp_path, form, seeds):
    for seed in seeds:
        path = tmp_path / "file.txt"
        path.write_text(seed, "utf-8", newline="")
        plain = wb.load(path).utterances.drop("meta.x", strict=False)
        for content in (
            seed.replace("\n", "\r\n").encode(),
            seed.encode("utf-8-sig"),
            seed.encode("utf-16"),
        ):
            path.write_bytes(content)
            again = wb.load(path)
            assert again.utterances.equals(plain), form


@pytest.mark.parametrize(("form", "seeds"), SEEDS.items(), ids=list(SEEDS))
def test_ten_megabytes_in_one_line(tmp_path, form, seeds):
    """No text of that length hangs a reader: it is loaded, or refused."""
    path = tmp_path / "file.txt"
    for long in ("word " * 2_000_000, "a: b " * 2_000_000, "[" * 10_000_000):
        cut = len(seeds[0]) * 2 // 3
        path.write_text(seeds[0][:cut] + long + seeds[0][cut:], "utf-8")
        load_or_refuse(path, format=form)
