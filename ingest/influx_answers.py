"""What InfluxDB's answers to a write mean for the caller. Pure: status, headers and body in, a decision out.

Versions 1.8, 2 and 3 differ: part of a batch refused is 400 in 1.8 and 3 and 422 in 2, with the good points stored;
a line that cannot be parsed is 400, which in 2 refuses the whole body. All of them name at most some of the points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

import orjson

from ingest.bisection import Refused
from ingest.errors import StorePermanentError, StoreUnavailableError

LONGEST_WAIT = timedelta(minutes=5)  # a Retry-After beyond it is not believed: the log would wait for a slip of the pen

_LATER = frozenset({408, 425, 429})
_TAKEN = frozenset({201, 204})
_REFUSALS = frozenset({400, 422})
_TOO_LARGE = 413
_SERVER_ERRORS = 500
_WORDS = 300  # characters: a refused line may be quoted back whole
_DROPPED = re.compile(r"dropped=(\d+)")
_REMEDIES: Mapping[int, str] = {
    401: "the token is not valid: look at store.token_file or store.token_env",
    403: "the token may not write to this bucket: give it the right to read and write",
    404: "no such bucket or organisation: create it, or correct store.bucket and store.org",
}


def judged(status: int, headers: Mapping[str, str], body: str, *, lines: int) -> Refused | None:
    """None where everything was taken. Raises `StoreUnavailableError` or `StorePermanentError`.

    `lines` is how many points were sent: where as many were dropped, none of them was taken. A refusal must come from
    InfluxDB itself: what a proxy says in its own words must not send every reading to quarantine.
    """
    if status in _TAKEN:
        return None
    if status in _LATER or status >= _SERVER_ERRORS:
        raise StoreUnavailableError(described(status, body), retry_after=_retry_after(headers))
    if status == _TOO_LARGE:  # also from a proxy: half as much may pass
        return Refused(described(status, body))
    if status in _REFUSALS and (message := _message(body)):
        dropped = _DROPPED.search(message)
        return Refused(message[:_WORDS], everything=dropped is not None and int(dropped[1]) >= lines)
    raise StorePermanentError(f"{described(status, body)}; {_REMEDIES.get(status, 'is store.url an InfluxDB?')}")


def described(status: int, body: str) -> str:
    """For people: the status, and InfluxDB's own words where there are any."""
    message = _message(body)
    return f"InfluxDB answered {status}: {message[:_WORDS]}" if message else f"the answer was {status}"


def _message(body: str) -> str:
    """InfluxDB's own words; empty where the answer is not one of its."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(answer, dict):
        return ""
    message = answer.get("message") or answer.get("error")
    return message if isinstance(message, str) else ""


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds, or a date (RFC 9110 section 10.2.3) against the answer's own; None for what is neither."""
    given = headers.get("Retry-After", "").strip()
    try:
        if given.isdigit():
            return min(timedelta(seconds=int(given)), LONGEST_WAIT)
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
