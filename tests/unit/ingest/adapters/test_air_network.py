"""The bridge of air: the catalogue's stations as windows know them, and indices as the console reads them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ingest.adapters.alerting import Observed, air_network
from ingest.adapters.memory import MemoryStore
from ingest.catalog import Catalog
from ingest.fleet import Fleet
from ingest.model import Reading
from tests.support.air import STANDARDS
from tests.support.air_windows import NAMES, a_message, fed, said_of
from tests.support.bundles import bundled
from tests.support.ingest import HOUR, NOW, STATION, HandClock, a_catalog, a_parameter, a_station, an_index, indexed

PARAMETERS = {name: a_parameter() for name in NAMES}
END = NOW.replace(minute=0)


def a_district(*changes: dict[str, object]) -> Catalog:
    """Air stations of one area, one for each of the changes."""
    stations = [a_station(id=f"air-{number}", parameters=NAMES, **each) for number, each in enumerate(changes, start=1)]
    return a_catalog(*stations, **PARAMETERS)


def an_hour(station: str) -> list[Reading]:
    return a_message(END, station=station)


def test_air_station_without_a_zone_is_in_the_law_s() -> None:
    """Its days begin at Chinese midnight."""
    network = air_network(a_district({}), STANDARDS)
    midnight = END.replace(hour=16)  # of Shanghai
    said = fed(network, [a_message(midnight - n * HOUR) for n in range(23, -1, -1)])
    assert [one.instant for one in said if (one.parameter, one.period) == ("aqi", "1d")] == [midnight, midnight]


def test_air_area_has_the_catalogue_s_coverage() -> None:
    """Three of four by default; as many as `areas.yaml` says otherwise."""
    catalog = a_district({}, {}, {}, {})
    for coverage, stations, valid in ((None, 3, True), (None, 2, False), (Decimal("0.5"), 2, True)):
        area = catalog.areas[0] if coverage is None else catalog.areas[0].model_copy(update={"coverage": coverage})
        network = air_network(catalog.model_copy(update={"areas": (area,)}), STANDARDS)
        spoken = [an_hour(f"air-{number}") for number in range(1, stations + 1)]
        said = fed(network, [*spoken, a_message(END + HOUR, {"pm2_5": None})])
        assert bool(said_of([one for one in said if one.station == "bay"], "pm2_5")) is valid


def test_air_station_s_own_lateness_holds() -> None:
    """As intake marks it."""
    network = air_network(a_district({"lateness": timedelta(hours=2)}), STANDARDS)
    assert (
        network.feed(bundled([reading._replace(received_at=END + 3 * HOUR) for reading in an_hour("air-1")]), END) == []
    )
    assert network.unused["air_too_late"] == 6


def test_stations_of_water_have_no_windows() -> None:
    """Nor has an area without air stations."""
    network = air_network(a_catalog(a_station(kind="outfall", parameters=("cod",))), STANDARDS)
    assert list(network.subjects()) == []


@pytest.mark.parametrize(("period", "shown"), [("1h", [55.0]), ("1d", [55.0])])
async def test_console_reads_the_history_of_an_index(period: str, shown: list[float]) -> None:
    """Of a name that is no reading's: what the store has of the index."""
    store = MemoryStore()
    await store.write([indexed(an_index(period=period))])
    catalog = a_catalog()
    observed = Observed(catalog=catalog, fleet=Fleet(), store=store, clock=HandClock(), intake=dict)
    found = await observed.history(STATION, "aqi", NOW - HOUR, NOW)
    assert [point.value for point in found] == shown
    assert list(await observed.history(STATION, "aqi_24h", NOW - HOUR, NOW)) == []
