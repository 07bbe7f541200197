"""The trail of a coding: for every turn the prompt as it was sent, the raw answer, and what became of it.

It is as private as the transcript. Whose words were forgotten is no longer in it: such a row keeps its
outcome and says that prompt and answer were removed.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

from workbench.coding.llm.outcomes import outcome_table
from workbench.coding.llm.prompt import YES_NO
from workbench.coding.llm.recording import Recording
from workbench.errors import BadInput
from workbench.files import atomic_path, checksum_of, write_json

__all__ = ["Trail", "trail"]

_PACKAGES = ("dialogue-workbench", "torch", "transformers", "numpy", "polars")
_REMOVED = "prompt and answer were removed"
_NOTHING = "turn that says nothing"
_ROW: dict[str, Any] = {
    "scheme": pl.String,
    "unit_id": pl.String,
    "conversation_id": pl.String,
    "seed": pl.Int64,
    "outcome": pl.String,
    "labels": pl.List(pl.String),
    "step": pl.String,
    "prompt_checksum": pl.String,
    "prompt": pl.String,
    "answer": pl.String,
    "model": pl.String,
    "parameters": pl.String,
    "time": pl.String,
    "seconds": pl.Float64,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Trail:
    """What a reviewer follows.

    Attributes
    ----------
    table
        One row per prompt: `scheme`, `unit_id`, `conversation_id`, `seed`, `outcome` and `labels` of the
        turn, `step` (`first`, `repair`, number of the code that was asked for, or `turn that says nothing`,
        whose scores centring takes off), `prompt_checksum`
        (SHA-256 of the messages), `prompt` (JSON of the messages), `answer` (raw text, or JSON of the
        options' log-probabilities), `model`, `parameters` (JSON), `time` (UTC), `seconds`, `reason`.
    statement
        What has to be the same for the codes to come out the same: codebook, model, settings, versions.
    """

    table: pl.DataFrame
    statement: Mapping[str, Any]

    def write(self, path: str | Path) -> None:
        """Write the trail as `.parquet`, `.json` or `.md`; statement included.

        Raises
        ------
        BadInput
            If the path has another ending.
        """
        path = Path(path)
        if path.suffix == ".parquet":
            told = {"workbench": json.dumps(self.statement, ensure_ascii=False, default=str)}
            with atomic_path(path, mode=0o600) as temporary:
                self.table.write_parquet(temporary, metadata=told)
        elif path.suffix == ".json":
            write_json(path, {"statement": dict(self.statement), "trail": self.table.to_dicts()})
            path.chmod(0o600)
        elif path.suffix == ".md":
            with atomic_path(path, mode=0o600) as temporary:
                temporary.write_text(self.to_markdown(), "utf-8")
        else:
            raise BadInput.in_file(path, "a trail is written as .parquet, .json or .md.")

    def to_markdown(self) -> str:
        """The trail as Markdown: statement, counts, then turn by turn. Texts stand in code blocks."""
        lines = [
            "# Trail of a coding by a language model",
            "",
            "Private: it holds what people said.",
            "",
        ]
        lines += ["## To reproduce it", ""]
        lines += [f"- {name}: {_plain(value)}" for name, value in self.statement.items()]
        lines += ["", "## Turn by turn", ""]
        for row in self.table.iter_rows(named=True):
            labels = ", ".join(row["labels"] or ()) or "no code"
            lines += [
                f"### {row['unit_id']}, {row['scheme']}, seed {row['seed']}, {row['step']}",
                "",
                f"Outcome: **{row['outcome']}** ({labels}). {row['reason'] or ''}".rstrip(),
                f"Prompt {row['prompt_checksum'] or '-'}; {row['model'] or '-'}; {row['parameters'] or '-'}; "
                f"{row['time'] or '-'}.",
                "",
            ]
            for message in json.loads(row["prompt"] or "[]"):
                lines += [f"{message['role']}:", "", *_block(message["content"]), ""]
            lines += ["answer:", "", *_block(row["answer"] or ""), ""]
        return "\n".join(lines)


def trail(outcomes: pl.DataFrame, recording: Recording, settings: Mapping[str, Any]) -> Trail:
    """Put outcomes, prompts and raw answers together.

    Parameters
    ----------
    outcomes, recording, settings
        As an `LLMCoding` has them: `trail(coding.outcomes, coding.recording, coding.settings)`.
    """
    rows = [
        _row(turn, number, key, recording)
        for turn in outcomes.iter_rows(named=True)
        for number, key in enumerate(turn["keys"])
    ]
    table = pl.DataFrame(rows, schema=_ROW, orient="row")
    return Trail(table, _statement(outcomes, table, settings))


def _row(turn: Mapping[str, Any], number: int, key: str, recording: Recording) -> dict[str, Any]:
    kept = {name: turn[name] for name in list(_ROW)[:6]}
    if key not in recording:
        return {**kept, "step": str(number + 1), "reason": _REMOVED}
    told = recording[key]
    messages = recording.prompt(key)
    answer = told["answer"] if "answer" in told else _scores(told)
    return {
        **kept,
        "step": _step(told, number),
        "prompt_checksum": checksum_of(messages),
        "prompt": json.dumps(messages, ensure_ascii=False),
        "answer": answer,
        "model": told["model"],
        "parameters": json.dumps(told["parameters"], ensure_ascii=False, sort_keys=True),
        "time": told["time"],
        "seconds": told["seconds"],
        "reason": turn["reason"],
    }


def _scores(told: Mapping[str, Any]) -> str:
    options = told["parameters"]["options"]
    return json.dumps(dict(zip(options, told["logprobs"], strict=True)), ensure_ascii=False)


def _step(told: Mapping[str, Any], number: int) -> str:
    """What was asked at this place; whether it was answered is told elsewhere."""
    if told["parameters"]["way"] == "json":
        return "repair" if number else "first"
    if not told["of"]:
        return _NOTHING
    return f"code {number + 1}" if told["parameters"]["options"] == list(YES_NO) else "first"


def _statement(
    outcomes: pl.DataFrame, table: pl.DataFrame, settings: Mapping[str, Any]
) -> dict[str, Any]:
    counts = outcome_table(outcomes)
    ends = [
        f"{row['scheme']}: {row['turns']} {row['outcome']} ({row['repaired']} after a repair)"
        for row in counts.to_dicts()
        if row["turns"]
    ]
    exact = settings.get("way") == "options" or not settings.get("temperature")
    return {
        **settings,
        "outcomes": ends,
        "prompts": table.height,
        "removed": int((table["reason"] == _REMOVED).sum()),
        "first answer": table["time"].min(),
        "last answer": table["time"].max(),
        "versions": {name: _version(name) for name in _PACKAGES}
        | {"python": platform.python_version()},
        "reproducible": (
            "from the recorded answers exactly; from the model, log-probabilities agree to 1e-4 on one "
            "device, and a server may change its model unseen"
            if exact
            else "from the recorded answers exactly; answers were sampled, so the model may answer otherwise"
        ),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _block(text: str) -> list[str]:
    """An indented code block: nothing in it is markup, whatever fences the text holds."""
    return [f"    {line}" for line in text.splitlines() or [""]]
