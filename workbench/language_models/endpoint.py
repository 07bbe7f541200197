"""One request to a server, patiently: what is busy is asked again, what is wrong is one clear error.

Busy (429, with or without `Retry-After`) and broken for the moment (500, 502, 503, 504) are asked again as
long as the waits stay within `patience` seconds. Nothing is repeated after a timeout or a refused
connection: whoever waits for a minute wants to know. The body of an error may repeat the prompt and is
never shown; only its error code is read.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import sleep
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, Request

from workbench.errors import WorkbenchError

__all__ = ["EndpointError", "post_json"]

_BUSY = 429
_FOR_THE_MOMENT = (500, 502, 503, 504)
_LARGE = 413
_LENGTH_CODES = ("context_length_exceeded", "exceed_context_size_error")
_LENGTH_WORDS = "maximum context length"
"""How servers that have no code for it say that a prompt is too long."""
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

    @property
    def too_long(self) -> bool:
        """Whether the prompt is longer than the model reads."""
        return self.status == _LARGE or self.code in _LENGTH_CODES

    def __init__(self, message: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


def post_json(
    opener: OpenerDirector,
    address: str,
    content: Mapping[str, Any],
    *,
    headers: Mapping[str, str],
    model: str,
    timeout: float,
    patience: float,
) -> Any:
    """Post JSON and return the JSON of the answer.

    Parameters
    ----------
    timeout
        Seconds to wait for one answer.
    patience
        Seconds that all waits for a busy server may take together.

    Raises
    ------
    EndpointError
        If the server cannot be reached, answers with an error, is busy for longer than `patience`, or
        answers with something that is no JSON.
    """
    request = Request(address, json.dumps(content).encode(), headers=dict(headers))
    endpoint = address.removesuffix("/chat/completions")
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
            sleep(wait)
            waited += wait
        except TimeoutError:
            raise _slow(endpoint, timeout) from None
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise _slow(endpoint, timeout) from None
            raise EndpointError(f"{endpoint} cannot be reached ({reason}).") from None
        except ValueError:
            raise EndpointError(f"{endpoint} answered with something that is no JSON.") from None


def _slow(endpoint: str, timeout: float) -> EndpointError:
    return EndpointError(
        f"{endpoint} cannot be reached (no answer within {timeout:g} seconds). Ask again later, or give "
        "it more time."
    )


def _wait(error: HTTPError, tries: int) -> float | None:
    """Seconds to wait before the next try; None if there should be none."""
    if error.code != _BUSY and (error.code not in _FOR_THE_MOMENT or tries >= _TRIES_WHERE_BROKEN):
        return None
    told = error.headers.get("Retry-After") if error.headers else None
    return _FIRST_WAIT * 2 ** (tries - 1) if told is None else _seconds(told)


def _seconds(told: str) -> float:
    """`Retry-After` in seconds: it is a number or a date (RFC 9110, 10.2.3)."""
    try:
        return max(float(told), 0.0)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return _FIRST_WAIT
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return max((until - datetime.datetime.now(datetime.UTC)).total_seconds(), 0.0)


def _refused(
    endpoint: str, model: str, error: HTTPError, wait: float | None, patience: float
) -> EndpointError:
    meaning = f": {_MEANING[error.code]}" if error.code in _MEANING else ""
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
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return ""
