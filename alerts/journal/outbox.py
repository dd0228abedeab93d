"""The outbox: notifications on their way, moved only as the table in `alerts.notifications` allows.

Synchronous, on the runner's worker thread. Every move is durable before it returns: `claim` before an attempt,
`accepted` or `failed` after it. Raises `JournalError` where SQLite fails, `OutboxMoveError` where a notification is
not where the move starts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from alerts.errors import OutboxMoveError
from alerts.journal import rows
from alerts.journal.transaction import reading, transaction
from alerts.notifications import MOVES, NotificationState, OutboxEvent, Queued

_DETAIL_LENGTH = 500  # of a channel's answer: enough to see what is wrong, not enough to fill a disk


class Outbox:
    """Notifications of an open `state.db`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def claim(self, now: datetime, limit: int) -> list[Queued]:
        """Takes what is due, oldest first, and marks it `sending` before anything is tried.

        A row that cannot be read is failed here, so that it stands in nobody's way.
        """
        claimed: list[Queued] = []
        with transaction(self._connection) as connection:
            found = connection.execute(
                f"SELECT {rows.NOTIFICATION_COLUMNS} FROM notifications"  # noqa: S608 - our own columns
                " WHERE state = 'queued' AND due_at <= ? ORDER BY due_at, seq LIMIT ?",
                (rows.micros(now), limit),
            ).fetchall()
            for row in found:
                self._move(row[0], OutboxEvent.ATTEMPT, "attempts = attempts + 1, attempted_at = ?", rows.micros(now))
                try:
                    claimed.append(rows.queued(row))
                except (ValueError, TypeError) as error:
                    self._move(row[0], OutboxEvent.GIVE_UP, "detail = ?", f"cannot be read: {error}"[:_DETAIL_LENGTH])
        return claimed

    def accepted(self, key: str, at: datetime, detail: str = "") -> None:
        """The channel took it."""
        with transaction(self._connection):
            self._move(key, OutboxEvent.ACCEPT, "accepted_at = ?, detail = ?", rows.micros(at), detail[:_DETAIL_LENGTH])

    def failed(self, key: str, next_at: datetime | None, detail: str, *, perhaps_delivered: bool = False) -> None:
        """The attempt failed; `next_at` None means finally."""
        event = OutboxEvent.GIVE_UP if next_at is None else OutboxEvent.RETRY
        with transaction(self._connection):
            self._move(
                key,
                event,
                "due_at = coalesce(?, due_at), detail = ?, uncertain = uncertain + ?",
                None if next_at is None else rows.micros(next_at),
                detail[:_DETAIL_LENGTH],
                int(perhaps_delivered),
            )

    def interrupted(self) -> int:
        """At start-up: what was being sent when the service died is due again. Returns how many."""
        moved = MOVES[NotificationState.SENDING, OutboxEvent.INTERRUPT]
        with transaction(self._connection) as connection:
            return connection.execute(
                "UPDATE notifications SET state = ?, uncertain = uncertain + 1, detail = 'interrupted'"
                " WHERE state = 'sending'",
                (moved,),
            ).rowcount

    def hasten(self, now: datetime, horizon: datetime) -> int:
        """What would be due only after `horizon` is due `now`; returns how many. Writes nothing where there is none."""
        with reading(self._connection) as connection:
            (latest,) = connection.execute("SELECT max(due_at) FROM notifications WHERE state = 'queued'").fetchone()
        if latest is None or latest <= rows.micros(horizon):
            return 0
        with transaction(self._connection) as connection:
            return connection.execute(
                "UPDATE notifications SET due_at = ? WHERE state = 'queued' AND due_at > ?",
                (rows.micros(now), rows.micros(horizon)),
            ).rowcount

    def next_due(self) -> datetime | None:
        """When the next attempt is due; None where nothing is queued."""
        with reading(self._connection) as connection:
            (due,) = connection.execute("SELECT min(due_at) FROM notifications WHERE state = 'queued'").fetchone()
        return None if due is None else rows.moment(due)

    def counts(self) -> Mapping[str, int]:
        """How many stand in each state, and `uncertain`: how many had an attempt of unknown outcome."""
        with reading(self._connection) as connection:
            found = dict(connection.execute("SELECT state, count(*) FROM notifications GROUP BY state").fetchall())
            (uncertain,) = connection.execute("SELECT count(*) FROM notifications WHERE uncertain > 0").fetchone()
        return {state.value: found.get(state.value, 0) for state in NotificationState} | {"uncertain": uncertain}

    def _move(self, key: str, event: OutboxEvent, change: str, *given: object) -> None:
        for (state, happened), moved in MOVES.items():
            if happened is event:
                done = self._connection.execute(
                    f"UPDATE notifications SET state = ?, {change} WHERE key = ? AND state = ?",  # noqa: S608 - our own words
                    (moved, *given, key, state),
                ).rowcount
                if done:
                    return
        raise OutboxMoveError(f"notification {key}: no {event.value} from where it stands")
