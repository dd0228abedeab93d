"""One transaction, whole or not at all, with SQLite's errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from alerts.errors import JournalError


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Commits at the end, undoes everything on any error. Raises `JournalError` where SQLite fails."""
    with reading(connection):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Raises `JournalError` where SQLite fails."""
    try:
        yield connection
    except sqlite3.Error as error:
        raise JournalError(f"journal: {error}") from error
