"""The shipped catalogue and scenario show what the demonstration promises, whatever the minute it starts at."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean

import pytest

from device_sim.encoder import Report
from device_sim.periods import Period
from tests.support.district import BEIJING, T0, a_district, catalog_of, shipped_scenario

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STARTS = [T0.replace(minute=0), T0, T0.replace(minute=59)]


def reports(start: datetime, after: timedelta, until: timedelta) -> list[Report]:
    return list(a_district(start=start).reports(start + after, start + until))


def series(found: list[Report], station: str, parameter: str, period: str) -> dict[datetime, float]:
    return {r.due: r.values[parameter] for r in found if r.station == station and r.period == period}


def test_catalogue_fits_together() -> None:
    """No station names an area, parameter or intake that is not there."""
    catalog = catalog_of()
    assert catalog.problems() == []
    kinds = [station.kind.value for station in catalog.stations]
    assert (kinds.count("air"), kinds.count("source"), kinds.count("outfall")) == (6, 4, 8)
    assert sorted(s.role for s in catalog.stations if s.kind == "source") == [
        "intake",
        "reservoir",
        "upstream",
        "upstream",
    ]


def test_beijing_catalogue_fits_together() -> None:
    """The catalogue for the recorded data is one, too."""
    catalog = catalog_of(BEIJING)
    assert catalog.problems() == []
    assert len(catalog.stations) == 12


def test_every_parameter_of_a_station_has_a_signal() -> None:
    """A station sends all it says it measures."""
    signals = shipped_scenario().signals
    for station in catalog_of().stations:
        assert set(station.parameters) <= set(signals[station.kind.value])


@pytest.mark.parametrize("start", STARTS)
def test_haze_holds_the_day_mean_above_150_from_the_start_on(start: datetime) -> None:
    """The area's rolling 24 h mean of PM2.5 is above 150 ug/m3 at T0 and for a day more, having been below before."""
    found = [r for r in reports(start, -48 * HOUR, 26 * HOUR) if r.kind == "air"]
    hours = sorted({r.due for r in found})
    area = [mean(r.values["pm2_5"] for r in found if r.due == hour) for hour in hours]
    means = {hour: mean(area[n - 23 : n + 1]) for n, hour in enumerate(hours) if n >= 23}
    assert all(value > 150 for hour, value in means.items() if hour >= start)
    assert means[min(means)] < 75


@pytest.mark.parametrize("start", STARTS)
def test_spill_comes_down_the_brook_later_and_thinner(start: datetime) -> None:
    """Ammonia passes 1 mg/L at the upper monitor within a quarter of an hour, at the next and at the intake later."""
    found = [r for r in reports(start, -HOUR, 5 * HOUR) if r.kind == "source"]
    first, peak = {}, {}
    for station in ("src-up-01", "src-up-02", "src-in-01"):
        values = series(found, station, "nh3_n", "5m")
        first[station] = min(due for due, value in values.items() if value > 1.0)
        peak[station] = max(values.values())
    assert start + 5 * MINUTE < first["src-up-01"] <= start + 20 * MINUTE
    assert first["src-up-01"] < first["src-up-02"] < first["src-in-01"]
    assert peak["src-up-01"] > peak["src-up-02"] > peak["src-in-01"] > 1.0
    assert max(series(found, "src-res-01", "nh3_n", "5m").values()) < 1.0


@pytest.mark.parametrize("start", STARTS)
def test_outfall_exceeds_in_minutes_and_in_whole_hours(start: datetime) -> None:
    """COD is above 50 mg/L in every 10 min value of the hour before T0, and in the clock hours on both sides of T0."""
    found = reports(start, -HOUR, 2 * HOUR)
    assert min(series(found, "out-02", "cod", "10m").values()) > 50
    assert min(series(found, "out-02", "cod", "1h").values()) > 50
    assert max(series(found, "out-01", "cod", "10m").values()) < 50


def test_hour_is_the_mean_of_its_ten_minutes() -> None:
    """An outfall's hour and its ten-minute values agree."""
    found = [r for r in reports(T0.replace(minute=0), -HOUR, timedelta(0)) if r.station == "out-03"]
    minutes = series(found, "out-03", "cod", "10m").values()
    (hour,) = series(found, "out-03", "cod", "1h").values()
    assert len(minutes) == 6
    assert hour == pytest.approx(mean(minutes), abs=0.02)


def test_stuck_sensor_says_one_value_for_more_than_twelve_hours() -> None:
    """Long enough for the flat-line check (12 h) by T0; its neighbours on the same station go on."""
    found = reports(T0, timedelta(hours=-12, minutes=-30), timedelta(0))
    assert len(set(series(found, "src-res-01", "cond", "5m").values())) == 1
    assert len(set(series(found, "src-res-01", "temp", "5m").values())) > 20


def test_silent_station_stops() -> None:
    """It was heard an hour before T0 and not at all in the half hour before."""
    assert any(r.station == "out-07" for r in reports(T0, -HOUR, -45 * MINUTE))
    assert not any(r.station == "out-07" for r in reports(T0, -39 * MINUTE, HOUR))


@pytest.mark.parametrize("hour", [0, 7, 14, 21])
def test_healthy_sensors_never_look_stuck_or_impossible(hour: int) -> None:
    """With haze, spill and all, no healthy series is flat for its suspect time or out of range, whenever it starts."""
    start = T0.replace(hour=hour)
    catalog = catalog_of()
    scenario = shipped_scenario().model_copy(update={"faults": ()})
    found = list(a_district(start=start, scenario=scenario).reports(start - 40 * HOUR, start + 24 * HOUR))
    by_series: dict[tuple[str, str, str], list[float]] = {}
    for report in found:
        for name, value in report.values.items():
            by_series.setdefault((report.station, name, report.period), []).append(value)
    for (station, name, period), values in by_series.items():
        limits = catalog.parameters[name]
        assert limits.low <= min(values), (station, name)
        assert max(values) <= limits.high, (station, name)
        if limits.flat is not None:
            steps = int(limits.flat.suspect_hours * HOUR / Period(period).length)
            longest = run = 1
            for before, value in pairwise(values):
                run = run + 1 if value == before else 1
                longest = max(longest, run)
            assert longest < steps, (station, name, period)


def test_backfill_is_small_enough_for_the_embedded_broker() -> None:
    """48 h of the district come in fewer than 1500 messages."""
    messages = list(a_district().backfill(48))
    assert 18 * 20 < len(messages) < 1500
    assert max(len(payload) for _, payload in messages) < 64 * 1024
