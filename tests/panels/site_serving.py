"""Start the site of a study as a user does, and stop it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(folder, *options, program=None, path="/"):
    """Address of a started site; it is stopped at the end."""
    port = free_port()
    command = program or [sys.executable, "-m", "workbench", "serve", str(folder)]
    command = [*command, "--port", str(port), *options]
    environment = {**os.environ, "WORKBENCH_STUDY": str(folder), "OMP_NUM_THREADS": "1"}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 180
        while True:
            assert server.poll() is None, server.communicate()[0]
            assert time.monotonic() < until, "the site does not answer"
            try:
                urllib.request.urlopen(address + path, timeout=60)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.3)
        yield address
    finally:
        server.terminate()
        server.wait(20)
