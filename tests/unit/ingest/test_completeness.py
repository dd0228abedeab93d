"""Completeness of slots: what is due, what counts, when it is told, what revises it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from ingest.bundle import Value, Values
from ingest.completeness import AT_ONCE, GRACE, HOUR, Completeness
from ingest.flagged import Summary, decode, encode
from ingest.model import SKEW, Flag
from ingest.walk import Walk
from tests.support.ingest import NOW, STATION, a_catalog, a_delivery, a_station, an_outcome

START = 480_000 * HOUR  # on the hour
MINUTE = HOUR // 60


def value(name: str, flag: Flag = Flag.PASS) -> Value:
    return (name, 1.0, flag.value, "")


class Counting:
    """Stations of one sort with two parameters; begun, so that the first whole hour is the one from START."""

    def __init__(self, *ids: str, **changes: Any) -> None:
        entries = [
            a_station(**({"id": id_, "parameters": ("pm2_5", "o3"), "interval": "10m"} | changes))
            for id_ in ids or ("a",)
        ]
        self.catalog = a_catalog(*entries)
        self.of = Completeness(self.catalog)
        assert self.of.closed(START - HOUR // 2) == []

    def send(self, minutes: float, *values: Value, station: str = "a", period: str = "10m", delay: float = 0.5) -> None:
        """Of an instant so many minutes after START."""
        at = START + round(minutes * MINUTE)
        self.of.count(station, period, at, Values.of(values), at + round(delay * MINUTE))

    def hour(self, number: int = 0, *names: str) -> None:
        for minutes in range(10, 70, 10):
            self.send(60 * number + minutes, *map(value, names or ("pm2_5", "o3")))

    def told(self, hours: float = 1.25) -> list[Summary]:
        return self.of.closed(START + round(hours * HOUR))


def test_complete_hour_is_told_a_quarter_after_its_end() -> None:
    counting = Counting()
    counting.hour()
    assert counting.told(1.249) == []
    [summary] = counting.told()
    assert summary == Summary("a", START + HOUR, {"pm2_5": 1.0, "o3": 1.0}, [12, 0, 0, 0, 0], 30, 30, 0)
    assert summary.completeness == 1.0
    assert counting.told(1.5) == []


def test_only_what_is_of_use_completes() -> None:
    """Unchecked is; suspect, failed and missing are counted and do not."""
    counting = Counting()
    counting.send(10, value("pm2_5"), value("o3", Flag.UNCHECKED))
    counting.send(20, value("pm2_5", Flag.SUSPECT), value("o3", Flag.FAIL))
    counting.send(30, value("pm2_5", Flag.MISSING), value("o3"))
    [summary] = counting.told()
    assert summary.shares == pytest.approx({"pm2_5": 1 / 6, "o3": 2 / 6})
    assert summary.counts == [2, 1, 1, 1, 1]
    assert summary.completeness == pytest.approx(0.25)


def test_more_than_is_due_is_complete() -> None:
    """A minute's values of a station that is expected every ten."""
    counting = Counting()
    for minute in range(1, 61):
        counting.send(minute, value("pm2_5"), period="1m")
    assert counting.told()[0].shares == {"pm2_5": 1.0, "o3": 0.0}


def test_longer_means_are_another_matter() -> None:
    counting = Counting()
    counting.send(60, value("pm2_5"), value("o3"), period="1h")
    assert counting.told()[0].counts == [0] * 5


def test_silent_station_is_told_too() -> None:
    [summary] = Counting().told()
    assert (summary.completeness, summary.lateness, summary.skew, summary.revision) == (0.0, None, None, 0)


def test_lateness_is_the_greatest_and_skew_the_least() -> None:
    """A clock that is ahead shows as a negative one."""
    counting = Counting()
    counting.send(10, value("o3"), delay=3)
    counting.send(20, value("o3"), delay=-1)
    [summary] = counting.told()
    assert (summary.lateness, summary.skew) == (180, -60)


def test_late_values_revise_their_hour_until_it_is_complete() -> None:
    counting = Counting()
    for minutes in range(10, 60, 10):
        counting.send(minutes, value("pm2_5"), value("o3"))
    assert counting.told()[0].completeness == pytest.approx(5 / 6)
    counting.send(60, value("pm2_5"), delay=180)
    counting.send(60, value("o3"), delay=180)
    assert next((summary.completeness, summary.revision) for summary in counting.told(4)) == (1.0, 1)
    counting.send(55, value("o3"), delay=300)
    assert [summary for summary in counting.told(4.1) if summary.end == START + HOUR] == []


def test_what_comes_for_an_hour_of_silence_revises_it() -> None:
    counting = Counting()
    counting.told()
    counting.hour()
    assert [(summary.completeness, summary.revision) for summary in counting.told(1.5)] == [(1.0, 1)]


def test_first_hour_begins_after_the_first_delivery() -> None:
    """Of a half hour nothing can be said; nor of what was before."""
    counting = Counting()
    counting.send(-20, value("o3"))
    counting.send(-600, value("o3"))
    assert [summary.end for summary in counting.told()] == [START + HOUR]


def test_future_is_not_believed() -> None:
    counting = Counting()
    for hours in range(2, 500):
        counting.send(60 * hours, value("o3"), delay=-60 * hours)
    assert counting.of.snapshot()["stations"] == {}


def test_slower_stations_have_longer_slots() -> None:
    """One value in four hours, aligned; the slot that had begun before is left out."""
    counting = Counting(interval="4h")
    counting.send(8 * 60, value("o3"), period="4h")
    found = [summary for hours in range(1, 10) for summary in counting.told(hours + 0.25)]
    assert [(summary.end - START, summary.shares["o3"]) for summary in found] == [(4 * HOUR, 0.0), (8 * HOUR, 1.0)]


def test_stations_are_closed_a_few_at_a_time_and_each_once() -> None:
    ids = [f"s{number}" for number in range(AT_ONCE + 3)]
    counting = Counting(*ids)
    first, second, third = counting.told(), counting.told(1.3), counting.told(1.4)
    assert [summary.station for summary in first + second] == ids
    assert (len(first), third) == (AT_ONCE, [])


def test_value_for_a_station_not_yet_closed_is_no_revision() -> None:
    ids = [f"s{number}" for number in range(AT_ONCE + 1)]
    counting = Counting(*ids)
    counting.told()
    counting.send(10, value("o3"), station=ids[-1])
    counting.send(10, value("o3"), station=ids[0])
    assert [(s.station, s.revision) for s in counting.told(1.3)] == [(ids[0], 1), (ids[-1], 0)]


def test_memory_forgets_what_cannot_be_revised_any_more() -> None:
    """Three days, of a station of which one parameter is dead; after a stop of months it starts near the present."""
    counting = Counting()
    for hour in range(200):
        counting.hour(hour, "o3")
        counting.told(hour + 1.25)
    [kept] = counting.of.snapshot()["stations"].values()
    assert len(kept[1]) <= 73
    counting.send(10, value("pm2_5"), delay=60 * 200)
    assert counting.told(200.3) == []
    assert [summary.end for summary in counting.told(5000.5)] == [START + 4928 * HOUR]
    assert counting.of.snapshot()["stations"] == {}


def test_complete_hours_cost_next_to_nothing() -> None:
    counting = Counting()
    for hour in range(100):
        counting.hour(hour)
        counting.told(hour + 1.25)
    [(_, kept, complete)] = counting.of.snapshot()["stations"].values()
    assert (kept, len(complete)) == ([], 72)


@pytest.mark.parametrize("at", [5, 60, 76, 130])
def test_checkpoint_is_not_to_be_seen(at: int) -> None:
    """Wherever it falls."""

    def step(counting: Counting, minute: int) -> list[Summary]:
        if minute % 10 == 0 and minute != 40:
            counting.send(minute, value("o3"), value("pm2_5"))
        if minute == 100:
            counting.send(40, value("o3"), delay=60)
        return counting.told(minute / 60)

    through, before, after = Counting(), Counting(), Counting()
    expected = [step(through, minute) for minute in range(200)]
    found = [step(before, minute) for minute in range(at)]
    after.of.restore(orjson.loads(orjson.dumps(before.of.snapshot())))
    assert found + [step(after, minute) for minute in range(at, 200)] == expected
    assert sum(map(len, expected)) == 4


def test_station_that_measures_something_else_begins_anew() -> None:
    before, after = Counting(), Counting(parameters=("o3",))
    before.hour()
    after.of.restore(before.of.snapshot())
    assert after.told()[0].shares == {"o3": 0.0}


def test_walk_tells_with_the_delivery_by_which_an_hour_is_over() -> None:
    """Duplicates and corrections count once; it goes through the log as it is."""
    catalog = a_catalog(a_station(parameters=("pm2_5",)))
    walk = Walk(catalog=catalog)
    begin = NOW.replace(minute=0)
    found = []
    for hour, number in ((0, 1), (1, 1), (2, 1), (2, 1), (2, 2), (3, 1), (4, 1)):
        instant = begin + timedelta(hours=hour)
        time = (instant - timedelta(hours=1)).isoformat()
        found.append(
            walk.take(a_delivery(time=time, received_at=instant + timedelta(minutes=20), values={"pm2_5": number}))
        )
    told = [
        (summary.end, summary.completeness, summary.counts)
        for outcome in found
        for summary in outcome.flagged.summaries
    ]
    first = int(begin.timestamp() * 1e6) + 2 * HOUR
    assert told == [(first + hour * HOUR, 1.0, [1, 0, 0, 0, 0]) for hour in range(3)]
    [carried] = decode(encode([found[-1].flagged]))
    assert carried.summaries == found[-1].flagged.summaries
    assert found[-1].flagged.account == STATION


def test_value_and_its_correction_in_one_message_count_once() -> None:
    """As in two messages: what was measured is there, whatever it was first said to be."""
    walk = Walk(catalog=a_catalog(a_station(parameters=("pm2_5", "o3"))))
    walk.take(a_delivery(values={"pm2_5": 1}, received_at=NOW))
    end = (NOW + timedelta(hours=2)).replace(minute=0)
    item = {"station": STATION, "time": (end - timedelta(hours=1)).isoformat(), "period": "1h"}
    both = [item | {"values": {"pm2_5": 1.0, "o3": 5.0}}, item | {"values": {"pm2_5": 2.0}}]
    taken = walk.take(a_delivery(payload=orjson.dumps({"readings": both}), received_at=end))
    assert [len(values) for *_, values in taken.flagged.groups] == [2, 1]
    later = walk.take(a_delivery(values={"pm2_5": 3}, received_at=end + timedelta(minutes=20)))
    assert [(one.shares, one.counts) for one in later.flagged.summaries] == [
        ({"pm2_5": 1.0, "o3": 1.0}, [2, 0, 0, 0, 0])
    ]


def test_outcome_without_summaries_is_as_it_was() -> None:
    """Logs of earlier versions have none."""
    assert decode(encode([an_outcome()]))[0].summaries == []
    assert GRACE < HOUR


@pytest.mark.parametrize(
    ("delay", "told"),
    [
        (timedelta(seconds=20), [20.0]),
        (timedelta(minutes=-4), [-240.0]),  # its clock is ahead
        (timedelta(hours=3), [10_800.0]),
        (timedelta(hours=4), []),  # it came in after an outage, which says nothing of a clock
    ],
)
def test_skew_of_an_hour_is_what_its_quickest_reading_took(delay: timedelta, told: list[float]) -> None:
    """Told to rules with the completeness of the hour, or when it is revised."""
    walk = Walk(catalog=a_catalog(a_station(parameters=("pm2_5",), interval="10m")))
    hour = (NOW + timedelta(hours=2)).replace(minute=0)
    outcomes = [walk.take(a_delivery(values={"pm2_5": 1}, received_at=NOW))]
    for number in range(1, 7):
        at = hour + number * timedelta(minutes=10)
        late = delay + timedelta(seconds=number if number != 3 else 0)
        time = (at - timedelta(minutes=10)).isoformat()
        outcomes.append(walk.take(a_delivery(values={"pm2_5": number}, period="10m", time=time, received_at=at + late)))
    outcomes.append(walk.take(a_delivery(values={"pm2_5": 9}, received_at=hour + timedelta(hours=6))))
    skews = [one for outcome in outcomes for one in outcome.completeness if one.parameter == SKEW]
    assert [one.value for one in skews if one.instant == hour + timedelta(hours=1)][-1:] == told
