"""A small public place for corpora on this machine: HTTP with ranges, and connections that break."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Place:
    """Files by path; `cuts[path]` says after how many bytes the next answers break off."""

    files: dict[str, bytes]
    cuts: dict[str, list[int]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    marks: bool = True
    url: str = ""

    def ranges(self) -> list[str | None]:
        """What ranges were asked for, in order."""
        return [headers.get("Range") for _, headers in self.asked]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        place = self.server.place
        place.asked.append((self.path, dict(self.headers)))
        if self.path in place.moved:
            self.send_response(302)
            self.send_header("Location", place.moved[self.path])
            self.end_headers()
            return
        if self.path not in place.files:
            self.send_error(404)
            return
        content = place.files[self.path]
        mark = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        begin = self._begin(len(content), mark)
        self.send_response(200 if begin == 0 else 206)
        self.send_header("Content-Length", str(len(content) - begin))
        if place.marks:
            self.send_header("ETag", mark)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        cuts = place.cuts.get(self.path)
        until = begin + cuts.pop(0) if cuts else len(content)
        self.wfile.write(content[begin:until])
        if until < len(content):
            self.close_connection = True

    def _begin(self, size: int, mark: str) -> int:
        asked = self.headers.get("Range", "")
        if not asked or self.headers.get("If-Range") != mark:
            return 0
        return min(int(asked.removeprefix("bytes=").split("-")[0]), size - 1)

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    place: Place


@contextmanager
def serving(files: dict[str, bytes], **options: object) -> Iterator[Place]:
    """Serve `files` on 127.0.0.1 for as long as the block runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.place = Place(files, **options)  # type: ignore[arg-type]
    server.place.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
