"""What is known of each station now."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fleet import Fleet
from ingest.model import Reading
from tests.support.bundles import bundled
from tests.support.ingest import HOUR, NOW, STATION, a_reading


def test_fleet_knows_the_newest_whatever_the_order() -> None:
    """An older reading neither replaces a value nor makes a station look older."""
    fleet = Fleet()
    fleet.hear(
        bundled(
            [a_reading(2.0), a_reading(1.0, instant=NOW - HOUR), a_reading(5.0, instant=NOW - HOUR, parameter="o3")]
        )
    )
    known = fleet.of(STATION)
    assert known.last_instant == NOW
    assert {name: reading.value for name, reading in known.values.items()} == {"pm2_5": 2.0, "o3": 5.0}


def test_fleet_correction_replaces() -> None:
    """The same instant, later."""
    fleet = Fleet()
    fleet.hear(bundled([a_reading(1.0), a_reading(2.0)]))
    assert fleet.of(STATION).values["pm2_5"].value == 2.0


def test_fleet_reading_from_the_future_is_not_believed() -> None:
    """It was heard; that is all."""
    fleet = Fleet()
    fleet.hear(bundled([a_reading(instant=NOW + 24 * HOUR, reason="future", flag=4)]))
    known = fleet.of(STATION)
    assert (known.last_received, known.last_instant, known.values) == (NOW, None, {})


@pytest.mark.parametrize("reason", ["future", "range", ""])
def test_fleet_future_is_one_by_its_instant(reason: str) -> None:
    """An impossible value of tomorrow is flagged for its value first: a silent station must not look alive by it."""
    fleet = Fleet()
    fleet.hear(bundled([a_reading(1.0)]))
    fleet.hear(bundled([a_reading(instant=NOW + 24 * HOUR, reason=reason, flag=4)]))
    known = fleet.of(STATION)
    assert (known.last_instant, known.values["pm2_5"].value) == (NOW, 1.0)


_READING = st.builds(
    lambda hours, parameter, value: a_reading(value, instant=NOW - hours * HOUR, parameter=parameter),
    st.integers(-2, 3),
    st.sampled_from(("pm2_5", "o3", "co")),
    st.floats(0, 9),
)


@given(st.lists(st.lists(_READING, min_size=1, max_size=3), max_size=6))
def test_fleet_hears_at_once_what_it_hears_one_by_one(deliveries: list[list[Reading]]) -> None:
    """Deliveries of one instant each, in whatever order."""
    quick, plain = Fleet(), Fleet()
    for delivery in deliveries:
        of = [*{one.parameter: one._replace(instant=delivery[0].instant) for one in delivery}.values()]
        quick.hear(bundled(of))
        plain.hear([bundle for one in of for bundle in bundled([one])])
    assert quick.of(STATION) == plain.of(STATION)


def as_readings(kept: dict[str, Any]) -> list[Any]:
    """The stations of a snapshot as earlier versions had them, their values whole readings."""
    return [
        [
            id_,
            {
                **now,
                "values": [
                    [id_, "air", name, "1h", instant, value, flag, reason, NOW.isoformat()]
                    for name, instant, value, flag, reason in now["values"]
                ],
            },
        ]
        for id_, now in kept["stations"]
    ]


def test_fleet_restored_is_as_it_was() -> None:
    """Through JSON, year 1 included."""
    fleet = Fleet()
    fleet.hear(bundled([a_reading(None, instant=NOW.replace(year=1))]))
    fleet.hear(bundled([a_reading(3.0, station="air-2")]))
    fleet.status(STATION, "online")
    kept = orjson.loads(orjson.dumps(fleet.snapshot(), default=tuple))
    again, of_before = Fleet(), Fleet()
    again.restore(kept)
    of_before.restore(dict(as_readings(kept)))  # as earlier versions kept it
    for found in (again, of_before):
        assert [*found.snapshot()["stations"]] == kept["stations"]
    assert again.of(STATION) == fleet.of(STATION)
    assert again.of("nobody").last_instant is None
