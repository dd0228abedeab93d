"""What is worked out on the way goes to rules and store with its delivery."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from ingest.model import COMPLETENESS, SKEW
from tests.support.ingest import (
    HOUR,
    INDEXED,
    NOW,
    STATION,
    TIME,
    a_catalog,
    a_delivery,
    micros,
)
from tests.support.pipeline import Bench, DeafStore, hour

pytestmark = pytest.mark.usefixtures("impatient")


async def test_pipeline_tells_rules_and_store_how_complete_an_hour_was(tmp_path: Path) -> None:
    """Rules as an index, the store as a summary; to the fleet it is nothing that a station said."""
    async with Bench(tmp_path).running() as bench:
        for number in (38, 39, 40):
            bench.clock.set(NOW.replace(minute=20) + (number - 39) * HOUR)
            bench.source.say(hour(number))
            await bench.source.has_settled(number - 37)
            await bench.queue_empty()
        await bench.done()
        end = NOW.replace(minute=0) + HOUR
        told = [reading for reading in bench.listener.readings if reading.parameter == COMPLETENESS]
        assert {(reading.station, reading.period, reading.instant, reading.flag) for reading in told} == {
            (station.id, "1h", end, 1) for station in a_catalog().stations
        }
        assert {reading.station: reading.value for reading in told}[STATION] == 33.33
        # of hours that came in long after their end nothing is said
        skews = [reading for reading in bench.listener.readings if reading.parameter == SKEW]
        assert [(one.station, one.period, one.instant, one.value) for one in skews] == [(STATION, "1h", end, 1200.0)]
        shares = {
            dict(point.tags)["parameter"]: dict(point.fields)["value"]
            for point in bench.store.points.values()
            if point.measurement == "index" and dict(point.tags)["station"] == STATION and point.at == micros(end)
        }
        assert shares == {"pm2_5": 1.0, "o3": 0.0, "no2": 0.0}
        assert {name for station in a_catalog().by_id for name in bench.fleet.of(station).values} == {"pm2_5"}


async def test_indices_go_to_rules_and_store_with_their_delivery(tmp_path: Path) -> None:
    """After its readings; a delivery without readings brings none. They are no readings of the ledger."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1), a_delivery(time=TIME, values={INDEXED: 77.0, "o3": 1.0}), a_delivery(payload=b"odd"))
        await bench.source.has_settled(3)
        await bench.done()
        (index,) = await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)
        assert (index.value, index.revision) == (77.0, 1)
        assert [getattr(heard, "parameter", "") for heard in bench.listener.heard] == ["pm2_5", INDEXED, "o3", "aqi"]
        assert bench.listener.derived == [1, 2]
        (totals,) = [entry for account, entry in (await bench.ledger()).items() if account.station == STATION]
        assert (totals.received, totals.stored, totals.quarantined) == (4, 3, 1)


async def test_indices_are_worked_out_again_after_a_crash_and_stored_once(tmp_path: Path) -> None:
    """Killed before the store had them, and again after: what the log holds brings them forth again."""
    bench = Bench(tmp_path)
    there, bench.store = bench.store, DeafStore()
    async with bench.running():
        bench.source.say(a_delivery(time=TIME, values={INDEXED: 77.0}))
        await bench.source.has_settled(1)
        await bench.queue_empty()
    bench.store = there
    for _ in range(2):
        async with bench.running():
            await bench.writer.caught_up()
            (index,) = await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)
            assert (index.value, index.revision) == (77.0, 1)


async def test_fault_in_the_windows_costs_the_indices_and_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is logged with its trace, and counted; the service goes on."""
    bench = Bench(tmp_path)

    def broken(_readings: object, _now: object) -> NoReturn:
        raise ArithmeticError("of ours")

    monkeypatch.setattr(bench.listener, "derive", broken)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert [reading.value for reading in await bench.stored()] == [1.0]
        assert bench.pipeline.underived == 1
    assert any(record.exc_info for record in caplog.records)
