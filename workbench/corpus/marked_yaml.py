"""YAML files that people write by hand, with the line of every entry, so that an error can name it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

from workbench.errors import BadInput

__all__ = ["MarkedYaml", "Place", "read_marked_yaml"]

Place: TypeAlias = tuple[str | int, ...]
"""Where an entry stands: keys of mappings and positions in lists, from the root."""

_REMEDY = "Mind the indentation, and put a text that holds `: ` or `#` in quotes."


@dataclass(frozen=True, slots=True)
class MarkedYaml:
    """A YAML document: plain values, the 1-based line of each entry by its place, scalars as written."""

    path: Path
    content: Any
    lines: Mapping[Place, int]
    written: Mapping[Place, str]

    def line(self, place: Place) -> int:
        """Line of an entry, or of the nearest one above it that stands in the file."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)

    def refusal(self, place: Place, problem: str, *, what: str = "", remedy: str = "") -> BadInput:
        """Make an error that names file, line, what stands there, and what is wrong with it."""
        named = f", {what}" if what else ""
        told = f" {remedy}" if remedy else ""
        return BadInput(f"{self.path} line {self.line(place)}{named}: {problem}{told}")

    # -- what an entry has to be -----------------------------------------------------------------

    def mapping(
        self,
        place: Place,
        entry: Any,
        *,
        what: str,
        needed: Collection[str],
        possible: Collection[str] = (),
    ) -> dict[str, Any]:
        """Return a mapping that has what is needed and no key that is unknown.

        Raises
        ------
        BadInput
            If it is none, lacks a key or has another.
        """
        known = [*needed, *possible]
        if not isinstance(entry, dict):
            told = f"expected a mapping with {', '.join(f'`{key}`' for key in needed)}."
            raise self.refusal(place, told, what=what)
        absent = [key for key in needed if key not in entry]
        if absent:
            raise self.refusal(place, f"lacks {absent}.", what=what)
        strange = [key for key in entry if key not in known]
        if strange:
            near = get_close_matches(str(strange[0]), known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Expected: {known}."
            told = f"the key {str(strange[0])!r} is unknown."
            raise self.refusal((*place, str(strange[0])), told, what=what, remedy=hint)
        return entry

    def entries(self, place: Place, entry: Any, *, what: str) -> list[Any]:
        """Return a list with at least one entry.

        Raises
        ------
        BadInput
            If it is none.
        """
        if not isinstance(entry, list) or not entry:
            raise self.refusal(place, "expected a list with at least one entry.", what=what)
        return entry

    def text(self, place: Place, entry: Any, *, what: str) -> str:
        """Return a text that is not empty; a number or date is taken as it is written.

        Raises
        ------
        BadInput
            If it is none: YAML reads `no` and `off` as a truth value, and nothing as null.
        """
        if isinstance(entry, bool) or not isinstance(entry, str | int | float | date):
            told = f"`{_key(place)}` is no text: YAML reads it as {type(entry).__name__}."
            raise self.refusal(place, told, what=what, remedy="Put it in quotes.")
        if not str(entry).strip():
            raise self.refusal(place, f"`{_key(place)}` is empty.", what=what)
        return entry if isinstance(entry, str) else self.written.get(place, str(entry))

    def truth(self, place: Place, entry: Any, *, what: str) -> bool:
        """Return true or false.

        Raises
        ------
        BadInput
            If it is neither.
        """
        if not isinstance(entry, bool):
            told = f"`{place[-1]}` is {entry!r}; expected true or false."
            raise self.refusal(place, told, what=what)
        return entry

    def one_of(self, place: Place, entry: Any, choices: Collection[str], *, what: str) -> str:
        """Return one of some words.

        Raises
        ------
        BadInput
            If it is none of them.
        """
        if entry not in choices:
            told = f"`{place[-1]}` is {entry!r}; expected one of {list(choices)}."
            raise self.refusal(place, told, what=what)
        return str(entry)


def _key(place: Place) -> str:
    """Last name of a place; an entry of a list is called by the list."""
    return next((part for part in reversed(place) if isinstance(part, str)), "the file")


def read_marked_yaml(path: str | Path, *, kind: str) -> MarkedYaml:
    """Read a YAML file of one document.

    Parameters
    ----------
    kind
        What the file is for, as `codebook`; for messages.

    Raises
    ------
    BadInput
        If there is no such file, it is no UTF-8 or no YAML, a key stands twice in one mapping, or an
        entry stands for another one (`&`, `*`), which can make a small file endless.
    """
    import yaml

    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise BadInput.in_file(path, f"there is no such {kind} file.") from None
    except UnicodeDecodeError as error:
        raise BadInput.in_file(
            path, f"the text is not UTF-8 (byte {error.start + 1:,}).", remedy="Save it as UTF-8."
        ) from None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        lines, written = _entries(path, node)
        content = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path} line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None)
        told = f"this is not readable YAML{f' ({problem})' if problem else ''}."
        raise BadInput(f"{where}: {told} {_REMEDY}") from None
    return MarkedYaml(path, content, lines, written)


def _entries(path: Path, root: Any) -> tuple[dict[Place, int], dict[Place, str]]:
    """Line of each node and text of each scalar, by place; refuses aliases and keys that stand twice."""
    import yaml

    lines: dict[Place, int] = {}
    written: dict[Place, str] = {}
    seen: set[int] = set()
    waiting: list[tuple[Place, Any]] = [] if root is None else [((), root)]
    while waiting:
        place, node = waiting.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            raise BadInput(
                f"{path} line {line}: an entry stands for another one (`&`, `*`), which is not read "
                "here. Write it out."
            )
        seen.add(id(node))
        lines.setdefault(place, line)
        if isinstance(node, yaml.ScalarNode):
            written[place] = node.value
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*place, at), each) for at, each in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            keys = [str(key.value) for key, _ in node.value]
            for at, ((key, value), name) in enumerate(zip(node.value, keys, strict=True)):
                if name in keys[:at]:
                    raise BadInput(
                        f"{path} line {key.start_mark.line + 1}: the key {name!r} stands twice in one "
                        "mapping."
                    )
                lines[*place, name] = key.start_mark.line + 1
                waiting.append(((*place, name), value))
    return lines, written
