"""Reports held against the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.codecs import json as codec
from ingest.codecs.report import Report
from ingest.model import Reason
from ingest.topics import Address, Leaf
from ingest.validate import Validated, Validator
from tests.support.ingest import STATION, TIME, a_catalog, a_payload


def validated(*, kind: str = "air", station: str = STATION, payload: bytes | None = None, **changes: Any) -> Validated:
    """What the message of that topic comes to; the payload names the topic's station unless it says otherwise."""
    report = codec.decode(payload or a_payload(**{"station": station} | changes))
    assert isinstance(report, Report)
    return Validator(a_catalog()).check(Address(kind, station, Leaf.READING), report)


def reasons(found: Validated) -> list[tuple[Reason, str, str | None]]:
    return [(rejection.reason, rejection.station, rejection.parameter) for rejection in found.rejections]


@pytest.mark.parametrize(
    ("period", "length"),
    [("instant", 0), ("1m", 1), ("5m", 5), ("10m", 10), ("1h", 60), ("4h", 240), ("1d", 1440)],
)
def test_validate_start_of_a_period_becomes_the_instant_of_its_end(period: str, length: int) -> None:
    """And UTC."""
    (claim,) = validated(period=period).claims
    assert claim.instant == datetime.fromisoformat(TIME) + timedelta(minutes=length)
    assert claim.instant.tzinfo is UTC


def test_validate_own_times_make_claims_of_their_own() -> None:
    """The parameter with its own time stands alone; a time for a parameter that is not there says nothing."""
    found = validated(
        values={"pm2_5": 1, "o3": 2}, times={"o3": "2026-11-23T00:00:00Z", "no2": TIME}, marks={"o3": "T", "no2": "D"}
    )
    own, others = found.claims
    assert (own.values, own.marks["o3"], own.instant.hour) == ({"o3": 2.0}, "T", 1)
    assert (others.values, others.marks.get("pm2_5"), others.instant.hour) == ({"pm2_5": 1.0}, None, 2)


def test_validate_bare_local_time_is_refused_value_by_value() -> None:
    """Without a zone nobody knows when it was."""
    found = validated(time="2026-11-23T09:00:00", values={"pm2_5": 1, "o3": 2})
    assert reasons(found) == [
        (Reason.BARE_LOCAL_TIME, STATION, "pm2_5"),
        (Reason.BARE_LOCAL_TIME, STATION, "o3"),
    ]
    assert not found.claims


def test_validate_bare_local_time_is_taken_in_the_zone_of_the_station() -> None:
    """Where its entry names one."""
    (claim,) = validated(station="air-local", time="2026-11-23T09:00:00").claims
    assert claim.instant == datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("station", "time", "period"),
    [
        (STATION, "0001-01-01T00:00:00+08:00", "1h"),
        (STATION, "9999-12-31T23:59:59Z", "1h"),
        (STATION, "9999-12-31T23:59:59-08:00", "instant"),
        ("air-local", "0001-01-01T00:00:00", "1h"),
    ],
)
def test_validate_time_beyond_the_calendar_is_refused(station: str, time: str, period: str) -> None:
    """Its instant cannot be written: wrong shape, no error."""
    assert reasons(validated(station=station, time=time, period=period)) == [(Reason.WRONG_SHAPE, station, "pm2_5")]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_validate_strange_time_is_a_time(time: str) -> None:
    """What it is worth is not said here."""
    assert len(validated(time=time).claims) == 1


def test_validate_unknown_parameter_is_refused_alone() -> None:
    """The rest is kept."""
    found = validated(values={"pm2_5": 1, "soot": 2})
    assert reasons(found) == [(Reason.UNKNOWN_PARAMETER, STATION, "soot")]
    assert found.claims[0].values == {"pm2_5": 1.0}


def test_validate_parameter_of_another_station_is_unknown_here() -> None:
    """The catalogue says what each station measures."""
    assert reasons(validated(values={"cod": 30})) == [(Reason.UNKNOWN_PARAMETER, STATION, "cod")]


def test_validate_station_must_be_the_one_of_the_topic() -> None:
    """A device speaks for itself alone; the topic's station answers for it."""
    found = validated(payload=a_payload(station="air-local"))
    assert reasons(found) == [(Reason.STATION_MISMATCH, STATION, None)]
    assert found.station is None


def test_validate_unknown_station_is_counted_under_unknown() -> None:
    """One unit, whatever it says."""
    assert reasons(validated(station="nobody")) == [(Reason.UNKNOWN_STATION, "_unknown", None)]


def test_validate_kind_must_be_the_one_of_the_catalogue() -> None:
    """An outfall does not publish below `air`."""
    assert reasons(validated(station="outfall-1")) == [(Reason.KIND_MISMATCH, "outfall-1", None)]


def test_validate_refused_values_of_the_codec_are_counted() -> None:
    """One rejection each, under the station."""
    payload = a_payload(values={"pm2_5": 1, "o3": "x"})
    assert reasons(validated(payload=payload)) == [(Reason.WRONG_SHAPE, STATION, "o3")]
