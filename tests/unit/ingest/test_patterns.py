"""What shows over hours and days: repeated days, values just below the limit, drift, impossible pairs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from ingest.catalog import Drift, NearLimit, Repeat
from ingest.model import Flag
from ingest.neighbours import DAY, DailyMeans
from ingest.patterns import HOUR, JustBelow, RepeatedDay, Watch
from ingest.walk import Walk
from ingest.wholes import WAITING
from tests.support.ingest import NOW, STATION, a_catalog, a_delivery, a_parameter, a_station, permitted

PROFILE = [30.0, 31.2, 29.5, 33.1, 35.0, 34.2, 36.6, 31.9, 30.4, 32.2, 30.0, 28.1]  # of half a day


def taken(watch: Watch, values: Iterable[float], *, first: int = 0, step: int = HOUR) -> list[str]:
    """Reasons, value by value."""
    found = [watch.take((first + number) * step, value) for number, value in enumerate(values)]
    return ["" if verdict is None else verdict[1] for verdict in found]


def test_repeated_day_is_suspect_after_so_many_hours() -> None:
    """The third repeated hour is over when the fourth begins."""
    watch = RepeatedDay(Repeat(hours=3))
    assert set(taken(watch, PROFILE * 2)) == {""}
    assert taken(watch, PROFILE, first=24) == [""] * 3 + ["repeated_day"] * 9


def test_repeated_day_ends_with_the_first_other_hour() -> None:
    watch = RepeatedDay(Repeat(hours=3))
    taken(watch, PROFILE * 3)
    assert taken(watch, [99.0, PROFILE[1], 5.0], first=36) == ["repeated_day", "", ""]


def test_repeated_day_within_the_hour_is_the_whole_hour() -> None:
    """Six values each; one other among them makes it another hour."""
    day = [float(number) for number in range(144)]
    same, other = RepeatedDay(Repeat(hours=3)), RepeatedDay(Repeat(hours=3))
    changed = [value + (number % 6 == 5) for number, value in enumerate(day)]
    assert "repeated_day" in taken(same, [*day, *day], step=HOUR // 6)
    assert set(taken(other, [*day, *changed], step=HOUR // 6)) == {""}


def test_repeated_day_does_not_count_a_constant_value() -> None:
    """That is `flat`'s matter."""
    assert set(taken(RepeatedDay(Repeat(hours=3)), [7.0] * 100)) == {""}


def test_repeated_day_says_nothing_across_a_missing_hour() -> None:
    """What was in it nobody knows; nor after days of silence."""
    watch = RepeatedDay(Repeat(hours=3))
    taken(watch, PROFILE * 2)
    taken(watch, PROFILE[:2], first=24)
    assert taken(watch, PROFILE[3:7], first=27) == [""] * 3 + ["repeated_day"]
    assert set(taken(watch, PROFILE * 2, first=24 * 100)) == {""}


def test_repeated_day_ignores_what_comes_out_of_order() -> None:
    watch = RepeatedDay(Repeat(hours=3))
    taken(watch, PROFILE)
    before = watch.snapshot()
    assert watch.take(HOUR, 99.0) is None
    assert watch.snapshot() == before


def below(**changes: Any) -> JustBelow:
    near = {"above": 0.9, "most": 0.8, "hours": 10} | changes
    return JustBelow(NearLimit.model_validate(near), limit=50.0, step=HOUR)


def test_just_below_the_limit_nearly_always_is_suspect() -> None:
    """At 1 - 0.9 ** n above 0.8: the 16th reading."""
    assert taken(below(), [47.0] * 20) == [""] * 15 + ["near_limit"] * 5


@pytest.mark.parametrize("values", [[44.9], [50.1], [47.0, 30.0]])
def test_near_the_limit_now_and_then_is_not(values: list[float]) -> None:
    """Below the band, above the limit, or by turns."""
    assert set(taken(below(), values * 100)) == {""}


def circle(*, days: int = 2) -> list[DailyMeans]:
    """Four stations."""
    found: list[DailyMeans] = []
    for _ in range(4):
        DailyMeans(Drift(factor=2, floor=10, days=days, neighbours=3), found)
    return found


def days_of(stations: list[DailyMeans], means: list[list[float]], *, first: int = 0) -> list[list[str]]:
    """Two readings a day about each mean; the reasons of the first reading of each."""
    found = []
    for number, day in enumerate(means, start=first):
        verdicts = [station.take(number * DAY, mean - 1) for station, mean in zip(stations, day, strict=True)]
        found.append(["" if verdict is None else verdict[1] for verdict in verdicts])
        for station, mean in zip(stations, day, strict=True):
            station.take(number * DAY + DAY // 2, mean + 1)
    return found


def test_drift_is_suspect_after_days_away_from_the_neighbours() -> None:
    """Two whole days; and over once a day is not."""
    stations = circle()
    apart, together = [100.0, 40.0, 42.0, 38.0], [45.0, 40.0, 42.0, 38.0]
    found = days_of(stations, [together, apart, apart, apart, together, together])
    assert [row[0] for row in found] == ["", "", "", "drift", "drift", ""]
    assert {reason for row in found for reason in row[1:]} == {""}


def test_drift_downwards_is_drift() -> None:
    assert days_of(circle(), [[5.0, 40.0, 42.0, 38.0]] * 4)[-1] == ["drift", "", "", ""]


@pytest.mark.parametrize("day", [[18.0, 9.0, 9.0, 9.0], [79.0, 40.0, 41.0, 40.0]])
def test_drift_needs_both_factor_and_floor(day: list[float]) -> None:
    """Little twice over is little; much more than little is not twice."""
    assert {reason for row in days_of(circle(), [day] * 6) for reason in row} == {""}


def test_drift_needs_neighbours() -> None:
    """Two of them do not outvote a station."""
    stations = circle()[:3]
    for station in stations:
        station._circle = stations
    assert {reason for row in days_of(stations, [[100.0, 40.0, 42.0]] * 6) for reason in row} == {""}


def test_drift_begins_anew_after_a_day_without_readings() -> None:
    stations = circle()
    apart = [100.0, 40.0, 42.0, 38.0]
    days_of(stations, [apart] * 2)
    assert {reason for row in days_of(stations, [apart] * 2, first=4) for reason in row} == {""}
    assert days_of(stations, [apart], first=6)[0][0] == "drift"


def test_drift_ignores_what_comes_late() -> None:
    stations = circle()
    days_of(stations, [[40.0] * 4] * 3)
    assert stations[0].take(DAY, 5000.0) is None
    assert stations[0].of(1) == 40.0


PAIRED = a_catalog(a_station(parameters=("pm2_5", "no2")), no2=a_parameter(includes=({"part": "pm2_5", "plus": 5},)))


def test_a_part_greater_than_the_whole_makes_both_suspect() -> None:
    """For the store and for the rules alike; the tolerance belongs to what is possible."""
    outcome = Walk(catalog=PAIRED).take(a_delivery(values={"no2": 30, "pm2_5": 35.1}))
    assert {(reading.flag, reading.reason) for reading in outcome.readings} == {(Flag.SUSPECT, "impossible_pair")}
    assert [value[2:] for _, _, values in outcome.flagged.groups for value in values] == [(3, "impossible_pair")] * 2
    assert not any(reading.reason for reading in Walk(catalog=PAIRED).take(pair(30, 35)).readings)


def pair(whole: float | None, part: float | None) -> Any:
    return a_delivery(values={"no2": whole, "pm2_5": part})


@pytest.mark.parametrize(("whole", "part", "reasons"), [(None, 90, {"no_value", ""}), (30, 5000, {"", "range"})])
def test_what_is_wrong_already_is_no_part(whole: float | None, part: float, reasons: set[str]) -> None:
    """Of it nothing follows for the other."""
    assert {reading.reason for reading in Walk(catalog=PAIRED).take(pair(whole, part)).readings} == reasons


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        ({"pm2_5": 90}, {"no2": 30}, [("no2", "impossible_pair")]),
        ({"no2": 30}, {"pm2_5": 90}, [("pm2_5", "impossible_pair")]),
        ({"pm2_5": 90}, {"no2": 30, "pm2_5": 90}, [("no2", "impossible_pair")]),  # whose half was here before
        ({"pm2_5": 35}, {"no2": 30}, [("no2", "")]),  # within the tolerance
        ({"pm2_5": 5000}, {"no2": 30}, [("no2", "")]),  # out of range: nothing follows from it
        ({"pm2_5": None}, {"no2": 30}, [("no2", "")]),
    ],
)
def test_halves_that_come_in_messages_of_their_own_are_compared(
    first: Any, second: Any, reasons: list[tuple[str, str]]
) -> None:
    """The one that comes last is suspect: the other has been stored by then."""
    walk = Walk(catalog=PAIRED)
    assert not any(reading.reason == "impossible_pair" for reading in walk.take(a_delivery(values=first)).readings)
    walk_after_restart = Walk(catalog=PAIRED)
    walk_after_restart.restore(orjson.loads(orjson.dumps(walk.snapshot(), default=tuple)))
    for one in (walk, walk_after_restart):
        outcome = one.take(a_delivery(values=second))
        assert [(reading.parameter, reading.reason) for reading in outcome.readings] == reasons


def test_halves_of_other_instants_and_stations_are_not_compared() -> None:
    """Nor of what came so many instants ago that it is forgotten; a correction is compared as a value is."""
    walk = Walk(catalog=PAIRED)
    hours = [(NOW - timedelta(hours=ago)).isoformat() for ago in (9, 8, 7, 6, 5, 4)]
    for number, time in enumerate(hours):
        walk.take(a_delivery(values={"pm2_5": 90 + number}, time=time))
    found = [
        walk.take(a_delivery(values={"no2": 30 + number}, time=time)).readings[0].reason
        for number, time in enumerate(reversed(hours))
    ]
    assert found == ["impossible_pair"] * WAITING + [""] * 2
    mended = walk.take(a_delivery(values={"no2": 120}, time=hours[-1]))
    assert [(reading.value, reading.reason) for reading in mended.readings] == [(120.0, "")]


def test_watches_are_the_walk_s() -> None:
    """By the station's own limit; flagged for rules and store alike."""
    catalog = a_catalog(
        a_station(parameters=("no2",)),
        no2=a_parameter(near_limit={"above": 0.9, "most": 0.8, "hours": 10}, repeat={"hours": 3}),
    )
    walk = Walk(catalog=permitted(catalog, STATION, no2=50))
    found = [
        walk.take(
            a_delivery(
                time=(at := NOW + timedelta(hours=hour)).isoformat(),
                received_at=at + timedelta(hours=1),
                values={"no2": 46 + hour % 3},
            )
        )
        for hour in range(16)
    ]
    assert [outcome.readings[0].reason for outcome in found] == [""] * 15 + ["near_limit"]
    assert found[-1].flagged.groups[0][2] == [("no2", 46.0, 3, "near_limit")]
    assert found[-1].readings[0].station == STATION
