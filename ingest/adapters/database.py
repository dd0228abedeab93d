"""SQLite files as Clearwarn keeps them: WAL, every commit on the disk, migrations by `user_version`, one writer.

The alerts journal is opened here too, with migrations of its own: the composition root hands it the connection.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path

from ingest.errors import DatabaseTooNewError

_ROWS_AT_ONCE = 256  # at most 127 columns each: SQLite takes 32 766 values
_ROWS_LEFT = 16  # at once of what is left: few different statements, so that they stay prepared
_BUSY_MS = 5_000  # readers of the same file (backup, doctor) may hold it for a moment


def open_database(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """An open connection, for use by one thread at a time. Raises `sqlite3.Error`, `DatabaseTooNewError`.

    synchronous=FULL: a commit that returned survives a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        _migrate(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that cannot write. Raises `sqlite3.Error` where the file is absent.

    `immutable` is for a file to which nobody writes any more: it is read without locks and without files beside it.
    """
    options = "mode=ro&immutable=1" if immutable else "mode=ro"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; on disk when it returns."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has rolled back by itself where the disk was full
            connection.execute("ROLLBACK")
        raise


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in it survives a power cut. Raises `OSError`."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_rows(connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Executes a statement of one row, `... VALUES {row} ...`, for all of them, in order, many at once.

    `executemany` lets go of the interpreter at each row and then waits for its turn: up to 5 ms a row where the event
    loop is busy.
    """
    if not rows:
        return
    width, whole = len(rows[0]), len(rows) - len(rows) % _ROWS_AT_ONCE
    for start in range(0, whole, _ROWS_AT_ONCE):
        given = [*chain.from_iterable(rows[start : start + _ROWS_AT_ONCE])]
        connection.execute(_for_rows(statement, width, _ROWS_AT_ONCE), given)
    for start in range(whole, len(rows), _ROWS_LEFT):
        left = rows[start : start + _ROWS_LEFT]
        connection.execute(_for_rows(statement, width, len(left)), [*chain.from_iterable(left)])


@lru_cache
def _for_rows(statement: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return statement.format(row=", ".join([row] * count))


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise DatabaseTooNewError(path, version, len(migrations))
    for number, script in enumerate(migrations[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={number};\nCOMMIT;")
