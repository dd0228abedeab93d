"""What of the journal the store has not got yet, in order of journalling.

Synchronous, on the runner's worker thread. A row stays until `stored` says so: whoever dies in between asks again and
gets the same. Raises `JournalError` where SQLite fails.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from alerts.chronicle import Done, Turned
from alerts.journal import rows
from alerts.journal.transaction import reading, transaction
from alerts.model import Change, Level, PollutionWarning

_ACT_COLUMNS = ", ".join(f"a.{name}" for name in rows.ACT_COLUMNS.split(", "))
_ACTS = (
    f"SELECT {_ACT_COLUMNS}, a.seq, t.change, json_extract(t.evidence, '$.inequality'),"  # noqa: S608 - our own columns
    " (SELECT count(*) FROM acts b JOIN warnings v ON v.id = b.warning"
    " WHERE b.at = a.at AND b.seq < a.seq AND v.rule = w.rule AND v.subject = w.subject)"
    " FROM acts a JOIN warnings w ON w.id = a.warning LEFT JOIN transitions t ON t.id = a.transition_id"
    " WHERE a.warning = ? ORDER BY a.seq"
)
_TRANSITIONS = (
    "SELECT t.rule, t.subject, t.parameter, t.change, t.level, t.instant, t.onset, t.noticed_at,"
    " json_extract(t.evidence, '$.inequality'),"
    " (SELECT count(*) FROM transitions b WHERE b.rule = t.rule AND b.subject = t.subject AND b.instant = t.instant"
    " AND b.rowid < t.rowid)"
    " FROM transitions t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.rowid"
)


class Chapter(NamedTuple):
    """One warning with all of its acts, and the numbers among them (from 0) that the store has not got."""

    warning: PollutionWarning
    done: Sequence[Done]
    wanted: frozenset[int]


class Unstored(NamedTuple):
    """The oldest of what is not stored; `upto` is what `stored` is told."""

    chapters: Sequence[Chapter]
    turned: Sequence[Turned]
    upto: int


def unstored(connection: sqlite3.Connection, limit: int) -> Unstored:
    """At most `limit` acts and transitions; of a warning all acts there are, since how it stands follows from them."""
    with reading(connection):
        found = connection.execute("SELECT n, act, transition_id FROM unstored ORDER BY n LIMIT ?", (limit,)).fetchall()
        acts = frozenset(act for _, act, _ in found if act is not None)
        turned = [transition for _, _, transition in found if transition is not None]
        of = connection.execute(
            "SELECT DISTINCT warning FROM acts WHERE seq IN (SELECT value FROM json_each(?))", (_json(acts),)
        )
        return Unstored(
            chapters=[_chapter(connection, warning, acts) for (warning,) in of.fetchall()],
            turned=[_turned(row) for row in connection.execute(_TRANSITIONS, (_json(turned),))],
            upto=found[-1][0] if found else 0,
        )


def stored(connection: sqlite3.Connection, upto: int) -> None:
    """The store has these."""
    with transaction(connection):
        connection.execute("DELETE FROM unstored WHERE n <= ?", (upto,))


def _chapter(connection: sqlite3.Connection, warning: str, acts: frozenset[int]) -> Chapter:
    query = f"SELECT {rows.WARNING_COLUMNS} FROM warnings WHERE id = ?"  # noqa: S608 - our own columns
    of = rows.warning(connection.execute(query, (warning,)).fetchone())
    found = connection.execute(_ACTS, (warning,)).fetchall()
    done = [
        Done(act=rows.act(row), nth=nth, why=why or "", change=Change(change) if change else None)
        for *row, _, change, why, nth in found
    ]
    return Chapter(of, done, frozenset(number for number, row in enumerate(found) if row[-4] in acts))


def _turned(row: rows.Row) -> Turned:
    rule, subject, parameter, change, level, instant, onset, noticed_at, why, nth = row
    return Turned(
        rule=rule,
        subject=subject,
        parameter=parameter,
        change=Change(change),
        level=Level(level) if level else None,
        instant=instant,
        onset=onset,
        noticed_at=noticed_at,
        why=why or "",
        nth=nth,
    )


def _json(ids: frozenset[int] | list[str]) -> str:
    return orjson.dumps(list(ids)).decode()
