"""Codebooks from YAML: every entry is checked, and what is wrong is told with its line and code.

```yaml
name: my-book                  # how it is called; schemes have names of their own
title: What it is for
version: "1"
citation: Who made the codes   # optional, as are licence, notes (name: text) and crosswalks
schemes:
  - name: my-helper
    side: helper               # whose units: helper, client, other or any
    unit: utterance            # or span, segment, conversation; utterance where it is left out
    exclusive: false           # true: exactly one code per unit
    codes:
      - label: question        # as it stands in layers
        name: Question         # optional: published name of a label that is an abbreviation
        definition: The turn asks the client for something.
        examples: ["What happened then?"]
      - {label: open, definition: The question invites telling., parent: question}
```

A scheme of ratings has `level` (ordinal, interval or ratio) and `scale: [1, 5]`; its codes are what is
rated. A code with `codable: false` only holds others. `crosswalks` are as in a file of their own, see
`workbench.corpus.crosswalk_reading`, without `source`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

from workbench.corpus.codebook import Code, Codebook, Level, Scheme
from workbench.corpus.crosswalk_reading import check_crosswalk, crosswalk_of
from workbench.corpus.layer import Unit
from workbench.corpus.marked_yaml import MarkedYaml, Place, read_marked_yaml
from workbench.files import checksum_of

__all__ = ["read_yaml_codebook"]

_SIDES = ("helper", "client", "other", "any")


def read_yaml_codebook(path: str | Path) -> Codebook:
    """Read a codebook from a YAML file.

    Raises
    ------
    BadInput
        If it is no codebook; names file, line and code.
    """
    book = read_marked_yaml(path, kind="codebook")
    content = book.mapping(
        (),
        book.content,
        what="the book",
        needed=("name", "title", "version", "schemes"),
        possible=("citation", "licence", "notes", "crosswalks"),
    )
    name = book.text(("name",), content["name"], what="the book")
    entries = book.entries(("schemes",), content["schemes"], what="`schemes`")
    schemes = tuple(_scheme(book, ("schemes", at), each) for at, each in enumerate(entries))
    for at, scheme in enumerate(schemes):
        if scheme.name in [other.name for other in schemes[:at]]:
            told = f"scheme {scheme.name!r} stands twice."
            raise book.refusal(("schemes", at, "name"), told)
    walks = content.get("crosswalks") or []
    found = Codebook(
        name=name,
        title=book.text(("title",), content["title"], what="the book"),
        version=book.text(("version",), content["version"], what="the book"),
        citation=str(content.get("citation") or ""),
        licence=str(content.get("licence") or ""),
        schemes=schemes,
        notes=_notes(book, content.get("notes") or {}),
        checksum=checksum_of(content),
        crosswalks=tuple(
            crosswalk_of(book, ("crosswalks", at), each, source=name)
            for at, each in enumerate(
                book.entries(("crosswalks",), walks, what="`crosswalks`") if walks else []
            )
        ),
    )
    for at, walk in enumerate(found.crosswalks):
        check_crosswalk(book, ("crosswalks", at), walk, source=found)
    return found


def _notes(book: MarkedYaml, notes: Any) -> dict[str, str]:
    if not isinstance(notes, dict):
        raise book.refusal(("notes",), "`notes` is a mapping of names to texts.")
    strange = [key for key in notes if not isinstance(key, str)]
    if strange:
        told = f"the name of note {strange[0]!r} is no text."
        raise book.refusal(("notes", str(strange[0])), told, remedy="Put it in quotes.")
    return {
        key: book.text(("notes", key), text, what=f"note {key!r}") for key, text in notes.items()
    }


def _scheme(book: MarkedYaml, place: Place, given: Any) -> Scheme:
    entry = book.mapping(
        place,
        given,
        what="a scheme",
        needed=("name", "side", "exclusive", "codes"),
        possible=("unit", "level", "scale"),
    )
    name = book.text((*place, "name"), entry["name"], what="a scheme")
    what = f"scheme {name!r}"
    listed = book.entries((*place, "codes"), entry["codes"], what=f"`codes` of {name!r}")
    codes = [_code(book, (*place, "codes", at), each, name) for at, each in enumerate(listed)]
    _check_tree(book, (*place, "codes"), codes)
    level, scale = _measurement(book, place, entry, what)
    return Scheme(
        name=name,
        side=book.one_of((*place, "side"), entry["side"], _SIDES, what=what),
        exclusive=book.truth((*place, "exclusive"), entry["exclusive"], what=what),
        codes=tuple(codes),
        unit=book.one_of(
            (*place, "unit"), entry.get("unit", "utterance"), get_args(Unit), what=what
        ),
        level=level,
        scale=scale,
    )


def _measurement(
    book: MarkedYaml, place: Place, entry: dict[str, Any], what: str
) -> tuple[Level, tuple[float, float] | None]:
    level = book.one_of(
        (*place, "level"), entry.get("level", "nominal"), get_args(Level), what=what
    )
    scale = entry.get("scale")
    if (scale is None) != (level == "nominal"):
        told = f"the level is {level!r} and the scale {scale!r}; ratings have both, labels neither."
        remedy = "Write `level: ordinal` and `scale: [1, 5]`, or leave both out."
        raise book.refusal(
            (*place, "scale" if level == "nominal" else "level"), told, what=what, remedy=remedy
        )
    if scale is None:
        return cast(Level, level), None
    numbers = isinstance(scale, list) and all(
        isinstance(x, int | float) and not isinstance(x, bool) for x in scale
    )
    if not numbers or len(scale) != 2 or not scale[0] < scale[1]:
        told = "`scale` is the lowest and the highest rating, as [1, 5]."
        raise book.refusal((*place, "scale"), told, what=what)
    return cast(Level, level), (float(scale[0]), float(scale[1]))


def _code(book: MarkedYaml, place: Place, given: Any, scheme: str) -> Code:
    label = given.get("label") if isinstance(given, dict) else None
    what = f"code {label!r}" if isinstance(label, str) else f"a code of scheme {scheme!r}"
    entry = book.mapping(
        place,
        given,
        what=what,
        needed=("label", "definition"),
        possible=("name", "examples", "parent", "colour", "codable"),
    )

    def text(key: str) -> str:
        return book.text((*place, key), entry[key], what=what)

    examples = entry.get("examples") or []
    if not isinstance(examples, list):
        raise book.refusal((*place, "examples"), "`examples` is a list of texts.", what=what)
    return Code(
        label=text("label"),
        definition=text("definition"),
        examples=tuple(
            book.text((*place, "examples", at), each, what=what) for at, each in enumerate(examples)
        ),
        parent=text("parent") if entry.get("parent") is not None else None,
        colour=text("colour") if entry.get("colour") is not None else None,
        codable=book.truth((*place, "codable"), entry.get("codable", True), what=what),
        name=text("name") if entry.get("name") is not None else "",
    )


def _check_tree(book: MarkedYaml, place: Place, codes: Sequence[Code]) -> None:
    """Refuse labels that stand twice or differ by spelling alone, parents that are not there, circles."""
    parents = {code.label: code.parent for code in codes}
    spelt: dict[str, str] = {}
    for at, code in enumerate(codes):
        what, key = f"code {code.label!r}", " ".join(code.label.lower().replace("_", " ").split())
        if key in spelt:
            same = spelt[key] == code.label
            told = "stands twice." if same else f"differs from {spelt[key]!r} by spelling alone."
            remedy = "" if same else "Merge the two, or name them apart."
            raise book.refusal((*place, at, "label"), told, what=what, remedy=remedy)
        spelt[key] = code.label
        if code.parent is not None and code.parent not in parents:
            raise book.refusal(
                (*place, at, "parent"),
                f"parent {code.parent!r} is not in the scheme.",
                what=what,
                remedy=f"Present: {list(parents)}.",
            )
    for at, code in enumerate(codes):
        above, parent = [code.label], code.parent
        while parent is not None:
            if parent in above:
                told = f"its parents form a circle: {' -> '.join([*above, parent])}."
                raise book.refusal((*place, at, "parent"), told, what=f"code {code.label!r}")
            above.append(parent)
            parent = parents[parent]
