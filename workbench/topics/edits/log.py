"""The log of expert edits: YAML that a person can read, mail and replay.

::

    side: helper
    fit: 3f0c...            # checksum of the fitted topics the edits belong to
    edits:
    - rename: {topic: 4, name: smoking at work}
    - merge: {topics: [3, 7]}
    - split: {topic: 2, parts: 3}
    - drop: {topic: 9}
    - move: {unit_id: s1-12, topic: 4}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import BadInput, WorkbenchError
from workbench.files import atomic_path, checksum_of
from workbench.topics.edits.edit import Drop, Edit, Merge, Move, Rename, Split

__all__ = ["EditLog"]

_KINDS: Mapping[str, type] = {
    kind.__name__.lower(): kind for kind in (Rename, Merge, Split, Drop, Move)
}
_REMEDY = "Mend the line, or take the edits back one by one with `undo`."


@dataclass(frozen=True, slots=True)
class EditLog:
    """Edits of the topics of one side, oldest first.

    Attributes
    ----------
    side : str
        Side the topics were fitted on.
    fit : str
        `topics_checksum` of the fit the edits belong to: numbers of topics mean nothing in another fit.
    edits : tuple of Edit
    """

    side: str
    fit: str
    edits: tuple[Edit, ...] = ()

    @property
    def checksum(self) -> str:
        """Checksum of what the log says."""
        return checksum_of(self._content())

    def followed_by(self, edit: Edit) -> EditLog:
        """The log with one more edit."""
        return replace(self, edits=(*self.edits, edit))

    def without_last(self) -> EditLog:
        """The log without its last edit.

        Raises
        ------
        BadInput
            If it has none.
        """
        if not self.edits:
            raise BadInput(f"The topics of the {self.side} side have no edit that could be undone.")
        return replace(self, edits=self.edits[:-1])

    def write(self, path: str | Path) -> None:
        """Write the log whole or not at all."""
        content = self._content()
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        if yaml.safe_load(text) != content:  # YAML takes some rare characters for line breaks
            text = yaml.safe_dump(content, sort_keys=False)
        with atomic_path(path) as temporary:
            temporary.write_text(text, "utf-8")

    @classmethod
    def read(cls, path: str | Path) -> EditLog:
        """Read a log.

        Raises
        ------
        BadInput
            If the file is not YAML, or an edit is none; the message names it.
        """
        path = Path(path)
        try:
            content = yaml.safe_load(path.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadInput.in_file(path, "this is not readable YAML.", remedy=_REMEDY) from error
        if not isinstance(content, dict) or not {"side", "fit", "edits"} <= set(content):
            raise BadInput.in_file(
                path, "expected the keys `side`, `fit` and `edits`.", remedy=_REMEDY
            )
        listed = content["edits"] or []
        if not isinstance(listed, list):
            raise BadInput.in_file(path, "`edits` is not a list.", remedy=_REMEDY)
        edits = tuple(_edit(entry, path, number) for number, entry in enumerate(listed, start=1))
        return cls(str(content["side"]), str(content["fit"]), edits)

    def _content(self) -> dict[str, Any]:
        return {
            "side": self.side,
            "fit": self.fit,
            "edits": [{type(edit).__name__.lower(): _plain(asdict(edit))} for edit in self.edits],
        }


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}


def _edit(entry: Any, path: Path, number: int) -> Edit:
    """One entry of the log as a value."""
    expected = f"edit {number}: expected one of {sorted(_KINDS)} with its values"
    if not isinstance(entry, dict) or len(entry) != 1:
        raise BadInput.in_file(path, f"{expected}.", remedy=_REMEDY)
    [(kind, facts)] = entry.items()
    if kind not in _KINDS or not isinstance(facts, dict):
        raise BadInput.in_file(path, f"{expected}; got {kind!r}.", remedy=_REMEDY)
    try:
        edit: Edit = _KINDS[kind](**{name: _typed(name, value) for name, value in facts.items()})
    except (TypeError, ValueError, WorkbenchError) as error:
        raise BadInput.in_file(path, f"edit {number} ({kind}): {error}", remedy=_REMEDY) from error
    return edit


def _typed(name: str, value: Any) -> Any:
    """Numbers as numbers, so that no text passes for a topic."""
    if name == "topics":
        return tuple(_number(entry) for entry in value)
    return _number(value) if name in {"topic", "parts"} else str(value)


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value
