"""Builders for tests of the air windows, and what a run of index values leaves standing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from alerts.air.model import POLLUTANTS, AirArea, AirStation, IndexValue
from alerts.air.network import AirNetwork
from ingest.model import Flag, Reading
from tests.support.air import STANDARDS
from tests.support.bundles import bundled

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
START = datetime(2026, 11, 22, 16, tzinfo=UTC)  # midnight of the 23rd in Shanghai
NAMES = tuple(name.value for name in POLLUTANTS)
PLAIN: Mapping[str, float] = {"pm2_5": 40.0, "pm10": 70.0, "so2": 9.0, "no2": 30.0, "co": 0.8, "o3": 90.0}

Key = tuple[str, str, str, datetime]  # subject, index, period, instant
Standing = dict[Key, tuple[float, int]]  # value, and of how many parts


def an_air_station(**changes: Any) -> AirStation:
    given: dict[str, Any] = {
        "id": "air-1",
        "area": "bay",
        "zone": SHANGHAI,
        "pollutants": frozenset(NAMES),
        "interval_seconds": 3600.0,
        "lateness": timedelta(hours=72),
    }
    return AirStation(**(given | changes))


def an_air_network(*stations: AirStation, areas: Sequence[AirArea] = ()) -> AirNetwork:
    return AirNetwork(stations=stations or (an_air_station(),), areas=areas, standards=STANDARDS)


def an_area(coverage: str = "0.75") -> AirArea:
    return AirArea(id="bay", zone=SHANGHAI, coverage=Decimal(coverage))


def a_message(
    instant: datetime,
    values: Mapping[str, float | None] | None = None,
    *,
    station: str = "air-1",
    period: str = "1h",
    flag: int = Flag.PASS.value,
    received_at: datetime | None = None,
) -> list[Reading]:
    """All six pollutants unless others are given."""
    return [
        Reading(
            station,
            "air",
            name,
            period,
            instant,
            value,
            Flag.MISSING.value if value is None else flag,
            "",
            received_at or instant,
        )
        for name, value in (PLAIN if values is None else values).items()
    ]


def fed(network: AirNetwork, messages: Iterable[Sequence[Reading]]) -> list[IndexValue]:
    """One delivery after the other, each looked at when it is received."""
    return [index for message in messages for index in network.feed(bundled(message), message[0].received_at)]


def standing(said: Iterable[IndexValue]) -> Standing:
    """What stands after all of it was said. Each word on an instant must be a later revision than the one before."""
    found: Standing = {}
    revisions: dict[Key, int] = {}
    for index in said:
        key = (index.station, index.parameter, index.period, index.instant)
        assert index.revision > revisions.get(key, 0), f"{key}: revision {index.revision} again"
        revisions[key] = index.revision
        if index.value is None:
            assert key in found, f"{key} is withdrawn and was never said"
            del found[key]
        else:
            found[key] = (index.value, index.have)
    return found


def said_of(said: Iterable[IndexValue], parameter: str, period: str = "1h") -> list[tuple[float | None, int, int]]:
    """(value, have, of) of one index, as it was said."""
    return [(one.value, one.have, one.of) for one in said if (one.parameter, one.period) == (parameter, period)]
