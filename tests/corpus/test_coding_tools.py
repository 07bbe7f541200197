"""All formats of coding tools on real codings, and on files that are no longer whole."""

import json
import random
import zipfile
from dataclasses import replace

import pytest
from coded_corpora import layer, unexplained

import workbench as wb
from workbench.corpus.writers import writer
from workbench.errors import BadInput
from workbench.resources import bundled
from workbench.settings import data_home

ENDINGS = {
    **{"csv-long": ".csv", "csv-wide": ".csv", "refi-qda": ".qdpx"},
    **{"doccano": "", "label-studio": ""},
}
TEN_ANNOTATORS = [f"annomi-{number}" for number in (7, 55, 66, 109, 130)]


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("form", ENDINGS)
def test_ten_annotators_go_out_and_come_back(tmp_path, form):
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-full.csv.gz")
    corpus = corpus.filter(conversations=TEN_ANNOTATORS)
    path = tmp_path / f"annomi{ENDINGS[form]}"
    corpus.write(path, format=form)
    again = wb.load(path)
    assert unexplained(corpus, again, writer(form).lost(corpus)) == []
    assert {each.metadata.coder for each in again.layers} == {f"annotator-{n}" for n in range(10)}
    theirs = {(each.metadata.scheme, each.metadata.coder): each for each in again.layers}
    for each in corpus.layers:
        read = theirs[each.metadata.scheme, each.metadata.coder].table
        columns = ["unit_id", "label"]
        assert read.select(columns).sort(columns).equals(each.table.select(columns).sort(columns))


def coded_demonstration():
    corpus = wb.load(bundled("data", "demo")).filter(conversations=["d01"])
    first, second = corpus.utterances["id"][:2]
    parts = [{"unit_id": first, "label": "x", "start_char": 0, "end_char": 4, "target_id": second}]
    whole = [{"unit_id": "d01", "label": "good", "value": 2.5, "note": "why"}]
    extra = [
        layer("parts", "ann", parts, unit="span"),
        layer("all", "ann", whole, unit="conversation"),
    ]
    return replace(corpus, layers=(*corpus.layers, *extra))


PIECES = (b"", b'"', b"\n", b",", b"null", b"[]", b"{}", b"NaN", b"-1", b"1e400", b"\xff", b"<a/>",
          b"true", b"-99999999999999999999", b'[[1,2,"x"]]')  # fmt: skip


def spoiled(chance, content):
    content = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(content))
        content[at : at + chance.choice([0, 1, 3, 12, 60])] = chance.choice(PIECES)
    return bytes(content)


@pytest.mark.parametrize("form", ENDINGS)
def test_a_spoiled_file_loads_or_is_refused(tmp_path, form):
    path = tmp_path / f"coded{ENDINGS[form]}"
    coded_demonstration().write(path, format=form)
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file())
    whole = {file: file.read_bytes() for file in files}
    chance = random.Random(7)
    refused = []
    for _ in range(60):
        file = chance.choice(files)
        if form == "refi-qda":
            respoil(chance, file, whole[file])
        else:
            file.write_bytes(spoiled(chance, whole[file]))
        try:
            assert wb.load(path, format=form).utterances.height > 0
        except BadInput as error:
            refused.append(str(error))
        file.write_bytes(whole[file])
    assert 0 < len(refused) < 60
    assert all(path.name in told for told in refused)


def respoil(chance, path, whole):
    """Spoil a part inside an archive, so that the archive itself stays whole."""
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = chance.choice(sorted(parts))
    parts[name] = spoiled(chance, parts[name])
    with zipfile.ZipFile(path, "w") as packed:
        for each, content in parts.items():
            packed.writestr(each, content)


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        (
            "label-studio",
            "x.json",
            [{"data": {"text": "my secret"}, "annotations": [{"result": [3]}]}],
        ),
        (
            "label-studio",
            "x.json",
            [{"data": {"d": [{"text": "my secret"}, 1]}, "annotations": []}],
        ),
        ("doccano", "x.jsonl", {"text": "my secret", "label": [[0, 99, "secret"]]}),
    ],
)
def test_messages_hold_no_words_of_the_dialogue(tmp_path, form, name, content):
    path = tmp_path / name
    path.write_text(json.dumps(content), "utf-8")
    try:
        told = [str(finding) for finding in wb.load(path, format=form).findings]
    except BadInput as error:
        told = [str(error)]
    assert told
    assert not any("secret" in text for text in told)
