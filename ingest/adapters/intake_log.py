"""The intake log on SQLite: segments of deliveries and of what became of them, one commit for a group.

One thread writes, another reads (WAL: they do not wait for each other). A segment is named after its first position.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest import flagged as form
from ingest.adapters.database import open_database, open_reader, transaction, write_rows
from ingest.adapters.worker import Worker
from ingest.errors import LogUnavailableError
from ingest.flagged import Flagged
from ingest.model import Delivery
from ingest.walk import EPOCH, MICROSECOND

MIGRATIONS = (
    """
    CREATE TABLE deliveries (
        position INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE TABLE flagged (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, data BLOB NOT NULL);
    """,
)
SEGMENT = 200_000  # deliveries; some 100 MB at six parameters a message

_log = logging.getLogger(__name__)


class SqliteIntakeLog:
    """The log in one folder; `ports.IntakeLog` says what its methods promise. Open it with `async with`."""

    def __init__(self, *, folder: Path, segment: int = SEGMENT) -> None:
        self._folder = folder
        self._segment = segment
        self._write = Worker("intake-log-write")
        self._read_on = Worker("intake-log-read")
        self._writer: sqlite3.Connection | None = None
        self._readers: dict[Path, sqlite3.Connection] = {}
        self._starts: list[tuple[int, Path]] = []
        self._last = 0
        self._last_flagged = 0

    async def __aenter__(self) -> Self:
        await self._write(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._read_on(self._close_readers)
        await self._write(self._close_writer)
        self._read_on.close()
        self._write.close()

    @property
    def first(self) -> int:
        """Position of the oldest delivery kept."""
        return self._starts[0][0]

    @property
    def last(self) -> int:
        """Position of the newest delivery; 0 in an empty log."""
        return self._last

    @property
    def last_flagged(self) -> int:
        """Position of the newest outcome; 0 where there is none."""
        return self._last_flagged

    async def append(self, deliveries: Sequence[Delivery], flagged: Sequence[Flagged]) -> Sequence[Delivery]:
        """Both in one commit."""
        return await self._write(self._append, deliveries, flagged)

    async def read(self, after: int, limit: int) -> Sequence[Delivery]:
        """The next deliveries."""
        return await self._read_on(self._deliveries, after, limit)

    async def read_flagged(self, after: int, limit: int) -> Sequence[Flagged]:
        """The next outcomes."""
        return await self._read_on(self._outcomes, after, limit)

    async def delivery(self, position: int) -> Delivery | None:
        """One delivery."""
        found = await self.read(position - 1, 1)
        return found[0] if found and found[0].position == position else None

    # On the writing thread.

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._starts = sorted((int(path.stem), path) for path in self._folder.glob("[0-9]*.db"))
        for start, path in reversed(self._starts):
            self._last = max(self._last, start - 1)  # of a segment begun and not yet written to
            connection = open_database(path, MIGRATIONS)
            last = _newest(connection, "SELECT max(position) FROM deliveries")
            last_flagged = _newest(connection, "SELECT max(last) FROM flagged")
            self._last, self._last_flagged = max(self._last, last), max(self._last_flagged, last_flagged)
            if self._writer is None:
                self._writer = connection
            else:
                connection.close()
            if self._last and self._last_flagged:
                break
        if self._writer is None:
            self._start_segment()

    def _start_segment(self) -> sqlite3.Connection:
        path = self._folder / f"{self._last + 1:016d}.db"
        connection = open_database(path, MIGRATIONS)
        if self._writer is not None:
            self._writer.close()
        self._writer = connection
        self._starts = [*self._starts, (self._last + 1, path)]
        return connection

    def _append(self, deliveries: Sequence[Delivery], flagged: Sequence[Flagged]) -> Sequence[Delivery]:
        first = self._last + 1
        rows = [
            (position, (received_at - EPOCH) // MICROSECOND, topic, payload)
            for position, (topic, payload, received_at, _) in enumerate(deliveries, first)
        ]
        try:
            writer = self._writer
            if writer is None or (rows and self._last - self._starts[-1][0] + 1 >= self._segment):
                writer = self._start_segment()
            with transaction(writer):
                write_rows(writer, "INSERT INTO deliveries VALUES {row}", rows)
                if flagged:
                    row = (flagged[-1].position, flagged[0].position, form.encode(flagged))
                    writer.execute("INSERT OR REPLACE INTO flagged VALUES (?, ?, ?)", row)
        except (sqlite3.Error, OSError) as error:
            message = f"intake log in {self._folder}: {error}"
            raise LogUnavailableError(message) from error
        self._last += len(rows)
        if flagged:
            self._last_flagged = flagged[-1].position
        return [
            Delivery(topic, payload, received_at, position)
            for position, (topic, payload, received_at, _) in enumerate(deliveries, first)
        ]

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()

    # On the reading thread.

    def _rows(self, path: Path, query: str, *given: int) -> sqlite3.Cursor:
        if path not in self._readers:
            self._readers[path] = open_reader(path)
        return self._readers[path].execute(query, given)

    def _deliveries(self, after: int, limit: int) -> Sequence[Delivery]:
        query = "SELECT position, received_at, topic, payload FROM deliveries WHERE position > ? ORDER BY 1 LIMIT ?"
        found: list[Delivery] = []
        with self._reading():
            for path in self._segments(after):
                for position, received_at, topic, payload in self._rows(path, query, after, limit - len(found)):
                    received = EPOCH + timedelta(microseconds=received_at)
                    found.append(Delivery(topic, payload, received, position))
                if len(found) >= limit:
                    break
        return found

    def _outcomes(self, after: int, limit: int) -> Sequence[Flagged]:
        """Outcomes stand in the segment that was open when they were written: never before their deliveries'."""
        query = "SELECT data FROM flagged WHERE last > ? ORDER BY last"
        found: list[Flagged] = []
        with self._reading():
            for path in self._segments(after):
                for (data,) in self._rows(path, query, after):
                    found.extend(item for item in form.decode(data) if item.position > after)
                    if len(found) >= limit:
                        return found
        return found

    def _segments(self, after: int) -> Iterator[Path]:
        """Those that may hold something of a position after that one."""
        starts = self._starts
        ends = [start for start, _ in starts[1:]]
        for (_, path), end in zip(starts, [*ends, None], strict=True):
            if end is None or end > after + 1:
                yield path

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            message = f"intake log in {self._folder}: {error}"
            raise LogUnavailableError(message) from error

    def _close_readers(self) -> None:
        for connection in self._readers.values():
            connection.close()
        self._readers.clear()


def _newest(connection: sqlite3.Connection, query: str) -> int:
    (newest,) = connection.execute(query).fetchone()
    return int(newest or 0)
