"""What is known of each station now: when it was last heard, and its newest values. Pure.

A reading from the future says that the station was heard; neither its value nor its instant is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ingest.bundle import Bundle
from ingest.model import Reading
from ingest.quality import SKEW


class Newest(NamedTuple):
    """The newest of one parameter."""

    instant: datetime
    value: float | None
    flag: int
    reason: str


@dataclass(slots=True)
class StationNow:
    """One station. `values`: parameter -> the newest of it."""

    last_instant: datetime | None = None
    last_received: datetime | None = None
    status: str = ""
    values: dict[str, Newest] = field(default_factory=dict)
    latest: Bundle | None = None  # of all that is known the newest, and not in `values` yet

    def settle(self) -> None:
        """`values` has all there is."""
        if self.latest is not None:
            instant = self.latest.instant
            self.values.update(
                {name: Newest(instant, value, flag, reason) for name, value, flag, reason in self.latest.values}
            )
            self.latest = None


class Fleet:
    """Every station heard so far."""

    def __init__(self) -> None:
        self._stations: dict[str, StationNow] = {}

    def hear(self, bundles: Iterable[Bundle]) -> None:
        """Takes in what a delivery brought, in any order."""
        for bundle in bundles:
            now = self._stations.get(bundle.station) or self._station(bundle.station)
            instant, received_at = bundle.instant, bundle.received_at
            if now.last_received is None or received_at > now.last_received:  # a redrive brings older ones
                now.last_received = received_at
            if instant - received_at > SKEW:
                continue
            is_newest = now.last_instant is None or instant >= now.last_instant  # as nearly all
            if now.latest is not None and not (is_newest and now.latest.values.names is bundle.values.names):
                now.settle()
            if is_newest:
                now.last_instant, now.latest = instant, bundle
                continue
            for name, value, flag, reason in bundle.values:
                known = now.values.get(name)
                if known is None or instant >= known.instant:
                    now.values[name] = Newest(instant, value, flag, reason)

    def recall(self, readings: Iterable[Reading]) -> None:
        """Takes in what the store has from before: values and instants, of receipts it knows nothing."""
        for reading in readings:
            now = self._settled(reading.station)
            if now.last_instant is None or reading.instant > now.last_instant:
                now.last_instant = reading.instant
            newest = now.values.get(reading.parameter)
            if newest is None or reading.instant > newest.instant:
                now.values[reading.parameter] = Newest(reading.instant, reading.value, reading.flag, reading.reason)

    def _settled(self, id_: str) -> StationNow:
        now = self._station(id_)
        now.settle()
        return now

    def _station(self, id_: str) -> StationNow:
        known = self._stations.get(id_)
        if known is None:
            known = self._stations[id_] = StationNow()
        return known

    def status(self, station: str, text: str) -> None:
        """What a device says of itself, or its last will."""
        self._stations.setdefault(station, StationNow()).status = text

    def of(self, station: str) -> StationNow:
        """What is known; empty for a station that was never heard."""
        return self._settled(station) if station in self._stations else StationNow()

    def keep(self, parameters: Mapping[str, Collection[str]]) -> None:
        """Forgets the stations that are not among these, and of each what it measures no more."""
        for id_ in self._stations.keys() - parameters.keys():
            del self._stations[id_]
        for id_, now in self._stations.items():
            now.settle()
            for name in now.values.keys() - set(parameters[id_]):
                del now.values[name]

    def snapshot(self) -> dict[str, Any]:
        """Plain data for the checkpoint, station by station: to be gone through before the next delivery."""
        return {"stations": ([id_, _plain(now)] for id_, now in self._stations.items())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The fleet as it was. In checkpoints of earlier versions it is an object by ids, and values are readings."""
        stations = state.get("stations", state)
        for id_, known in (state if isinstance(stations, Mapping) else dict(stations)).items():
            now = self._stations[id_] = StationNow(
                last_instant=_time(known["last_instant"]),
                last_received=_time(known["last_received"]),
                status=known["status"],
            )
            for row in known["values"]:
                parameter, instant, *said = row if len(row) == len(Newest._fields) + 1 else (row[2], *row[4:8])
                now.values[parameter] = Newest(datetime.fromisoformat(instant), *said)


def _plain(now: StationNow) -> dict[str, Any]:
    now.settle()
    return {
        "last_instant": _text(now.last_instant),
        "last_received": _text(now.last_received),
        "status": now.status,
        "values": [[name, newest.instant.isoformat(), *newest[1:]] for name, newest in now.values.items()],
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
