"""Offline means offline: for this process, for its children, and for the hub libraries."""

import os
import socket
import subprocess
import sys

import pytest

import workbench as wb
from workbench.errors import NetworkRefused

ELSEWHERE = ("192.0.2.1", 9)  # TEST-NET-1, RFC 5737: nobody lives there


def test_outgoing_connections_are_refused_and_named():
    with wb.offline(), pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        socket.create_connection(ELSEWHERE, timeout=0.1)


def test_names_are_not_looked_up():
    with wb.offline(), pytest.raises(NetworkRefused, match="example"):
        socket.getaddrinfo("example.invalid", 443)


def test_loopback_stays_open():
    with wb.offline(), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_children_inherit_it_and_it_ends_with_the_block():
    program = (
        "import workbench, socket\n"
        "try: socket.create_connection(('192.0.2.1', 9), timeout=0.1)\n"
        "except workbench.errors.NetworkRefused: print('refused')"
    )
    with wb.offline():
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "refused"
    assert "WORKBENCH_OFFLINE" not in os.environ
