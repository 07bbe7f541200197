"""One request to a server, patiently: what is busy is asked again, what is wrong is one clear error.

Busy (429, with or without `Retry-After`) and broken for the moment (500, 502, 503, 504) are asked again as
long as the waits stay within `patience` seconds. Nothing is repeated after a timeout or a refused
connection: whoever waits for a minute wants to know. Nothing is sent on to where a server redirects: key and
words are for the address that was named. The body of an error may repeat the prompt and is never shown;
only its error code is read.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from time import sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from workbench.errors import WorkbenchError
from workbench.network import is_this_machine

__all__ = ["CHAT", "EndpointError", "post_json"]

CHAT = "/chat/completions"
"""What follows the address of an endpoint in the address of a request."""

_BUSY = 429
_FOR_THE_MOMENT = (500, 502, 503, 504)
_LARGE = 413
_LENGTH_CODES = ("context_length_exceeded", "exceed_context_size_error")
_LENGTH_WORDS = "maximum context length"
"""How servers that have no code for it say that a prompt is too long."""
_FILTERS = ("content_filter", "content_policy_violation")
"""Error codes of servers whose filter did not let the prompt through."""
_ELSEWHERE = (301, 302, 303, 307, 308)
_TRIES_WHERE_BROKEN = 3
_FIRST_WAIT = 0.5  # seconds, doubled each time
_MEANING = {
    400: "it does not take this request",
    401: "the key is missing or wrong; name the environment variable that holds it",
    402: "the account has no credit left",
    403: "this key may not use it",
    404: "there is no such model or address",
    413: "the prompt is too long for it",
    422: "it does not take this request",
    429: "too many requests",
}


class EndpointError(WorkbenchError):
    """A server that cannot be reached, or answered with an error.

    Attributes
    ----------
    status
        HTTP status; None if there was no answer.
    code
        The server's own word for the error, as `content_filter`; "" if it gave none.
    """

    def __init__(self, message: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code

    @classmethod
    def of_filter(cls, endpoint: str, model: str) -> EndpointError:
        """Say that the server answered, but that its filter or the model declined."""
        return cls(f"{endpoint} declined to answer for model {model!r}.", code=_FILTERS[0])

    @property
    def too_long(self) -> bool:
        """Whether the prompt is longer than the model reads."""
        return self.status == _LARGE or self.code in _LENGTH_CODES

    @property
    def filtered(self) -> bool:
        """Whether a filter did not let the prompt through."""
        return self.code in _FILTERS


class _NoRedirects(HTTPRedirectHandler):
    """Leaves redirects unanswered, so that they come out as errors."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def post_json(
    address: str,
    content: Mapping[str, Any],
    *,
    headers: Mapping[str, str],
    model: str,
    timeout: float,
    patience: float,
) -> Any:
    """Post JSON and return the JSON of the answer; proxies are passed by for a server of this machine.

    Parameters
    ----------
    timeout
        Seconds to wait for one answer.
    patience
        Seconds that all waits for a busy server may take together.

    Raises
    ------
    EndpointError
        If the server cannot be reached, answers with an error or a redirect, is busy for longer than
        `patience`, breaks off, or answers with something that is no HTTP or no JSON.
    """
    direct = [ProxyHandler({})] if is_this_machine(address) else []
    opener = build_opener(_NoRedirects, *direct)
    request = Request(address, json.dumps(content).encode(), headers=dict(headers))
    endpoint = address.removesuffix(CHAT)
    waited, tries = 0.0, 0
    while True:
        tries += 1
        try:
            with opener.open(request, timeout=timeout) as response:
                return json.load(response)
        except HTTPError as error:
            wait = _wait(error, tries)
            if wait is None or waited + wait > patience:
                raise _refused(endpoint, model, error, wait, patience) from None
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise _trouble(endpoint, error, timeout) from None
        sleep(wait)
        waited += wait


def _trouble(endpoint: str, error: Exception, timeout: float) -> EndpointError:
    """What became of a request that got no answer, or none that can be read."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        told = (
            f"cannot be reached (no answer within {timeout:g} seconds). Ask again later, or give it more "
            "time"
        )
    elif isinstance(error, OSError):
        told = f"cannot be reached ({reason})"
    elif isinstance(error, IncompleteRead):
        told = "broke off in the middle of its answer. Ask again later"
    elif isinstance(error, HTTPException):
        told = "does not speak HTTP. Name the address, port included, of a model server"
    else:
        told = "answered with something that is no JSON"
    return EndpointError(f"{endpoint} {told}.")


def _wait(error: HTTPError, tries: int) -> float | None:
    """Seconds to wait before the next try; None if there should be none.

    Never less than the wait that doubles: a server that always says "at once" would be asked for ever.
    """
    if error.code != _BUSY and (error.code not in _FOR_THE_MOMENT or tries >= _TRIES_WHERE_BROKEN):
        return None
    told = error.headers.get("Retry-After") if error.headers else None
    return max(_FIRST_WAIT * 2 ** (tries - 1), 0.0 if told is None else _seconds(told))


def _seconds(told: str) -> float:
    """`Retry-After` in seconds: it is a number or a date (RFC 9110, 10.2.3)."""
    try:
        return float(told)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return (until - datetime.datetime.now(datetime.UTC)).total_seconds()


def _refused(
    endpoint: str, model: str, error: HTTPError, wait: float | None, patience: float
) -> EndpointError:
    meaning = f": {_MEANING[error.code]}" if error.code in _MEANING else ""
    if error.code in _ELSEWHERE:
        target = str(error.headers.get("Location", "")).removesuffix(CHAT)
        meaning = (
            f": it sends on to {target!r}, where neither key nor words go unasked; if that is the server "
            "you mean, name its address"
        )
    if wait is not None:
        meaning += f"; it wants a wait of {wait:g} seconds, beyond the {patience:g} it is given"
    return EndpointError(
        f"{endpoint} answered {error.code} for model {model!r}{meaning}.",
        status=error.code,
        code=_code(error),
    )


def _code(error: HTTPError) -> str:
    """The error's code in the form that OpenAI and its like give; a number says no more than the status."""
    try:
        content = json.loads(error.read())
        told = content.get("error", content)
        if _LENGTH_WORDS in str(told.get("message")):
            return _LENGTH_CODES[0]
        named = [told.get(name) for name in ("code", "type")]
        return next((str(one) for one in named if isinstance(one, str) and one), "")
    except (ValueError, TypeError, AttributeError, RecursionError, OSError, HTTPException):
        return ""
