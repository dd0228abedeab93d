"""What InfluxDB answers, and what the writer is told to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from ingest.bisection import Refused
from ingest.errors import StorePermanentError, StoreUnavailableError
from ingest.influx_answers import LONGEST_WAIT, judged

CONFLICT = 'partial write: field type conflict: input field "o3" on measurement "air" is type float dropped=1'
DATE = "Mon, 23 Nov 2026 02:17:00 GMT"


def answer(status: int, body: object = "", headers: Mapping[str, str] | None = None, lines: int = 9) -> Refused | None:
    text = body if isinstance(body, str) else json.dumps(body)
    return judged(status, headers or {}, text, lines=lines)


@pytest.mark.parametrize("status", [201, 204])
def test_answer_stored(status: int) -> None:
    """The two that say so."""
    assert answer(status) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": CONFLICT}),
        (422, {"code": "unprocessable entity", "message": CONFLICT}),
        (400, {"code": "invalid", "message": "unable to parse"}),
    ],
)
def test_answer_refused_in_influxdbs_words(status: int, body: Mapping[str, str]) -> None:
    """The reason is kept as it came: 1.8 and 2 say it in different fields."""
    assert answer(status, body) == Refused(body.get("error") or body["message"])


def test_answer_all_dropped_needs_no_search() -> None:
    """History beyond the retention: as many dropped as sent."""
    body = {"error": "partial write: points beyond retention policy dropped=9"}
    assert answer(400, body) == Refused(body["error"], everything=True)
    assert answer(400, body, lines=10) == Refused(body["error"])


def test_answer_too_large_is_halved() -> None:
    """Also from a proxy, whatever its words."""
    assert answer(413, "<html>") == Refused("the answer was 413")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_answer_later(status: int) -> None:
    """Tried again."""
    with pytest.raises(StoreUnavailableError):
        answer(status, {"error": "timeout"})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, timedelta(seconds=7)),
        ({"Retry-After": "86400"}, LONGEST_WAIT),
        ({"Retry-After": "Mon, 23 Nov 2026 02:18:30 GMT", "Date": DATE}, timedelta(seconds=90)),
        ({"Retry-After": "Mon, 23 Nov 2026 02:00:00 GMT", "Date": DATE}, timedelta(0)),
        ({"Retry-After": "Mon, 23 Nov 2026 02:18:30 GMT"}, None),
        ({"Retry-After": "soon", "Date": DATE}, None),
        ({"Retry-After": "-1", "Date": DATE}, None),
        ({"Retry-After": "9" * 400}, None),
        ({}, None),
    ],
)
def test_answer_says_how_long_to_wait(headers: Mapping[str, str], expected: timedelta | None) -> None:
    """Seconds or a date; bounded; what is neither is none."""
    with pytest.raises(StoreUnavailableError) as raised:
        answer(503, headers=headers)
    assert raised.value.retry_after == expected


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"code": "unauthorized", "message": "unauthorized access"}, "store.token_file"),
        (403, {"error": "forbidden"}, "right to read and write"),
        (404, {"error": 'database not found: "x"'}, "store.bucket"),
        (302, "", "is store.url an InfluxDB?"),
        (200, "<html>welcome</html>", "is store.url an InfluxDB?"),
        (400, "<html>The plain HTTP request was sent to HTTPS port</html>", "is store.url an InfluxDB?"),
        (400, "[1]", "is store.url an InfluxDB?"),
        (400, {"error": 7}, "is store.url an InfluxDB?"),
        (405, "", "is store.url an InfluxDB?"),
    ],
)
def test_answer_for_a_person(status: int, body: object, words: str) -> None:
    """Says what to do; a proxy's page never sends readings to quarantine."""
    with pytest.raises(StorePermanentError, match=words.replace("?", r"\?")):
        answer(status, body)
