"""What is known of each station now."""

from __future__ import annotations

import orjson

from ingest.fleet import Fleet
from tests.support.ingest import HOUR, NOW, STATION, a_reading


def test_fleet_knows_the_newest_whatever_the_order() -> None:
    """An older reading neither replaces a value nor makes a station look older."""
    fleet = Fleet()
    fleet.hear([a_reading(2.0), a_reading(1.0, instant=NOW - HOUR), a_reading(5.0, instant=NOW - HOUR, parameter="o3")])
    known = fleet.of(STATION)
    assert known.last_instant == NOW
    assert {name: reading.value for name, reading in known.values.items()} == {"pm2_5": 2.0, "o3": 5.0}


def test_fleet_correction_replaces() -> None:
    """The same instant, later."""
    fleet = Fleet()
    fleet.hear([a_reading(1.0), a_reading(2.0)])
    assert fleet.of(STATION).values["pm2_5"].value == 2.0


def test_fleet_reading_from_the_future_is_not_believed() -> None:
    """It was heard; that is all."""
    fleet = Fleet()
    fleet.hear([a_reading(instant=NOW + 24 * HOUR, reason="future", flag=4)])
    known = fleet.of(STATION)
    assert (known.last_received, known.last_instant, known.values) == (NOW, None, {})


def test_fleet_restored_is_as_it_was() -> None:
    """Through JSON, year 1 included."""
    fleet = Fleet()
    fleet.hear([a_reading(None, instant=NOW.replace(year=1)), a_reading(3.0, station="air-2")])
    fleet.status(STATION, "online")
    again = Fleet()
    again.restore(orjson.loads(orjson.dumps(fleet.snapshot())))
    assert again.snapshot() == fleet.snapshot()
    assert again.of(STATION) == fleet.of(STATION)
    assert again.of("nobody").last_instant is None
