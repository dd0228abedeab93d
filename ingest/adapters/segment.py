"""A segment of the intake log as files: one SQLite database, named after the first position it may hold.

It is born whole (made beside, synced, renamed). Once it is full it is sealed: everything is in the one file, nothing
beside it, and nothing ever writes to it again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

from ingest.adapters.database import open_database, open_reader, sync_folder
from ingest.model import Delivery, Redrive
from ingest.moments import EPOCH, to_micros

MIGRATIONS = (
    """
    CREATE TABLE deliveries (
        position INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE TABLE flagged (last INTEGER PRIMARY KEY, first INTEGER NOT NULL, data BLOB NOT NULL);
    """,
    "ALTER TABLE deliveries ADD COLUMN redrives TEXT;",  # of one that goes through again: what of which
    "-- Outcomes have their values in columns: the tables are as before, who does not know it must not read them.",
)
_TABLES_OF_NOW = 2  # since that version
COLUMNS = "position, received_at, topic, payload, redrives"
_PATIENCE = 5.0  # s, as `database` has it
_HEADER = 100  # bytes
_VERSION = slice(60, 64)  # of the header: what `user_version` says
_MAGIC = b"SQLite format 3\0"
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}  # the last: a table is missing


class Segment(NamedTuple):
    """One file of the log."""

    start: int
    path: Path

    @classmethod
    def create(cls, folder: Path, start: int) -> Self:
        """A new and empty one; it is there whole or not at all. Raises `sqlite3.Error`, `OSError`."""
        path = folder / f"{start:016d}.db"
        beside = path.with_suffix(".new")
        begun(beside).close()
        beside.rename(path)
        sync_folder(folder)
        return cls(start, path)

    def open(self) -> sqlite3.Connection:
        """To write to it."""
        return open_database(self.path, MIGRATIONS)

    def read(self, *, sealed: bool) -> sqlite3.Connection:
        """To read it. A sealed one is read as it lies there, without lock or file beside it: also on a full disk."""
        return open_reader(self.path, immutable=sealed and not self.wal_bytes())

    def bytes(self) -> int:
        """What it takes of the disk."""
        return sum(_size(path) for path in (self.path, *_companions(self.path)))

    def ended(self) -> float:
        """When it was last written to: epoch, seconds. Raises `OSError`."""
        return self.path.stat().st_mtime

    def remove(self) -> None:
        """The database first: what is left of a half removed one is swept at the next start. Raises `OSError`."""
        for path in (self.path, *_companions(self.path)):
            path.unlink(missing_ok=True)

    def wal_bytes(self) -> int:
        """What is committed and not yet in the one file."""
        return _size(_wal(self.path))

    def sound(self, *, thoroughly: bool) -> bool:
        """Whether it is what it was written as. Raises `DatabaseTooNewError`, and `sqlite3.Error`, `OSError` where that
        cannot be found out now.

        A quick look (at the header: is the file as long as it says?) finds files cut short and overwritten; what it
        does not find is found when it is read. A thorough one also brings what an older version wrote up to date.
        """
        with self.path.open("rb") as file:
            header = file.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            return False
        current = _TABLES_OF_NOW <= int.from_bytes(header[_VERSION], "big") <= len(MIGRATIONS)
        if current and not thoroughly and not self.wal_bytes():
            page = int.from_bytes(header[16:18], "big")
            return _size(self.path) >= (65_536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
        try:
            connection = self.open()
            try:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            finally:
                connection.close()
        except sqlite3.Error as error:
            if is_damage(error):
                return False
            raise
        return bool(found == "ok")


def row_of(position: int, delivery: Delivery) -> tuple[Any, ...]:
    """Its `COLUMNS`."""
    redrives = delivery.redrives
    received_at = to_micros(delivery.received_at)
    return position, received_at, delivery.topic, delivery.payload, redrives and _written(redrives)


def delivery_of(row: tuple[Any, ...]) -> Delivery:
    """What stands in its `COLUMNS`. Raises `ValueError`, `TypeError` where it is damaged."""
    position, received_at, topic, payload, redrives = row
    received = EPOCH + timedelta(microseconds=received_at)
    return Delivery(topic, payload, received, position, redrives and _read(redrives))


def begun(path: Path) -> sqlite3.Connection:
    """An empty one under that name, whatever stood there. Raises `sqlite3.Error`, `OSError`."""
    for left in (path, *_companions(path)):
        left.unlink(missing_ok=True)
    return open_database(path, MIGRATIONS)


def seal(connection: sqlite3.Connection, *, patience: float = _PATIENCE) -> None:
    """Moves everything into the one file, synced. Raises `sqlite3.Error`, also where a reader outlasts the patience."""
    connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
    if busy:
        message = "a reader holds the segment"
        raise sqlite3.OperationalError(message)


def is_damage(error: Exception) -> bool:
    """Whether the file is not as it was written, rather than out of reach for now."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError):
        # Without a code it is not SQLite's own: what a row holds is not text.
        return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGE
    return isinstance(error, ValueError | TypeError)  # outcomes that are not JSON, or not outcomes


def found(folder: Path) -> Sequence[Segment]:
    """Those in the folder, oldest first, after sweeping up what a crash left half made or half removed."""
    segments = sorted(Segment(int(path.stem), path) for path in folder.glob("[0-9]*.db"))
    for left in (*folder.glob("[0-9]*.new*"), *folder.glob("[0-9]*.mending*")):
        left.unlink()
    known = {path for segment in segments for path in _companions(segment.path)}
    for path in (*folder.glob("[0-9]*.db-wal"), *folder.glob("[0-9]*.db-shm")):
        if path not in known:
            path.unlink()
    return segments


def _written(redrives: Redrive) -> str:
    position, received_at, parameters = redrives
    return json.dumps([position, to_micros(received_at), parameters])


def _read(text: str) -> Redrive:
    position, received_at, parameters = json.loads(text)
    received = EPOCH + timedelta(microseconds=received_at)
    return Redrive(position, received, None if parameters is None else tuple(parameters))


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _companions(path: Path) -> tuple[Path, Path]:
    return _wal(path), path.with_name(f"{path.name}-shm")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
