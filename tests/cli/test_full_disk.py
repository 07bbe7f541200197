"""The main job on a disk that is too small: a file system of its own, made for this test."""

import os
import shutil
import subprocess
import sys

import pytest

from workbench.resources import bundled

KILOBYTES = (60, 100, 600, 1400)
"""The disk is full while the corpus, the study, the embeddings and a layer are written."""

SCRIPT = """
set -e
mount -t tmpfs -o size=1k tmpfs "$DISK"
for size in {sizes} 100000; do
  mount -o remount,size=${{size}}k "$DISK"
  set +e
  "$PYTHON" -m workbench analyse "$CORPUS" --out "$DISK/study" --skip attribution > "$TOLD" 2>&1
  echo "$? $(grep -c Traceback "$TOLD") $(find "$DISK" -name '.*' ! -name .lock | wc -l) $(tail -n 1 "$TOLD")"
  set -e
done
"""


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode,
    reason="a file system of its own needs Linux and leave to make a user namespace",
)
def test_a_full_disk_is_one_clear_message_and_a_larger_one_goes_on(demo_study, tmp_path):
    # `demo_study` has filled the embedding store, so that only the study is written
    disk = tmp_path / "disk"
    disk.mkdir()
    variables = {"DISK": disk, "CORPUS": bundled("data", "demo"), "TOLD": tmp_path / "told"}
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", SCRIPT.format(sizes=" ".join(map(str, KILOBYTES)))],
        env={**os.environ, "PYTHON": sys.executable, **{k: str(v) for k, v in variables.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *full, last = done.stdout.splitlines()
    assert len(full) == len(KILOBYTES)
    for told in full:
        assert told.startswith("2 0 0 workbench: The disk is full: "), told
    assert last.startswith("0 0 0 Computed: "), last
