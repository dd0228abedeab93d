"""The reading side of the intake log: a bounded amount a call, from a bounded number of open segments. One thread.

No statement outlives its call, so that a reader never holds back the writer's WAL for longer than that.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest import flagged as form
from ingest.adapters.database import open_reader
from ingest.adapters.segment import COLUMNS, Segment, delivery_of, is_damage
from ingest.errors import LogUnavailableError
from ingest.flagged import Flagged
from ingest.model import Delivery

_OPEN = 4  # segments: the store's, the walk's, and what quarantine looks back for


class DamagedError(Exception):
    """A segment is not as it was written."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        super().__init__(str(segment.path))


class LogReader:
    """Reads the segments that `segments` lists. Its methods raise `DamagedError`, `sqlite3.Error`."""

    def __init__(self, segments: Callable[[], Sequence[Segment]]) -> None:
        self._segments = segments
        self._opened: OrderedDict[Segment, sqlite3.Connection] = OrderedDict()

    def deliveries(self, after: int, limit: int) -> Sequence[Delivery]:
        """The next ones."""
        query = f"SELECT {COLUMNS} FROM deliveries WHERE position > ? ORDER BY 1 LIMIT ?"  # noqa: S608  # our own words
        found: list[Delivery] = []
        for segment in self._from(after):
            rows = self._rows(segment, query, after, limit - len(found))
            try:
                found.extend(map(delivery_of, rows))
            except (ValueError, TypeError) as error:
                raise DamagedError(segment) from error
            if len(found) >= limit:
                break
        return found

    def outcomes(self, after: int, limit: int) -> Sequence[Flagged]:
        """The next ones; a row of them more than `limit` at most.

        Outcomes stand in the segment that was open when they were written: never before their deliveries'.
        """
        query = "SELECT data FROM flagged WHERE last > ? ORDER BY last LIMIT ?"
        found: list[Flagged] = []
        for segment in self._from(after):
            with closing(self._rows(segment, query, after, limit)) as rows:
                for (data,) in rows:
                    found.extend(item for item in _decoded(segment, data) if item.position > after)
                    if len(found) >= limit:
                        return found
        return found

    def close(self, segments: Sequence[Segment] | None = None) -> None:
        """Lets go of those; of all where none are named."""
        for segment in [*self._opened] if segments is None else segments:
            connection = self._opened.pop(segment, None)
            if connection is not None:
                connection.close()

    def _rows(self, segment: Segment, query: str, *given: int) -> Generator[tuple[Any, ...], None, None]:
        try:
            yield from self._connection(segment).execute(query, given)
        except sqlite3.Error as error:
            if is_damage(error):
                raise DamagedError(segment) from error
            raise

    def _connection(self, segment: Segment) -> sqlite3.Connection:
        if segment not in self._opened:
            while len(self._opened) >= _OPEN:
                self._opened.popitem(last=False)[1].close()
            self._opened[segment] = segment.read(sealed=segment != self._segments()[-1])
        self._opened.move_to_end(segment)
        return self._opened[segment]

    def _from(self, after: int) -> Sequence[Segment]:
        """Those that may hold something of a position after that one."""
        segments = self._segments()
        return segments[max(0, bisect_right(segments, after + 1, key=_start) - 1) :]


def outcomes_beside(folder: Path, *, after: int, until: int) -> Iterator[Flagged]:
    """The outcomes between two positions, read beside a service that may be at work. Raises `LogUnavailableError`."""
    query = "SELECT data FROM flagged WHERE last > ? AND first <= ? ORDER BY last"
    try:
        for path in sorted(folder.glob("[0-9]*.db")):
            with closing(open_reader(path)) as segment:
                for (data,) in segment.execute(query, (after, until)):
                    yield from (item for item in form.decode(data) if after < item.position <= until)
    except (sqlite3.Error, ValueError, TypeError) as error:
        message = f"intake log in {folder}: {error}"
        raise LogUnavailableError(message) from error


def _start(segment: Segment) -> int:
    return segment.start


def _decoded(segment: Segment, data: bytes) -> Sequence[Flagged]:
    try:
        return form.decode(data)
    except (ValueError, TypeError) as error:
        raise DamagedError(segment) from error
