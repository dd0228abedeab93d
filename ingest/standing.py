"""How service and stations stand, as points of measurements `service` and `station`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from ingest.ledger import HOUR
from ingest.metrics import Family
from ingest.moments import to_micros
from ingest.points import Point

SERVICE, STATION = "service", "station"
_PREFIX = "clearwarn_"


class Whereabouts(Protocol):
    """Where a station is."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def lat(self) -> float | None: ...


class Heard(Protocol):
    """A station now, as `alerts.ports.StationState` has it."""

    @property
    def place(self) -> Whereabouts: ...
    @property
    def last_instant(self) -> datetime | None: ...
    @property
    def last_received(self) -> datetime | None: ...
    @property
    def silent(self) -> bool: ...


def service_point(families: Iterable[Family], at: int) -> Point:
    """What `/metrics` says, a field a sample: `clearwarn_open_warnings{level="red"}` is `open_warnings_red`."""
    fields = tuple(
        ("_".join((family.name.removeprefix(_PREFIX), *labels.values())), float(value))
        for family in families
        for labels, value in family.samples
    )
    return Point(SERVICE, (), fields, at)


def station_point(heard: Heard, ranks: Mapping[str, int], console: str, at: int) -> Point:
    """How a station stands in the hour of `at`: `rank` is that of its gravest open warning, 0 for none.

    Its names come with its id behind them: what a dashboard lists to choose from is a text that ends in the value.
    """
    place = heard.place
    known = (("lat", place.lat), ("lon", place.lon))
    moments = (("heard", heard.last_instant), ("received", heard.last_received))
    return Point(
        STATION,
        (("kind", place.kind), ("station", place.id)),
        (
            ("rank", ranks.get(place.id, 0)),
            ("silent", int(heard.silent)),
            ("url", f"{console.rstrip('/')}/stations/{place.id}"),
            *((language, f"{name} ({place.id})") for language, name in (("zh", place.zh), ("en", place.en))),
            *((name, float(degrees)) for name, degrees in known if degrees is not None),
            *((name, to_micros(moment)) for name, moment in moments if moment is not None),
        ),
        at - at % HOUR,
    )
