"""Quarantine within `books.db`: what was refused, with its bytes, as far as a station's quota goes.

Works on a connection and inside a transaction of the caller's: the ledger and quarantine are one file, so that an
entry and its count cannot part. Reading takes any connection, one that cannot write too.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from ingest import ledger
from ingest.flagged import Flagged, Refusal
from ingest.ledger import Account, Entry
from ingest.model import Delivery, Redrive
from ingest.moments import EPOCH, to_micros
from ingest.redrive import Chosen, Decision, Fate, Held, Redrivable, Selection, decide

SCHEMA = """
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, parameter TEXT,
        position INTEGER NOT NULL, received_at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
        size INTEGER NOT NULL, sha256 TEXT NOT NULL, count INTEGER NOT NULL, over_quota INTEGER NOT NULL
    );
    CREATE INDEX quarantine_station ON quarantine (station, over_quota, reason);
    CREATE TABLE quarantine_usage (
        station TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL
    ) WITHOUT ROWID;
"""
# `last`: the newest delivery an entry over the quota counts; 0 where an earlier version did not write it down.
SCHEMA_OF_REDRIVES = """
    ALTER TABLE quarantine ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE quarantine ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX quarantine_position ON quarantine (position);
    CREATE INDEX quarantine_reason ON quarantine (reason, count);
    CREATE TABLE redriven (
        position INTEGER PRIMARY KEY, original INTEGER NOT NULL, stored INTEGER NOT NULL, duplicate INTEGER NOT NULL,
        refused INTEGER NOT NULL
    );
"""
_TEXT = 512  # characters kept of a topic, a parameter or a reason's detail, which devices choose
EXCERPT = 4096  # bytes kept of what is over a station's quota
_REMEMBERED = 100_000  # results of redrives kept: more than one order takes up
_COLUMNS = (
    *("id", "station", "reason", "detail", "parameter", "position", "received_at", "topic", "payload", "size"),
    *("sha256", "count", "over_quota", "tries"),
)
_SINGLE = "(NOT over_quota OR last = position)"  # entries of one delivery: of those its bytes can be had


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much of one station's bad input is kept whole."""

    entries: int = 1000
    bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One entry of quarantine: a delivery, or one value of it, with the reason; `count` repeats beyond the quota.

    `tries` is how often it was redriven and refused again.
    """

    id: int
    station: str
    reason: str
    detail: str
    parameter: str | None
    position: int
    received_at: datetime
    topic: str
    payload: bytes
    size: int
    sha256: str
    count: int
    over_quota: bool
    tries: int


def _where(chosen: Selection) -> tuple[str, Mapping[str, Any]]:
    """As SQL, and what it names."""
    ids = None if chosen.ids is None else orjson.dumps([*chosen.ids]).decode()
    since = None if chosen.since is None else to_micros(chosen.since)
    conditions = {
        "station": ("station = :station", chosen.station),
        "reason": ("reason = :reason", chosen.reason),
        "since": ("received_at >= :since", since),
        "ids": ("id IN (SELECT value FROM json_each(:ids))", ids),
    }
    asked = {name: condition for name, (condition, value) in conditions.items() if value is not None}
    return " AND ".join(asked.values()) or "1", {name: conditions[name][1] for name in asked}


def entries(connection: sqlite3.Connection, chosen: Selection, limit: int) -> list[Quarantined]:
    """Newest first."""
    where, given = _where(chosen)
    query = f"SELECT {', '.join(_COLUMNS)} FROM quarantine WHERE {where} ORDER BY id DESC LIMIT :limit"  # noqa: S608  # our own words
    found = []
    for row in connection.execute(query, {**given, "limit": limit}):
        known = dict(zip(_COLUMNS, row, strict=True))
        known["received_at"] = EPOCH + timedelta(microseconds=known["received_at"])
        known["over_quota"] = bool(known["over_quota"])
        found.append(Quarantined(**known))
    return found


def count(connection: sqlite3.Connection, chosen: Selection) -> Chosen:
    """How much that is."""
    where, given = _where(chosen)
    query = f"""
        SELECT count(*), count(DISTINCT CASE WHEN {_SINGLE} THEN position END), coalesce(sum(NOT {_SINGLE}), 0)
        FROM quarantine WHERE {where}
    """  # noqa: S608  # our own words
    found, deliveries, excerpts = connection.execute(query, given).fetchone()
    return Chosen(found, deliveries, excerpts)


def redrivable(
    connection: sqlite3.Connection, chosen: Selection, *, after: int, until: int, limit: int
) -> list[Redrivable]:
    """Deliveries first received at the positions after `after` and up to `until`, in order of arrival."""
    where, given = _where(chosen)
    query = f"""
        SELECT position, received_at, topic, payload, min(length(payload) = size),
            max(parameter IS NULL OR over_quota), json_group_array(DISTINCT parameter)
        FROM quarantine WHERE position > :after AND position <= :until AND {_SINGLE} AND {where}
        GROUP BY position ORDER BY position LIMIT :limit
    """  # noqa: S608  # our own words
    named = {**given, "after": after, "until": until, "limit": limit}
    return [
        Redrivable(
            topic=topic,
            payload=payload if complete else None,
            redrive=Redrive(
                position,
                EPOCH + timedelta(microseconds=received_at),
                None if everything else tuple(orjson.loads(parameters)),
            ),
        )
        for position, received_at, topic, payload, complete, everything, parameters in connection.execute(query, named)
    ]


def redriven(connection: sqlite3.Connection, first: int, last: int) -> tuple[Entry, Mapping[str, int]]:
    """What came of the redrives at these positions: fates, and what is still refused by its reason."""
    query = """
        SELECT coalesce(sum(stored), 0), coalesce(sum(duplicate), 0), coalesce(sum(refused), 0)
        FROM redriven WHERE position BETWEEN ? AND ?
    """
    stored, duplicate, refused = connection.execute(query, (first, last)).fetchone()
    reasons = f"""
        SELECT reason, sum(count) FROM quarantine WHERE tries > 0 AND {_SINGLE} AND position IN (
            SELECT original FROM redriven WHERE refused > 0 AND position BETWEEN ? AND ?
        ) GROUP BY reason ORDER BY reason
    """  # noqa: S608  # our own words
    still = dict(connection.execute(reasons, (first, last)).fetchall())
    return Entry(stored=stored, duplicate=duplicate, quarantined=refused), still


def by_reason(connection: sqlite3.Connection) -> Mapping[str, int]:
    """How many readings are in quarantine for each reason."""
    return dict(connection.execute("SELECT reason, sum(count) FROM quarantine GROUP BY reason ORDER BY reason"))


class Quarantine:
    """Writes entries on an open connection, within the caller's transaction. Raises `sqlite3.Error`."""

    def __init__(self, connection: sqlite3.Connection, quota: Quota) -> None:
        self._db = connection
        self._quota = quota

    def keep(self, item: Flagged, refusals: Sequence[Refusal], delivery: Delivery | None) -> None:
        """Hashes once: one delivery of 256 KiB may hold 20 000 refused values."""
        payload = delivery.payload if delivery else b""
        digest = hashlib.sha256(payload).hexdigest()
        beyond: dict[str, Refusal] = {}
        for refusal in refusals:
            if self._kept(item, refusal, delivery, digest, over=False):
                continue
            reason, detail, parameter, count = refusal
            before = beyond.get(reason, (reason, detail, parameter, 0))
            beyond[reason] = (*before[:3], before[3] + count)
        for reason, refusal in beyond.items():
            if not self._counted_on(item, reason, refusal[3], digest):
                self._kept(item, refusal, delivery, digest, over=True)

    def redriven(self, item: Flagged, refused: Sequence[Refusal]) -> list[Mapping[Account, Entry]]:
        """Moves the entries of what `item` redrives, each once: afterwards they are gone. What the ledger books."""
        assert item.redrives is not None, "of what is redriven"
        original, parameters, *_ = item.redrives
        chosen = None if parameters is None else orjson.dumps(parameters).decode()
        query = f"""
            SELECT id, parameter, count, station, received_at, over_quota, size FROM quarantine
            WHERE position = ? AND {_SINGLE} AND (? IS NULL OR parameter IN (SELECT value FROM json_each(?)))
            ORDER BY id
        """  # noqa: S608  # our own words
        rows = {row[0]: row for row in self._db.execute(query, (original, chosen, chosen))}
        held = [Held(id_, None if over else parameter, count) for id_, parameter, count, _, _, over, _ in rows.values()]
        tally = dict.fromkeys(Fate, 0)
        moves: list[Mapping[Account, Entry]] = []
        for decision in decide(held, item, refused):
            _, _, count, station, received_at, over, size = rows[decision.held.id]
            source = ledger.account(station, received_at)
            tally[decision.fate] += count
            if decision.fate is not Fate.REFUSED:
                self._db.execute("DELETE FROM quarantine WHERE id = ?", (decision.held.id,))
                if not over:
                    self._use(station, -1, -size)
                fate = {decision.fate.value: count}
                moves.append(ledger.moved(source, ledger.account_of(item), count=count, **fate))
            elif over or decision.refusal is None:  # one entry over the quota a station and reason: it stays that
                self._db.execute("UPDATE quarantine SET tries = tries + 1 WHERE id = ?", (decision.held.id,))
            else:
                self._again(decision, item.account)
                self._use(station, -1, -size)
                self._use(item.account, 1, size)
                moves.append(ledger.moved(source, ledger.account_of(item), count=count))
        if rows:
            self._note(item.position, original, tally)
        return moves

    def _again(self, decision: Decision, station: str) -> None:
        assert decision.refusal is not None, "refused again"
        reason, detail, _, _ = decision.refusal
        query = "UPDATE quarantine SET station = ?, reason = ?, detail = ?, tries = tries + 1 WHERE id = ?"
        self._db.execute(query, (station, reason, detail[:_TEXT], decision.held.id))

    def _note(self, position: int, original: int, tally: Mapping[Fate, int]) -> None:
        row = (position, original, tally[Fate.STORED], tally[Fate.DUPLICATE], tally[Fate.REFUSED])
        self._db.execute("INSERT OR REPLACE INTO redriven VALUES (?, ?, ?, ?, ?)", row)
        self._db.execute("DELETE FROM redriven WHERE position <= ?", (position - _REMEMBERED,))

    def _kept(self, item: Flagged, refusal: Refusal, delivery: Delivery | None, digest: str, *, over: bool) -> bool:
        """Writes an entry, whole where the quota allows it; beyond it only an excerpt, and only when told to."""
        reason, detail, parameter, count = refusal
        topic, payload = (delivery.topic[:_TEXT], delivery.payload) if delivery else ("", b"")
        size = len(payload)
        usage = "SELECT entries, bytes FROM quarantine_usage WHERE station = ?"
        entries, used = self._db.execute(usage, (item.account,)).fetchone() or (0, 0)
        if not over and (entries >= self._quota.entries or used + size > self._quota.bytes):
            return False
        self._db.execute(
            "INSERT INTO quarantine VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            (
                *(item.account, reason, detail[:_TEXT], parameter and parameter[:_TEXT]),
                *(item.position, item.received_at, topic),
                *(payload[:EXCERPT] if over else payload, size, digest, count, over, item.position),
            ),
        )
        if not over:
            self._use(item.account, 1, size)
        return True

    def _use(self, station: str, entries: int, size: int) -> None:
        query = """
            INSERT INTO quarantine_usage VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET entries = entries + excluded.entries, bytes = max(0, bytes + excluded.bytes)
        """
        self._db.execute(query, (station, entries, size))

    def _counted_on(self, item: Flagged, reason: str, count: int, digest: str) -> bool:
        """Whether there is an entry over the quota for that reason already; then it counts on."""
        query = """
            UPDATE quarantine SET count = count + ?, sha256 = ?, last = ?
            WHERE station = ? AND over_quota AND reason = ?
        """
        return self._db.execute(query, (count, digest, item.position, item.account, reason)).rowcount > 0
