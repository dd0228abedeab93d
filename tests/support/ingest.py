"""Builders and fakes for tests of intake: a small catalogue, deliveries, and what the pipeline talks to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.air.model import IndexValue
from ingest.bundle import Bundle, Heard, Values
from ingest.catalog import Catalog, Station
from ingest.flagged import Flagged, Group, Index
from ingest.model import Delivery, Flag, Reading
from ingest.moments import EPOCH, MICROSECOND
from ingest.ports import Arrived

NOW = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATION = "air-1"
TIME = "2026-11-23T09:00:00+08:00"  # its hour ends 17 minutes before NOW
INDEXED = "no2"  # the parameter that `Listener` makes an index of
TOPIC = f"clearwarn/v1/air/{STATION}/reading"

_NAME = {"zh": "名", "en": "name"}


def a_parameter(**changes: Any) -> dict[str, Any]:
    return {"name": _NAME, "unit": "ug/m3", "low": -5.0, "high": 1000.0} | changes


def a_station(**changes: Any) -> dict[str, Any]:
    """As a stations file has it."""
    return {
        "id": STATION,
        "kind": "air",
        "name": _NAME,
        "area": "bay",
        "lon": 121.4,
        "lat": 28.6,
        "parameters": ("pm2_5", "o3", "no2"),
    } | changes


def a_catalog(*stations: Mapping[str, Any], **parameters: Mapping[str, Any]) -> Catalog:
    """Three air parameters and, unless others are given, an air station, one that names its zone, and an outfall."""
    return Catalog.model_validate(
        {
            "parameters": {
                "pm2_5": a_parameter(flat={"suspect_hours": 4, "fail_hours": 8}, spike={"factor": 3, "floor": 100}),
                "o3": a_parameter(spike={"step": 100}),
                "no2": a_parameter(),
                "cod": a_parameter(unit="mg/L", low=0.0),
            }
            | parameters,
            "areas": ({"id": "bay", "name": _NAME},),
            "stations": stations
            or (
                a_station(),
                a_station(id="air-local", zone="Asia/Shanghai"),
                a_station(id="outfall-1", kind="outfall", parameters=("cod",)),
            ),
        }
    )


def permitted(catalog: Catalog, *stations: str, **limits: float) -> Catalog:
    """With an outfall that those stations watch, and daily limits of its permit."""
    permit = {"number": "p", "limits": {name: {"day": limit} for name, limit in limits.items()}}
    outfall = {"code": "o", "name": _NAME, "kind": "industrial", "permit": permit, "stations": stations}
    return Catalog.model_validate(catalog.model_dump() | {"outfalls": (outfall,)})


def the_station(**changes: Any) -> Station:
    return Station.model_validate(a_station(**changes))


def a_payload(**changes: Any) -> bytes:
    """As a device sends it; a field given as None is left out."""
    body = {"station": STATION, "time": TIME, "period": "1h", "values": {"pm2_5": 35.2}} | changes
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def a_delivery(
    *,
    payload: bytes | None = None,
    topic: str = TOPIC,
    position: int = 1,
    received_at: datetime = NOW,
    **changes: Any,
) -> Delivery:
    """One good message of the air station, or that one."""
    return Delivery(topic, a_payload(**changes) if payload is None else payload, received_at, position)


def a_reading(
    value: float | None = 31.0, *, instant: datetime = NOW, flag: int = Flag.PASS, reason: str = "", **changes: Any
) -> Reading:
    return Reading(STATION, "air", "pm2_5", "1h", instant, value, flag, reason, NOW)._replace(**changes)


def an_outcome(
    *values: tuple[datetime, float | None],
    position: int = 1,
    account: str = STATION,
    parameter: str = "pm2_5",
    flag: int = Flag.PASS,
    reason: str = "",
    **changes: Any,
) -> Flagged:
    """What a delivery came to; by default one reading of NOW."""
    groups: list[Group] = [
        ("1h", micros(instant), Values.of([(parameter, value, int(flag), reason)]))
        for instant, value in values or ((NOW, 35.2),)
    ]
    received = changes.pop("received", len(groups))
    return Flagged(position, account, "air", micros(NOW), received, 0, groups, [], [])._replace(**changes)


def an_index(value: float | None = 55.0, *, instant: datetime = NOW, **changes: Any) -> IndexValue:
    """The AQI of an hour."""
    flag = Flag.MISSING if value is None else Flag.PASS
    of = (6, 6, "", 1, "hj633-2026", "pm2_5")
    return IndexValue(STATION, "aqi", "1h", instant, value, flag.value, "", NOW, *of)._replace(**changes)


def indexed(*indices: IndexValue, position: int = 1, **changes: Any) -> Flagged:
    """What a delivery came to that has these indices and nothing else."""
    outcome = an_outcome(position=position, groups=[], received=0, **changes)
    return outcome._replace(indices=[a_row(one) for one in indices])


def a_row(of: IndexValue) -> Index:
    """As it goes to the store."""
    said = of._asdict()
    return Index(of.station, of.parameter, of.period, micros(of.instant), *(said[name] for name in Index._fields[4:]))


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def arrived(*deliveries: Delivery) -> list[Arrived]:
    """As a source hands them on; the token is the payload's number here."""
    return [Arrived(delivery.topic, delivery.payload, number) for number, delivery in enumerate(deliveries)]


class HandClock:
    """Moved by the test."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now
        self._moved.set()

    async def sleep_until(self, moment: datetime) -> None:
        while self._now < moment:
            self._moved.clear()
            await self._moved.wait()


class ScriptedSource:
    """`ports.ReadingSource`: hands on what the test says, remembers what was settled."""

    def __init__(self) -> None:
        self._next: asyncio.Queue[Sequence[Arrived]] = asyncio.Queue()
        self.settled: list[Arrived] = []
        self._changed = asyncio.Event()

    def say(self, *deliveries: Delivery) -> list[Arrived]:
        messages = arrived(*deliveries)
        self._next.put_nowait(messages)
        return messages

    async def receive(self) -> Sequence[Arrived]:
        return await self._next.get()

    def settle(self, batch: Sequence[Arrived]) -> None:
        self.settled += batch
        self._changed.set()

    async def has_settled(self, count: int) -> None:
        """Returns when so many messages were acknowledged."""
        while len(self.settled) < count:
            self._changed.clear()
            await self._changed.wait()


class Listener:
    """`ports.Evaluator`: remembers what it was told, in order; its journal fails as often as it is told to."""

    unavailable: tuple[type[Exception], ...] = (ConnectionError,)
    depth, reach = 10, 100 * HOUR

    def __init__(self) -> None:
        self.heard: list[Reading | datetime] = []
        self.wanted: datetime | None = None
        self.failures = 0
        self.journalled = 0
        self.pending = 0
        self.ticked = asyncio.Event()
        self.fed_at: list[datetime] = []
        self.lacks_past = False
        self.recalled: list[tuple[list[str], list[float | None], datetime, bool]] = []
        self.hushed = 0
        self.derived: list[int] = []  # readings at once

    @property
    def readings(self) -> list[Reading]:
        return [item for item in self.heard if isinstance(item, Reading)]

    def derive(self, bundles: Sequence[Bundle], _now: datetime) -> Sequence[IndexValue]:
        readings = [reading for bundle in bundles for reading in bundle.readings]
        self.derived.append(len(readings))
        return [an_index(reading.value) for reading in readings if reading.parameter == INDEXED]

    def makes_hours(self, parameter: str, period: str) -> bool:
        return (parameter, period) == ("pm2_5", "5m")

    def feed(self, heard: Iterable[Heard], now: datetime) -> None:
        fed: list[Any] = []
        for bundles, worked_out in heard:
            fed += [reading for bundle in bundles for reading in bundle.readings]
            fed += worked_out
        self.heard += fed
        self.fed_at.append(now)
        self.pending += len(fed)

    def advance(self, now: datetime) -> None:
        self.heard.append(now)
        self.wanted = None
        self.ticked.set()

    def wake_at(self) -> datetime | None:
        return self.wanted

    async def commit(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no journal now")
        self.journalled += self.pending
        self.pending = 0

    def lack_past(self) -> None:
        self.lacks_past = True

    def recall(
        self, stations: Iterable[str], past: Sequence[Reading], now: datetime, *, until: datetime, judged: bool
    ) -> Sequence[IndexValue]:
        assert now >= until
        self.recalled.append(([*stations], [reading.value for reading in past], until, judged))
        return [an_index(reading.value) for reading in past if reading.parameter == INDEXED]

    def hush(self) -> None:
        self.hushed += self.pending
        self.pending = 0

    def snapshot(self) -> Mapping[str, Any]:
        rows = [[*r[:4], r.instant.isoformat(), *r[5:8], r.received_at.isoformat()] for r in self.readings]
        return {"readings": rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        for row in state["readings"]:
            instant, received_at = datetime.fromisoformat(row[4]), datetime.fromisoformat(row[8])
            self.heard.append(Reading(*row)._replace(instant=instant, received_at=received_at))
