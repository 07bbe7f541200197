"""Offline means offline: for this process, for its children, and for clients in other languages.

Every connection here goes to loopback, or to an address where nobody lives and that must be refused
before a packet leaves.
"""

import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading

import pytest

import workbench as wb
from workbench.errors import NetworkRefused
from workbench.network import OFFLINE_VARIABLES, is_this_machine

ELSEWHERE = ("192.0.2.1", 9)  # TEST-NET-1, RFC 5737: nobody lives there
URL = "http://192.0.2.1/x.parquet"


# -- the audit hook: Python's sockets ----------------------------------------------------------------


def test_outgoing_connections_are_refused_and_named():
    with wb.offline(), pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        socket.create_connection(ELSEWHERE, timeout=0.1)


def test_names_are_not_looked_up():
    with wb.offline(), pytest.raises(NetworkRefused, match="example"):
        socket.getaddrinfo("example.invalid", 443)


@pytest.mark.parametrize("send", ["sendto", "sendmsg"])
def test_datagrams_are_refused(send):
    with (
        wb.offline(),
        socket.socket(type=socket.SOCK_DGRAM) as sender,
        pytest.raises(NetworkRefused),
    ):
        if send == "sendto":
            sender.sendto(b"x", ELSEWHERE)
        else:
            sender.sendmsg([b"x"], [], 0, ELSEWHERE)


def test_loopback_stays_open():
    with wb.offline(), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")
def test_unix_sockets_stay_open(tmp_path):
    address = str(tmp_path / "s")
    with wb.offline(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"here", address)
        assert receiver.recv(10) == b"here"


def _requests(url, **options):
    import requests

    with requests.Session() as session:
        session.trust_env = options.get("trust_env", True)
        return session.get(url, timeout=2).status_code


def _httpx(url, **options):
    import httpx

    return httpx.get(url, timeout=2, **options).status_code


def _urllib(url, *, trust_env=True):
    from urllib.request import ProxyHandler, build_opener

    opener = build_opener() if trust_env else build_opener(ProxyHandler({}))
    return opener.open(url, timeout=2).status


CLIENTS = {"requests": _requests, "httpx": _httpx, "urllib": _urllib}


@pytest.mark.parametrize("trust_env", [True, False], ids=["with proxies", "without"])
@pytest.mark.parametrize("name", CLIENTS)
def test_python_clients_meet_our_own_error(name, trust_env):
    pytest.importorskip(name.split(".", maxsplit=1)[0])
    with wb.offline(), pytest.raises(NetworkRefused, match="the workbench is offline"):
        CLIENTS[name](URL, trust_env=trust_env)


@pytest.mark.parametrize("name", CLIENTS)
def test_python_clients_reach_this_machine(name, proxy):
    pytest.importorskip(name)
    with wb.offline():
        status = CLIENTS[name](f"http://127.0.0.1:{proxy.server_port}/here")
    assert status == 200
    assert proxy.asked == ["GET /here"]


# -- the variables: what never touches Python's sockets ------------------------------------------------


@pytest.fixture
def proxy():
    """A server that writes down what it is asked, and forwards nothing."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def answer(self):
            self.server.asked.append(f"{self.command} {self.path}")
            self.send_response(200 if self.path.startswith("/") else 403)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_CONNECT = answer

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


POLARS = "import polars as pl; pl.read_parquet({!r})"
RUST = {
    "polars http": POLARS.format(URL),
    "polars hf": POLARS.format("hf://datasets/nobody/nothing/x.parquet"),
}
PLAIN = {"python without the workbench": f"import urllib.request as u; u.urlopen({URL!r})"}
TOOLS = {
    "curl": ["curl", "-sS", "-f", URL],
    "wget": ["wget", "-q", "-t", "1", "-O", "-", URL],
    "git": ["git", "ls-remote", "https://192.0.2.1/x.git"],
}


def _command(name):
    if name in TOOLS:
        if shutil.which(name) is None:
            pytest.skip(f"no {name} here")
        return TOOLS[name]
    return [sys.executable, "-c", {**RUST, **PLAIN}[name]]


@pytest.mark.parametrize("name", [*RUST, *PLAIN, *TOOLS])
def test_children_of_any_kind_run_into_the_closed_proxy(name, proxy):
    """With the proxy in place of the closed port one sees that the client goes nowhere else."""
    command = _command(name)
    watched = f"http://127.0.0.1:{proxy.server_port}"
    closed = OFFLINE_VARIABLES["HTTP_PROXY"]
    with wb.offline():
        environment = {
            key: watched if value == closed else value for key, value in os.environ.items()
        }
        done = subprocess.run(
            command, check=False, env=environment, capture_output=True, timeout=60
        )
    assert done.returncode != 0
    assert proxy.asked
    assert all("192.0.2.1" in asked or "huggingface.co" in asked for asked in proxy.asked)


def test_the_port_of_the_proxy_is_closed():
    with wb.offline():
        done = subprocess.run(
            _command("curl"), check=False, capture_output=True, timeout=60, text=True
        )
    assert done.returncode != 0
    assert "127.0.0.1 port 9" in done.stderr


def test_children_with_the_workbench_inherit_both_fences():
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


def test_the_variable_alone_is_enough():
    program = "import os, workbench; print(os.environ['HTTPS_PROXY'], os.environ['HF_HUB_OFFLINE'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "WORKBENCH_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [OFFLINE_VARIABLES["HTTPS_PROXY"], "1"]


def test_it_ends_with_the_block(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.of.the.house:3128")
    before = dict(os.environ)
    with wb.offline():
        assert os.environ["HTTPS_PROXY"] == OFFLINE_VARIABLES["HTTPS_PROXY"]
    assert dict(os.environ) == before


def test_what_counts_as_this_machine():
    assert is_this_machine("http://[::1]:8000/v1")
    assert is_this_machine("http://localhost:8000")
    assert not is_this_machine("https://localhost.example.org")
    assert not is_this_machine("no url")
