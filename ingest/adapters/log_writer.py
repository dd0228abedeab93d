"""The writing side of the intake log: positions, groups, segments begun and given up. One thread.

A group is in the log whole or not at all, also after a write that failed: then the file is opened anew, everything that
was committed is moved to its place and synced, and what may have been written of the failed group is taken back.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import assert_never

from ingest import flagged as form
from ingest.adapters import salvage
from ingest.adapters.database import sync_folder, transaction, write_rows
from ingest.adapters.segment import Segment, found, is_damage, row_of, seal
from ingest.errors import LogFullError
from ingest.flagged import Flagged
from ingest.model import Delivery
from ingest.retention import Kept, Limits, Shortage, crowded, expendable, shortage

_LEAP = 1_000_000  # positions left out after a damaged end: some of them may have been given
_MOST_WAL = 64 * 1024**2  # bytes: a reader that is always busy must not let it grow for ever
_OWN_READ = 0.2  # s, and more than a read of ours takes
_STRANGER = 5.0  # s until the next attempt, where somebody else reads
_LOOK = 0.1  # s between looks at the disk while there is room: less than a segment is written meanwhile
_MIB = 1024**2
_new = tuple.__new__

_log = logging.getLogger(__name__)


class LogWriter:
    """What is in the log, and the one connection that writes. Its methods raise `sqlite3.Error`, `OSError`."""

    def __init__(self, *, folder: Path, deliveries: int, limits: Limits) -> None:
        self._folder = folder
        self._deliveries = deliveries
        self._limits = limits
        self._connection: sqlite3.Connection | None = None
        self._begun = 0.0  # the newest segment; epoch, s
        self._newest_bytes = 0  # when last looked at
        self._look_again = 0.0  # monotonic, s
        self._sealed: dict[Segment, int] = {}  # bytes
        self.segments: Sequence[Segment] = ()  # replaced whole: other threads look at it
        self.last = 0
        self.last_flagged = 0
        self.crowded = False

    def open(self) -> None:
        """Whatever state the folder is in: half made, half removed, damaged. Raises `DatabaseTooNewError` too."""
        self._folder.mkdir(parents=True, exist_ok=True)
        sync_folder(self._folder.parent)
        salvage.finish(self._folder)
        self.segments = found(self._folder)
        self.last = leap = self._look_at_all()
        for segment in reversed(self.segments):
            last, last_flagged = self._mended_extent(segment)
            self.last = max(self.last, last, segment.start - 1)  # that one was begun and not written to
            self.last_flagged = max(self.last_flagged, last_flagged)
            if self.last_flagged and last:
                break
        self._sealed = {segment: segment.bytes() for segment in self.segments[:-1]}
        if leap or not self.segments:
            self.start()
        self.last_flagged = max(self.last_flagged, self.segments[0].start - 1)
        self._begun = self._first_received()

    def append(self, deliveries: Sequence[Delivery], flagged: Sequence[Flagged]) -> Sequence[Delivery]:
        """Both in one commit."""
        if deliveries:
            self._make_sure_of_room()
        try:
            writer = self._ready(more=bool(deliveries))
            first = self.last + 1
            rows = [row_of(position, delivery) for position, delivery in enumerate(deliveries, first)]
            with transaction(writer):
                write_rows(writer, "INSERT INTO deliveries VALUES {row}", rows)
                if flagged:
                    row = (flagged[-1].position, flagged[0].position, form.encode(flagged))
                    writer.execute("INSERT OR REPLACE INTO flagged VALUES (?, ?, ?)", row)
        except (sqlite3.Error, OSError) as error:
            self.close()
            if is_damage(error):
                self._give_up()
            raise
        self.last += len(rows)
        if flagged:
            self.last_flagged = flagged[-1].position
        return [
            _new(Delivery, (topic, payload, received_at, position, redrives))  # at half the cost of `Delivery(...)`
            for position, (topic, payload, received_at, _, redrives) in enumerate(deliveries, first)
        ]

    def skip(self, position: int) -> None:
        """Goes on after that position."""
        if position > self.last:
            self.last = position
            self.start()

    def leave(self, segment: Segment) -> None:
        """That one is damaged: if it is the newest, nothing more is written to it."""
        if segment == self.segments[-1]:
            self.close()
            self._give_up()

    def expend(self, done: int) -> tuple[Sequence[Segment], bool]:
        """Those that may go are no longer listed and may be removed; and whether there is room without more."""
        used, free = self._room()
        if self._holds() and self.last <= done and crowded(used=used, free=free, limits=self._limits):
            self.start()  # or what is done with in the newest could never go
            used, free = self._room()  # sealed, it is smaller
        ends = [segment.start - 1 for segment in self.segments[1:]]
        sealed = [
            Kept(segment.start, end, self._sealed[segment], segment.ended())
            for segment, end in zip(self.segments[:-1], ends, strict=True)
        ]
        count = expendable(sealed, used=used, free=free, done=done, now=time.time(), limits=self._limits)
        gone, self.segments = self.segments[:count], self.segments[count:]
        back = sum(self._sealed.pop(segment) for segment in gone)
        self.crowded = crowded(used=used - back, free=free + back, limits=self._limits)
        return gone, not self.crowded

    def start(self) -> None:
        """The next segment."""
        segment = Segment.create(self._folder, self.last + 1)
        opened = segment.open()
        if self._connection is not None:
            with suppress(sqlite3.Error):  # what is not moved now is read from where it is, and moved at the next start
                seal(self._connection)
        self.close()
        if self.segments:
            self._sealed[self.segments[-1]] = self.segments[-1].bytes()
        self._connection = opened
        self._begun, self._newest_bytes = time.time(), 0
        self.segments = [*self.segments, segment]

    def close(self) -> None:
        """Lets go of the file; the next group opens it again."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _mended_extent(self, segment: Segment) -> tuple[int, int]:
        sealed = segment != self.segments[-1]
        try:
            return _extent(segment, sealed=sealed)
        except sqlite3.Error as error:
            if not is_damage(error) or not sealed:
                raise
        salvage.salvage(segment, until=self.segments[self.segments.index(segment) + 1].start)
        return _extent(segment, sealed=sealed)

    def _look_at_all(self) -> int:
        """Salvages those that are damaged; where the newest is, a position beyond all that it can have held, else 0."""
        ends = [segment.start for segment in self.segments[1:]]
        for segment, end in zip(self.segments, [*ends, None], strict=False):
            if not segment.sound(thoroughly=end is None):
                highest = salvage.salvage(segment, until=end)
                if end is None:
                    return max(highest, segment.start) + _LEAP
            elif end is not None and segment.wal_bytes():  # the crash came between the next one's birth and its seal
                with closing(segment.open()) as connection:
                    seal(connection)
        return 0

    def _first_received(self) -> float:
        """When the newest segment was begun, as far as it tells."""
        with closing(self.segments[-1].read(sealed=False)) as connection:
            row = connection.execute("SELECT received_at FROM deliveries ORDER BY position LIMIT 1").fetchone()
        return row[0] / 1_000_000 if row else time.time()

    def _ready(self, *, more: bool) -> sqlite3.Connection:
        """The connection, to a segment that has room."""
        if self._connection is None:
            self._connection = self._reopened()
        if more and self._is_full():
            self.start()
        return self._connection

    def _holds(self) -> int:
        """Deliveries in the newest segment."""
        return self.last - self.segments[-1].start + 1

    def _is_full(self) -> bool:
        held = self._holds()
        return held > 0 and (
            held >= self._deliveries
            or self._newest_bytes >= self._limits.segment_bytes
            or time.time() - self._begun >= self._limits.age.total_seconds()
        )

    def _reopened(self) -> sqlite3.Connection:
        """After a write that failed it cannot be known what the disk has of it: what follows must not rest on that."""
        connection = self.segments[-1].open()
        try:
            seal(connection)
            with transaction(connection):
                connection.execute("DELETE FROM deliveries WHERE position > ?", (self.last,))
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_up(self) -> None:
        """The newest segment: it is mended when it is read."""
        newest = self.segments[-1]
        _log.error("%s is damaged: going on in another segment", newest.path)
        self.last = max(self.last, newest.start)  # one without a delivery: the next has another name all the same
        self.start()

    def _make_sure_of_room(self) -> None:
        """Looks at the disk now and then, at each group once room is short."""
        now = time.monotonic()
        if now < self._look_again and not self.crowded:
            return
        self._look_again = now + _LOOK
        self._bound_wal()
        used, free = self._room()
        self.crowded = crowded(used=used, free=free, limits=self._limits)
        why = shortage(used=used, free=free, limits=self._limits)
        match why:
            case Shortage.DISK:
                least = self._limits.least_free // _MIB
                message = f"{free // _MIB} MiB free; the last {least} MiB are ledger's and journal's: make room"
                raise LogFullError(why, f"{self._folder}: {message}")
            case Shortage.QUOTA:
                message = f"{used // _MIB} MiB, nothing of it may go yet: is the store away? Else raise log.quota_mib"
                raise LogFullError(why, f"{self._folder}: {message}")
            case None:
                pass
            case _:
                assert_never(why)

    def _room(self) -> tuple[int, int]:
        """Used by the log, free on its disk; bytes."""
        self._newest_bytes = self.segments[-1].bytes()
        return sum(self._sealed.values()) + self._newest_bytes, shutil.disk_usage(self._folder).free

    def _bound_wal(self) -> None:
        """Waits a moment for our own reader, whose reads are short; a stranger's may take as long as they like."""
        if self._connection is None or self.segments[-1].wal_bytes() <= _MOST_WAL:
            return
        try:
            seal(self._connection, patience=_OWN_READ)
        except sqlite3.Error:
            self._look_again += _STRANGER


def _extent(segment: Segment, *, sealed: bool) -> tuple[int, int]:
    """Its newest position, and that of its outcomes; 0 where there is none."""
    with closing(segment.read(sealed=sealed)) as connection:
        (last,) = connection.execute("SELECT max(position) FROM deliveries").fetchone()
        (last_flagged,) = connection.execute("SELECT max(last) FROM flagged").fetchone()
    return last or 0, last_flagged or 0
