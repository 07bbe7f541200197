"""Zip files and XML that set traps are refused before anything is unpacked."""

import io
import stat
import zipfile

import pytest

from workbench.corpus.readers import archives
from workbench.corpus.readers.archives import is_zip, open_archive, parse_xml
from workbench.errors import BadInput


def zipped(path, members, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_members_are_read_by_name(tmp_path):
    path = zipped(tmp_path / "a.zip", {"folder/talk.txt": "Ann: Hello.", "note.xml": "<a>ü</a>"})
    with open_archive(path) as archive:
        assert archive.names == ["folder/talk.txt", "note.xml"]
        assert archive.read("folder/talk.txt") == b"Ann: Hello."
        assert archive.xml("note.xml").text == "ü"
        with pytest.raises(BadInput, match=r"a\.zip.*there is no 'other'"):
            archive.read("other")
    assert is_zip(path)
    assert not is_zip(tmp_path)


@pytest.mark.parametrize(
    "name", ["../out.txt", "/etc/passwd", "a/../../out.txt", "C:/out.txt", "..\\out.txt"]
)
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    with (
        pytest.raises(BadInput, match="points out of it"),
        open_archive(zipped(tmp_path / "a.zip", {name: "x"})),
    ):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match="points out of it"), open_archive(tmp_path / "a.zip"):
        pass


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"x": bytes(20_000_000)})
    assert path.stat().st_size < 100_000
    with pytest.raises(BadInput, match="far more than a dialogue holds"), open_archive(path):
        pass


def test_a_bomb_that_lies_about_its_size_is_refused_by_what_comes_out(tmp_path, monkeypatch):
    """The directory says 10 bytes; no more than what is allowed is ever unpacked."""
    path = zipped(tmp_path / "liar.zip", {"x": bytes(100_000)})
    content = path.read_bytes()
    said, lie = (100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    path.write_bytes(content.replace(said, lie))
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 50_000)
    with open_archive(path) as archive, pytest.raises(BadInput, match=r"damaged|far more"):
        archive.read("x")


def test_too_large_a_whole_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_WHOLE", 1000)
    path = zipped(tmp_path / "a.zip", {"x": bytes(600), "y": bytes(600)})
    with pytest.raises(BadInput, match="whole content"), open_archive(path):
        pass
    monkeypatch.setattr(archives, "MOST_MEMBERS", 1)
    with pytest.raises(BadInput, match="more than 1 files"), open_archive(path):
        pass


def test_cut_off_archives_are_refused(tmp_path):
    whole = zipped(tmp_path / "a.zip", {"x": "text " * 500}).read_bytes()
    for length in range(0, len(whole), 7):
        path = tmp_path / "cut.zip"
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"cut\.zip"), open_archive(path):
            pass


def test_a_damaged_member_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"x": bytes(range(256)) * 20})
    content = bytearray(path.read_bytes())
    content[60:70] = bytes(10)
    path.write_bytes(bytes(content))
    with open_archive(path) as archive, pytest.raises(BadInput, match="'x' is damaged"):
        archive.read("x")


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"x": "text"})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the member's head, then in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BadInput, match="password"), open_archive(path):
        pass


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize("xml", [ENTITIES, OUTSIDE, b"<!DOCTYPE a SYSTEM 'http://x/'><a/>"])
def test_xml_attacks_are_refused(xml):
    with pytest.raises(BadInput, match="document type or entities"):
        parse_xml(xml, where="x.xml")


def test_broken_xml_is_refused_with_its_line():
    with pytest.raises(BadInput, match=r"x\.xml, row 3"):
        parse_xml(b"<a>\n<b>\n</a>", where="x.xml")
    with pytest.raises(BadInput):
        parse_xml(b"", where="x.xml")
    with pytest.raises(BadInput):
        parse_xml(b"<?xml version='1.0' encoding='no-such'?><a/>", where="x.xml")


def test_deep_xml_does_not_break_the_parser():
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert parse_xml(deep, where="x.xml").tag == "a"


def test_absent_and_empty_archives(tmp_path):
    assert not is_zip(tmp_path / "none.zip")
    with pytest.raises(BadInput, match="no such file"), open_archive(tmp_path / "none.zip"):
        pass
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "empty.zip").write_bytes(empty.getvalue())
    with open_archive(tmp_path / "empty.zip") as archive:
        assert archive.names == []
