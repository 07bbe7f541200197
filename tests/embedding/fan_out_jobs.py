"""Jobs that workers import by name."""

import os
import signal
import time


def slowly(number: int) -> int:
    time.sleep(0.02)
    return number


def fails_at_five(number: int) -> int:
    time.sleep(0.02)
    if number == 5:
        raise ValueError("five")
    return number


def imports_what_is_not_there(number: int) -> int:
    import a_package_that_nobody_has  # noqa: F401

    return number


def kills_its_worker(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def reaches_out(number: int) -> str:
    import socket

    try:
        socket.create_connection(("192.0.2.1", 80), timeout=0.2)
    except Exception as error:
        return type(error).__name__
    return "connected"


def offline_setting(number: int) -> str:
    return os.environ.get("WORKBENCH_OFFLINE", "")


def process_and_loads(number: int) -> tuple[int, int]:
    """Process id, and how many times it has loaded an engine."""
    from workbench.embedding.engine import load_engine

    time.sleep(0.2)  # so that every worker gets some
    return os.getpid(), load_engine.cache_info().misses
