"""Keep everything on this machine: refuse outgoing connections of Python code.

An audit hook sees `socket.connect`, `socket.sendto` and name look-ups of this process; the
environment variables set here make child Python processes that import the workbench, and the
Hugging Face libraries, do the same. Loopback addresses and Unix sockets stay allowed.

Limits: a C library that opens sockets without Python's `socket` module, and a child process that is
not Python or never imports the workbench, are not seen. For a guarantee use the operating system
(a network namespace, a firewall).
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from workbench import settings
from workbench.errors import NetworkRefused

__all__ = ["OFFLINE_VARIABLES", "offline", "refuse_if_offline"]

OFFLINE_VARIABLES = {
    "WORKBENCH_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
_WATCHED = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
_depth = 0
_installed = False


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name).split("%")[0]).is_loopback
    except ValueError:
        return False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _depth == 0 or event not in _WATCHED:
        return
    target = arguments[1] if event in {"socket.connect", "socket.sendto"} else arguments[0]
    if isinstance(target, tuple):
        target = target[0]
    elif event == "socket.connect":
        return  # a Unix socket: its address is a path, not a tuple
    if not _is_local(target):
        raise NetworkRefused(
            f"A connection to {target!r} was refused: the workbench is offline. "
            "Unset WORKBENCH_OFFLINE, or leave `wb.offline()`, to allow it."
        )


def _switch_on() -> None:
    global _depth, _installed  # noqa: PLW0603 - an audit hook is process-wide and cannot be removed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    _depth += 1


@contextmanager
def offline() -> Iterator[None]:
    """Refuse outgoing connections inside the `with` block, here and in children started in it.

    Raises
    ------
    NetworkRefused
        From within any code that tries to reach another machine.
    """
    global _depth  # noqa: PLW0603
    before = {name: os.environ.get(name) for name in OFFLINE_VARIABLES}
    os.environ.update(OFFLINE_VARIABLES)
    _switch_on()
    try:
        yield
    finally:
        _depth -= 1
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old


def refuse_if_offline() -> None:
    """Honour `WORKBENCH_OFFLINE=1` for the life of this process; called on `import workbench`."""
    if settings.is_offline():
        os.environ.update(OFFLINE_VARIABLES)
        _switch_on()
