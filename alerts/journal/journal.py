"""The journal: transitions, warnings, acts and the notifications they cause, one transaction a step.

Synchronous and not for two threads at once: the runner calls it on its one worker thread. Whoever opened the
connection closes it. Everything has a deterministic id, so that recording a step again changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import orjson

from alerts.entries import Entry
from alerts.errors import UnknownWarningError
from alerts.journal import rows
from alerts.journal.cases import present_cases, record_cases, recorded_cases
from alerts.journal.outbox import Outbox
from alerts.journal.transaction import reading, transaction
from alerts.journal.unstored import Unstored, stored, unstored
from alerts.model import Act, PollutionWarning, Transition
from alerts.notifications import Notification, Queued
from alerts.outfall.model import Case
from alerts.views import CaseView, Standing

# ON CONFLICT of the id only: OR IGNORE would also pass over rows that are wrong.
_ADD_TRANSITION = (
    f"INSERT INTO transitions ({rows.TRANSITION_COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 - our own columns
    " ON CONFLICT (id) DO NOTHING"
)
_ADD_ACT = f"INSERT INTO acts ({rows.ACT_COLUMNS}) VALUES ({', '.join('?' * 8)}) ON CONFLICT (id) DO NOTHING"  # noqa: S608 - our own columns
_ADD_NOTIFICATION = (
    f"INSERT INTO notifications ({rows.NOTIFICATION_COLUMNS}) VALUES ({', '.join('?' * 17)})"  # noqa: S608 - our own columns
    " ON CONFLICT (key) DO NOTHING"
)
_PUT_WARNING = (
    f"INSERT INTO warnings ({rows.WARNING_COLUMNS}) VALUES ({', '.join('?' * 19)}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608 - our own columns
    + ", ".join(f"{name} = excluded.{name}" for name in rows.WARNING_COLUMNS.split(", ")[1:])
)


class Journal:
    """Takes an open connection to a migrated `state.db`, in autocommit (`isolation_level=None`); opens nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.outbox = Outbox(connection)

    def known(self, transition_ids: Collection[str]) -> set[str]:
        """Which of them are recorded already."""
        with reading(self._connection) as connection:
            found = connection.execute(
                "SELECT id FROM transitions WHERE id IN (SELECT value FROM json_each(?))", (_json(transition_ids),)
            )
            return {row[0] for row in found}

    def record(
        self,
        entries: Iterable[Entry],
        transitions: Iterable[Transition],
        notifications: Iterable[Notification],
        at: datetime,
    ) -> None:
        """All of it durably, or nothing of it. What is there already stays as it is, warnings take the newer state."""
        steps = tuple(entries)
        with transaction(self._connection) as connection:
            connection.executemany(_ADD_TRANSITION, [rows.transition_row(one, at) for one in transitions])
            connection.executemany(_PUT_WARNING, [rows.warning_row(step.warning) for step in steps])
            connection.executemany(_ADD_ACT, [rows.act_row(act) for step in steps for act in step.acts])
            connection.executemany(_ADD_NOTIFICATION, [rows.notification_row(one, at) for one in notifications])

    def record_cases(self, cases: Iterable[Case], at: datetime) -> None:
        """Each event once, durably, all or none."""
        record_cases(self._connection, cases, at)

    def cases(self, *, outfall: str | None = None) -> list[Case]:
        """Every event of every case, oldest first."""
        return recorded_cases(self._connection, outfall=outfall)

    def present_cases(self, *, station: str | None = None, limit: int) -> list[CaseView]:
        """Each case as it stands, the newest days first."""
        return present_cases(self._connection, station=station, limit=limit)

    def unstored(self, limit: int) -> Unstored:
        """The oldest acts and transitions that the store for dashboards has not got."""
        return unstored(self._connection, limit)

    def stored(self, upto: int) -> None:
        """It has these: what `unstored` gave with that number."""
        stored(self._connection, upto)

    def warnings(
        self, *, open_only: bool = False, limit: int | None = None, before: str | None = None
    ) -> list[PollutionWarning]:
        """Newest first. `before` is the id of the last warning of the page already seen."""
        asked = ["open = 1"] if open_only else []
        given: list[object] = []
        if before is not None:
            asked.append("(raised_at, id) < (SELECT raised_at, id FROM warnings WHERE id = ?)")
            given.append(before)
        where = f" WHERE {' AND '.join(asked)}" if asked else ""
        with reading(self._connection) as connection:
            found = connection.execute(
                f"SELECT {rows.WARNING_COLUMNS} FROM warnings{where} ORDER BY raised_at DESC, id DESC LIMIT ?",  # noqa: S608 - our own words
                (*given, -1 if limit is None else limit),
            )
            return [rows.warning(row) for row in found]

    def open_warnings(self) -> list[PollutionWarning]:
        """All that still need people, oldest first."""
        return self.warnings(open_only=True)[::-1]

    def standing(self) -> tuple[Standing, ...]:
        """All that still need people, oldest first, each with whoever was told of it."""
        warnings = self.open_warnings()
        told = self.told(*(warning.id for warning in warnings))
        return tuple(Standing(warning=one, heard=frozenset(told[one.id].values())) for one in warnings)

    def warning(self, warning_id: str) -> PollutionWarning:
        """Raises `UnknownWarningError`."""
        with reading(self._connection) as connection:
            row = connection.execute(
                f"SELECT {rows.WARNING_COLUMNS} FROM warnings WHERE id = ?",  # noqa: S608 - our own columns
                (warning_id,),
            ).fetchone()
        if row is None:
            raise UnknownWarningError(warning_id)
        return rows.warning(row)

    def acts(self, *warning_ids: str) -> Mapping[str, Sequence[Act]]:
        """The history of each warning, in order."""
        history: dict[str, list[Act]] = {one: [] for one in warning_ids}
        with reading(self._connection) as connection:
            for row in connection.execute(
                f"SELECT {rows.ACT_COLUMNS} FROM acts"  # noqa: S608 - our own columns
                " WHERE warning IN (SELECT value FROM json_each(?)) ORDER BY seq",
                (_json(warning_ids),),
            ):
                act = rows.act(row)
                history[act.warning].append(act)
        return history

    def notifications(self, *warning_ids: str) -> Mapping[str, Sequence[Queued]]:
        """Who was told of each warning, in the order of queueing."""
        told: dict[str, list[Queued]] = {one: [] for one in warning_ids}
        with reading(self._connection) as connection:
            for row in connection.execute(
                f"SELECT {rows.NOTIFICATION_COLUMNS} FROM notifications"  # noqa: S608 - our own columns
                " WHERE warning IN (SELECT value FROM json_each(?)) ORDER BY seq",
                (_json(warning_ids),),
            ):
                one = rows.queued(row)
                told[one.notification.warning].append(one)
        return told

    def told(self, *warning_ids: str) -> Mapping[str, Mapping[str, str]]:
        """For each warning the keys in the outbox, and whom each tells."""
        told: dict[str, dict[str, str]] = {one: {} for one in warning_ids}
        with reading(self._connection) as connection:
            for warning, key, person in connection.execute(
                "SELECT warning, key, person FROM notifications WHERE warning IN (SELECT value FROM json_each(?))",
                (_json(warning_ids),),
            ):
                told[warning][key] = person
        return told


def _json(ids: Iterable[str]) -> str:
    return orjson.dumps(list(ids)).decode()
