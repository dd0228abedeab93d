"""Readings as earlier versions of the embedded store kept them, a row a value: moved over where there are any.

Value by value in Python, since SQLite's JSON keeps no more than 15 digits of a number; a station's days at a time, each
in a transaction of its own: a start that ends meanwhile goes on from there, and the file does not grow.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from ingest.adapters.database import transaction
from ingest.adapters.sqlite_readings import WrittenReadings
from ingest.bundle import Values
from ingest.flagged import Flagged

_DAYS = 30 * 86_400_000_000  # microseconds
_SERIES = "SELECT id FROM series WHERE station = ? AND period = ?"
_ROWS = f"""
    SELECT instant, position, received_at, parameter, value, flag, reason FROM singles JOIN series ON id = series
    WHERE series IN ({_SERIES}) AND instant BETWEEN ? AND ? ORDER BY instant, position, received_at
"""  # noqa: S608  of constants
_GONE = f"DELETE FROM singles WHERE series IN ({_SERIES}) AND instant BETWEEN ? AND ?"  # noqa: S608
_together = itemgetter(0, 1, 2)
_log = logging.getLogger(__name__)


def move(writer: sqlite3.Connection, written: WrittenReadings) -> None:
    """All of them. Raises `sqlite3.Error`; what was moved until then stays moved."""
    if writer.execute("SELECT 1 FROM sqlite_master WHERE name = 'singles'").fetchone() is None:
        return
    streams = writer.execute("SELECT DISTINCT station, kind, period FROM series ORDER BY station").fetchall()
    if writer.execute("SELECT 1 FROM singles LIMIT 1").fetchone():
        _log.info("readings: what an earlier version kept is moved, %d stations' series", len(streams))
    for station, kind, period in streams:
        extent = f"SELECT min(instant), max(instant) FROM singles WHERE series IN ({_SERIES})"  # noqa: S608
        first, last = writer.execute(extent, (station, period)).fetchone()
        for start in range(first, last + 1, _DAYS) if first is not None else ():
            of = (station, period, start, start + _DAYS - 1)
            with written.numbering(), transaction(writer):
                written.put([*_outcomes(writer, station, kind, period, of)])
                writer.execute(_GONE, of)
    writer.execute("DROP TABLE singles")


def _outcomes(
    writer: sqlite3.Connection, station: str, kind: str, period: str, of: tuple[str, str, int, int]
) -> Iterator[Flagged]:
    for (instant, position, received_at), rows in groupby(writer.execute(_ROWS, of), _together):
        values = Values.of([(parameter, value, flag, reason) for *_, parameter, value, flag, reason in rows])
        groups = [(period, instant, values)]
        yield Flagged(position, station, kind, received_at, len(values), 0, groups, [], [])
