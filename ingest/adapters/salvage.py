"""A damaged segment of the intake log: what can be read is kept in its place, the damaged file stays for a person.

Nothing of this is done in silence: what is kept and which positions are missing is logged as an error.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from ingest import flagged as form
from ingest.adapters.database import open_reader, sync_folder, transaction, write_rows
from ingest.adapters.segment import COLUMNS, Segment, begun, is_damage

_log = logging.getLogger(__name__)
_WIDTH = COLUMNS.count(",") + 1
_ROWS = 5000  # written in one transaction
_ASIDE = ("", "-wal")  # of a database, what holds data
_MOST = 100_000_000  # positions in one segment: beyond it a number is damage too
Row = tuple[Any, ...]


def finish(folder: Path) -> None:
    """What a crash left of a salvage that was complete: to be done before any segment is opened. Raises `OSError`."""
    for mended in folder.glob("[0-9]*.mended"):
        _take_over(mended)


def salvage(segment: Segment, *, until: int | None) -> int:
    """Puts a sound segment in the place of the damaged one. Nobody may have it open.

    Returns the highest position that can be told of what was in it. `until` is where the next segment begins, if there
    is one. Raises `sqlite3.Error`, `OSError` where there is no room for it; then the damaged one is still in its place.
    """
    mending = segment.path.with_suffix(".mending")
    end = until or segment.start + _MOST
    with closing(begun(mending)) as sound:
        deliveries = _Rescue(segment.path, "SELECT * FROM deliveries", "position", range(segment.start, end))
        outcomes = _Rescue(segment.path, "SELECT last, first, data FROM flagged", "last", range(1, end))
        for rows, statement in (
            (map(_widened, deliveries.rows()), "INSERT OR IGNORE INTO deliveries VALUES {row}"),
            (outcomes.rows(), "INSERT OR IGNORE INTO flagged VALUES {row}"),
        ):
            for some in rows:
                with transaction(sound):
                    write_rows(sound, statement, some)
    aside = _kept_aside(segment.path)
    mended = mending.rename(segment.path.with_suffix(".mended"))
    sync_folder(mended.parent)
    _take_over(mended)
    _log.error(
        "%s is damaged: kept %s; missing: %s; outcomes missing: %s. The damaged file stays as %s: what was missing and "
        "not yet stored is lost unless it can be recovered from there or from a backup",
        segment.path,
        deliveries.kept(),
        deliveries.missing(segment.start, until),
        outcomes.missing(segment.start, until),
        aside.name,
    )
    return max(deliveries.highest, outcomes.highest)


class _Rescue:
    """Reads one table from its beginning up to the damage, then from its end back to it."""

    def __init__(self, path: Path, query: str, key: str, plausible: range) -> None:
        self._path = path
        self._query = query
        self._key = key
        self._plausible = plausible
        self._count = 0
        self._good = 0  # the last one before the damage
        self._after = 0  # the first one after it
        self.highest = 0

    def rows(self) -> Iterator[Sequence[Row]]:
        """All that can be read, in pieces."""
        piece: list[Row] = []
        for row in chain(self._forward(), self._backward()):
            self._count += 1
            self.highest = max(self.highest, row[0])
            piece.append(row)
            if len(piece) == _ROWS:
                yield piece
                piece = []
        yield piece

    def kept(self) -> str:
        """For the log."""
        if not self._count:
            return "nothing"
        beyond = f", and those from {self._after} to {self.highest}" if self._after else ""
        return f"{self._count} deliveries, the last good one before the damage at {self._good}{beyond}"

    def missing(self, start: int, until: int | None) -> str:
        """The positions, as far as they can be told."""
        first = max(start, self._good + 1)
        end = self._after or until
        if end is None:
            return f"whatever came from {first} on"
        return f"{first} to {end - 1}" if end > first else "nothing"

    def _forward(self) -> Iterator[Row]:
        for row in self._readable(f"{self._query} ORDER BY {self._key}"):
            if not self._good < row[0]:
                return
            self._good = row[0]
            yield row

    def _backward(self) -> Iterator[Row]:
        for row in self._readable(f"{self._query} ORDER BY {self._key} DESC"):
            if row[0] <= self._good or (self._after and row[0] >= self._after):
                return
            self._after = row[0]
            yield row

    def _readable(self, query: str) -> Iterator[Row]:
        """Up to the damage, wherever that shows."""
        try:
            with closing(open_reader(self._path)) as connection:
                for row in connection.execute(query):
                    if row[0] not in self._plausible:
                        return
                    if self._key == "last":
                        form.decode(row[2])
                    yield row
        except (sqlite3.Error, ValueError, TypeError) as error:
            if not is_damage(error):
                raise


def _widened(rows: Sequence[Row]) -> Sequence[Row]:
    """Those that an older version wrote have fewer columns."""
    return [(*row, *[None] * (_WIDTH - len(row))) for row in rows]


def _kept_aside(path: Path) -> Path:
    """The damaged files under another name as well. Linked, so that there is no moment without them."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged{'' if number == 1 else f'-{number}'}")).exists():
        number += 1
    for kind in _ASIDE:
        with suppress(FileNotFoundError):
            os.link(path.with_name(path.name + kind), aside.with_name(aside.name + kind))
    return aside


def _take_over(mended: Path) -> None:
    """In place of the damaged one; first away with its WAL, which must never be taken for the new one's."""
    path = mended.with_suffix(".db")
    for kind in ("-wal", "-shm"):
        path.with_name(path.name + kind).unlink(missing_ok=True)
    mended.rename(path)
    sync_folder(path.parent)
