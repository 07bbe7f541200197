"""Get one file from its original place: by pooch, with the resumption that pooch lacks.

What arrives is kept beside the target as `.<name>.part` until it is whole, with the server's mark
of the version in `.<name>.part.json`; a broken download goes on there (HTTP Range), unless the file
has changed at its place (If-Range), and begins anew if the server says so. Only then it is compared
with its checksum; what does not fit is not kept.

Nothing is sent but a GET to the address in the catalogue: no cookies, no passwords of `.netrc`, and
a redirection to another address is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import BadInput, NetworkRefused, WorkbenchError
from workbench.files import read_json, write_json
from workbench.progress import track

if TYPE_CHECKING:
    import requests

__all__ = ["download"]

_CHUNK = 1 << 16
_TRIES = 3
_SECONDS = 30
_WHOLE, _PART, _NO_SUCH_PART = 200, 206, 416


def download(url: str, target: Path, *, sha256: str | None) -> None:
    """Download `url` to `target`; a broken download goes on where it stopped.

    Raises
    ------
    NetworkRefused
        If the workbench is offline.
    BadInput
        If the file has another checksum than `sha256`; it is not kept.
    WorkbenchError
        If the server does not give it or the connection breaks; what arrived is kept.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    known = None if sha256 is None else f"sha256:{sha256}"
    try:
        pooch.retrieve(
            url, known, fname=target.name, path=target.parent, downloader=_Resuming(target)
        )
    except ValueError:
        raise BadInput(
            f"{url}: the file is not the one that was published: its SHA-256 differs from {sha256}. "
            "Nothing was kept. Try again, or ask its publishers; the catalogue may be too old."
        ) from None


class _Resuming:
    """Downloader for pooch that keeps what arrived."""

    def __init__(self, target: Path) -> None:
        self._part = target.with_name(f".{target.name}.part")
        self._mark = target.with_name(f".{target.name}.part.json")

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        for _ in range(_TRIES):
            before = self._arrived()
            whole = self._once(url)
            if whole:
                self._part.replace(output_file)
                self._mark.unlink(missing_ok=True)
                return
            if self._arrived() <= before:
                break
        raise WorkbenchError(
            f"{url}: the connection broke after {self._arrived():,} bytes. What arrived is kept; "
            "run the same again to go on from there."
        )

    def _arrived(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _once(self, url: str) -> bool:
        """Ask for what is missing; True when the file is whole."""
        import requests

        offset, headers = self._arrived(), {"Accept-Encoding": "identity"}
        mark = read_json(self._mark).get("mark") if offset and self._mark.exists() else None
        if mark:
            headers |= {"Range": f"bytes={offset}-", "If-Range": mark}
        with _asking(url, headers) as answer:
            if answer.status_code == _NO_SUCH_PART:
                self._part.unlink()
                return False
            offset = _begin_of(answer, offset) if answer.status_code == _PART else 0
            found = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
            write_json(self._mark, {"url": url, "mark": found})
            expected = answer.headers.get("Content-Length")
            size = None if expected is None else offset + int(expected)
            try:
                self._write(answer, offset, size)
            except requests.exceptions.RequestException:
                return False
        return size is None or self._arrived() == size

    def _write(self, answer: requests.Response, offset: int, size: int | None) -> None:
        chunks = None if size is None else -(-(size - offset) // _CHUNK)
        name = self._part.name.removeprefix(".").removesuffix(".part")
        with self._part.open("r+b" if offset else "wb") as opened:
            opened.seek(offset)
            opened.truncate()
            for chunk in track(
                answer.iter_content(_CHUNK), doing=f"downloading {name}", total=chunks
            ):
                opened.write(chunk)


def _begin_of(answer: requests.Response, asked: int) -> int:
    """Where the part that the server sends begins: `Content-Range: bytes 100-199/200`."""
    begin = answer.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
    return int(begin) if begin.isdecimal() and int(begin) <= asked else asked


@contextmanager
def _asking(url: str, headers: dict[str, str]) -> Iterator[requests.Response]:
    """Answer of the server to a plain GET.

    Raises
    ------
    NetworkRefused
        If the workbench is offline.
    WorkbenchError
        If the server cannot be reached, says no, or points elsewhere.
    """
    import requests

    with requests.Session() as session:
        session.auth = _unchanged  # keeps the passwords of .netrc at home; proxies stay
        session.cookies.clear()
        session.headers["User-Agent"] = "dialogue-workbench"
        try:
            answer = session.get(
                url, headers=headers, stream=True, timeout=_SECONDS, allow_redirects=False
            )
        except NetworkRefused:
            raise NetworkRefused(
                f"GET {url} was refused: the workbench is offline. Leave it (WORKBENCH_OFFLINE, "
                "--offline), or read files that you have with from_folder= or --from FOLDER."
            ) from None
        except requests.exceptions.RequestException as error:
            raise WorkbenchError(
                f"{url}: the server cannot be reached ({type(error).__name__}). Try again later, or "
                "read files that you have with from_folder= or --from FOLDER."
            ) from None
        with answer:
            if answer.is_redirect:
                raise WorkbenchError(
                    f"{url}: the file has moved to {answer.headers['Location']}; only the address in "
                    "the catalogue is asked. Download it yourself and use --from FOLDER."
                )
            if answer.status_code not in (_WHOLE, _PART, _NO_SUCH_PART):
                raise WorkbenchError(
                    f"{url}: the server answered {answer.status_code} {answer.reason}. The file may "
                    "have moved; look at the corpus's own page, and use --from FOLDER."
                )
            yield answer


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
