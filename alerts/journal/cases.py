"""Cases in the journal: each event of a case once, append-only, in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from alerts.journal import rows
from alerts.journal.transaction import reading, transaction
from alerts.outfall.model import Case, CaseEvent
from alerts.views import CaseView

_COLUMNS = 'id, "case", outfall, station, parameter, day, event, value, "limit", basis, load, hours, revision'
_ADD = (
    f"INSERT INTO case_events ({_COLUMNS}, recorded_at) VALUES ({', '.join('?' * 14)})"  # noqa: S608 - our own columns
    " ON CONFLICT (id) DO NOTHING"
)


def record_cases(connection: sqlite3.Connection, cases: Iterable[Case], at: datetime) -> None:
    """Durably, all or none; what is there already stays as it is. Raises `JournalError`."""
    with transaction(connection):
        connection.executemany(_ADD, [(*_row(case), rows.micros(at)) for case in cases])


def recorded_cases(connection: sqlite3.Connection, *, outfall: str | None = None) -> list[Case]:
    """Every event, oldest first; of one outfall or of all. Raises `JournalError`."""
    with reading(connection):
        found = connection.execute(
            f"SELECT {_COLUMNS} FROM case_events WHERE ? IS NULL OR outfall = ? ORDER BY seq",  # noqa: S608 - our own columns
            (outfall, outfall),
        )
        return [_case(row) for row in found]


_PRESENT = f"""
    SELECT {_COLUMNS}, opened_at, recorded_at FROM case_events
    JOIN (SELECT max(seq) AS newest, min(recorded_at) AS opened_at FROM case_events
          WHERE :station IS NULL OR station = :station GROUP BY "case") ON seq = newest
    ORDER BY day DESC, seq DESC LIMIT :limit
"""  # noqa: S608 - our own columns


def present_cases(connection: sqlite3.Connection, *, station: str | None, limit: int) -> list[CaseView]:
    """Each case once, as its newest event has it; the newest days first. Raises `JournalError`."""
    with reading(connection):
        found = connection.execute(_PRESENT, {"station": station, "limit": limit})
        return [
            CaseView(case=_case(row), opened_at=rows.moment(opened), changed_at=rows.moment(changed))
            for *row, opened, changed in found
        ]


def _row(case: Case) -> rows.Row:
    """In the order of `_COLUMNS`."""
    day = case.day.isoformat()
    who = (case.event_id, case.id, case.outfall, case.station, case.parameter, day)
    return (*who, case.event, case.value, case.limit, case.basis, case.load, case.hours, case.revision)


def _case(row: Sequence[Any]) -> Case:
    _, _, outfall, station, parameter, day, event, *figures = row
    return Case(outfall, station, parameter, date.fromisoformat(day), CaseEvent(event), *figures)
