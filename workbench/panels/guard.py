"""What every answer of the site carries, and which requests get none.

A page from elsewhere must neither frame the site nor reach it under a name of its own: a host name
that an attacker points at 127.0.0.1 (DNS rebinding) would make his page one origin with ours.
"""

from __future__ import annotations

import re
from typing import Any

from tornado.httputil import HTTPHeaders
from tornado.web import Application, OutputTransform, RequestHandler

__all__ = ["HEADERS", "SafeHeaders", "refuse_foreign_hosts"]

HEADERS = {
    # Bokeh makes functions from text and inline scripts; ES modules are loaded as blobs
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every answer."""


class SafeHeaders(OutputTransform):
    """Adds `HEADERS` to an answer."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Take the head of an answer and give it back with our headers."""
        for name, value in HEADERS.items():
            headers[name] = value
        return status_code, headers, chunk


class _Misdirected(RequestHandler):
    def prepare(self) -> None:
        self.set_status(421)
        self.finish("This site answers under 127.0.0.1 and localhost only.")


def refuse_foreign_hosts(application: Application, hosts: tuple[str, ...]) -> None:
    """Answer 421 to requests whose Host header names anything but `hosts`."""
    ours = "|".join(re.escape(host) for host in hosts)
    everything: list[Any] = [(r"/.*", _Misdirected)]
    application.add_handlers(rf"(?!(?:{ours})$).*", everything)
