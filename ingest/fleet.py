"""What is known of each station now: when it was last heard, and its newest values. Pure.

A reading from the future says that the station was heard; neither its value nor its instant is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from ingest.model import Reading
from ingest.quality import SKEW

_PARAMETER = itemgetter(Reading._fields.index("parameter"))


@dataclass(slots=True)
class StationNow:
    """One station. `values`: parameter -> its newest reading."""

    last_instant: datetime | None = None
    last_received: datetime | None = None
    status: str = ""
    values: dict[str, Reading] = field(default_factory=dict)


class Fleet:
    """Every station heard so far."""

    def __init__(self) -> None:
        self._stations: dict[str, StationNow] = {}

    def hear(self, readings: Sequence[Reading], *, at_once: bool = False) -> None:
        """Takes the readings of a delivery in: of one station, in any order; with `at_once` all of one instant."""
        first = readings[0]
        now = self._station(first.station)
        received_at = first.received_at
        if now.last_received is None or received_at > now.last_received:  # a redrive brings older ones
            now.last_received = received_at
        instant = first.instant
        if at_once and (now.last_instant is None or instant >= now.last_instant):  # as nearly all: the newest of all
            if instant - received_at <= SKEW:
                now.last_instant = instant
                now.values.update(zip(map(_PARAMETER, readings), readings, strict=True))
            return
        for reading in readings:
            self._hear(now, reading)

    @staticmethod
    def _hear(now: StationNow, reading: Reading) -> None:
        instant = reading.instant
        if instant - reading.received_at > SKEW:
            return
        if now.last_instant is None or instant > now.last_instant:
            now.last_instant = instant
        known = now.values.get(reading.parameter)
        if known is None or instant >= known.instant:
            now.values[reading.parameter] = reading

    def recall(self, readings: Iterable[Reading]) -> None:
        """Takes in what the store has from before: values and instants, of receipts it knows nothing."""
        for reading in readings:
            now = self._station(reading.station)
            if now.last_instant is None or reading.instant > now.last_instant:
                now.last_instant = reading.instant
            newest = now.values.get(reading.parameter)
            if newest is None or reading.instant > newest.instant:
                now.values[reading.parameter] = reading

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
        return self._stations.get(station) or StationNow()

    def keep(self, parameters: Mapping[str, Collection[str]]) -> None:
        """Forgets the stations that are not among these, and of each what it measures no more."""
        for id_ in self._stations.keys() - parameters.keys():
            del self._stations[id_]
        for id_, now in self._stations.items():
            for name in now.values.keys() - set(parameters[id_]):
                del now.values[name]

    def snapshot(self) -> dict[str, Any]:
        """Plain data for the checkpoint, station by station: to be gone through before the next delivery."""
        return {"stations": ([id_, _plain(now)] for id_, now in self._stations.items())}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The fleet as it was. In checkpoints of earlier versions it is an object by ids."""
        stations = state.get("stations", state)
        for id_, known in (state if isinstance(stations, Mapping) else dict(stations)).items():
            now = self._stations[id_] = StationNow(
                last_instant=_time(known["last_instant"]),
                last_received=_time(known["last_received"]),
                status=known["status"],
            )
            for row in known["values"]:
                instant, received_at = datetime.fromisoformat(row[4]), datetime.fromisoformat(row[8])
                reading = Reading(*row)._replace(instant=instant, received_at=received_at)
                now.values[reading.parameter] = reading


def _plain(now: StationNow) -> dict[str, Any]:
    return {
        "last_instant": _text(now.last_instant),
        "last_received": _text(now.last_received),
        "status": now.status,
        "values": [
            [*reading[:4], reading.instant.isoformat(), *reading[5:8], reading.received_at.isoformat()]
            for reading in now.values.values()
        ],
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
