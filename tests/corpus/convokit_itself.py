"""ConvoKit 5 in an environment of its own: its dependencies would clash with ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

PACKAGES = ("convokit==5.0.0",)
NEEDED = ("pyyaml", "requests", "numpy", "pandas", "scipy", "tqdm", "pymongo", "scikit-learn")
"""What `from convokit import Corpus` imports; its other dependencies are for its analyses."""

READ = """
import json, sys
from convokit import Corpus

corpus = Corpus(filename=sys.argv[1])
json.dump(
    {
        "utterances": {
            u.id: [u.conversation_id, u.speaker.id, u.text, u.reply_to, u.timestamp, dict(u.meta)]
            for u in corpus.iter_utterances()
        },
        "conversations": {c.id: dict(c.meta) for c in corpus.iter_conversations()},
        "speakers": {s.id: dict(s.meta) for s in corpus.iter_speakers()},
        "overall": dict(corpus.meta),
    },
    open(sys.argv[2], "w"),
)
"""


def convokit_python(home: Path) -> Path:
    """Python of an environment with ConvoKit, made on first use and kept under `home`."""
    folder = home / "convokit-5"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / "convokit-5.lock"):
        if not (folder / "ready").exists():
            _uv("venv", "--clear", "--python", sys.executable, str(folder))
            _uv("pip", "install", "--python", str(python), "--no-deps", *PACKAGES)
            _uv("pip", "install", "--python", str(python), *NEEDED)
            (folder / "ready").touch()
    return python


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), *arguments, "--quiet"], check=True)


def run_convokit(python: Path, script: str, *arguments: str, home: Path) -> str:
    """Run a script there; its settings file is written to `home`, nothing is fetched."""
    environment = {**os.environ, "HOME": str(home), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    done = subprocess.run(
        [str(python), "-c", script, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def as_convokit_reads(python: Path, folder: Path, home: Path) -> dict:
    """What ConvoKit finds in a corpus folder."""
    target = home / "read.json"
    run_convokit(python, READ, str(folder), str(target), home=home)
    return json.loads(target.read_text("utf-8"))
