"""Clearwarn's JSON payload: what is a report, and what each wrong one is refused for."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from ingest.codecs import json as codec
from ingest.codecs.report import Malformed, Report
from ingest.model import Reason
from tests.support.ingest import STATION, TIME, a_payload


def raw(values: str = '{"pm2_5": 1}', **fields: str) -> bytes:
    """A payload with parts written out, as no encoder would."""
    parts = {"station": f'"{STATION}"', "time": f'"{TIME}"', "period": '"1h"', "values": values} | fields
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}").encode()


def together(*items: bytes) -> bytes:
    return b'{"readings": [' + b", ".join(items) + b"]}"


def report(payload: bytes) -> Report:
    found = codec.decode(payload)
    assert isinstance(found, Report), found
    return found


def test_json_good_payload_is_a_report() -> None:
    """Everything of DESIGN's example arrives."""
    found = report(a_payload(seq=4711, values={"pm2_5": 35.2, "o3": 88}, marks={"pm2_5": "N"}, times={"o3": TIME}))
    (moment,) = found.moments
    assert (found.station, found.refused) == (STATION, ())
    assert moment.time == datetime.fromisoformat(TIME)
    assert moment.time.isoformat() == TIME
    assert (moment.period, moment.values, moment.marks) == ("1h", {"pm2_5": 35.2, "o3": 88.0}, {"pm2_5": "N"})
    assert moment.times["o3"].isoformat() == TIME


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.BROKEN_JSON),
        (b"{", Reason.BROKEN_JSON),
        (a_payload()[:-1], Reason.BROKEN_JSON),
        (a_payload() + b"}", Reason.BROKEN_JSON),
        (b"[" * 100_000, Reason.BROKEN_JSON),
        (b'{"a":' * 100_000, Reason.BROKEN_JSON),
        (raw('{"pm2_5": ' + "9" * 5000 + "}"), Reason.BROKEN_JSON),
        (a_payload().replace(b"air", b"\xff\xfe"), Reason.NOT_UTF8),
        ("好".encode("gbk"), Reason.NOT_UTF8),
        (b"[]", Reason.WRONG_SHAPE),
        (b"5", Reason.WRONG_SHAPE),
        (b"null", Reason.WRONG_SHAPE),
        (b"{}", Reason.WRONG_SHAPE),
        (b'{"readings": []}', Reason.WRONG_SHAPE),
        (b'{"readings": 5}', Reason.WRONG_SHAPE),
        (a_payload(station=5), Reason.WRONG_SHAPE),
        (a_payload(time=1_700_000_000), Reason.WRONG_SHAPE),
        (a_payload(time="2026-11-23"), Reason.WRONG_SHAPE),
        (a_payload(time="yesterday"), Reason.WRONG_SHAPE),
        (a_payload(time="2026-02-30T00:00:00Z"), Reason.WRONG_SHAPE),
        (a_payload(time="0000-01-01T00:00:00Z"), Reason.WRONG_SHAPE),
        (a_payload(period="2h"), Reason.WRONG_SHAPE),
        (a_payload(period="1h\n"), Reason.WRONG_SHAPE),
        (a_payload(values={}), Reason.WRONG_SHAPE),
        (a_payload(values=[1]), Reason.WRONG_SHAPE),
        (a_payload(values={"pm2_5": "35"}), Reason.WRONG_SHAPE),
        (a_payload(marks={"pm2_5": "X"}), Reason.WRONG_SHAPE),
        (a_payload(seq="1"), Reason.WRONG_SHAPE),
        (a_payload(colour="red"), Reason.WRONG_SHAPE),
        (raw(values="null"), Reason.WRONG_SHAPE),
        (a_payload(values={"pm2_5": "x", "o3": 1}, colour="red"), Reason.WRONG_SHAPE),  # a bad value, and worse
        (a_payload(values={"pm2_5": "x", "o3": 1}, marks={"o3": "X"}), Reason.WRONG_SHAPE),
        (raw('{"pm2_5": NaN}'), Reason.NOT_FINITE),
        (raw('{"pm2_5": -Infinity}'), Reason.NOT_FINITE),
        (raw('{"pm2_5": 1e999}'), Reason.NOT_FINITE),
        (raw('{"pm2_5": ' + "9" * 400 + "}"), Reason.NOT_FINITE),
        (together(a_payload(), a_payload(station="air-2")), Reason.STATION_MISMATCH),
    ],
)
def test_json_bad_payload_is_refused_for_its_reason(payload: bytes, reason: Reason) -> None:
    """Each a value with a reason and a text, never an error."""
    found = codec.decode(payload)
    assert isinstance(found, Malformed)
    assert found.reason is reason
    assert found.detail


@pytest.mark.parametrize("time", ["20261123080000", "20261123", "1700000000", "-1", "0", "1e9", "20261123T080000Z"])
def test_json_digits_are_no_time(time: str) -> None:
    """HJ 212's way of writing a time is not taken for seconds since 1970."""
    found = codec.decode(a_payload(time=time))
    assert isinstance(found, Malformed)
    assert found.reason is Reason.WRONG_SHAPE
    assert isinstance(codec.decode(a_payload(times={"pm2_5": time})), Malformed)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("NaN", Reason.NOT_FINITE),
        ("1e999", Reason.NOT_FINITE),
        ("-Infinity", Reason.NOT_FINITE),
        ("true", Reason.WRONG_SHAPE),
        ('"12"', Reason.WRONG_SHAPE),
        ("[1]", Reason.WRONG_SHAPE),
        ("[" * 150 + "]" * 150, Reason.WRONG_SHAPE),
    ],
)
def test_json_bad_value_costs_that_value_alone(bad: str, reason: Reason) -> None:
    """Its neighbour is kept, and what was wrong is said."""
    found = report(raw(f'{{"pm2_5": {bad}, "o3": 88}}'))
    assert [moment.values for moment in found.moments] == [{"o3": 88.0}]
    assert [(refused.parameter, refused.reason) for refused in found.refused] == [("pm2_5", reason)]


def test_json_hour_without_any_good_value_costs_no_other_hour() -> None:
    """A back-filled day with one hour of NaN keeps the others."""
    found = report(together(raw(), raw('{"pm2_5": NaN, "o3": "x"}'), raw('{"pm2_5": 3, "o3": NaN}')))
    assert [moment.values for moment in found.moments] == [{"pm2_5": 1.0}, {"pm2_5": 3.0}]
    assert [(refused.parameter, refused.reason) for refused in found.refused] == [
        ("pm2_5", Reason.NOT_FINITE),
        ("o3", Reason.WRONG_SHAPE),
        ("o3", Reason.NOT_FINITE),
    ]


def test_json_null_is_a_value_that_is_missing() -> None:
    """The device says that there is none: that is a reading."""
    assert report(raw('{"pm2_5": null}')).moments[0].values == {"pm2_5": None}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59Z", "2026-11-23T08:00:00"])
def test_json_strange_times_are_left_to_the_catalogue(time: str) -> None:
    """Year 1, year 9999, no offset: decodable."""
    assert len(report(a_payload(time=time)).moments) == 1


@pytest.mark.parametrize("changes", [{"station": "readings"}, {"values": {"readings": 1}}])
def test_json_readings_may_be_somebodys_name(changes: dict[str, Any]) -> None:
    """The word is a key only at the top."""
    assert len(report(a_payload(**changes)).moments) == 1


@pytest.mark.parametrize(
    "payload",
    [
        raw('{"pm2_5": "x"}, "values": 5'),
        raw('5, "values": {"pm2_5": "x", "o3": 1}'),
        raw('{"pm2_5": "x", "pm2_5": 3}'),
        raw('{"pm2_5": 3, "pm2_5": NaN, "o3": 1}'),
        b'{"readings": 5, "readings": [' + raw('{"pm2_5": "x", "o3": 1}') + b"]}",
        b'{"readings": [' + raw('{"pm2_5": "x", "o3": 1}') + b'], "readings": 5}',
    ],
)
def test_json_key_twice_stops_nothing(payload: bytes) -> None:
    """Whatever it comes to, it comes to something."""
    assert isinstance(codec.decode(payload), Report | Malformed)


def test_json_long_inputs_make_short_texts() -> None:
    """A detail is for people."""
    found = report(raw(json.dumps({"pm2_5": "x" * 10_000, "o3": 1})))
    assert len(found.refused[0].detail) < 200
