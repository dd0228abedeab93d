"""Readings as the embedded store keeps them: a row for what a delivery said of one instant, in columns.

Nearly all that comes is six values that passed. A row for each of them would be six places in as many trees to write
to; so they stay together as they came, and whoever asks for one parameter picks it out. View `readings` has them one
by one, the word that holds for each instant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import NamedTuple

import orjson

from ingest.adapters.database import write_rows
from ingest.bundle import Value, Values
from ingest.flagged import Flagged
from ingest.model import Flag
from ingest.moments import EPOCH
from ingest.ports import StoredReading, StoredSeries

# A word on an instant is replaced by one that came later (`arrival`, of a redrive the original's); of the same delivery
# by what a later redrive (`position`) or a later part of it (`part`) says. `marks`: flags and reasons, where not all
# passed. What earlier versions kept value by value is in `singles` until it is moved (`sqlite_singles`).
MIGRATION = """
    CREATE TABLE streams (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, period TEXT NOT NULL, UNIQUE (station, period)
    );
    CREATE TABLE layouts (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
    CREATE TABLE bundles (
        stream INTEGER NOT NULL, instant INTEGER NOT NULL, arrival INTEGER NOT NULL, position INTEGER NOT NULL,
        part INTEGER NOT NULL, layout INTEGER NOT NULL, received_at INTEGER NOT NULL, given TEXT NOT NULL, marks TEXT,
        PRIMARY KEY (stream, instant, arrival, position, part, layout)
    ) WITHOUT ROWID;
    ALTER TABLE readings RENAME TO singles;
    CREATE VIEW readings AS
        SELECT series, instant, value, flag, reason, received_at, position FROM (
            SELECT series.id AS series, instant, json_extract(given, '$[' || name.key || ']') AS value,
                ifnull(json_extract(marks, '$[0][' || name.key || ']'), 1) AS flag,
                ifnull(json_extract(marks, '$[1][' || name.key || ']'), '') AS reason, received_at, arrival AS position,
                row_number() OVER (
                    PARTITION BY series.id, instant ORDER BY arrival DESC, bundles.position DESC, part DESC, layout DESC
                ) AS place
            FROM bundles JOIN streams ON streams.id = stream JOIN layouts ON layouts.id = layout
            JOIN json_each(layouts.names) AS name
            JOIN series ON series.station = streams.station AND series.period = streams.period
                AND series.parameter = name.value
        ) WHERE place = 1;
"""
_PUT = "INSERT OR REPLACE INTO bundles VALUES {row}"
_NEW_SERIES = "INSERT INTO series (station, kind, parameter, period) VALUES (?, ?, ?, ?) RETURNING id"
_ROWS = "SELECT instant, layout, given, marks FROM bundles WHERE stream = ? AND instant BETWEEN ? AND ? ORDER BY "
_OLDEST_FIRST = "instant, arrival, position, part, layout"
_NEWEST_FIRST = "instant DESC, arrival DESC, position DESC, part DESC, layout DESC"
_PASS = Flag.PASS.value
LAYOUTS = 4096  # remembered at a time; stations of a kind mostly share a few
_COMPLETE = 16 * LAYOUTS

_Key = tuple[str, str, str]  # station, parameter, period


class _Named(NamedTuple):
    """Numbers as the file has them; of layouts those met of late: a device may order its parameters anew each time."""

    series: dict[_Key, int]
    streams: dict[tuple[str, str], int]  # station, period
    layouts: dict[tuple[str, ...], int]
    complete: set[tuple[int, int]]  # streams and layouts of which every parameter has its series

    def copy(self) -> _Named:
        return _Named(dict(self.series), dict(self.streams), dict(self.layouts), set(self.complete))


class WrittenReadings:
    """The writing side, on one connection. Every method is to be called within `numbering`, within a transaction."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        self._writer = writer
        series = writer.execute("SELECT station, parameter, period, id FROM series")
        streams = writer.execute("SELECT station, period, id FROM streams")
        self._named = _Named(
            {(station, parameter, period): id_ for station, parameter, period, id_ in series},
            {(station, period): id_ for station, period, id_ in streams},
            {},
            set(),
        )

    @contextmanager
    def numbering(self) -> Iterator[None]:
        """Forgets the numbers given in a transaction that did not happen."""
        before = self._named.copy()
        try:
            yield
        except BaseException:
            self._named = before
            raise

    def put(self, batch: Sequence[Flagged]) -> None:
        """The readings of those. Raises `ValueError` for columns that do not belong together."""
        rows: list[tuple[int, int, int, int, int, int, int, str, str | None]] = []
        streams, layouts, complete = self._named.streams, self._named.layouts, self._named.complete
        for item in batch:
            station, received_at, arrival, position = item.account, item.received_at, item.arrival, item.position
            for part, (period, instant, values) in enumerate(item.groups):
                stream, layout = streams.get((station, period)), layouts.get(tuple(values.names))
                if stream is None or layout is None or (stream, layout) not in complete:
                    stream, layout = self._new(item, period, values)
                if not len(values.names) == len(values.given) == len(values.flags) == len(values.reasons):
                    message = f"columns of different length: {values.names}"
                    raise ValueError(message)
                marks = None if values.all_passed and not any(values.reasons) else _marks(values)
                given = orjson.dumps(values.given).decode()
                rows.append((stream, instant, arrival, position, part, layout, received_at, given, marks))
        rows.sort(key=itemgetter(0))  # each stream grows at a place of its own: its pages are touched once a batch
        write_rows(self._writer, _PUT, rows)

    def series(self, item: Flagged, parameter: str, period: str) -> int:
        """The number of that series of the delivery's station."""
        key = (item.account, parameter, period)
        if key not in self._named.series:
            given = (item.account, item.kind, parameter, period)
            (self._named.series[key],) = self._writer.execute(_NEW_SERIES, given).fetchone()
        return self._named.series[key]

    def _new(self, item: Flagged, period: str, values: Values) -> tuple[int, int]:
        """Numbers for what is met the first time."""
        stream, names = (item.account, period), tuple(values.names)
        if stream not in self._named.streams:
            query = "INSERT INTO streams (station, period) VALUES (?, ?) RETURNING id"
            (self._named.streams[stream],) = self._writer.execute(query, stream).fetchone()
        if names not in self._named.layouts:
            self._named.layouts[names] = self._layout(orjson.dumps(names).decode())
        for parameter in names:
            self.series(item, parameter, period)
        found = self._named.streams[stream], self._named.layouts[names]
        if len(self._named.complete) >= _COMPLETE:
            self._named.complete.clear()
        self._named.complete.add(found)
        return found

    def _layout(self, names: str) -> int:
        if len(self._named.layouts) >= LAYOUTS:
            self._named.layouts.clear()
            self._named.complete.clear()
        known = self._writer.execute("SELECT id FROM layouts WHERE names = ?", (names,)).fetchone()
        query = "INSERT INTO layouts (names) VALUES (?) RETURNING id"
        (number,) = known or self._writer.execute(query, (names,)).fetchone()
        return int(number)


class ReadReadings:
    """The reading side, on one connection. Methods raise `sqlite3.Error`."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader
        self._layouts: dict[int, Sequence[str]] = {}

    def history(
        self, station: str, parameter: str, start: int, end: int, period: str | None
    ) -> Sequence[StoredReading]:
        """By instant, each as it holds; of all periods where none is named."""
        query = "SELECT id FROM streams WHERE station = ? AND (period = ? OR ? IS NULL)"
        found: list[StoredReading] = []
        for (stream,) in self._reader.execute(query, (station, period, period)).fetchall():
            held = {
                instant: _reading(instant, value)
                for instant, value in self._values(stream, start, end, _OLDEST_FIRST)
                if value[0] == parameter
            }
            found += held.values()
        return sorted(found, key=attrgetter("instant"))

    def newest(self, station: str, start: int, end: int, most: int) -> Iterator[StoredSeries]:
        """Of every series of that station as many, by instant."""
        query = "SELECT id, period FROM streams WHERE station = ?"
        for stream, period in self._reader.execute(query, (station,)).fetchall():
            of = "SELECT parameter FROM series WHERE station = ? AND period = ?"
            wanted = {parameter for (parameter,) in self._reader.execute(of, (station, period))}
            held: dict[str, dict[int, StoredReading]] = {parameter: {} for parameter in sorted(wanted)}
            for instant, value in self._values(stream, start, end, _NEWEST_FIRST):
                name = value[0]
                if name not in wanted or instant in held[name]:
                    continue
                held[name][instant] = _reading(instant, value)
                if len(held[name]) == most:
                    wanted.discard(name)
                    if not wanted:
                        break
            for name, readings in held.items():
                if readings:
                    in_order = [*readings.values()][::-1]
                    yield StoredSeries(station=station, parameter=name, period=period, readings=in_order)

    def _values(self, stream: int, start: int, end: int, order: str) -> Iterator[tuple[int, Value]]:
        for instant, layout, given, marks in self._reader.execute(_ROWS + order, (stream, start, end)):
            names = self._layouts.get(layout) or self._layout(layout)
            flags, reasons = orjson.loads(marks) if marks else (repeat(_PASS), repeat(""))
            yield from zip(repeat(instant), zip(names, orjson.loads(given), flags, reasons, strict=False), strict=False)

    def _layout(self, number: int) -> Sequence[str]:
        (names,) = self._reader.execute("SELECT names FROM layouts WHERE id = ?", (number,)).fetchone()
        found: Sequence[str] = orjson.loads(names)
        if len(self._layouts) >= LAYOUTS:
            self._layouts.clear()
        self._layouts[number] = found
        return found


def _marks(values: Values) -> str:
    return orjson.dumps([values.flags, values.reasons]).decode()


def _reading(instant: int, said: Value) -> StoredReading:
    _, value, flag, reason = said
    return StoredReading(instant=EPOCH + timedelta(microseconds=instant), value=value, flag=flag, reason=reason)
