"""`books.db`: the ledger, quarantine and how far the store writer has come, settled in one transaction.

`received` is booked when an outcome is in the log, the fate when the store has it: both once per position, whatever
is repeated after a crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest import ledger
from ingest.adapters import quarantine
from ingest.adapters.database import open_database, open_reader, transaction, write_rows
from ingest.adapters.quarantine import Quarantine, Quarantined, Quota
from ingest.adapters.worker import Given, Result, Worker
from ingest.errors import DatabaseTooNewError, DatabaseTooOldError, LogUnavailableError, NoBooksError
from ingest.flagged import Flagged, Refusal
from ingest.ledger import Account, Entry
from ingest.model import Delivery
from ingest.redrive import Chosen, Redrivable, Selection

MIGRATIONS = (
    """
    CREATE TABLE ledger (
        station TEXT NOT NULL, hour INTEGER NOT NULL, received INTEGER NOT NULL, stored INTEGER NOT NULL,
        duplicate INTEGER NOT NULL, quarantined INTEGER NOT NULL, PRIMARY KEY (station, hour)
    ) WITHOUT ROWID;
    CREATE TABLE progress (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
    """
    + quarantine.SCHEMA,
    # `unwritten`: changed since it was last written to the store. Both indexes hold the exceptions alone.
    """
    ALTER TABLE ledger ADD COLUMN unwritten INTEGER NOT NULL DEFAULT 1;
    CREATE INDEX ledger_unwritten ON ledger (hour, station) WHERE unwritten;
    CREATE INDEX ledger_overdrawn ON ledger (station) WHERE received < stored + duplicate + quarantined;
    """
    + quarantine.SCHEMA_OF_REDRIVES,
)


_NAME = "books.db"
_BATCHES = 5  # that wait in memory at the most
_NOTHING: Mapping[Account, Entry] = {}
_NONE: Mapping[Account, int] = {}


class Books:
    """One connection, one thread. Open it with `async with`."""

    def __init__(self, *, path: Path, quota: Quota | None = None) -> None:
        self._path = path
        self._quota = quota or Quota()
        self._on = Worker("books")
        self._db: sqlite3.Connection | None = None
        self._quarantine: Quarantine | None = None
        self._totals = Entry()  # kept beside the table: summing it up each second would grow with every hour
        self._booking = Entry()
        self._received: dict[Account, int] = {}  # not on disk yet
        self._received_up_to = self._batches = 0

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

    async def receive(self, batch: Sequence[Flagged], *, at_once: bool = True) -> None:
        """Books what came in; what was booked before is passed over.

        Where not `at_once`, in memory: it goes to disk with whatever is booked or asked for next, or once it is many.
        Lost with a crash, it is booked again from the log.
        """
        await self._on(self._receive, batch, at_once)

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

    async def overdrawn(self) -> int:
        """How many accounts have settled more than they received: with any, something was booked twice."""
        return await self._on(self._overdrawn)

    async def unwritten(self, limit: int) -> Mapping[Account, Entry]:
        """The oldest accounts that changed since they were last `written`."""
        return await self._on(self._unwritten, limit)

    async def written(self, entries: Mapping[Account, Entry]) -> None:
        """The store has these. What has changed meanwhile stays unwritten."""
        await self._on(self._written, entries)

    async def quarantined(self, *, station: str | None = None, limit: int = 100) -> Sequence[Quarantined]:
        """The newest entries of quarantine, of one station or all."""
        return await self._reading(quarantine.entries, Selection(station=station), limit)

    async def quarantine_by_reason(self) -> Mapping[str, int]:
        """How many readings are in quarantine for each reason."""
        return await self._reading(quarantine.by_reason)

    async def chosen(self, selection: Selection) -> Chosen:
        """How much of quarantine that is."""
        return await self._reading(quarantine.count, selection)

    async def redrivable(self, selection: Selection, *, after: int, until: int, limit: int) -> Sequence[Redrivable]:
        """Deliveries in quarantine at the positions after `after` and up to `until`, in order of arrival."""
        return await self._reading(partial(quarantine.redrivable, after=after, until=until, limit=limit), selection)

    async def redriven(self, first: int, last: int) -> tuple[Entry, Mapping[str, int]]:
        """What came of the redrives at these positions: fates, and what is still refused by its reason."""
        return await self._reading(quarantine.redriven, first, last)

    async def _reading(self, query: Callable[[sqlite3.Connection, *Given], Result], *given: *Given) -> Result:
        return await self._on(self._read, query, *given)

    def _read(self, query: Callable[[sqlite3.Connection, *Given], Result], *given: *Given) -> Result:
        with self._at_once():
            return query(self._books, *given)

    def _open(self) -> None:
        self._db = open_database(self._path, MIGRATIONS)
        self._quarantine = Quarantine(self._db, self._quota)
        self._received_up_to = self._position_now("received")
        self._totals = sum(self._entries().values(), Entry())

    @property
    def _books(self) -> sqlite3.Connection:
        assert self._db is not None, "open it with `async with`"
        return self._db

    @contextmanager
    def _at_once(self, settled: Mapping[Account, Entry] = _NOTHING) -> Iterator[None]:
        """All or nothing, after what waits in memory; with what is `settled`, in one row an account."""
        self._booking = Entry()
        try:
            with transaction(self._books):
                if self._received:
                    self._advance("received", self._received_up_to)
                self._book(settled, self._received)
                yield
            self._totals += self._booking
            self._received, self._batches = {}, 0
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise LogUnavailableError(message) from error

    def _position_now(self, name: str) -> int:
        with self._at_once():
            return self._position(name)

    def _position(self, name: str) -> int:
        try:
            return progress(self._books, name)
        except sqlite3.Error as error:
            message = f"{self._path}: {error}"
            raise LogUnavailableError(message) from error

    def _advance(self, name: str, position: int) -> None:
        self._books.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (name, position))

    def _receive(self, batch: Sequence[Flagged], at_once: bool) -> None:  # noqa: FBT001
        fresh = [item for item in batch if item.position > self._received_up_to]
        if fresh:
            for account, entry in ledger.received(fresh).items():
                self._received[account] = self._received.get(account, 0) + entry.received
            self._received_up_to = fresh[-1].position
            self._batches += 1
        if self._received and (at_once or self._batches >= _BATCHES):
            with self._at_once():
                pass

    def _settle(
        self, batch: Sequence[Flagged], deliveries: Mapping[int, Delivery], refused: Mapping[int, Sequence[Refusal]]
    ) -> None:
        before = self._position("stored")
        fresh = [item for item in batch if item.position > before]
        if not fresh:
            return
        counts = {position: sum(count for *_, count in refusals) for position, refusals in refused.items()}
        with self._at_once(ledger.settled(fresh, counts)):
            assert self._quarantine is not None, "open it with `async with`"
            for item in fresh:
                if item.redrives is not None:
                    for moved in self._quarantine.redriven(item, refused.get(item.position, ())):
                        self._book(moved)
                elif item.refusals or item.position in refused:
                    refusals = (*item.refusals, *refused.get(item.position, ()))
                    self._quarantine.keep(item, refusals, deliveries.get(item.position))
            self._advance("stored", fresh[-1].position)

    def _book(self, entries: Mapping[Account, Entry], received: Mapping[Account, int] = _NONE) -> None:
        """What `received` says besides is added."""
        query = """
            INSERT INTO ledger VALUES {row} ON CONFLICT DO UPDATE SET
            received = received + excluded.received, stored = stored + excluded.stored,
            duplicate = duplicate + excluded.duplicate, quarantined = quarantined + excluded.quarantined, unwritten = 1
        """
        rows = [
            (*account, e.received + received.get(account, 0), e.stored, e.duplicate, e.quarantined, 1)
            for account, e in entries.items()
        ]
        rows += [(*account, count, 0, 0, 0, 1) for account, count in received.items() if account not in entries]
        if rows:
            came, stored, duplicate, quarantined = (sum(column) for column in [*zip(*rows, strict=True)][2:6])
            self._booking += Entry(received=came, stored=stored, duplicate=duplicate, quarantined=quarantined)
        write_rows(self._books, query, rows)

    def _overdrawn(self) -> int:
        query = "SELECT count(*) FROM ledger WHERE received < stored + duplicate + quarantined"
        with self._at_once():
            (count,) = self._books.execute(query).fetchone()
        return int(count)

    def _unwritten(self, limit: int) -> Mapping[Account, Entry]:
        with self._at_once():
            return accounts(self._books, "WHERE unwritten ORDER BY hour, station LIMIT ?", limit)

    def _written(self, entries: Mapping[Account, Entry]) -> None:
        query = """
            UPDATE ledger SET unwritten = 0 WHERE station = ? AND hour = ?
            AND received = ? AND stored = ? AND duplicate = ? AND quarantined = ?
        """
        with self._at_once():
            for account, e in entries.items():
                self._books.execute(query, (*account, e.received, e.stored, e.duplicate, e.quarantined))

    def _entries(self) -> Mapping[Account, Entry]:
        with self._at_once():
            return accounts(self._books, "ORDER BY station, hour")


@contextmanager
def reading_books(folder: Path) -> Iterator[sqlite3.Connection]:
    """The books of a data folder as they stand at one moment, whether a service works there or not.

    Raises `NoBooksError`, `DatabaseTooNewError`, `DatabaseTooOldError`, `LogUnavailableError`.
    """
    path = folder / _NAME
    if not path.is_file():
        raise NoBooksError(folder)
    try:
        connection = open_reader(path)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(MIGRATIONS):
                raise DatabaseTooNewError(path, version, len(MIGRATIONS))
            if version < len(MIGRATIONS):
                raise DatabaseTooOldError(path)
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        message = f"{path}: {error}"
        raise LogUnavailableError(message) from error


def progress(connection: sqlite3.Connection, name: str) -> int:
    """How far `name` has come; 0 at the beginning."""
    row = connection.execute("SELECT position FROM progress WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def accounts(connection: sqlite3.Connection, which: str, *given: object) -> dict[Account, Entry]:
    """Accounts of the ledger; `which` is the end of the SQL statement."""
    query = f"SELECT station, hour, received, stored, duplicate, quarantined FROM ledger {which}"  # noqa: S608  # our own words
    return {
        Account(station, hour): Entry(received=got, stored=stored, duplicate=duplicate, quarantined=quarantined)
        for station, hour, got, stored, duplicate, quarantined in connection.execute(query, given)
    }
