"""Files copied with their hash, and SQLite databases while others write to them. Blocking."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ingest.adapters.database import open_reader

_BLOCK = 1024 * 1024  # bytes
_PAGES = 2048  # of 4 KiB, between two words of progress

Progress = Callable[[int], None]  # bytes since the last call


def copy_file(source: Path, target: Path, said: Progress) -> str:
    """Synced; its SHA-256. Raises `OSError`."""
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        while block := reading.read(_BLOCK):
            digest.update(block)
            writing.write(block)
            said(len(block))
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def copy_database(source: Path, target: Path, said: Progress) -> str:
    """As it is at one moment, whoever writes to it meanwhile; in one file, synced and sound; its SHA-256.

    One read transaction is held throughout: without it SQLite would begin anew whenever somebody writes.
    Raises `sqlite3.Error`, `OSError`.
    """
    with closing(open_reader(source)) as reader, closing(sqlite3.connect(target)) as writer:
        (size,) = reader.execute("PRAGMA page_size").fetchone()
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        left: list[int] = []

        def progress(_status: int, remaining: int, total: int) -> None:
            said(((left[-1] if left else total) - remaining) * size)
            left.append(remaining)

        reader.backup(writer, pages=_PAGES, progress=progress)
        reader.execute("ROLLBACK")
    with closing(open_reader(target, immutable=True)) as copied:
        (found,) = copied.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        message = f"{source}: damaged: {found}"
        raise sqlite3.DatabaseError(message)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return hash_of(target)


def hash_of(path: Path) -> str:
    """SHA-256. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
