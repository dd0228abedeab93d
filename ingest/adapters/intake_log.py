"""The intake log on SQLite: segments of deliveries and of what became of them, one commit for a group.

One thread writes, another reads (WAL: they do not wait for each other), a third removes what retention lets go. What a
segment is, how it is written and read and what is done about a damaged one stand in `segment`, `log_writer`,
`log_reader` and `salvage`.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, TypeVarTuple

from ingest.adapters.database import sync_folder
from ingest.adapters.log_reader import DamagedError, LogReader
from ingest.adapters.log_writer import LogWriter
from ingest.adapters.salvage import salvage
from ingest.adapters.segment import Segment
from ingest.adapters.worker import Worker
from ingest.errors import LogFullError, LogUnavailableError
from ingest.flagged import Flagged
from ingest.model import Delivery
from ingest.recent import RECENT, Recent
from ingest.retention import Limits, Shortage
from ingest.shortages import shortage_of

SEGMENT = 200_000  # deliveries; some 100 MB at six parameters a message
_NO_ROOM = 64 * 1024  # bytes: not even a file that SQLite keeps beside a database

_Result = TypeVar("_Result")
_Given = TypeVarTuple("_Given")

_log = logging.getLogger(__name__)


class SqliteIntakeLog:
    """The log in one folder; `ports.IntakeLog` says what its methods promise. Open it with `async with`.

    `recent`: how many of the newest outcomes are at hand; with a batch of the store and what comes while that is on its
    way, who follows closely need not read.
    """

    def __init__(
        self, *, folder: Path, segment: int = SEGMENT, limits: Limits | None = None, recent: int = RECENT
    ) -> None:
        self._folder = folder
        self._write = Worker("intake-log-write")
        self._read_on = Worker("intake-log-read")
        self._remove_on = Worker("intake-log-remove")
        self._writer = LogWriter(folder=folder, deliveries=segment, limits=limits or Limits())
        self._reader = LogReader(lambda: self._writer.segments)
        self._recent = Recent(recent)
        self._crowded = asyncio.Event()
        self._mending = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._write(self._or_unavailable, self._writer.open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._read_on(self._reader.close)
        await self._write(self._writer.close)
        for worker in (self._read_on, self._remove_on, self._write):
            worker.close()

    @property
    def first(self) -> int:
        """Where the log begins."""
        return self._writer.segments[0].start

    @property
    def last(self) -> int:
        """Position of the newest delivery; 0 in an empty log."""
        return self._writer.last

    @property
    def last_flagged(self) -> int:
        """Position of the newest outcome; 0 where there is none."""
        return self._writer.last_flagged

    async def append(self, deliveries: Sequence[Delivery], flagged: Sequence[Flagged]) -> Sequence[Delivery]:
        """Both in one commit."""
        try:
            written = await self._write(self._or_unavailable, self._writer.append, deliveries, flagged)
            if flagged:
                self._recent.put(flagged)
            return written
        finally:
            if self._writer.crowded:
                self._crowded.set()

    async def skip(self, position: int) -> None:
        """The next delivery comes after that position."""
        await self._write(self._or_unavailable, self._writer.skip, position)

    async def read(self, after: int, limit: int) -> Sequence[Delivery]:
        """The next deliveries."""
        return await self._read(self._reader.deliveries, after, limit)

    async def read_flagged(self, after: int, limit: int) -> Sequence[Flagged]:
        """The next outcomes. Who follows closely has those that were written."""
        recent = self._recent.after(after, limit)
        if recent:
            return recent
        return await self._read(self._reader.outcomes, after, limit)

    async def delivery(self, position: int) -> Delivery | None:
        """One delivery."""
        found = await self.read(position - 1, 1)
        return found[0] if found and found[0].position == position else None

    async def crowded(self) -> None:
        """Returns when room becomes short."""
        await self._crowded.wait()

    async def retain(self, done: int) -> bool:
        """Takes away what may go; whether there is room."""
        gone, roomy = await self._write(self._or_unavailable, self._writer.expend, done)
        if gone:
            await self._read_on(self._reader.close, gone)
            await self._remove_on(self._or_unavailable, self._remove, gone)
        if roomy:
            self._crowded.clear()
        return roomy

    async def _read(self, work: Callable[[*_Given], _Result], *given: *_Given) -> _Result:
        """A damaged segment is mended on the way: what stands behind it must not wait for a person."""
        with suppress(DamagedError):
            return await self._read_on(self._or_unavailable, work, *given)
        async with self._mending:
            while True:
                try:
                    return await self._read_on(self._or_unavailable, work, *given)
                except DamagedError as damage:
                    await self._write(self._or_unavailable, self._writer.leave, damage.segment)
                    await self._read_on(self._or_unavailable, self._mend, damage.segment)

    # On one of the threads.

    def _or_unavailable(self, work: Callable[[*_Given], _Result], *given: *_Given) -> _Result:
        try:
            return work(*given)
        except (sqlite3.Error, OSError) as error:
            message = f"intake log in {self._folder}: {error}"
            if shortage_of(error) or self._no_room():
                raise LogFullError(Shortage.DISK, message) from error
            raise LogUnavailableError(message) from error

    def _no_room(self) -> bool:
        """SQLite has many words for a full disk: cannot open, disk I/O error."""
        with suppress(OSError):
            return shutil.disk_usage(self._folder).free < _NO_ROOM
        return False

    def _mend(self, segment: Segment) -> None:
        self._reader.close([segment])
        segments = self._writer.segments
        if segment in segments[:-1]:
            salvage(segment, until=segments[segments.index(segment) + 1].start)

    def _remove(self, segments: Sequence[Segment]) -> None:
        """Oldest first, so that however it ends the log has no hole."""
        for segment in segments:
            segment.remove()
        sync_folder(self._folder)
        _log.info("intake log: %d segments let go, it begins at %d", len(segments), self.first)
