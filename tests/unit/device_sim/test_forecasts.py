"""The pretend weather service: when it speaks, of which days, and that the haze to come is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from device_sim.scenario import Index
from ingest.codecs import forecast
from ingest.codecs.report import Report
from tests.support.district import a_district

T0 = datetime(2026, 11, 24, 2, tzinfo=UTC)
DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_forecast_is_issued_at_twenty_each_day_of_the_days_after_it() -> None:
    found = list(a_district(start=T0).forecasts(T0 - 3 * DAY, T0))
    assert [one.due.astimezone(SHANGHAI).hour for one in found] == [20, 20, 20]
    assert {one.topic for one in found} == {"clearwarn/v1/forecast/xilan"}
    for one in found:
        days = [day["date"] for day in json.loads(one.payload)["days"]]
        first = one.due.astimezone(SHANGHAI).date()
        assert days == [(first + ahead * DAY).isoformat() for ahead in range(1, 6)]


def test_forecast_is_among_what_is_sent_and_intake_understands_it() -> None:
    district = a_district(start=T0)
    sent = [(one.topic, one.payload) for one in district.live(T0 - DAY, T0)] + list(district.backfill(24))
    forecasts = [payload for topic, payload in sent if "/forecast/" in topic]
    assert len(forecasts) == 2
    assert forecasts[0] == forecasts[1]
    report = forecast.decode(forecasts[0])
    assert isinstance(report, Report)
    assert {"aqi_d1", "iaqi_pm2_5_d1", "iaqi_o3_d5"} <= set(report.moments[0].values)


def test_the_haze_is_forecast_before_it_is_there() -> None:
    """It passes an AQI of 200 by day means; the days around it do not."""
    issued = list(a_district(start=T0).forecasts(T0 - 3 * DAY, T0 - 2 * DAY))
    (days,) = [json.loads(one.payload)["days"] for one in issued]
    assert max(day["aqi"] for day in days) > 200
    assert [day["led_by"] for day in days if day["aqi"] > 200] == [["pm2_5"]] * sum(day["aqi"] > 200 for day in days)
    assert min(day["aqi"] for day in days) < 100


def test_index_is_straight_between_points_and_rounded_up() -> None:
    index = Index(of="mean", points=((0, 0), (35, 50), (60, 100)))
    assert [index.at(value) for value in (-1, 0, 35, 35.1, 60, 999)] == [0, 0, 50, 51, 100, 100]


def test_points_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValidationError, match="must rise"):
        Index(of="mean", points=((0, 0), (0, 50)))
