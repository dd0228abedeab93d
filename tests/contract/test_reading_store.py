"""What every `ReadingStore` promises, held against each implementation."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, closing, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.influx_store import InfluxStore
from ingest.adapters.memory import MemoryStore
from ingest.adapters.sqlite_store import SqliteStore
from ingest.bundle import Values
from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.flagged import Flagged, Summary
from ingest.ledger import Account, Entry
from ingest.model import Flag, StoredIndex
from ingest.points import Point
from ingest.ports import ReadingStore, StoredReading
from tests.support.influx import Influx, influx
from tests.support.ingest import HOUR, NOW, STATION, an_index, an_outcome, indexed, micros

LedgerOf = Callable[[ReadingStore], dict[tuple[str, int], list[int]]]
SummariesOf = Callable[[ReadingStore], dict[tuple[str, int], list[Any]]]
PointsOf = Callable[[ReadingStore], dict[tuple[str, int], dict[str, Any]]]
COUNTS = ("received", "stored", "duplicate", "quarantined", "waiting")
OpenStore = Callable[[], AbstractAsyncContextManager[ReadingStore]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    """One InfluxDB for all."""
    with influx(tmp_path_factory.mktemp("contract")) as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "influxdb"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens the same store each time, empty at first."""
    match request.param:
        case "memory":
            kept = MemoryStore()
            return lambda: nullcontext(kept)
        case "sqlite":
            return lambda: SqliteStore(path=tmp_path / "readings.db")
        case _:
            server = request.getfixturevalue("database")
            server.clear()
            return lambda: InfluxStore(address=server.address())


async def everything(store: ReadingStore, **changes: Any) -> list[StoredReading]:
    return list(await store.history(STATION, "pm2_5", NOW - 100 * HOUR, NOW + 100 * HOUR, **changes))


async def test_store_gives_back_what_was_written(open_store: OpenStore) -> None:
    """Value, flag and reason, whole."""
    async with open_store() as store:
        await store.write([an_outcome((NOW, -0.4), flag=Flag.SUSPECT, reason="spike")])
        assert await everything(store) == [StoredReading(instant=NOW, value=-0.4, flag=3, reason="spike")]


async def test_store_same_point_twice_changes_nothing(open_store: OpenStore) -> None:
    """Whether in one batch or in two."""
    async with open_store() as store:
        await store.write([an_outcome(), an_outcome()])
        once = await everything(store)
        await store.write([an_outcome()])
        assert await everything(store) == once
        assert len(once) == 1


async def test_store_correction_wins(open_store: OpenStore) -> None:
    """The later delivery's value stands, within a batch and across batches."""
    async with open_store() as store:
        await store.write([an_outcome((NOW, 1.0)), an_outcome((NOW, 2.0), position=2)])
        assert [reading.value for reading in await everything(store)] == [2.0]
        await store.write([an_outcome((NOW, None), position=3, flag=Flag.MISSING, reason="no_value")])
        assert [(reading.value, reading.flag) for reading in await everything(store)] == [(None, 9)]


async def test_store_repeated_from_any_position_ends_the_same(open_store: OpenStore) -> None:
    """After a crash the writer goes on from where the books stand: whatever is repeated, in order, the last stands."""
    first, second = an_outcome((NOW, 1.0), position=1), an_outcome((NOW, 2.0), position=2)
    async with open_store() as store:
        await store.write([first, second])
        await store.write([first])
        await store.write([second])
        assert [reading.value for reading in await everything(store)] == [2.0]


@pytest.mark.parametrize("open_store", ["memory", "sqlite"], indirect=True)
async def test_store_older_position_never_overwrites(open_store: OpenStore) -> None:
    """A delivery written again after its correction was does not bring the first value back, not for a moment.

    InfluxDB keeps what was written last: there the value before a correction may show until the writer has caught up.
    """
    async with open_store() as store:
        await store.write([an_outcome((NOW, 2.0), position=2)])
        await store.write([an_outcome((NOW, 1.0), position=1)])
        assert [reading.value for reading in await everything(store)] == [2.0]


async def test_store_history_is_inclusive_and_by_instant(open_store: OpenStore) -> None:
    """Both ends belong to it; the order of arrival does not show."""
    async with open_store() as store:
        await store.write([an_outcome(*((NOW + n * HOUR, float(n)) for n in (3, 1, 4, 0, 2)))])
        found = await store.history(STATION, "pm2_5", NOW + HOUR, NOW + 3 * HOUR)
        assert [reading.value for reading in found] == [1.0, 2.0, 3.0]
        past = await store.history(STATION, "pm2_5", NOW + HOUR + timedelta(microseconds=1), NOW + HOUR * 1.5)
        assert list(past) == []


async def test_store_keeps_series_apart(open_store: OpenStore) -> None:
    """Station, parameter and period each make another series."""
    async with open_store() as store:
        day: Flagged = an_outcome((NOW, 4.0))
        period, instant, values = day.groups[0]
        await store.write(
            [
                an_outcome((NOW, 1.0)),
                an_outcome((NOW, 2.0), parameter="o3"),
                an_outcome((NOW, 3.0), account="air-2"),
                day._replace(groups=[("1d", instant, values)]),
            ]
        )
        assert period == "1h"
        assert [reading.value for reading in await everything(store, period="1h")] == [1.0]
        assert [reading.value for reading in await everything(store, period="1d")] == [4.0]
        assert sorted(reading.value or 0 for reading in await everything(store)) == [1.0, 4.0]


async def test_store_gives_the_newest_of_each_series(open_store: OpenStore) -> None:
    """By instant, of the stations asked for and of that span; flags and reasons with them."""
    async with open_store() as store:
        await store.write(
            [
                an_outcome(*((NOW + n * HOUR, float(n)) for n in range(6))),
                an_outcome((NOW + 3 * HOUR, None), parameter="o3", flag=Flag.MISSING, reason="no_value", position=2),
                an_outcome((NOW + 2 * HOUR, 7.0), account="air-2", flag=Flag.SUSPECT, reason="spike", position=3),
                an_outcome((NOW, 8.0), account="air-3", position=4),
                an_outcome((NOW + 4 * HOUR, 4.5), position=5),
            ]
        )
        found = await store.newest([STATION, "air-2", "air-9"], NOW, NOW + 4 * HOUR, most=3)
    there = {
        (one.station, one.parameter, one.period): [(at.instant, at.value, at.flag, at.reason) for at in one.readings]
        for one in found
    }
    assert there == {
        (STATION, "pm2_5", "1h"): [(NOW + n * HOUR, value, 1, "") for n, value in ((2, 2.0), (3, 3.0), (4, 4.5))],
        (STATION, "o3", "1h"): [(NOW + 3 * HOUR, None, 9, "no_value")],
        ("air-2", "pm2_5", "1h"): [(NOW + 2 * HOUR, 7.0, 3, "spike")],
    }


async def test_store_without_them_has_no_newest(open_store: OpenStore) -> None:
    """Nothing of that span is nothing, not an empty series."""
    async with open_store() as store:
        assert list(await store.newest([STATION], NOW, NOW, most=3)) == []
        await store.write([an_outcome()])
        assert list(await store.newest([STATION], NOW + HOUR, NOW + 2 * HOUR, most=3)) == []


async def test_store_takes_strange_instants(open_store: OpenStore) -> None:
    """A clock that was never set, and one a lifetime ahead; asking beyond what a store can count is no error."""
    first, last = NOW.replace(year=1900), NOW.replace(year=2199)
    async with open_store() as store:
        await store.write([an_outcome((last, 2.0), (first, 1.0))])
        found = await store.history(STATION, "pm2_5", NOW.replace(year=1), NOW.replace(year=9999))
        assert [(reading.instant, reading.value) for reading in found] == [(first, 1.0), (last, 2.0)]


@pytest.mark.parametrize("year", [1, 9999])
async def test_store_takes_or_refuses_the_strangest_instants(open_store: OpenStore, year: int) -> None:
    """What a store cannot count it refuses by index, and takes the rest; it never stores it somewhere else."""
    instant = NOW.replace(year=year)
    batch = [an_outcome((NOW, 1.0)), an_outcome((instant, 2.0), position=2), an_outcome((NOW, 3.0), parameter="o3")]
    refused: set[int] = set()
    async with open_store() as store:
        try:
            await store.write(batch)
        except StoreRefusedError as error:
            refused = set(error.indexes)
        found = await store.history(STATION, "pm2_5", NOW.replace(year=1), NOW.replace(year=9999))
        there = {(reading.instant, reading.value) for reading in found}
        assert (refused, there) in [(set(), {(NOW, 1.0), (instant, 2.0)}), ({1}, {(NOW, 1.0)})]
        assert len(await store.history(STATION, "o3", NOW, NOW)) == 1


async def test_store_survives_reopening(open_store: OpenStore) -> None:
    """What `write` returned from is there afterwards, and goes on being corrected."""
    async with open_store() as store:
        await store.write([an_outcome()])
    async with open_store() as store:
        assert [reading.value for reading in await everything(store)] == [35.2]
        await store.write([an_outcome((NOW, 7.0), position=2), an_outcome((NOW, 8.0), position=2, parameter="no2")])
        assert [reading.value for reading in await everything(store)] == [7.0]


async def test_store_batch_is_all_or_nothing(open_store: OpenStore) -> None:
    """A batch that cannot be written whole leaves no part of it."""
    nobody = Values(("pm2_5",), (1.0,), (), ())
    broken = an_outcome(position=2)._replace(groups=[("1h", 0, nobody)])
    async with open_store() as store:
        with pytest.raises((ValueError, StoreUnavailableError)):
            await store.write([an_outcome(), broken])
        assert await everything(store) == []
        await store.write([an_outcome()])
        assert len(await everything(store)) == 1


@pytest.fixture
def ledger_of(request: pytest.FixtureRequest, open_store: OpenStore, tmp_path: Path) -> LedgerOf:
    """What a store of the same kind holds of the ledger, as its own reader would look: (station, hour) -> counts."""

    def of(store: ReadingStore) -> dict[tuple[str, int], list[int]]:
        match store:
            case MemoryStore():
                return {
                    account: [e.received, e.stored, e.duplicate, e.quarantined, e.waiting]
                    for account, e in store.ledger.items()
                }
            case SqliteStore():
                with closing(sqlite3.connect(tmp_path / "readings.db")) as reader:
                    return {
                        (station, hour): counts for station, hour, *counts in reader.execute("SELECT * FROM ledger")
                    }
            case _:
                rows = request.getfixturevalue("database").ask('SELECT * FROM "ledger"')
                return {(row["station"], row["time"]): [row[name] for name in COUNTS] for row in rows}

    return of


async def test_store_keeps_the_ledger(open_store: OpenStore, ledger_of: LedgerOf) -> None:
    """A point an account; changed and written again, the newer counts stand, a redrive's smaller ones too."""
    hour, next_hour = (
        Account(STATION, micros(NOW.replace(minute=0))),
        Account(STATION, micros(NOW.replace(minute=0) + HOUR)),
    )
    unknown = Account("_unknown", hour.hour)
    async with open_store() as store:
        await store.write_ledger({hour: Entry(received=5, stored=1), unknown: Entry(received=3, quarantined=3)})
        await store.write_ledger({hour: Entry(received=6, stored=4, duplicate=1), next_hour: Entry(received=1)})
        await store.write_ledger({unknown: Entry(received=2, quarantined=2)})
        await store.write_ledger({})
        found = ledger_of(store)
    assert found == {hour: [6, 4, 1, 0, 1], next_hour: [1, 0, 0, 0, 1], unknown: [2, 0, 0, 2, 0]}


@pytest.fixture
def summaries_of(request: pytest.FixtureRequest, open_store: OpenStore, tmp_path: Path) -> SummariesOf:
    """What a store of that kind holds of slots: (station, end) -> completeness, skew, failed ones, revision, shares."""

    def of(store: ReadingStore) -> dict[tuple[str, int], list[Any]]:
        match store:
            case MemoryStore():
                points = [(one.measurement, dict(one.tags), one.at, dict(one.fields)) for one in store.points.values()]
            case SqliteStore():
                with closing(sqlite3.connect(tmp_path / "readings.db")) as reader:
                    found = reader.execute("SELECT measurement, tags, at, fields FROM points").fetchall()
                points = [(name, json.loads(tags), at, json.loads(fields)) for name, tags, at, fields in found]
            case _:
                ask = request.getfixturevalue("database").ask
                of_station = ask('SELECT * FROM "quality" WHERE "completeness" >= 0')
                of_parameter = ask('SELECT * FROM "index" WHERE "index" = \'completeness\'')
                points = [("quality", row, row["time"], row) for row in of_station]
                points += [("index", row, row["time"], row) for row in of_parameter]
        shares: dict[tuple[str, int], dict[str, Any]] = {}
        for name, tags, at, fields in points:
            if name == "index":
                shares.setdefault((tags["station"], at), {})[tags["parameter"]] = fields["value"]
        return {
            (tags["station"], at): [
                *(fields.get(name) for name in ("completeness", "skew", "fail", "revision")),
                shares[tags["station"], at],
            ]
            for name, tags, at, fields in points
            if name == "quality"
        }

    return of


async def test_store_keeps_summaries(open_store: OpenStore, summaries_of: SummariesOf) -> None:
    """With a delivery's readings or without any; the last revision stands, within a batch and across batches."""
    end = micros(NOW.replace(minute=0))
    silent = Summary("air-2", end, {"o3": 0.0}, [0, 0, 0, 0, 0], None, None, 0)
    first = Summary(STATION, end, {"pm2_5": 0.5, "o3": 0.25}, [3, 0, 1, 2, 0], 40, -3, 0)
    second = first._replace(shares={"pm2_5": 1.0, "o3": 0.25}, counts=[5, 0, 1, 2, 0], lateness=900, revision=1)
    third = second._replace(shares={"pm2_5": 1.0, "o3": 1.0}, counts=[8, 0, 1, 2, 0], revision=2)
    async with open_store() as store:
        alone = an_outcome(position=2)._replace(groups=(), received=0)
        await store.write([an_outcome(summaries=[first, silent]), alone._replace(summaries=[second])])
        found = summaries_of(store)
        assert found.pop((STATION, end)) == [0.625, -3, 2, 1, {"pm2_5": 1.0, "o3": 0.25}]
        assert found == {("air-2", end): [0.0, None, 0, 0, {"o3": 0.0}]}
        await store.write([alone._replace(position=3, summaries=[third])])
        assert summaries_of(store)[STATION, end] == [1.0, -3, 2, 2, {"pm2_5": 1.0, "o3": 1.0}]
        assert [reading.value for reading in await everything(store)] == [35.2]


async def test_store_ledger_and_readings_do_not_meet(open_store: OpenStore) -> None:
    """Written at the same time, both are there."""
    async with open_store() as store:
        account = Account(STATION, micros(NOW.replace(minute=0)))
        await asyncio.gather(store.write([an_outcome()]), store.write_ledger({account: Entry(received=1, stored=1)}))
        assert [reading.value for reading in await everything(store)] == [35.2]


async def all_indices(store: ReadingStore, name: str = "aqi", period: str = "1h") -> list[StoredIndex]:
    return list(await store.indices(STATION, name, period, NOW - 100 * HOUR, NOW + 100 * HOUR))


async def test_store_gives_back_an_index_whole(open_store: OpenStore) -> None:
    """Value, flag, revision, completeness, edition and primary pollutants; whatever stands in its texts."""
    odd = an_index(101.0, have=4, missing='co+so2, "1-3"\\', primary="pm2_5+pm10", revision=3)
    async with open_store() as store:
        await store.write([indexed(odd)])
        (found,) = await all_indices(store)
    assert found == StoredIndex(NOW, 101.0, 1, 3, 4, 6, odd.missing, "hj633-2026", "pm2_5+pm10")


async def test_store_keeps_the_last_revision_of_an_index(open_store: OpenStore) -> None:
    """Within a delivery, within a batch, across batches; written again from any position, the end is the same."""
    first = indexed(an_index(50.0), an_index(51.0, revision=2), position=1)
    second = indexed(an_index(52.0, revision=3), position=2)
    third = indexed(an_index(None, revision=4, have=0), position=3)
    async with open_store() as store:
        await store.write([first, second])
        assert [(index.value, index.revision) for index in await all_indices(store)] == [(52.0, 3)]
        await store.write([third])
        assert [(index.value, index.flag, index.revision) for index in await all_indices(store)] == [(None, 9, 4)]
        await store.write([first])
        await store.write([second, third])
        assert [(index.value, index.flag, index.revision) for index in await all_indices(store)] == [(None, 9, 4)]


async def test_store_keeps_indices_apart(open_store: OpenStore) -> None:
    """By station or area, name and period; a span is inclusive and by instant; they are no readings."""
    async with open_store() as store:
        await store.write(
            [
                an_outcome(position=1),
                indexed(an_index(2.0, instant=NOW + HOUR), an_index(1.0), position=2),
                indexed(
                    an_index(3.0, station="bay"),
                    an_index(4.0, period="1d"),
                    an_index(5.0, parameter="pm2_5"),
                    position=3,
                ),
            ]
        )
        assert [index.value for index in await all_indices(store)] == [1.0, 2.0]
        assert [index.value for index in await all_indices(store, period="1d")] == [4.0]
        assert [index.value for index in await all_indices(store, name="pm2_5")] == [5.0]
        assert [index.value for index in await store.indices("bay", "aqi", "1h", NOW, NOW)] == [3.0]
        assert list(await store.indices(STATION, "aqi", "1h", NOW + 2 * HOUR, NOW + 3 * HOUR)) == []
        assert [reading.value for reading in await everything(store)] == [35.2]
        assert [series.parameter for series in await store.newest([STATION], NOW, NOW, most=9)] == ["pm2_5"]


WORDS = 'late "night" \\ 夜班 🙂, a=b ${x}'


@pytest.fixture
def points_of(request: pytest.FixtureRequest, open_store: OpenStore, tmp_path: Path) -> PointsOf:
    """Measurement `warning` as a reader of that store sees it: (station, time) -> fields."""

    def of(store: ReadingStore) -> dict[tuple[str, int], dict[str, Any]]:
        match store:
            case MemoryStore():
                return {(dict(one.tags)["station"], one.at): dict(one.fields) for one in store.points.values()}
            case SqliteStore():
                with closing(sqlite3.connect(tmp_path / "readings.db")) as reader:
                    found = reader.execute("SELECT tags, at, fields FROM points WHERE measurement = 'warning'")
                    return {(json.loads(tags)["station"], at): json.loads(fields) for tags, at, fields in found}
            case _:
                rows = request.getfixturevalue("database").ask('SELECT * FROM "warning" GROUP BY "station"')
                return {(row.pop("station"), row.pop("time")): row for row in rows}

    return of


async def test_store_keeps_points_that_are_no_readings(open_store: OpenStore, points_of: PointsOf) -> None:
    """Whatever their texts hold; the same point again changes nothing, with other fields those stand."""
    first = Point("warning", (("station", "air-1"),), (("open", 1), ("after", 0.5), ("why", WORDS)), micros(NOW))
    second = first._replace(tags=(("station", "air, 2"),), fields=(("open", 0), ("after", 2.0), ("why", "plain")))
    async with open_store() as store:
        for points in ([first, second], [first], [], [second._replace(fields=(*second.fields[:2], ("why", "other")))]):
            await store.write_points(points)
        found = points_of(store)
    assert found == {
        ("air-1", micros(NOW)): {"open": 1, "after": 0.5, "why": WORDS},
        ("air, 2", micros(NOW)): {"open": 0, "after": 2.0, "why": "other"},
    }


@pytest.mark.parametrize("open_store", ["influxdb"], indirect=True)
async def test_store_refuses_a_point_it_cannot_hold_and_takes_the_rest(
    open_store: OpenStore, points_of: PointsOf
) -> None:
    """A tag that line protocol cannot write; a time InfluxDB cannot count."""
    good = Point("warning", (("station", "air-1"),), (("open", 1),), micros(NOW))
    odd = [good._replace(tags=(("station", "new\nline"),)), good._replace(at=micros(NOW.replace(year=9999)))]
    async with open_store() as store:
        with pytest.raises(StoreRefusedError) as refused:
            await store.write_points([odd[0], good, odd[1]])
        assert set(refused.value.indexes) == {0, 2}
        assert list(points_of(store)) == [("air-1", micros(NOW))]
