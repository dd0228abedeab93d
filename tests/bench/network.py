"""A made-up network of any size and the messages it sends: six parameters each, nothing that warns.

A third each of air stations (hourly), source monitors (every 5 min) and outfalls (every 10 min, and hourly means): all
shipped rules have something to look at. Areas hold twenty stations, as districts do.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ingest.catalog import Catalog
from ingest.model import Kind, Period
from ingest.topics import Leaf
from ingest.topics import of as topic_of

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SENT_AT_ONCE = "30d"  # lateness of stations whose days are sent within minutes
TICK = timedelta(minutes=5)
TICKS_AN_HOUR = 12
AREA = 20  # stations
BEIJING = timezone(timedelta(hours=8))
START = datetime(2026, 11, 23, tzinfo=UTC)

# Ordinary values: far from every limit, within 4 % of these, so that no jump or spike is seen in them.
ORDINARY: Mapping[Kind, Mapping[str, float]] = {
    Kind.AIR: {"pm2_5": 35.0, "pm10": 60.0, "so2": 9.0, "no2": 31.0, "co": 0.7, "o3": 88.0},
    Kind.SOURCE: {"temp": 17.0, "ph": 7.6, "do": 8.2, "cond": 310.0, "codmn": 2.4, "nh3_n": 0.31},
    Kind.OUTFALL: {"flow": 210.0, "ph": 7.2, "temp": 21.0, "cod": 28.0, "nh3_n": 1.9, "tp": 0.24},
}
# Which periods end at a tick, by its number within the hour (0: on the hour).
_PERIODS: Mapping[Kind, Mapping[Period, int]] = {
    Kind.AIR: {Period.HOUR: 12},
    Kind.SOURCE: {Period.FIVE_MINUTES: 1},
    Kind.OUTFALL: {Period.TEN_MINUTES: 2, Period.HOUR: 12},
}
_INTERVALS = {Kind.AIR: "1h", Kind.SOURCE: "5m", Kind.OUTFALL: "10m"}


class Message(NamedTuple):
    """As it is published."""

    topic: str
    payload: bytes


@dataclass(frozen=True)
class Network:
    """So many stations; the same number gives the same messages. Over a broker days are sent within minutes."""

    size: int
    lateness: str = "72h"

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """As in `config/stations/*.yaml`."""
        return [_entry(number, self.lateness) for number in range(self.size)]

    @cached_property
    def outfalls(self) -> list[dict[str, Any]]:
        """As in `config/stations/*.yaml`: a file for each outfall station."""
        return [_outfall(entry) for entry in self.entries if entry["kind"] == Kind.OUTFALL]

    @cached_property
    def areas(self) -> list[dict[str, Any]]:
        """As in `config/areas.yaml`."""
        ids = sorted({entry["area"] for entry in self.entries})
        return [{"id": area, "name": {"zh": area, "en": area}} for area in ids]

    @cached_property
    def catalog(self) -> Catalog:
        """With the shipped parameters."""
        parameters = yaml.safe_load((CONFIG / "parameters.yaml").read_text(encoding="utf-8"))["parameters"]
        there = {"stations": self.entries, "outfalls": self.outfalls}
        return Catalog.model_validate({"parameters": parameters, "areas": self.areas, **there})

    def messages(
        self, start: datetime, hours: int, kinds: Collection[Kind] = tuple(Kind)
    ) -> Iterator[tuple[datetime, list[Message]]]:
        """(instant, the messages of periods that end there), tick by tick in the `hours` after `start`."""
        chance = random.Random(self.size)
        for tick in range(1, hours * TICKS_AN_HOUR + 1):
            instant = start + tick * TICK
            yield instant, [*self._at(instant, tick, chance, kinds)]

    def _at(self, instant: datetime, tick: int, chance: random.Random, kinds: Collection[Kind]) -> Iterator[Message]:
        for entry in self.entries:
            kind = Kind(entry["kind"])
            if kind not in kinds:
                continue
            for period, every in _PERIODS[kind].items():
                if tick % every == 0:
                    yield _message(entry["id"], kind, period, instant - period.length, chance)

    @property
    def an_hour(self) -> int:
        """Messages in an hour."""
        return sum(len(batch) for _, batch in Network(self.size).messages(START, 1))


def _outfall(entry: dict[str, Any]) -> dict[str, Any]:
    limits = {"cod": 50.0, "nh3_n": 5.0, "tp": 0.5}
    return {
        "code": entry["id"],
        "name": entry["name"],
        "kind": "other",
        "permit": {"number": "1", "limits": {name: {"day": value} for name, value in limits.items()}},
        "stations": [entry["id"]],
    }


def _entry(number: int, lateness: str) -> dict[str, Any]:
    kind = tuple(Kind)[number % len(Kind)]
    id_ = f"{kind.value}-{number:05d}"
    more: dict[str, Any] = {}
    if kind is Kind.SOURCE:
        more = {"role": "intake" if number // len(Kind) % 4 == 0 else "upstream"}
    return {
        "id": id_,
        "kind": kind.value,
        "name": {"zh": id_, "en": id_},
        "area": f"{kind.value}-area-{number // (AREA * len(Kind)):04d}",
        "lon": 123.0,
        "lat": 29.0,
        "parameters": [*ORDINARY[kind]],
        "interval": _INTERVALS[kind],
        "lateness": lateness,
        **more,
    }


def _message(station: str, kind: Kind, period: Period, begins: datetime, chance: random.Random) -> Message:
    values = ", ".join(
        f'"{name}": {ordinary * (0.96 + 0.08 * chance.random()):.4g}' for name, ordinary in ORDINARY[kind].items()
    )
    time = begins.astimezone(BEIJING).isoformat()
    payload = f'{{"station": "{station}", "time": "{time}", "period": "{period.value}", "values": {{{values}}}}}'
    return Message(topic_of(kind.value, station, Leaf.READING), payload.encode())
