"""Keep everything on this machine: refuse outgoing connections of this process and its children.

Two fences, for no single one holds every client:

1. An audit hook in this process sees what goes through Python's sockets (`connect`, `sendto`, `sendmsg`
   and name look-ups: requests, httpx, urllib, the hub's Python code) and raises `NetworkRefused`. A child
   Python process that imports the workbench does the same.
2. Environment variables, which children inherit: those of the hub libraries, and proxy variables that
   point at a closed port of this machine. They hold clients that never touch Python's sockets but honour
   a proxy: Rust clients (tested: polars reading `https://` and `hf://`; `s3://` and hf-xet read the same
   variables and were not tried), curl, wget, git, and a child Python that does not import the workbench.

Loopback addresses and Unix sockets stay allowed.

Limits, by test or by nature. A client that opens sockets in C or Rust *and* ignores proxy variables is
not held (raw sockets of a child, `ssh`, `ping`, some database drivers); nor is one that read the proxy
variables before the block began (a Rust client made earlier in this process), nor one to which a proxy is
given in so many words. A child may take the variables away. A tunnel that listens on loopback looks local.
For a guarantee use the operating system: `unshare --net`, a container without network, a firewall.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from workbench import settings
from workbench.errors import NetworkRefused

__all__ = ["OFFLINE_VARIABLES", "is_this_machine", "offline", "refuse_if_offline"]

_CLOSED_PORT = 9  # "discard": nothing has listened there for decades, and the hook refuses it too
_PROXY = f"http://127.0.0.1:{_CLOSED_PORT}"

OFFLINE_VARIABLES = {
    "WORKBENCH_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _PROXY),
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), _PROXY),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1"),
}
_TO_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
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


def is_this_machine(url: str) -> bool:
    """Whether a URL names this machine: `localhost` or a loopback address.

    >>> is_this_machine("http://127.0.0.1:8000/v1"), is_this_machine("https://api.example.org")
    (True, False)
    """
    host = urlsplit(url).hostname
    return bool(host) and _is_local(host)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _depth == 0 or not (event in _TO_ADDRESS or event in _LOOK_UPS):
        return
    target = arguments[1] if event in _TO_ADDRESS else arguments[0]
    if event in _TO_ADDRESS:
        if not isinstance(target, tuple):
            return  # a Unix socket, whose address is a path, or a socket connected before
        if target[:2] == ("127.0.0.1", _CLOSED_PORT):
            _refuse("another machine, by way of a proxy,")
        target = target[0]
    if not _is_local(target):
        _refuse(repr(target))


def _refuse(target: str) -> None:
    raise NetworkRefused(
        f"A connection to {target} was refused: the workbench is offline. "
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

    What is held and what is not: see `workbench.network`.

    Raises
    ------
    NetworkRefused
        From within Python code that tries to reach another machine.
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
