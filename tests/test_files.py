"""A crash leaves the old file or the new one."""

import errno

import pytest

from workbench.errors import WorkbenchError
from workbench.files import atomic_folder, atomic_path, checksum, checksum_of, read_json, write_json


def test_a_failed_write_keeps_the_old_file(tmp_path):
    target = tmp_path / "a.json"
    write_json(target, {"kept": 1})
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(target) == {"kept": 1}
    assert [f.name for f in tmp_path.iterdir()] == ["a.json"]


def test_a_failed_folder_write_keeps_the_old_folder(tmp_path):
    target = tmp_path / "corpus"
    with atomic_folder(target) as folder:
        (folder / "x").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(target) as folder:
        (folder / "x").write_text("new")
        raise RuntimeError
    assert (target / "x").read_text() == "old"
    assert [f.name for f in tmp_path.iterdir()] == ["corpus"]


def test_enospc_becomes_a_workbench_error(tmp_path):
    with pytest.raises(WorkbenchError, match="disk is full"), atomic_path(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_checksums_tell_content_apart(tmp_path):
    (tmp_path / "a").write_text("one")
    first = checksum(tmp_path)
    (tmp_path / "a").write_text("two")
    assert checksum(tmp_path) != first
    assert checksum_of({"a": 1, "b": 2}) == checksum_of({"b": 2, "a": 1})
