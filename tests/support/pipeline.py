"""A pipeline with the real log, books and checkpoint, fed by a scripted source; and parts of it that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ingest.adapters.books import Books
from ingest.adapters.checkpoint import FileCheckpoints
from ingest.adapters.clock import ReplayClock
from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.adapters.memory import MemoryStore
from ingest.errors import LogUnavailableError, StoreUnavailableError
from ingest.flagged import Flagged
from ingest.fleet import Fleet
from ingest.health import Health
from ingest.ledger import Account, Entry
from ingest.model import Delivery
from ingest.pipeline import Pipeline
from ingest.ports import ReadingStore, StoredReading, StoredSeries
from ingest.retention import Limits
from ingest.walk import Walk
from ingest.warming import Warming
from ingest.writer import StoreWriter
from tests.support.ingest import (
    HOUR,
    NOW,
    STATION,
    HandClock,
    Listener,
    ScriptedSource,
    a_catalog,
    a_delivery,
)

PATIENCE = 20.0  # s


class FailingLog(SqliteIntakeLog):
    """As the disk would have it: `failures` appends of deliveries fail; `held` ones wait for the test."""

    failures = 0
    appended = 0

    def __init__(self, *, folder: Path, segment: int = 200_000, limits: Limits | None = None) -> None:
        super().__init__(folder=folder, segment=segment, limits=limits)
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.asked = asyncio.Event()

    async def append(self, deliveries: Sequence[Delivery], flagged: Sequence[Flagged]) -> Sequence[Delivery]:
        self.asked.set()
        await self.may_write.wait()
        if self.failures:
            self.failures -= 1
            raise LogUnavailableError("disk full")
        self.appended += len(deliveries)
        return await super().append(deliveries, flagged)


class FailingBooks(Books):
    """`failures` bookings of receipt fail."""

    failures = 0

    async def receive(self, batch: Sequence[Flagged], *, at_once: bool = True) -> None:
        if self.failures:
            self.failures -= 1
            raise LogUnavailableError("disk full")
        await super().receive(batch, at_once=at_once)


class AwayStore(MemoryStore):
    """Answers the third time it is asked for what another has."""

    def __init__(self, there: MemoryStore) -> None:
        super().__init__()
        self._points = there._points
        self.asked = 0

    async def newest(
        self, stations: Sequence[str], start: datetime, end: datetime, *, most: int
    ) -> Sequence[StoredSeries]:
        self.asked += 1
        if self.asked < 3:
            raise StoreUnavailableError("away")
        return await super().newest(stations, start, end, most=most)


class DeafStore(MemoryStore):
    """Takes nothing."""

    async def write(self, _batch: Sequence[Flagged]) -> None:
        raise StoreUnavailableError("away")


@dataclass
class Bench:
    """A pipeline with everything around it, running."""

    folder: Path
    segment: int = 200_000
    limits: Limits | None = None
    replay: ReplayClock | None = None
    source: ScriptedSource = field(default_factory=ScriptedSource)
    listener: Listener = field(default_factory=Listener)
    clock: HandClock = field(default_factory=HandClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    fleet: Fleet = field(default_factory=Fleet)
    checkpoint_every: timedelta = timedelta(days=1)
    log: FailingLog = field(init=False)
    books: FailingBooks = field(init=False)
    health: Health = field(init=False)
    pipeline: Pipeline = field(init=False)
    writer: StoreWriter = field(init=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Bench]:
        """Recovered, all loops as tasks; ends as a crash does: nothing is finished."""
        async with AsyncExitStack() as stack:
            log = FailingLog(folder=self.folder / "intake", segment=self.segment, limits=self.limits)
            self.log = await stack.enter_async_context(log)
            self.books = await stack.enter_async_context(FailingBooks(path=self.folder / "books.db"))
            checkpoints = FileCheckpoints(path=self.folder / "checkpoint.json")
            stack.callback(checkpoints.close)
            clock = self.replay or self.clock
            self.health = Health(now=clock.now)
            self.writer = StoreWriter(log=self.log, store=self.store, books=self.books, health=self.health, batch=2)
            self.pipeline = Pipeline(
                source=self.source,
                log=self.log,
                walk=Walk(catalog=a_catalog()),
                evaluator=self.listener,
                fleet=self.fleet,
                books=self.books,
                checkpoints=checkpoints,
                clock=clock,
                health=self.health,
                stored_on=self.writer.wake,
                set_clock=self.replay.set if self.replay else None,
                checkpoint_every=self.checkpoint_every,
            )
            await self.pipeline.recover()
            loops = (self.pipeline.log_loop, self.pipeline.walk_loop, self.pipeline.timer_loop, self.writer.run)
            async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
                tasks = [group.create_task(loop()) for loop in loops]
                try:
                    yield self
                finally:
                    for task in tasks:
                        task.cancel()

    def warming(self, store: ReadingStore | None = None) -> Warming:
        """What reads the past back, of the one station."""
        return Warming(
            store=store or self.store,
            pipeline=self.pipeline,
            stations=[STATION],
            evaluator=self.listener,
            health=self.health,
        )

    async def queue_empty(self) -> None:
        """Until everything settled is walked."""
        await self.pipeline._queue.join()

    async def done(self) -> None:
        """Until everything settled is walked, stored and booked."""
        await self.pipeline.finish()
        await self.writer.caught_up()

    async def queue_walked(self) -> None:
        """Until what is settled is walked and its outcomes are on their way to the store; leaves no checkpoint."""
        await self.pipeline._queue.join()

    async def ledger(self) -> Mapping[Account, Entry]:
        return await self.books.entries()

    async def stored(self) -> Sequence[StoredReading]:
        return await self.store.history(STATION, "pm2_5", NOW - 1000 * HOUR, NOW + 1000 * HOUR)


def hour(number: int, value: float | None = None, **changes: object) -> Delivery:
    """A good message of that hour."""
    start = NOW.replace(minute=0) - 40 * HOUR + number * HOUR
    return a_delivery(time=start.isoformat(), values={"pm2_5": float(number) if value is None else value}, **changes)  # type: ignore[arg-type]
