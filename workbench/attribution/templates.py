"""Prompts that ship with the workbench, and any other in the same YAML form.

```yaml
name: question_reflection
options: [question, reflection]
labels: {question: question, reflection: reflection}   # option: code in the corpus
side: helper
components:
  - {name: instruction, role: system, text: "..."}
  - name: examples
    turns:
      - {user: "...", assistant: question}
  - {name: utterance, text: "{utterance}"}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workbench.attribution.payoff import LogOdds
from workbench.errors import BadInput
from workbench.language_models import Component, Prompt

__all__ = ["PromptTemplate", "load_prompt", "prompt_names"]

_FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A coding prompt with what it asks for.

    Attributes
    ----------
    name, description
        What it is called and what it is for.
    side
        "helper" or "client": whose utterances it codes.
    options
        Allowed answers, as the prompt spells them.
    labels
        Option -> label in AnnoMI's scheme.
    prompt
        With the placeholders `{utterance}`, `{context}` and `{options}` open.
    """

    name: str
    description: str
    side: str
    options: tuple[str, ...]
    labels: Mapping[str, str]
    prompt: Prompt

    def fill(self, utterance: str, *, context: str = "") -> Prompt:
        """Return the prompt for one utterance; `context` is what was said before it."""
        return self.prompt.filled(utterance=utterance, context=context or "(nothing)")

    def payoff(self, label: str) -> LogOdds:
        """Log-odds of the option that stands for a corpus label.

        Raises
        ------
        BadInput
            If no option stands for it.
        """
        by_label = {code: option for option, code in self.labels.items()}
        if label not in by_label:
            raise BadInput.unknown("label of this prompt", label, by_label)
        return LogOdds(by_label[label], self.options)


def prompt_names() -> list[str]:
    """Names of the shipped prompts."""
    return sorted(file.stem for file in _FOLDER.glob("*.yaml"))


def load_prompt(name: str | Path) -> PromptTemplate:
    """Load a shipped prompt by name, or a YAML file by path.

    Raises
    ------
    BadInput
        If there is no such prompt, or the file is not in the form described above.
    """
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        if str(name) not in prompt_names():
            raise BadInput.unknown("shipped prompt", str(name), prompt_names())
        path = _FOLDER / f"{name}.yaml"
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        return PromptTemplate(
            name=content["name"],
            description=content["description"],
            side=content["side"],
            options=tuple(content["options"]),
            labels=dict(content["labels"]),
            prompt=Prompt(tuple(_components(content["components"]))),
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise BadInput.in_file(
            path,
            f"not a prompt ({type(error).__name__}: {error}).",
            remedy="Expected: name, description, side, options, labels, components.",
        ) from error


def _components(entries: list[dict[str, Any]]) -> Iterator[Component]:
    for entry in entries:
        name, fixed = entry["name"], bool(entry.get("fixed", False))
        if "turns" not in entry:
            yield Component(name, entry["text"].strip(), entry.get("role", "user"), fixed)
            continue
        for turn in entry["turns"]:
            yield Component(name, turn["user"], "user", fixed)
            yield Component(name, turn["assistant"], "assistant", fixed)
