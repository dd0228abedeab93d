"""Air windows: CPU a parameter reading and memory a station, of devices that send minutes and of those that send hours.

Minutes wander as instruments do: by 1 % a minute, back towards the ordinary value; one decimal, CO three.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

from alerts.air.figures import Figures, Judge
from alerts.air.model import POLLUTANTS, AirArea, AirStation
from alerts.air.network import AirNetwork
from alerts.standards import ZoneClass, load_air_standards
from ingest import collector
from ingest.model import Reading
from tests.bench.figures import Figure, Size
from tests.bench.network import AREA, CONFIG
from tests.bench.process import resident_bytes
from tests.support.bundles import bundled

STATIONS = {Size.FULL: 500, Size.QUICK: 40}
START = datetime(2026, 11, 22, 16, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
_ORDINARY: Mapping[str, float] = {"pm2_5": 35.0, "pm10": 60.0, "so2": 9.0, "no2": 31.0, "co": 0.7, "o3": 88.0}
_STEPS = {"1m": timedelta(minutes=1), "1h": timedelta(hours=1)}
_DAY, _WEEK = 24, 168  # hours


class _WindowsAlone(Judge):
    """Keeps the windows and works nothing out of them."""

    __slots__ = ()

    def of_hour(self, *_given: Any) -> Figures:
        return {}

    def of_day(self, *_given: Any) -> Figures:
        return {}


def measure(size: Size) -> Iterator[Figure]:
    """Memory in fresh processes: once used it is not given back."""
    stations = STATIONS[size]
    for period, hours, aim in (("1m", _DAY, "< 5"), ("1h", _WEEK, "")):
        group = f"air windows, {period} readings of six pollutants"
        yield Figure(group=group, name="windows", value=cost(period, hours, alone=True), unit="us a reading", aim="< 5")
        yield Figure(group=group, name="and every index", value=cost(period, hours), unit="us a reading", aim=aim)
    for period, hours, aim in (("1m", _DAY, "< 20"), ("1m", 3 * _DAY, ""), ("1h", _WEEK, "< 20")):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            kib = pool.apply(grown, (stations, period, hours))
        group = f"air windows, {stations} stations"
        yield Figure(group=group, name=f"{hours} h of {period} readings", value=kib, unit="KiB each", aim=aim)


def cost(period: str, hours: int, *, alone: bool = False) -> float:
    """CPU us a parameter reading of one area's stations; `alone` without the indices that follow from the windows."""
    collector.spare()  # as the service does
    network = _network(AREA, alone=alone)
    messages = [[*step] for step in _messages(AREA, period, hours)]  # made before: the clock itself takes long
    began = process_time()
    for step in messages:
        for message in step:
            network.feed(bundled(message), message[0].instant)
    return 1e6 * (process_time() - began) / (len(messages) * AREA * len(_ORDINARY))


def grown(stations: int, period: str, hours: int) -> float:
    """KiB a station after so many hours."""
    network = _network(stations)
    steps = _messages(stations, period, hours)  # what the instruments remember is not counted
    gc.collect()
    before = resident_bytes()
    for step in steps:
        for message in step:
            network.feed(bundled(message), message[0].instant)
    gc.collect()
    return (resident_bytes() - before) / 1024 / stations


def _network(stations: int, *, alone: bool = False) -> AirNetwork:
    standards = load_air_standards(CONFIG / "standards")
    network = AirNetwork(
        stations=[
            AirStation(
                id=f"air-{number}",
                area=f"area-{number // AREA}",
                zone=ZONE,
                pollutants=frozenset(POLLUTANTS),
                interval_seconds=60.0,
                lateness=timedelta(hours=72),
            )
            for number in range(stations)
        ],
        areas=[
            AirArea(id=f"area-{number}", zone=ZONE, coverage=Decimal("0.75")) for number in range(-(-stations // AREA))
        ],
        standards=standards,
    )
    if alone:
        for windows in (*network._windows.values(), *network._areas.values()):
            windows._judge = _WindowsAlone(standards, ZoneClass.TWO)
    return network


def _messages(stations: int, period: str, hours: int) -> Iterator[Iterator[list[Reading]]]:
    """Of all stations, one step of time after the other."""
    chance = random.Random(7)
    levels = {f"air-{number}": dict(_ORDINARY) for number in range(stations)}
    numbers = range(1, timedelta(hours=hours) // _STEPS[period] + 1)
    return (_step(levels, START + number * _STEPS[period], period, chance) for number in numbers)


def _step(
    levels: Mapping[str, dict[str, float]], instant: datetime, period: str, chance: random.Random
) -> Iterator[list[Reading]]:
    return (_message(station, instant, period, level, chance) for station, level in levels.items())


def _message(
    station: str, instant: datetime, period: str, level: dict[str, float], chance: random.Random
) -> list[Reading]:
    found = []
    for name, ordinary in _ORDINARY.items():
        level[name] += (ordinary - level[name]) * 0.02 + chance.gauss(0, 0.01 * ordinary)
        value = round(level[name], 3 if name == "co" else 1)
        found.append(Reading(station, "air", name, period, instant, value, 1, "", instant))
    return found
