"""What the devices of the matrix send: a row of water-source monitors, with ammonia over the limit now and then.

The instants lie two seconds apart in the last hour, and the stations are expected hourly: whenever a reading is
received within the hour after, it is current. So what is to be told does not depend on how long a fault lasts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import yaml

from ingest.moments import EPOCH, MICROSECOND
from tests.support.publishing import Published

AREA = "matrix-brook"
SPACING = timedelta(seconds=2)
BEHIND = timedelta(minutes=50)
PARAMETERS = ("nh3_n", "codmn")
SPECIAL = "tp"  # a parameter that is in the catalogue, and sent only where a scenario says so
_CYCLE = 16  # instants from one spill to the next
_SPILL = range(4, 7)  # of them above the limit
_INTAKES = 5  # every fifth station is an intake, and has spills


class Point(NamedTuple):
    """One reading's place."""

    station: str
    parameter: str
    instant: int  # microseconds since 1970, UTC


class Stream:
    """So many stations; `take` gives the next instants of all of them. `readings` is everything handed out."""

    def __init__(self, stations: int = 100, *, start: datetime | None = None) -> None:
        began = start or datetime.now(UTC) - BEHIND
        self._start = began.replace(microsecond=0)
        self._next = 0
        self.names = [f"monitor-{number:05d}" for number in range(stations)]
        self.readings: dict[Point, float] = {}

    def take(self, instants: int) -> list[Published]:
        """The messages of the next instants, instant by instant."""
        numbers = range(self._next, self._next + instants)
        self._next += instants
        return [self.message(station, number) for number in numbers for station in range(len(self.names))]

    @property
    def span(self) -> tuple[int, int]:
        """From the first instant to far beyond the last, microseconds since 1970, UTC."""
        first = (self._start - EPOCH) // MICROSECOND
        return first, first + 7_200_000_000

    def message(self, station: int, number: int, **more: float) -> Published:
        """What that station says at that instant, and of `more` parameters; noted in `readings`."""
        instant = self._start + number * SPACING
        name, micros = self.names[station], (instant - EPOCH) // MICROSECOND
        values = {"nh3_n": _ammonia(station, number), "codmn": _permanganate(station, number), **more}
        self.readings |= {Point(name, parameter, micros): value for parameter, value in values.items()}
        said = ", ".join(f'"{parameter}": {value}' for parameter, value in values.items())
        payload = f'{{"station": "{name}", "time": "{instant.isoformat()}", "period": "instant", "values": {{{said}}}}}'
        return Published(f"clearwarn/v1/source/{name}/reading", payload.encode())

    def write(self, folder: Path) -> Path:
        """`areas.yaml` and `stations/` in that folder."""
        (folder / "stations").mkdir(parents=True)
        areas = [{"id": AREA, "name": {"zh": "试验溪", "en": "Matrix brook"}}]
        (folder / "areas.yaml").write_text(yaml.safe_dump({"areas": areas}), encoding="utf-8")
        entries = [_entry(name, number) for number, name in enumerate(self.names)]
        (folder / "stations" / "all.yaml").write_text(yaml.safe_dump({"stations": entries}), encoding="utf-8")
        return folder


def _ammonia(station: int, number: int) -> float:
    """mg/L; the limit is 1."""
    place = (number + station) % _CYCLE
    ordinary = 0.2 + (number * 3 + station) % 20 / 100
    return round(1.2 + ordinary if place in _SPILL and station % _INTAKES == 0 else ordinary, 3)


def _permanganate(station: int, number: int) -> float:
    """mg/L; the limit is 6."""
    return round(2 + (number * 7 + station) % 50 / 100, 2)


def _entry(name: str, number: int) -> dict[str, object]:
    return {
        "id": name,
        "kind": "source",
        "name": {"zh": name, "en": name},
        "area": AREA,
        "lon": 123.5,
        "lat": 29.7,
        "parameters": [*PARAMETERS, SPECIAL],
        "interval": "1h",
        "role": "intake" if number % _INTAKES == 0 else "upstream",
    }
