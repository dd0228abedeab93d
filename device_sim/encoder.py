"""Reports as devices send them: topic and JSON bytes of DESIGN section 5. Pure.

Shares nothing with the decoder on purpose: each is the check of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

CLOCK_TOPIC = "clearwarn/v1/clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a station says of one period. `began` is its start, with the offset the device writes; `due` its end."""

    station: str
    kind: str
    period: str
    began: datetime
    due: datetime
    values: Mapping[str, float]
    seq: int | None = None
    marks: Mapping[str, str] = field(default_factory=dict)  # of values that are not normal


class Dispatch(NamedTuple):
    """One message ready to be published, and when."""

    due: datetime
    topic: str
    payload: bytes


def reading_topic(kind: str, station: str) -> str:
    """Where that station publishes its readings."""
    return f"clearwarn/v1/{kind}/{station}/reading"


def one(report: Report) -> Dispatch:
    """A message of one report."""
    return Dispatch(report.due, reading_topic(report.kind, report.station), orjson.dumps(_body(report)))


def many(reports: Sequence[Report]) -> Dispatch:
    """A back-fill message: several times of one station at once, due when the last is."""
    last = reports[-1]
    payload = orjson.dumps({"readings": [_body(report) for report in reports]})
    return Dispatch(max(report.due for report in reports), reading_topic(last.kind, last.station), payload)


def forecast(area: str, issued: datetime, days: Mapping[date, Mapping[str, int]]) -> Dispatch:
    """An area's forecast: of each day the indices by pollutant, the highest of which is the AQI."""
    said = []
    for day, indices in days.items():
        aqi = max(indices.values())
        leading = [pollutant for pollutant, index in indices.items() if index == aqi]
        said.append({"date": day.isoformat(), "aqi": aqi, "led_by": leading, "iaqi": dict(indices)})
    body = {"area": area, "issued": issued.isoformat(), "days": said}
    return Dispatch(issued, f"clearwarn/v1/forecast/{area}", orjson.dumps(body))


def clock(now: datetime) -> Dispatch:
    """The message that says what time it is in a replay."""
    return Dispatch(now, CLOCK_TOPIC, orjson.dumps({"now": now.isoformat()}))


def _body(report: Report) -> dict[str, Any]:
    body: dict[str, Any] = {
        "station": report.station,
        "time": report.began.isoformat(),
        "period": report.period,
        "values": report.values,
    }
    if report.seq is not None:
        body["seq"] = report.seq
    if report.marks:
        body["marks"] = report.marks
    return body
