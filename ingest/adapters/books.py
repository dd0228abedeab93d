"""`books.db`: the ledger, quarantine and how far the store writer has come, settled in one transaction.

`received` is booked when an outcome is in the log, the fate when the store has it: both once per position, whatever
is repeated after a crash.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest import ledger
from ingest.adapters.database import open_database, transaction, write_rows
from ingest.adapters.worker import Worker
from ingest.errors import LogUnavailableError
from ingest.flagged import Flagged, Refusal
from ingest.ledger import Account, Entry
from ingest.model import Delivery
from ingest.walk import EPOCH

MIGRATIONS = (
    """
    CREATE TABLE ledger (
        station TEXT NOT NULL, hour INTEGER NOT NULL, received INTEGER NOT NULL, stored INTEGER NOT NULL,
        duplicate INTEGER NOT NULL, quarantined INTEGER NOT NULL, PRIMARY KEY (station, hour)
    ) WITHOUT ROWID;
    CREATE TABLE progress (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY, station TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, parameter TEXT,
        position INTEGER NOT NULL, received_at INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
        size INTEGER NOT NULL, sha256 TEXT NOT NULL, count INTEGER NOT NULL, over_quota INTEGER NOT NULL
    );
    CREATE INDEX quarantine_station ON quarantine (station, over_quota, reason);
    CREATE TABLE quarantine_usage (
        station TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
)
_TEXT = 512  # characters kept of a topic or a reason's detail, which devices choose
EXCERPT = 4096  # bytes kept of what is over a station's quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How much of one station's bad input is kept whole."""

    entries: int = 1000
    bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One entry of quarantine: a delivery, or one value of it, with the reason; `count` repeats beyond the quota."""

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


class Books:
    """One connection, one thread. Open it with `async with`."""

    def __init__(self, *, path: Path, quota: Quota | None = None) -> None:
        self._path = path
        self._quota = quota or Quota()
        self._on = Worker("books")
        self._db: sqlite3.Connection | None = None
        self._totals = Entry()  # kept beside the table: summing it up each second would grow with every hour
        self._booking = Entry()

    async def __aenter__(self) -> Self:
        await self._on(self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db is not None:
            await self._on(self._db.close)
        self._on.close()

    async def position(self, name: str) -> int:
        """How far `name` has come; 0 at the beginning."""
        return await self._on(self._position_now, name)

    async def receive(self, batch: Sequence[Flagged]) -> None:
        """Books what came in; what was booked before is passed over."""
        await self._on(self._receive, batch)

    async def settle(
        self, batch: Sequence[Flagged], deliveries: Mapping[int, Delivery], refused: Mapping[int, Sequence[Refusal]]
    ) -> None:
        """Books what became of the batch and quarantines what was refused, with the bytes in `deliveries`."""
        await self._on(self._settle, batch, deliveries, refused)

    @property
    def totals(self) -> Entry:
        """The whole ledger in one entry, as of the last commit."""
        return self._totals

    async def entries(self) -> Mapping[Account, Entry]:
        """Every account."""
        return await self._on(self._entries)

    async def quarantined(self, *, station: str | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """The newest entries of quarantine, of one station or all."""
        return await self._on(self._quarantined, station, limit)

    def _open(self) -> None:
        self._db = open_database(self._path, MIGRATIONS)
        self._totals = sum(self._entries().values(), Entry())

    @property
    def _books(self) -> sqlite3.Connection:
        assert self._db is not None, "open it with `async with`"
        return self._db

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._booking = Entry()
        try:
            with transaction(self._books):
                yield
            self._totals += self._booking
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise LogUnavailableError(message) from error

    def _position_now(self, name: str) -> int:
        with self._at_once():
            return self._position(name)

    def _position(self, name: str) -> int:
        row = self._books.execute("SELECT position FROM progress WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _advance(self, name: str, position: int) -> None:
        self._books.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (name, position))

    def _receive(self, batch: Sequence[Flagged]) -> None:
        with self._at_once():
            before = self._position("received")
            fresh = [item for item in batch if item.position > before]
            if fresh:
                self._book(ledger.received(fresh))
                self._advance("received", fresh[-1].position)

    def _settle(
        self, batch: Sequence[Flagged], deliveries: Mapping[int, Delivery], refused: Mapping[int, Sequence[Refusal]]
    ) -> None:
        with self._at_once():
            before = self._position("stored")
            fresh = [item for item in batch if item.position > before]
            if not fresh:
                return
            counts = {position: sum(count for *_, count in refusals) for position, refusals in refused.items()}
            self._book(ledger.settled(fresh, counts))
            for item in fresh:
                if refusals := (*item.refusals, *refused.get(item.position, ())):
                    self._quarantine(item, refusals, deliveries.get(item.position))
            self._advance("stored", fresh[-1].position)

    def _book(self, entries: Mapping[Account, Entry]) -> None:
        self._booking = sum(entries.values(), self._booking)
        query = """
            INSERT INTO ledger VALUES {row} ON CONFLICT DO UPDATE SET
            received = received + excluded.received, stored = stored + excluded.stored,
            duplicate = duplicate + excluded.duplicate, quarantined = quarantined + excluded.quarantined
        """
        rows = [(*account, e.received, e.stored, e.duplicate, e.quarantined) for account, e in entries.items()]
        write_rows(self._books, query, rows)

    def _quarantine(self, item: Flagged, refusals: Sequence[Refusal], delivery: Delivery | None) -> None:
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
            if not self._counted_on(item.account, reason, refusal[3], digest):
                self._kept(item, refusal, delivery, digest, over=True)

    def _kept(self, item: Flagged, refusal: Refusal, delivery: Delivery | None, digest: str, *, over: bool) -> bool:
        """Writes an entry, whole where the quota allows it; beyond it only an excerpt, and only when told to."""
        reason, detail, parameter, count = refusal
        topic, payload = (delivery.topic, delivery.payload) if delivery else ("", b"")
        size = len(payload)
        usage = "SELECT entries, bytes FROM quarantine_usage WHERE station = ?"
        entries, used = self._books.execute(usage, (item.account,)).fetchone() or (0, 0)
        if not over and (entries >= self._quota.entries or used + size > self._quota.bytes):
            return False
        self._books.execute(
            "INSERT INTO quarantine VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(item.account, reason, detail[:_TEXT], parameter and parameter[:_TEXT]),
                *(item.position, item.received_at, topic[:_TEXT]),
                *(payload[:EXCERPT] if over else payload, size, digest, count, over),
            ),
        )
        if not over:
            query = "INSERT OR REPLACE INTO quarantine_usage VALUES (?, ?, ?)"
            self._books.execute(query, (item.account, entries + 1, used + size))
        return True

    def _counted_on(self, account: str, reason: str, count: int, digest: str) -> bool:
        """Whether there is an entry over the quota for that reason already; then it counts on."""
        query = "UPDATE quarantine SET count = count + ?, sha256 = ? WHERE station = ? AND over_quota AND reason = ?"
        return self._books.execute(query, (count, digest, account, reason)).rowcount > 0

    def _entries(self) -> Mapping[Account, Entry]:
        query = "SELECT station, hour, received, stored, duplicate, quarantined FROM ledger ORDER BY 1, 2"
        return {
            Account(station, hour): Entry(received=got, stored=stored, duplicate=duplicate, quarantined=quarantined)
            for station, hour, got, stored, duplicate, quarantined in self._books.execute(query)
        }

    def _quarantined(self, station: str | None, limit: int) -> Sequence[Quarantined]:
        query = """
            SELECT id, station, reason, detail, parameter, position, received_at, topic, payload, size, sha256, count,
                over_quota FROM quarantine WHERE station = ? OR ? IS NULL ORDER BY id DESC LIMIT ?
        """
        names = ("id", "station", "reason", "detail", "parameter", "position", "received_at", "topic", "payload")
        found = []
        for row in self._books.execute(query, (station, station, limit)):
            known = dict(zip((*names, "size", "sha256", "count", "over_quota"), row, strict=True))
            known["received_at"] = EPOCH + timedelta(microseconds=known["received_at"])
            known["over_quota"] = bool(known["over_quota"])
            found.append(Quarantined(**known))
        return found
