"""All settings in one table; each is read from its environment variable when asked for.

Importing this module touches nothing: no folder is made, no file is read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SETTINGS", "Setting", "cache_home", "data_home", "heads_home", "is_offline", "value"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable of the workbench."""

    variable: str
    default: str
    help: str


SETTINGS: dict[str, Setting] = {
    "cache_home": Setting(
        "WORKBENCH_CACHE_HOME",
        "",
        "Folder of the embedding store and of converted models; default: the user's cache folder.",
    ),
    "data_home": Setting(
        "WORKBENCH_DATA_HOME",
        "",
        "Folder of the real corpora that training and acceptance tests use.",
    ),
    "heads_home": Setting(
        "WORKBENCH_HEADS_HOME",
        "",
        "Folder of heads that are trained here and not shipped; default: the user's data folder.",
    ),
    "offline": Setting(
        "WORKBENCH_OFFLINE",
        "0",
        "1 refuses every outgoing connection of this process and its children.",
    ),
    "device": Setting(
        "WORKBENCH_DEVICE", "auto", "cuda, mps or cpu for models; auto takes the best one there."
    ),
    "fewest_speakers": Setting(
        "WORKBENCH_FEWEST_SPEAKERS",
        "5",
        "Fewest people that a figure of a public view or report may be about.",
    ),
    "progress": Setting("WORKBENCH_PROGRESS", "1", "0 hides progress bars."),
    "vault_passphrase": Setting(
        "WORKBENCH_VAULT_PASSPHRASE", "", "Passphrase of the vault of `workbench redact`."
    ),
}


def value(name: str) -> str:
    """Return the setting `name` as text: the environment's value or the default."""
    setting = SETTINGS[name]
    return os.environ.get(setting.variable, "") or setting.default


def cache_home() -> Path:
    """Folder for embeddings and converted models (not created here)."""
    chosen = value("cache_home")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("dialogue-workbench")


def heads_home() -> Path:
    """Folder of heads that are trained on this machine and not shipped (not created here)."""
    chosen = value("heads_home")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("dialogue-workbench") / "heads"


def data_home() -> Path | None:
    """Folder of the real corpora: the setting, else `shared/data` beside the checkout, else None."""
    chosen = value("data_home")
    if chosen:
        return Path(chosen).expanduser()
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return beside if beside.is_dir() else None


def is_offline() -> bool:
    """Whether outgoing connections are refused by `WORKBENCH_OFFLINE=1`."""
    return value("offline") not in {"0", "", "false", "no"}
