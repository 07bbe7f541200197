"""Choosing a reader by content, folders of files, the registry."""

import gzip
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import workbench as wb
from workbench.corpus import readers, registry, writers
from workbench.corpus.readers.reader import Reader
from workbench.corpus.writers.writer import Writer
from workbench.errors import BadInput
from workbench.resources import bundled

CHAT = (
    '{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}'
)
TABLE = "speaker,text\ntherapist,How are you?\nclient,Fine.\n"


def test_content_decides_not_the_ending(tmp_path):
    (tmp_path / "chat.csv").write_text(CHAT)
    (tmp_path / "table.json").write_text(TABLE)
    assert set(wb.load(tmp_path / "chat.csv").utterances["role"]) == {"user", "assistant"}
    assert set(wb.load(tmp_path / "table.json").utterances["role"]) == {"therapist", "client"}


def test_gzip_is_opened(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    corpus = wb.load(tmp_path / "t.csv.gz")
    assert corpus.utterances["conversation_id"].unique().to_list() == ["t"]


def test_a_format_can_be_named(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    assert wb.load(tmp_path / "t.csv", format="table").utterances.height == 2
    with pytest.raises(BadInput, match="Did you mean 'table'"):
        wb.load(tmp_path / "t.csv", format="tabel")


def test_a_folder_of_files_is_one_corpus_and_broken_ones_are_listed(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(CHAT)
    (tmp_path / "three.json").write_text(
        '{"messages": [{"role": "user", "content": "Hi."}, {"role": 1}]}'
    )
    (tmp_path / "README.md").write_text("These are chats.\n")
    (tmp_path / ".hidden").write_text("x")
    corpus = wb.load(tmp_path)
    assert corpus.conversations["id"].to_list() == ["one", "two"]
    assert corpus.metadata.name == tmp_path.name
    broken = {Path(f.where).name: f for f in corpus.findings if f.check == "broken file"}
    assert set(broken) == {"three.json", "README.md"}
    assert {f.level for f in broken.values()} == {"warning"}
    assert "message 1" in broken["three.json"].message
    assert broken["three.json"].message in corpus.report()["message"].to_list()


def test_a_folder_where_nothing_can_be_read_says_why(tmp_path):
    with pytest.raises(BadInput, match="the folder is empty"):
        wb.load(tmp_path)
    (tmp_path / "x.md").write_text("prose\n")
    with pytest.raises(BadInput, match="no reader knows any file"):
        wb.load(tmp_path)
    (tmp_path / "y.json").write_text('{"messages": [{"role": "user", "content": "Hi."}, 3]}')
    with pytest.raises(BadInput, match=r"y\.json.*message 1"):
        wb.load(tmp_path)


def test_a_folder_of_several_formats_asks_which(tmp_path):
    (tmp_path / "a.json").write_text(CHAT)
    (tmp_path / "b.csv").write_text(TABLE)
    with pytest.raises(BadInput, match=r"several formats.*format="):
        wb.load(tmp_path)
    corpus = wb.load(tmp_path, format="table")
    assert corpus.conversations["id"].to_list() == ["b"]


def test_a_folder_of_two_languages_states_none(tmp_path):
    for name, language in (("a", "en"), ("b", "de")):
        cue = f"WEBVTT\nLanguage: {language}\n\n00:01.000 --> 00:02.000\n<v Ann>Hm.\n"
        (tmp_path / f"{name}.vtt").write_text(cue)
    assert wb.load(tmp_path / "a.vtt").metadata.language == "en"
    assert wb.load(tmp_path).metadata.language == ""


def test_files_that_share_ids_are_refused_with_both_names(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("session,speaker,text\n1,T,x\n1,C,y\n")
    with pytest.raises(BadInput, match=r"b\.csv.*'1'.*a\.csv"):
        wb.load(tmp_path)


def test_the_checksum_of_the_source_is_kept(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    first = wb.load(tmp_path / "t.csv").metadata.source_checksum
    assert len(first) == 64
    (tmp_path / "t.csv").write_text(TABLE + "client,More.\n")
    assert wb.load(tmp_path / "t.csv").metadata.source_checksum != first


def test_built_in_formats_are_declared_as_a_third_partys_would_be():
    project = bundled("pyproject.toml")
    declared = tomllib.loads(project.read_text("utf-8"))["project"]["entry-points"]
    assert declared[readers.GROUP] == dict(readers.BUILT_IN)
    assert declared[writers.GROUP] == dict(writers.BUILT_IN)


def test_every_registered_format_loads_and_describes_itself():
    for name, each in readers.readers().items():
        assert isinstance(each, Reader)
        assert each.name == name
        assert each.description
        assert each.sniff(Path("/nowhere/at/all")) == 0.0
    for name, each in writers.writers().items():
        assert isinstance(each, Writer)
        assert each.name == name
        assert each.description
    with pytest.raises(BadInput, match="convokit"):
        writers.writer("convokt")


def test_a_third_partys_reader_is_found(tmp_path, monkeypatch):
    """A module on the path, declared as an installed package would declare it."""
    (tmp_path / "shouting.py").write_text(
        "import polars as pl\n"
        "from workbench.corpus import Corpus\n"
        "from workbench.corpus.readers import Reader\n"
        "def sniff(path):\n"
        "    return 0.95 if path.is_file() and path.read_bytes()[:5] == b'SHOUT' else 0.0\n"
        "def read(path, *, columns=None, roles=None):\n"
        "    said = path.read_text().splitlines()[1:]\n"
        "    rows = {'conversation_id': 'x', 'speaker': 'a', 'text': [s.upper() for s in said]}\n"
        "    return Corpus.build(pl.DataFrame(rows), roles=roles, where=str(path))\n"
        "READER = Reader('shout', 'lines to shout', sniff, read)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("shout", "shouting:READER", readers.GROUP)
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [point] if group == readers.GROUP else []
    )
    (tmp_path / "talk.txt").write_text("SHOUT\nhello\n")
    corpus = wb.load(tmp_path / "talk.txt", roles={"a": "therapist"})
    assert corpus.utterances["text"].to_list() == ["HELLO"]
    assert corpus.utterances["side"].to_list() == ["helper"]
