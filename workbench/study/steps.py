"""What a study knows about the steps that were run on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from workbench.files import read_json, write_json

__all__ = ["StepRecord"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A finished step; it is written after the step's results, so its presence vouches for them.

    Parameters
    ----------
    name
        The step, as `topics-helper`.
    fingerprint
        Checksum of everything the result depends on: inputs, parameters, models, code version.
    parameters
        What the step was run with, seeds included.
    seconds
        Wall time.
    device
        Device of the models used, empty where none was.
    notes
        Sentences a reader has to see: refusals, cautions, what was left out.
    outputs
        Files and folders the step wrote, relative to the study; the step counts as done only while
        they are there.
    """

    name: str
    fingerprint: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    device: str = ""
    notes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write `<name>.json` into `folder`."""
        write_json(folder / f"{self.name}.json", asdict(self))

    @classmethod
    def read(cls, path: Path) -> StepRecord:
        """Read what `write` wrote."""
        content = read_json(path)
        known = {f.name for f in fields(cls)}
        content = {key: value for key, value in content.items() if key in known}
        for name in ("notes", "outputs"):
            content[name] = tuple(content.get(name, ()))
        return cls(**content)
