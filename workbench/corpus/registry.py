"""Find readers and writers by name: ours and third parties' come in through the same door.

A package offers a reader by an entry point of the group `workbench.readers` (or a writer by one of
`workbench.writers`) that names an object, as `myformat = "mypackage.module:READER"`. The built-in
ones are declared the same way in pyproject.toml; the tables in `readers` and `writers` repeat those
lines so that they are found when the package runs from a checkout without installed metadata.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

__all__ = ["registered"]


def registered(group: str, built_in: Mapping[str, str]) -> dict[str, EntryPoint]:
    """Entry points of `group` by name; a third party's entry replaces a built-in of its name.

    Parameters
    ----------
    group
        `workbench.readers` or `workbench.writers`.
    built_in
        Name -> `module:object` of what comes with the workbench.
    """
    ours = {name: EntryPoint(name, value, group) for name, value in built_in.items()}
    return ours | {point.name: point for point in _offered(group, tuple(sys.path))}


@lru_cache(maxsize=8)
def _offered(group: str, _search_path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Entry points of installed packages; looking through them takes longer than a small file."""
    return tuple(entry_points(group=group))
