"""The user file of `workbench serve --auth`: names and plain passwords."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path

from workbench.errors import BadInput

__all__ = ["read_users"]

_log = logging.getLogger(__name__)
_EXPECTED = 'Expected one JSON object of names and passwords, as {"name": "password"}.'


def read_users(path: str | Path) -> dict[str, str]:
    """Read the users who may log in.

    The file holds plain passwords; a warning says so where others on this machine can read it.

    Raises
    ------
    BadInput
        If the file is missing or holds anything but names with passwords.
    """
    path = Path(path)
    try:
        users = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BadInput.in_file(path, "there is no such file.", remedy=_EXPECTED) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise BadInput.in_file(path, "this is not JSON.", remedy=_EXPECTED) from None
    entries = list(users.items()) if isinstance(users, dict) else []
    if not entries or not all(isinstance(word, str) and name and word for name, word in entries):
        raise BadInput.in_file(
            path, "names or passwords are missing or not text.", remedy=_EXPECTED
        )
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        _log.warning(
            "%s holds plain passwords and others on this machine can read it: chmod 600 %s",
            path,
            path,
        )
    return users
