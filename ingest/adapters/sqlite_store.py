"""Readings in one SQLite file: the embedded store, no server. `ports.ReadingStore` says what it promises.

A later delivery's value for a point wins whatever the order of writing; measurement `quality` is a table of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from ingest.adapters import sqlite_readings, sqlite_singles
from ingest.adapters.database import open_database, open_reader, transaction, write_rows
from ingest.adapters.sqlite_readings import ReadReadings, WrittenReadings
from ingest.adapters.worker import Worker
from ingest.errors import StoreUnavailableError
from ingest.flagged import Flagged
from ingest.ledger import Account, Entry
from ingest.model import Flag, StoredIndex
from ingest.moments import EPOCH, to_micros
from ingest.points import Point, summary_points
from ingest.ports import StoredReading, StoredSeries

MIGRATIONS = (
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, kind TEXT NOT NULL, parameter TEXT NOT NULL,
        period TEXT NOT NULL, UNIQUE (station, parameter, period)
    );
    CREATE TABLE readings (
        series INTEGER NOT NULL, instant INTEGER NOT NULL, value REAL, flag INTEGER NOT NULL, reason TEXT NOT NULL,
        received_at INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (series, instant)
    ) WITHOUT ROWID;
    CREATE TABLE quality (
        series INTEGER NOT NULL, instant INTEGER NOT NULL, reason TEXT NOT NULL, value REAL, flag INTEGER NOT NULL,
        received_at INTEGER NOT NULL, PRIMARY KEY (series, instant, reason)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE ledger (
        station TEXT NOT NULL, hour INTEGER NOT NULL, received INTEGER NOT NULL, stored INTEGER NOT NULL,
        duplicate INTEGER NOT NULL, quarantined INTEGER NOT NULL, waiting INTEGER NOT NULL, PRIMARY KEY (station, hour)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE points (
        measurement TEXT NOT NULL, at INTEGER NOT NULL, tags TEXT NOT NULL, fields TEXT NOT NULL,
        PRIMARY KEY (measurement, at, tags)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE index_series (
        id INTEGER PRIMARY KEY, subject TEXT NOT NULL, name TEXT NOT NULL, period TEXT NOT NULL,
        UNIQUE (subject, name, period)
    );
    CREATE TABLE indices (
        series INTEGER NOT NULL, instant INTEGER NOT NULL, value REAL, flag INTEGER NOT NULL, revision INTEGER NOT NULL,
        have INTEGER NOT NULL, parts INTEGER NOT NULL, missing TEXT NOT NULL, edition TEXT NOT NULL,
        pollutants TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (series, instant)
    ) WITHOUT ROWID;
    """,
    sqlite_readings.MIGRATION,
)
# Each station grows at a place of its own: pages are many, and written again with every reading. SQLite's defaults
# (2 MB of cache, a checkpoint every 4 MB) would move all of them to the file with nearly every batch.
_CACHE_KIB = 64 * 1024
_WAL_PAGES = 16 * 1024
CORRECTED = "corrected"  # reason in `quality` under which a corrected reading's first value is kept

_QUALITY = "INSERT INTO quality VALUES {row} ON CONFLICT DO NOTHING"
_INDEX = """
    INSERT INTO indices VALUES {row}
    ON CONFLICT DO UPDATE SET value=excluded.value, flag=excluded.flag, revision=excluded.revision, have=excluded.have,
        parts=excluded.parts, missing=excluded.missing, edition=excluded.edition, pollutants=excluded.pollutants,
        position=excluded.position
    WHERE excluded.position >= indices.position
"""
_POINTS = "INSERT OR REPLACE INTO points VALUES {row}"
_LEDGER = "INSERT OR REPLACE INTO ledger VALUES {row}"
_PASS = Flag.PASS.value


class SqliteStore:
    """One writing thread, one reading thread. Open it with `async with`."""

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._write_on = Worker("store-write")
        self._read_on = Worker("store-read")
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._written: WrittenReadings | None = None
        self._read: ReadReadings | None = None
        self._index_series: dict[tuple[str, str, str], int] = {}

    async def __aenter__(self) -> Self:
        await self._write_on(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._write_on(self._close)
        self._read_on.close()
        self._write_on.close()

    async def write(self, batch: Sequence[Flagged]) -> None:
        """One transaction for the batch."""
        await self._write_on(self._write, batch)

    async def write_ledger(self, entries: Mapping[Account, Entry]) -> None:
        """Rows of table `ledger`, in one transaction between those of readings."""
        await self._write_on(self._write_ledger, entries)

    async def write_points(self, points: Sequence[Point]) -> None:
        """Rows of table `points`, tags and fields as JSON; in one transaction between those of readings."""
        await self._write_on(self._write_points, points)

    async def history(
        self, station: str, parameter: str, start: datetime, end: datetime, *, period: str | None = None
    ) -> Sequence[StoredReading]:
        """By instant; of all periods where none is named."""
        return await self._read_on(self._history, station, parameter, start, end, period)

    async def indices(
        self, subject: str, index: str, period: str, start: datetime, end: datetime
    ) -> Sequence[StoredIndex]:
        """By instant."""
        return await self._read_on(self._index_history, subject, index, period, start, end)

    async def newest(
        self, stations: Sequence[str], start: datetime, end: datetime, *, most: int
    ) -> Sequence[StoredSeries]:
        """Series after series."""
        return await self._read_on(self._newest, frozenset(stations), start, end, most)

    def _open(self) -> None:
        self._writer = open_database(self._path, MIGRATIONS)
        self._writer.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._writer.execute(f"PRAGMA wal_autocheckpoint={_WAL_PAGES}")
        self._reader = open_reader(self._path)
        query = "SELECT subject, name, period, id FROM index_series"
        self._index_series = {(subject, *rest): id_ for subject, *rest, id_ in self._writer.execute(query)}
        self._written, self._read = WrittenReadings(self._writer), ReadReadings(self._reader)
        sqlite_singles.move(self._writer, self._written)

    def _close(self) -> None:
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()

    def _write(self, batch: Sequence[Flagged]) -> None:
        assert self._writer is not None, "open it with `async with`"
        assert self._written is not None, "opened with the writer"
        known_indices = dict(self._index_series)
        try:
            with self._written.numbering(), transaction(self._writer):
                self._written.put(batch)
                write_rows(self._writer, _QUALITY, list(self._remarks(self._written, batch)))
                summaries = [point for item in batch for one in item.summaries for point in summary_points(one)]
                write_rows(self._writer, _POINTS, [_point_row(point) for point in summaries])
                # each series grows at a place of its own: its pages are touched once a batch
                indices = sorted(self._indices(self._writer, batch), key=itemgetter(0))
                write_rows(self._writer, _INDEX, indices)
            known_indices = self._index_series
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise StoreUnavailableError(message) from error
        finally:
            self._index_series = known_indices  # without the numbers given in a transaction that did not happen

    def _write_ledger(self, entries: Mapping[Account, Entry]) -> None:
        rows = [
            (*account, e.received, e.stored, e.duplicate, e.quarantined, e.waiting) for account, e in entries.items()
        ]
        self._put(_LEDGER, rows)

    def _write_points(self, points: Sequence[Point]) -> None:
        self._put(_POINTS, [_point_row(point) for point in points])

    def _put(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Rows that stand for themselves, in a transaction of their own."""
        assert self._writer is not None, "open it with `async with`"
        try:
            with transaction(self._writer):
                write_rows(self._writer, statement, rows)
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise StoreUnavailableError(message) from error

    @staticmethod
    def _remarks(
        written: WrittenReadings, batch: Sequence[Flagged]
    ) -> Iterator[tuple[int, int, str, float | None, int, int]]:
        """Readings that are not `pass`, and the first values of those corrected."""
        for item in batch:
            for period, instant, values in item.groups:
                for parameter, value, flag, reason in () if values.all_passed else values:
                    if flag != _PASS:
                        id_ = written.series(item, parameter, period)
                        yield id_, instant, reason, value, flag, item.received_at
            for parameter, period, instant, first in item.corrected:
                # a redrive that comes after a later word brings no reading of its own
                known = written.series(item, parameter, period)
                yield known, instant, CORRECTED, first, _PASS, item.received_at

    def _indices(self, writer: sqlite3.Connection, batch: Sequence[Flagged]) -> Iterator[tuple[Any, ...]]:
        for item in batch:
            for one in item.indices:
                of = one.point[:3]
                if of not in self._index_series:
                    query = "INSERT INTO index_series (subject, name, period) VALUES (?, ?, ?) RETURNING id"
                    (self._index_series[of],) = writer.execute(query, of).fetchone()
                yield self._index_series[of], *one[3:], item.position

    def _history(
        self, station: str, parameter: str, start: datetime, end: datetime, period: str | None
    ) -> Sequence[StoredReading]:
        assert self._read is not None, "open it with `async with`"
        try:
            return self._read.history(station, parameter, to_micros(start), to_micros(end), period)
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise StoreUnavailableError(message) from error

    def _index_history(
        self, subject: str, index: str, period: str, start: datetime, end: datetime
    ) -> Sequence[StoredIndex]:
        assert self._reader is not None, "open it with `async with`"
        query = """
            SELECT instant, value, flag, revision, have, parts, missing, edition, pollutants
            FROM indices JOIN index_series ON index_series.id = series
            WHERE subject = ? AND name = ? AND period = ? AND instant BETWEEN ? AND ? ORDER BY instant
        """
        given = (subject, index, period, to_micros(start), to_micros(end))
        try:
            rows = self._reader.execute(query, given).fetchall()
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise StoreUnavailableError(message) from error
        return [StoredIndex(EPOCH + timedelta(microseconds=instant), *rest) for instant, *rest in rows]

    def _newest(self, stations: frozenset[str], start: datetime, end: datetime, most: int) -> Sequence[StoredSeries]:
        assert self._read is not None, "open it with `async with`"
        first, last = to_micros(start), to_micros(end)
        try:
            return [one for station in stations for one in self._read.newest(station, first, last, most)]
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise StoreUnavailableError(message) from error


def _point_row(point: Point) -> tuple[object, ...]:
    return point.measurement, point.at, orjson.dumps(dict(point.tags)), orjson.dumps(dict(point.fields))
