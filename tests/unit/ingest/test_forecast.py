"""Forecasts on their way in: what one says, what is refused and counted, and that repeating it changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.codecs import forecast
from ingest.codecs.report import Malformed, Report
from ingest.model import Delivery, Flag, Reason, Redrive
from ingest.settings import load_catalog
from ingest.walk import Walk

CONFIG = Path(__file__).parents[3] / "config"
ISSUED = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOPIC = "clearwarn/v1/forecast/xilan"


def a_forecast(**given: Any) -> dict[str, Any]:
    days = [{"date": f"2026-11-{day}", "aqi": aqi} for day, aqi in ((25, 120), (26, 160), (27, 90))]
    return {"area": "xilan", "issued": "2026-11-24T20:00:00+08:00", "days": days, **given}


def a_delivery(
    payload: object, *, topic: str = TOPIC, after: timedelta = timedelta(seconds=5), **given: Any
) -> Delivery:
    return Delivery(topic, json.dumps(payload).encode(), ISSUED + after, given.pop("position", 1), **given)


def a_walk() -> Walk:
    return Walk(catalog=load_catalog(CONFIG))


def decoded(**given: Any) -> Report | Malformed:
    return forecast.decode(json.dumps(a_forecast(**given)).encode())


def test_forecast_is_a_value_for_each_day_and_index() -> None:
    days = [
        {"date": "2026-11-24", "aqi": 80, "led_by": ["pm2_5", "o3"]},
        {"date": "2026-11-26", "aqi": 160, "iaqi": {"pm2_5": 160, "o3": 40}},
        {"date": "2026-11-25", "aqi": 120},
    ]
    report = decoded(days=days)
    assert isinstance(report, Report)
    (moment,) = report.moments
    assert (report.station, moment.time, moment.period) == ("xilan", ISSUED, "instant")
    assert moment.values == {
        "aqi_d0": 80,
        "iaqi_pm2_5_d0": 80,
        "iaqi_o3_d0": 80,
        "aqi_d2": 160,
        "iaqi_pm2_5_d2": 160,
        "iaqi_o3_d2": 40,
        "aqi_d1": 120,
    }


def test_days_are_those_of_the_law_s_zone_however_the_issue_is_written() -> None:
    """20:00 in UTC is the next morning in Shanghai."""
    report = decoded(issued="2026-11-24T20:00:00Z")
    assert isinstance(report, Report)
    assert set(report.moments[0].values) == {"aqi_d0", "aqi_d1", "aqi_d2"}


BAD_DAYS: dict[str, Any] = {
    "twice": [*a_forecast()["days"], {"date": "2026-11-25", "aqi": 1}],
    "before": [*a_forecast()["days"], {"date": "2026-11-23", "aqi": 1}],
    "too-far": [*a_forecast()["days"], {"date": "2026-12-09", "aqi": 1}],
    "two": a_forecast()["days"][:2],
    "no-date": [*a_forecast()["days"], {"date": "2026-02-30", "aqi": 1}],
    "a-number": [*a_forecast()["days"], {"date": 20261128, "aqi": 1}],
    "above-500": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": 501}],
    "below-0": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": -1}],
    "text": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": "80"}],
    "part-above-all": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": 80, "iaqi": {"o3": 81}}],
    "leader-below": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": 80, "led_by": ["o3"], "iaqi": {"o3": 70}}],
    "stranger": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": 80, "led_by": ["radon"]}],
    "more": [*a_forecast()["days"], {"date": "2026-11-28", "aqi": 80, "mood": "good"}],
}


@pytest.mark.parametrize("days", BAD_DAYS.values(), ids=BAD_DAYS)
def test_what_is_wrong_with_a_day_costs_the_whole_forecast(days: Any) -> None:
    """One unit, kept with its bytes."""
    outcome = a_walk().take(a_delivery(a_forecast(days=days)))
    assert outcome.readings == []
    assert [(reason, count) for reason, _, _, count in outcome.flagged.refusals] == [("wrong_shape", 1)]
    assert outcome.flagged.account == "xilan"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", Reason.BROKEN_JSON),
        (b"\xff", Reason.NOT_UTF8),
        (json.dumps(a_forecast(issued="2026-11-24T20:00:00")).encode(), Reason.WRONG_SHAPE),
        (json.dumps(a_forecast(issued=1764000000)).encode(), Reason.WRONG_SHAPE),
        (json.dumps(a_forecast(issued="20261124200000")).encode(), Reason.WRONG_SHAPE),
        (b'{"area":"xilan","issued":"2026-11-24T20:00:00+08:00","days":[{"date":"2026-11-25","aqi":NaN}]}', None),
    ],
)
def test_unreadable_forecast_is_malformed(payload: bytes, reason: Reason | None) -> None:
    found = forecast.decode(payload)
    assert isinstance(found, Malformed)
    assert reason is None or found.reason is reason


def test_forecast_of_an_area_that_is_not_ours_is_counted() -> None:
    outcome = a_walk().take(a_delivery(a_forecast(area="atlantis"), topic="clearwarn/v1/forecast/atlantis"))
    assert [(reason, count) for reason, _, _, count in outcome.flagged.refusals] == [("unknown_area", 1)]
    assert outcome.flagged.account == "_unknown"


def test_forecast_must_be_of_its_topic_s_area() -> None:
    outcome = a_walk().take(a_delivery(a_forecast(area="xilan-bay")))
    assert [reason for reason, *_ in outcome.flagged.refusals] == ["station_mismatch"]


def test_a_station_does_not_forecast_and_an_area_has_no_readings() -> None:
    walk = a_walk()
    for topic, payload in (
        ("clearwarn/v1/forecast/air-01", a_forecast(area="air-01")),
        (
            "clearwarn/v1/air/xilan/reading",
            {"station": "xilan", "time": "2026-11-24T08:00:00Z", "period": "1h", "values": {"aqi_d1": 300}},
        ),
    ):
        outcome = walk.take(a_delivery(payload, topic=topic))
        assert outcome.readings == []
        assert [reason for reason, *_ in outcome.flagged.refusals] == ["kind_mismatch"]


def test_forecast_again_is_a_duplicate_and_its_correction_is_one() -> None:
    walk = a_walk()
    first = walk.take(a_delivery(a_forecast()))
    assert (first.flagged.received, first.flagged.duplicates, len(first.readings)) == (3, 0, 3)
    again = walk.take(a_delivery(a_forecast(), position=2))
    assert (again.flagged.received, again.flagged.duplicates, again.readings) == (3, 3, [])
    days = [*a_forecast()["days"][:2], {"date": "2026-11-27", "aqi": 210}]
    corrected = walk.take(a_delivery(a_forecast(days=days), position=3))
    assert [(one.parameter, one.value) for one in corrected.readings] == [("aqi_d3", 210)]
    assert corrected.flagged.corrected == [("aqi_d3", "instant", int(ISSUED.timestamp() * 1e6), 90)]


def test_forecast_from_the_future_is_flagged_as_such() -> None:
    outcome = a_walk().take(a_delivery(a_forecast(), after=timedelta(hours=-1)))
    assert {(one.flag, one.reason) for one in outcome.readings} == {(Flag.FAIL, "future")}


def test_memory_of_forecasts_survives_a_checkpoint() -> None:
    first = a_walk()
    first.take(a_delivery(a_forecast()))
    second = a_walk()
    second.restore(json.loads(json.dumps(first.snapshot(), default=tuple)))
    assert second.take(a_delivery(a_forecast(), position=2)).flagged.duplicates == 3


def test_refused_forecast_goes_through_again_once_it_is_understood() -> None:
    redrives = Redrive(1, ISSUED + timedelta(seconds=5), None)
    outcome = a_walk().take(a_delivery(a_forecast(), after=timedelta(days=1), position=9, redrives=redrives))
    assert [one.parameter for one in outcome.readings] == ["aqi_d1", "aqi_d2", "aqi_d3"]
    assert {one.received_at for one in outcome.readings} == {ISSUED + timedelta(seconds=5)}
