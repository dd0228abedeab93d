"""The air windows by example: what counts, what is said when, and what bad input comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.air.model import IndexValue
from ingest.model import Flag, Reading
from tests.support.air_windows import (
    HOUR,
    MINUTE,
    PLAIN,
    SHANGHAI,
    START,
    a_message,
    an_air_network,
    an_air_station,
    an_area,
    fed,
    said_of,
    standing,
)
from tests.support.bundles import bundled

END = START + HOUR
ONE = {"pm2_5": 40.0}


def minutes(values: Mapping[int, float], *, period: str = "1m") -> list[list[Reading]]:
    """Messages of one pollutant, by the minute in which their instant lies."""
    return [a_message(START + n * MINUTE, {"pm2_5": value}, period=period) for n, value in values.items()]


def hourly(said: list[IndexValue]) -> list[tuple[float | None, int, int]]:
    return said_of(said, "pm2_5")


def test_hour_is_said_when_it_is_over_and_not_before() -> None:
    """With the reading whose instant is the hour's end, not with the forty-fifth minute."""
    network = an_air_network()
    assert fed(network, minutes(dict.fromkeys(range(1, 60), 40.0))) == []
    assert hourly(fed(network, minutes({60: 100.0}))) == [(41.0, 60, 60)]


@pytest.mark.parametrize(("period", "width", "enough"), [("1m", 1, 45), ("5m", 5, 9), ("10m", 10, 5)])
def test_hour_is_valid_with_45_minutes(period: str, width: int, enough: int) -> None:
    """Each reading counts for the minutes of its period."""
    for there, valid in ((enough - 1, False), (enough, True)):
        slots = [*range(1, there), 60 // width]
        said = fed(an_air_network(), minutes({n * width: 40.0 for n in slots}, period=period))
        assert hourly(said) == ([(40.0, there * width, 60)] if valid else [])


@pytest.mark.parametrize(("interval", "width"), [(30, 1), (60, 1), (299, 1), (300, 5), (600, 10), (3600, 10)])
def test_instants_count_for_the_station_s_interval(interval: int, width: int) -> None:
    """At most ten minutes: an instant once an hour does not make an hour."""
    network = an_air_network(an_air_station(interval_seconds=float(interval)))
    said = fed(network, minutes({n * width: 40.0 for n in range(1, 60 // width + 1)}, period="instant"))
    assert hourly(said) == [(40.0, 60, 60)]


def test_newest_instant_of_a_minute_is_the_minute_s() -> None:
    """Whatever comes first."""
    network = an_air_network(an_air_station(interval_seconds=10.0))
    fed(network, minutes(dict.fromkeys(range(2, 60), 40.0), period="instant"))
    for second, value in ((10, 1.0), (50, 100.0), (30, 2.0)):
        instant = START + timedelta(seconds=second)
        fed(network, [a_message(instant, {"pm2_5": value}, period="instant", received_at=START + HOUR)])
    assert hourly(fed(network, minutes({60: 40.0}, period="instant"))) == [(41.0, 60, 60)]


def test_day_of_hours_with_thirds_lies_on_a_half_exactly() -> None:
    """Minutes of which a third lies one higher; 24 such hours at 49.5 are reported as 50, and not as a little less."""
    network = an_air_network()
    minutes = (
        a_message(START + n * MINUTE, {"pm2_5": (49.0 if n <= 20 * 60 else 50.0) + (n % 3 == 0)}, period="1m")
        for n in range(1, 24 * 60 + 1)
    )
    said = fed(network, minutes)
    assert said_of(said, "pm2_5_24h", "1d") == [(50.0, 24, 24)]
    assert said_of(said, "pm2_5")[0] == (49.333333, 60, 60)


def test_area_of_three_lies_on_a_half_exactly() -> None:
    """As minutes, the stations of an hour."""
    stations = [an_air_station(id=f"air-{number}") for number in (1, 2, 3)]
    network = an_air_network(*stations, areas=[an_area()])
    hours = (
        a_message(
            START + n * HOUR, {"pm2_5": (49.0 if n <= 20 else 50.0) + (station.id == "air-3")}, station=station.id
        )
        for n in range(1, 25)
        for station in stations
    )
    said = [one for one in fed(network, hours) if one.station == "bay"]
    assert said_of(said, "pm2_5_24h", "1d") == [(50.0, 24, 24)]


def test_missing_minutes_are_named() -> None:
    """Counted from the first of the hour."""
    there = [n for n in range(1, 61) if n not in {3, 7, 8, 9}]
    (said,) = (one for one in fed(an_air_network(), minutes(dict.fromkeys(there, 40.0))) if one.parameter == "pm2_5")
    assert (said.have, said.of, said.missing) == (56, 60, "3,7-9")


def test_device_s_own_hour_wins_and_nothing_is_mixed() -> None:
    """From the minutes first, which the device's hour replaces; a later minute changes nothing of it."""
    network = an_air_network()
    assert hourly(fed(network, minutes(dict.fromkeys(range(1, 61), 40.0)))) == [(40.0, 60, 60)]
    own = fed(network, [a_message(END, {"pm2_5": 200.0})])
    assert hourly(own) == [(None, 0, 60)]  # the reading itself is the hour now
    assert said_of(own, "iaqi_pm2_5") == [(250.0, 1, 1)]
    assert fed(network, [a_message(START + 30 * MINUTE, {"pm2_5": 900.0}, period="1m", received_at=END)]) == []


@pytest.mark.parametrize("flag", [Flag.SUSPECT, Flag.FAIL, Flag.MISSING])
def test_hour_that_does_not_count_leaves_the_minutes(flag: Flag) -> None:
    """A doubtful hour of the device is no hour; one that turns out doubtful gives way."""
    network = an_air_network()
    fed(network, minutes(dict.fromkeys(range(1, 60), 40.0)))
    assert hourly(fed(network, [a_message(END, {"pm2_5": 200.0}, flag=flag)])) == [(40.0, 59, 60)]
    fed(network, [a_message(END, {"pm2_5": 200.0})])
    assert hourly(fed(network, [a_message(END, {"pm2_5": 201.0}, flag=flag)])) == [(40.0, 59, 60)]


def test_periods_finer_than_an_hour_are_never_mixed() -> None:
    """Forty minutes of one and ten of another are no hour; the finer of two that suffice is taken."""
    some = minutes(dict.fromkeys(range(1, 41), 40.0))
    rest = minutes({50: 90.0, 60: 90.0}, period="10m")
    assert hourly(fed(an_air_network(), [*some, *rest])) == []
    full = minutes(dict.fromkeys(range(10, 61, 10), 90.0), period="10m")
    assert hourly(fed(an_air_network(), [*some, *full])) == [(90.0, 60, 60)]
    both = [*minutes(dict.fromkeys(range(1, 61), 40.0)), *full]
    by_instant = sorted(both, key=lambda message: message[0].instant)
    assert hourly(fed(an_air_network(), by_instant)) == [(40.0, 60, 60)]


def test_hour_off_the_clock_is_no_hour() -> None:
    """A value of period 1h that ends at half past is stored and counted, and makes no window."""
    network = an_air_network()
    assert fed(network, [a_message(START + 90 * MINUTE, ONE)]) == []
    assert network.unused["air_off_hour"] == 1


def test_late_within_the_lateness_revises_and_beyond_it_is_counted() -> None:
    """Index and revision; what is too late leaves no trace in any window."""
    network = an_air_network()
    fed(network, [a_message(START + n * HOUR, ONE) for n in range(1, 80) if n != 30])
    late = fed(network, [a_message(START + 30 * HOUR, ONE, received_at=START + 80 * HOUR)])
    assert [(one.revision, one.instant) for one in late if one.parameter == "iaqi_pm2_5" and one.period == "1h"] == [
        (2, START + 30 * HOUR)
    ]
    assert said_of(late, "pm2_5_24h", "1d") == [(40.0, 24, 24)]
    before = [*network.snapshot()["stations"]]
    assert fed(network, [a_message(START + 3 * HOUR, {"pm2_5": 900.0}, received_at=START + 80 * HOUR)]) == []
    assert network.unused["air_too_late"] == 1
    assert [*network.snapshot()["stations"]] == before


def test_value_that_loses_its_validity_is_taken_back() -> None:
    """Twenty hours hold a day's mean; with nineteen nothing stands, and what stood is missing."""
    network = an_air_network()
    said = fed(network, [a_message(START + n * HOUR, ONE) for n in (*range(1, 20), 24)])
    assert said_of(said, "pm2_5_24h", "1d") == [(40.0, 20, 24)]
    (day,) = (one for one in said if (one.parameter, one.period) == ("pm2_5_24h", "1d"))
    assert day.missing == "20-23"
    gone = fed(network, [a_message(START + 5 * HOUR, {"pm2_5": None}, received_at=START + 25 * HOUR)])
    (withdrawn,) = (one for one in gone if (one.parameter, one.period) == ("pm2_5_24h", "1d"))
    assert (withdrawn.value, withdrawn.flag, withdrawn.reason, withdrawn.revision) == (None, 9, "withdrawn", 2)
    assert ("air-1", "pm2_5_24h", "1d", START + 24 * HOUR) not in standing([*said, *gone])


def test_same_reading_again_says_nothing() -> None:
    """Whenever it comes."""
    network = an_air_network()
    messages = [a_message(START + n * HOUR) for n in range(1, 30)]
    fed(network, messages)
    newest = messages[-1][0].received_at
    assert [network.feed(bundled(message), newest) for message in messages] == [[]] * len(messages)


@pytest.mark.parametrize("hours", [90, 115, 130, 1440])  # within what is kept, at its end, and far beyond it
def test_silence_ends_windows_and_makes_up_nothing(hours: int) -> None:
    """A day without a reading has no value; the day before it is said all the same, and the month that ended."""
    network = an_air_network()
    said = fed(network, [a_message(START + n * HOUR) for n in range(1, 25)])
    assert said_of(said, "aqi", "1d") == [(65.0, 6, 6)]
    later = fed(network, [a_message(START + hours * HOUR)])
    assert said_of(later, "pm2_5_24h", "1d") == []
    assert {one.instant for one in later if one.parameter == "pm2_5_24h"} == {
        START + n * HOUR
        for n in (25, 26, 27, 28)  # of the last 24 hours there are still twenty
    }


def test_all_pollutants_missing_is_no_index() -> None:
    """Hours without any value are over without a word."""
    network = an_air_network()
    assert fed(network, [a_message(START + n * HOUR, dict.fromkeys(PLAIN)) for n in range(1, 30)]) == []


@pytest.mark.parametrize("value", [-1e300, -5000.0, 1e7, 1e300])
def test_number_that_is_no_concentration_does_not_count(value: float) -> None:
    """Whatever its flag: no crash, no index."""
    network = an_air_network()
    assert fed(network, [a_message(END, {"pm2_5": value})]) == []
    assert fed(network, minutes(dict.fromkeys(range(61, 121), value))) == []


@pytest.mark.parametrize(("value", "iaqi"), [(-0.4, 0.0), (0.0, 0.0), (10_000.0, 500.0)])
def test_concentration_out_of_range_ends_at_the_index_s_end(value: float, iaqi: float) -> None:
    """Below zero is a zero that drifts; above the last breakpoint the index ends at 500."""
    assert said_of(fed(an_air_network(), [a_message(END, {"pm2_5": value})]), "iaqi_pm2_5") == [(iaqi, 1, 1)]


def test_clock_that_jumps_back_revises_and_one_that_jumps_ahead_is_not_believed() -> None:
    """Back: earlier hours again, as corrections. Ahead: beyond the skew nothing moves."""
    network = an_air_network()
    fed(network, [a_message(START + n * HOUR) for n in range(1, 10)])
    now = START + 10 * HOUR
    back = fed(network, [a_message(START + 4 * HOUR, {**PLAIN, "pm2_5": 80.0}, received_at=now)])
    assert [(one.revision, one.value) for one in back if one.parameter == "iaqi_pm2_5"] == [(2, 119.0)]
    assert network.feed(bundled(a_message(now + 6 * MINUTE, period="1m", received_at=now)), now) == []
    assert network.unused["air_future"] == 6
    assert said_of(network.feed(bundled(a_message(now)), now), "aqi") == [(65.0, 6, 6)]


def test_date_no_device_measured_on_is_not_looked_at() -> None:
    """A clock that was never set: no calendar is asked about the year 1."""
    network = an_air_network()
    for year in (1, 1900, 1970):
        instant = datetime(year, 1, 1, tzinfo=UTC)
        assert network.feed(bundled(a_message(instant, received_at=instant)), START) == []
    assert network.unused["air_too_late"] == 18


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(1986, 5, 4), 23), (date(1986, 9, 14), 25), (date(1988, 4, 17), 23), (date(1989, 1, 1), 24)],
)
def test_day_has_as_many_hours_as_it_had(day: date, hours: int) -> None:
    """China had summer time from 1986 to 1991."""
    begin, end = (datetime.combine(on, time(), SHANGHAI).astimezone(UTC) for on in (day, day + timedelta(days=1)))
    said = fed(an_air_network(), [a_message(begin + n * HOUR, ONE) for n in range(1, hours + 1)])
    (mean,) = (one for one in said if (one.parameter, one.period) == ("pm2_5_24h", "1d"))
    assert (mean.instant, mean.have, mean.of) == (end, hours, hours)


def test_zone_off_by_half_an_hour_has_hours_of_its_own() -> None:
    """An hour in India ends at half past."""
    zone = ZoneInfo("Asia/Kolkata")
    begin = datetime(2026, 11, 23, tzinfo=zone).astimezone(UTC)
    network = an_air_network(an_air_station(zone=zone))
    said = fed(network, [a_message(begin + n * HOUR, ONE) for n in range(1, 25)])
    assert said_of(said, "pm2_5_24h", "1d") == [(40.0, 24, 24)]
    assert network.unused["air_off_hour"] == 0


@pytest.mark.parametrize(("last_day", "edition", "iaqi"), [(28, "hj633-2012", 92.0), (1, "hj633-2026", 108.0)])
def test_edition_is_that_of_the_day_measured(last_day: int, edition: str, iaqi: float) -> None:
    """In the station's zone: the last hour of February is still judged by the tables of 2012."""
    month = 2 if last_day == 28 else 3
    begin = datetime(2026, month, last_day, tzinfo=SHANGHAI).astimezone(UTC)
    said = fed(an_air_network(), [a_message(begin + n * HOUR, {"pm2_5": 68.0}) for n in range(1, 25)])
    (day,) = (one for one in said if (one.parameter, one.period) == ("iaqi_pm2_5", "1d"))
    assert (day.edition, day.value) == (edition, iaqi)


def test_mda8_holds_with_14_means_or_above_the_limit() -> None:
    """Of the seventeen 8 h means that lie within the day."""
    for there, value, wanted in ((14, 90.0, 90.0), (13, 90.0, None), (13, 161.0, 161.0), (13, 160.0, None)):
        hours = [n for n in range(1, 25) if n <= there + 7]  # so many means have six of their hours, two more follow
        network = an_air_network()
        said = fed(network, [a_message(START + n * HOUR, {"o3": value}) for n in hours[:-2]])
        said += fed(network, [a_message(START + 25 * HOUR, {"o3": None})])
        found = [each[0] for each in said_of(said, "o3_8h_max", "1d")]
        assert found == ([] if wanted is None else [wanted])


def test_area_waits_for_its_stations_and_needs_coverage() -> None:
    """Three of four make the area's hour, when the fourth is past it or an hour has gone by."""
    stations = [an_air_station(id=f"air-{n}") for n in range(1, 5)]
    network = an_air_network(*stations, areas=[an_area()])
    values = {"air-1": 10.0, "air-2": 20.0, "air-3": 60.0}
    said = fed(network, [a_message(END, {"pm2_5": value}, station=id_) for id_, value in values.items()])
    assert [one for one in said if one.station == "bay"] == []
    said = fed(network, [a_message(END, {"pm2_5": None}, station="air-4")])
    (mean,) = (one for one in said if (one.station, one.parameter) == ("bay", "pm2_5"))
    assert (mean.value, mean.have, mean.of, mean.missing) == (30.0, 3, 4, "air-4")
    gone = fed(network, [a_message(END, {"pm2_5": None}, station="air-3", received_at=END)])
    assert [(one.value, one.flag) for one in gone if (one.station, one.parameter) == ("bay", "pm2_5")] == [(None, 9)]


def test_area_goes_on_without_a_station_that_is_silent() -> None:
    """An hour late, when others begin the next."""
    network = an_air_network(an_air_station(), an_air_station(id="air-2"), areas=[an_area("0.5")])
    assert [one.station for one in fed(network, [a_message(END, ONE)])] == ["air-1"]
    said = fed(network, [a_message(END + HOUR, ONE)])
    assert [one.instant for one in said if (one.station, one.parameter) == ("bay", "pm2_5")] == [END]


def test_station_of_another_zone_has_no_part_in_the_area() -> None:
    """Its days are not the area's days."""
    elsewhere = an_air_station(id="air-2", zone=ZoneInfo("Europe/Berlin"))
    network = an_air_network(an_air_station(), elsewhere, areas=[an_area()])
    said = fed(network, [a_message(END, ONE), a_message(END, {"pm2_5": 500.0}, station="air-2")])
    assert said_of([one for one in said if one.station == "bay"], "pm2_5") == [(40.0, 1, 1)]


def test_month_quarter_and_year_follow_from_their_days() -> None:
    """Said at their end, valid with enough days; a late hour revises them all."""
    network = an_air_network()
    begin = datetime(2025, 10, 1, tzinfo=SHANGHAI).astimezone(UTC)
    days = 92  # October to December
    messages = [a_message(begin + n * HOUR, ONE) for n in range(1, days * 24 + 1) if n % 24 or n == days * 24]
    said = fed(network, messages)
    spans = [(one.period, one.value, one.have, one.of) for one in said if one.parameter == "pm2_5_mean"]
    assert spans == [("1mo", 40.0, 31, 31), ("1mo", 40.0, 30, 30), ("1mo", 40.0, 31, 31), ("1q", 40.0, 92, 92)]
    end = begin + days * 24 * HOUR
    late = a_message(end - 24 * HOUR, {"pm2_5": 40.0 + 24 * 92}, received_at=end)
    again = [
        (one.period, one.value, one.revision)
        for one in network.feed(bundled(late), end)
        if one.parameter == "pm2_5_mean"
    ]
    assert again == [("1mo", pytest.approx(40.0 + 92 / 31, abs=1e-6), 2), ("1q", 41.0, 2)]


def test_station_that_is_not_of_air_has_no_windows() -> None:
    """Nor has a parameter that is none of the six, or a period of days."""
    network = an_air_network()
    assert fed(network, [a_message(END, station="source-1"), a_message(END, {"temp": 20.0})]) == []
    assert fed(network, [a_message(START + 24 * HOUR, period="1d"), a_message(START + 4 * HOUR, period="4h")]) == []


def test_bulletin_shows_the_newest_hour_and_day() -> None:
    """With level, primary pollutants and completeness; what may not be published is null."""
    network = an_air_network()
    assert network.bulletin("air-1") is None
    fed(network, [a_message(START + n * HOUR) for n in range(1, 26)])
    document = network.bulletin("air-1")
    assert document is not None
    assert document["station"] == "air-1"
    assert {type(name) for part in ("hour", "day") for name in document[part]["indices"]} == {
        str
    }  # JSON takes no others
    assert document["hour"]["values"] == PLAIN
    assert {name: document["hour"][name] for name in ("aqi", "primary", "edition", "completeness", "revision")} == {
        "aqi": 65,
        "primary": ["pm10"],
        "edition": "hj633-2026",
        "completeness": {"have": 6, "of": 6},
        "revision": 1,
    }
    assert document["hour"]["level"] == {"level": 2, "zh": "良", "en": "Good", "colour": "yellow"}
    assert (document["day"]["date"], document["day"]["aqi"]) == ("2026-11-23", 65)
    fed(network, [a_message(START + 26 * HOUR, {"pm2_5": 1.0})])
    after = network.bulletin("air-1")
    assert after is not None
    assert (after["hour"]["aqi"], after["hour"]["level"]) == (None, None)
