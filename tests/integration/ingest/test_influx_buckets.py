"""A measurement in a bucket of its own, in a real InfluxDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.adapters.influx_store import InfluxStore
from ingest.errors import StorePermanentError
from ingest.ledger import Account, Entry
from tests.support.influx import Influx, influx
from tests.support.ingest import HOUR, NOW, STATION, an_index, an_outcome, indexed, micros

OTHER = "clearwarn-warning"
HOURS = {Account(STATION, micros(NOW)): Entry(received=3, stored=2)}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with influx(tmp_path_factory.mktemp("influx")) as running:
        yield running


async def test_measurement_goes_to_its_own_bucket_and_readings_stay_together(server: Influx) -> None:
    """Reading and remark are where history looks for them; the ledger is elsewhere alone."""
    server.ask(f'CREATE DATABASE "{OTHER}"')
    async with InfluxStore(address=server.address(apart={"ledger": OTHER})) as store:
        await store.look()
        await store.write([an_outcome(position=1)])
        await store.write_ledger(HOURS)
        found = await store.history(STATION, "pm2_5", NOW - HOUR, NOW + HOUR)
    assert [row["received"] for row in server.ask('SELECT * FROM "ledger"', OTHER)] == [3]
    assert server.ask('SELECT * FROM "ledger"') == []
    assert len(server.ask('SELECT * FROM "air"')) == len(found) == 1
    assert server.ask('SELECT * FROM "air"', OTHER) == []


async def test_index_is_written_to_its_own_bucket_and_read_from_there(server: Influx) -> None:
    """It comes with the readings of a delivery, and is kept apart from them."""
    server.ask('CREATE DATABASE "indices"')
    of = an_index(50.0)
    async with InfluxStore(address=server.address(apart={"index": "indices"})) as store:
        await store.write([indexed(of)])
        found = await store.indices(of.station, of.parameter, of.period, NOW - HOUR, NOW + HOUR)
    assert [one.value for one in found] == [50.0]
    assert len(server.ask('SELECT * FROM "index"', "indices")) == 1
    assert server.ask('SELECT * FROM "index"') == []


async def test_bucket_that_is_missing_holds_up_its_own_measurement_alone(server: Influx) -> None:
    """Readings are taken meanwhile; a look finds it before anything is lost."""
    async with InfluxStore(address=server.address(apart={"ledger": "nowhere"})) as store:
        await store.write([an_outcome(position=1)])
        with pytest.raises(StorePermanentError, match="nowhere"):
            await store.write_ledger(HOURS)
        with pytest.raises(StorePermanentError, match="nowhere"):
            await store.look()
    assert len(server.ask('SELECT * FROM "air"')) == 1
