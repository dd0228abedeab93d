"""A store in memory, for tests and trials: it promises what `ports.ReadingStore` does, for as long as it lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ingest.flagged import Flagged, Index
from ingest.ledger import Account, Entry
from ingest.model import StoredIndex
from ingest.moments import EPOCH, to_micros
from ingest.points import Point, summary_points
from ingest.ports import StoredReading, StoredSeries

_Key = tuple[str, str, str, int]  # station, parameter, period, instant


class MemoryStore:
    """Point -> (position, reading)."""

    def __init__(self) -> None:
        self._points: dict[_Key, tuple[int, StoredReading]] = {}
        self._indices: dict[_Key, tuple[int, Index]] = {}
        self.ledger: dict[Account, Entry] = {}
        self.points: dict[tuple[object, ...], Point] = {}

    async def write(self, batch: Sequence[Flagged]) -> None:
        """Worked out whole, then taken over at once."""
        points, indices = dict(self._points), dict(self._indices)
        for item in batch:
            for index in item.indices:
                if index.point not in indices or item.position >= indices[index.point][0]:
                    indices[index.point] = (item.position, index)
            for period, micros, values in item.groups:
                instant = EPOCH + timedelta(microseconds=micros)
                for parameter, value, flag, reason in values:
                    key = (item.account, parameter, period, micros)
                    if key not in points or item.arrival >= points[key][0]:
                        reading = StoredReading(instant=instant, value=value, flag=flag, reason=reason)
                        points[key] = (item.arrival, reading)
        self._points, self._indices = points, indices
        await self.write_points([point for item in batch for one in item.summaries for point in summary_points(one)])

    async def write_ledger(self, entries: Mapping[Account, Entry]) -> None:
        """The newer counts stand."""
        self.ledger.update(entries)

    async def write_points(self, points: Sequence[Point]) -> None:
        """The later one stands."""
        self.points.update({(point.measurement, point.tags, point.at): point for point in points})

    async def history(
        self, station: str, parameter: str, start: datetime, end: datetime, *, period: str | None = None
    ) -> Sequence[StoredReading]:
        """By instant; of all periods where none is named."""
        first, last = to_micros(start), to_micros(end)
        found = [
            reading
            for (of, what, over, micros), (_, reading) in self._points.items()
            if (of, what) == (station, parameter) and period in {None, over} and first <= micros <= last
        ]
        return sorted(found, key=lambda reading: reading.instant)

    async def indices(
        self, subject: str, index: str, period: str, start: datetime, end: datetime
    ) -> Sequence[StoredIndex]:
        """By instant."""
        first, last = to_micros(start), to_micros(end)
        return [
            StoredIndex(EPOCH + timedelta(microseconds=one.instant), *one[4:])
            for key, (_, one) in sorted(self._indices.items())
            if key[:3] == (subject, index, period) and first <= key[3] <= last
        ]

    async def newest(
        self, stations: Sequence[str], start: datetime, end: datetime, *, most: int
    ) -> Sequence[StoredSeries]:
        """Series after series."""
        there = sorted({key[:3] for key in self._points if key[0] in stations})
        found = []
        for station, parameter, period in there:
            readings = await self.history(station, parameter, start, end, period=period)
            if readings:
                of = StoredSeries(station=station, parameter=parameter, period=period, readings=readings[-most:])
                found.append(of)
        return found
