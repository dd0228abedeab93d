"""The store writer: lag, refusals, catching up; and how trying again and health hear of it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from ingest.adapters.books import Books
from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.adapters.memory import MemoryStore
from ingest.backoff import Backoff
from ingest.errors import LogUnavailableError, StorePermanentError, StoreRefusedError, StoreUnavailableError
from ingest.flagged import Flagged
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.ledger import Entry
from ingest.writer import StoreWriter
from tests.support.ingest import HOUR, NOW, STATION, HandClock, a_delivery, an_outcome


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again without the wait."""
    monkeypatch.setattr("ingest.insist.Backoff", partial(Backoff, first=0.0001, most=0.001))


class MoodyStore(MemoryStore):
    """Raises what the test put in `moods`, once each; refuses values above 1000 for good."""

    def __init__(self, clock: HandClock | None = None) -> None:
        super().__init__()
        self.clock = clock  # half a minute goes by with each attempt
        self.moods: list[Exception] = []
        self.sizes: list[int] = []
        self.written = asyncio.Event()
        self.away = False
        self.asked = asyncio.Event()

    async def write(self, batch: Sequence[Flagged]) -> None:
        self.sizes.append(len(batch))
        self.asked.set()
        if self.clock is not None:
            self.clock.set(self.clock.now() + timedelta(seconds=30))
        if self.away:
            raise StoreUnavailableError("away")
        if self.moods:
            raise self.moods.pop(0)
        refused = {
            index: f"{values.given[0]} is out of range"
            for index, item in enumerate(batch)
            for _, _, values in item.groups
            if (values.given[0] or 0) > 1000
        }
        if refused:
            raise StoreRefusedError(refused)
        await super().write(batch)
        self.written.set()


@dataclass
class Desk:
    """A writer with a real log and real books."""

    folder: Path
    store: MoodyStore = field(default_factory=MoodyStore)
    health: Health = field(default_factory=lambda: Health(now=HandClock().now))
    within: timedelta = timedelta(0)
    position: int = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Desk]:
        async with AsyncExitStack() as stack:
            self.log = await stack.enter_async_context(SqliteIntakeLog(folder=self.folder / "intake", segment=4))
            self.books = await stack.enter_async_context(Books(path=self.folder / "books.db"))
            self.writer = StoreWriter(
                log=self.log, store=self.store, books=self.books, health=self.health, batch=3, within=self.within
            )
            async with asyncio.timeout(20), asyncio.TaskGroup() as group:
                running = group.create_task(self.writer.run())
                try:
                    yield self
                finally:
                    running.cancel()

    async def flag(self, *values: float) -> None:
        """Deliveries with these values, as the pipeline leaves them."""
        for value in values:
            self.position += 1
            await self.log.append([a_delivery(position=self.position)], ())
            flagged = [an_outcome((NOW + self.position * HOUR, value), position=self.position)]
            await self.log.append((), flagged)
            await self.books.receive(flagged)
        self.writer.wake()

    async def stored(self) -> list[float | None]:
        found = await self.store.history(STATION, "pm2_5", NOW, NOW + 1000 * HOUR)
        return [reading.value for reading in found]


async def test_writer_stores_what_is_in_the_log(tmp_path: Path) -> None:
    """In batches, until it has caught up; what comes later too."""
    async with Desk(tmp_path).open() as desk:
        await desk.flag(1, 2, 3, 4, 5, 6, 7)
        await desk.writer.caught_up()
        assert await desk.stored() == [1, 2, 3, 4, 5, 6, 7]
        await desk.flag(8)
        await desk.writer.caught_up()
        assert await desk.stored() == [1, 2, 3, 4, 5, 6, 7, 8]
        assert max(desk.store.sizes) <= 3
        assert desk.books.totals == Entry(received=8, stored=8)


async def test_writer_gathers_a_trickle_into_a_batch(tmp_path: Path) -> None:
    """What comes one by one is written together once there is enough of it; whoever is in a hurry does not wait."""
    async with Desk(tmp_path, within=HOUR).open() as desk:
        for value in (1, 2, 3):
            await desk.flag(value)
        await desk.store.written.wait()
        assert desk.store.sizes == [3]
        await desk.flag(4)
        await desk.writer.caught_up()
        assert desk.store.sizes == [3, 1]
        assert desk.books.totals == Entry(received=4, stored=4)


async def test_writer_waits_only_so_long_for_a_batch(tmp_path: Path) -> None:
    """A batch that does not fill is written when it is old enough."""
    async with Desk(tmp_path, within=timedelta(milliseconds=1)).open() as desk:
        await desk.flag(1)
        await desk.store.written.wait()
        assert await desk.stored() == [1]


async def test_writer_does_not_wait_where_no_more_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lull ends the wait for a batch, long before it is old."""
    monkeypatch.setattr("ingest.writer._LULL", 1e-9)
    async with Desk(tmp_path, within=HOUR).open() as desk:
        await desk.flag(1)
        await desk.store.written.wait()
        assert await desk.stored() == [1]


async def test_writer_in_a_hurry_while_a_batch_waits(tmp_path: Path) -> None:
    """At a stop the writer is already waiting for more: it goes on at once."""
    async with Desk(tmp_path, within=HOUR).open() as desk:
        await desk.flag(1)
        await asyncio.sleep(0)  # the writer looks, and waits for more
        await desk.writer.caught_up()
        assert await desk.stored() == [1]


async def test_writer_waits_for_a_store_that_is_down(tmp_path: Path) -> None:
    """The log keeps everything; permanent is tried again as well, since a person may act."""
    soon = timedelta(microseconds=1)
    async with Desk(tmp_path).open() as desk:
        desk.store.moods = [
            StoreUnavailableError("no"),
            StoreUnavailableError("not yet", retry_after=soon),
            StorePermanentError("no such bucket"),
        ]
        await desk.flag(1, 2)
        await desk.writer.caught_up()
        assert await desk.stored() == [1, 2]
        assert desk.health.troubles == {}


async def test_outage_longer_than_45s(tmp_path: Path) -> None:
    """Ten minutes: no reading has a lifetime after which it is let go; all are there, in order, and it is said."""
    clock = HandClock()
    desk = Desk(tmp_path, store=MoodyStore(clock), health=Health(now=clock.now))
    async with desk.open():
        desk.store.moods = [StoreUnavailableError("away")] * 20
        await desk.flag(1, 2)
        await desk.store.asked.wait()
        await desk.flag(3, 4, 5)
        await desk.writer.caught_up()
        assert clock.now() - NOW > timedelta(minutes=10)
        assert await desk.stored() == [1, 2, 3, 4, 5]
        assert desk.books.totals == Entry(received=5, stored=5)
        assert desk.health.troubles == {}


async def test_log_survives_restart(tmp_path: Path) -> None:
    """What waited for a store that was away is stored by the next process: waiting is done on disk, and not dropped."""
    desk = Desk(tmp_path)
    desk.store.away = True
    async with desk.open():
        await desk.flag(1, 2, 3, 4, 5)
        await desk.store.asked.wait()
        assert await desk.stored() == []
    desk.store.away = False
    async with desk.open():
        desk.writer.wake()
        await desk.writer.caught_up()
        assert await desk.stored() == [1, 2, 3, 4, 5]
        assert desk.books.totals == Entry(received=5, stored=5)


async def test_writer_puts_what_the_store_refuses_in_quarantine(tmp_path: Path) -> None:
    """With its reason and the bytes of its delivery; the rest of the batch is kept."""
    async with Desk(tmp_path).open() as desk:
        await desk.flag(1, 5000, 3, 6000, 5)
        await desk.writer.caught_up()
        assert await desk.stored() == [1, 3, 5]
        assert desk.books.totals == Entry(received=5, stored=3, quarantined=2)
        kept = await desk.books.quarantined()
        assert [(entry.reason, entry.detail, entry.position) for entry in kept] == [
            ("store_refused", "6000 is out of range", 4),
            ("store_refused", "5000 is out of range", 2),
        ]
        assert {entry.payload for entry in kept} == {a_delivery().payload}


async def test_writer_goes_on_where_it_was(tmp_path: Path) -> None:
    """After a restart nothing is written again."""
    desk = Desk(tmp_path)
    async with desk.open():
        await desk.flag(1, 2)
        await desk.writer.caught_up()
    desk.store.sizes.clear()
    async with desk.open():
        await desk.flag(3)
        await desk.writer.caught_up()
        assert desk.store.sizes == [1]
        assert desk.books.totals == Entry(received=3, stored=3)


async def test_writer_news_while_it_reads_means_not_caught_up(tmp_path: Path) -> None:
    """Told that there is more while the log, of which a piece is gone, gives it nothing, it has not caught up."""
    desk = Desk(tmp_path)
    async with desk.open():
        await desk.writer.caught_up()
        real = desk.log.read_flagged

        async def read_flagged(after: int, limit: int) -> Sequence[Flagged]:
            if desk.position == 1:
                await desk.flag(2)
                return []
            return await real(after, limit)

        desk.log.read_flagged = read_flagged  # type: ignore[method-assign]
        await desk.flag(1)
        await desk.writer.caught_up()
        assert await desk.stored() == [1, 2]


async def test_insist_tries_until_it_is_done(caplog: pytest.LogCaptureFixture) -> None:
    """One line when it begins to fail, one when it works again; other errors are not its matter."""
    clock = HandClock()
    health = Health(now=clock.now)
    left = [LogUnavailableError("disk full")] * 3

    async def work() -> str:
        if left:
            assert len(left) == 3 or health.troubles[Trouble.LOG].since == NOW + HOUR
            clock.set(clock.now() + HOUR)
            raise left.pop()
        return "done"

    with caplog.at_level(logging.WARNING):
        assert await insist(work, health=health, part=Trouble.LOG, on=(LogUnavailableError,)) == "done"
    assert health.troubles == {}
    assert len(caplog.records) == 2

    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await insist(broken, health=health, part=Trouble.LOG, on=(LogUnavailableError,))


def test_health_tells_since_when() -> None:
    """The first failure counts, each part for itself."""
    clock = HandClock()
    health = Health(now=clock.now)
    health.trouble(Trouble.STORE, "down")
    clock.set(NOW + HOUR)
    health.trouble(Trouble.STORE, "still down")
    health.trouble(Trouble.LOG, "disk full")
    assert {part: (bad.since, bad.message) for part, bad in health.troubles.items()} == {
        Trouble.STORE: (NOW, "down"),
        Trouble.LOG: (NOW + HOUR, "disk full"),
    }
    health.well(Trouble.STORE)
    assert list(health.troubles) == [Trouble.LOG]


def test_backoff_doubles_to_its_most_and_starts_again() -> None:
    """Half of it at least, all of it at most; a million attempts later too."""
    backoff = Backoff(first=1.0, most=30.0, random=random.Random(1))
    for whole in (1, 2, 4, 8, 16, 30, 30):
        assert whole / 2 <= backoff.next() <= whole
    backoff._attempt = 1_000_000
    assert 15 <= backoff.next() <= 30
    backoff.reset()
    assert backoff.next() <= 1


def test_health_says_again_that_only_a_person_can_help(caplog: pytest.LogCaptureFixture) -> None:
    """A store that was away and then turns our token down: told once more, and since the first failure."""
    clock = HandClock()
    health = Health(now=clock.now)
    health.trouble(Trouble.STORE, "503")
    clock.set(NOW + HOUR)
    for _ in range(2):
        health.trouble(Trouble.STORE, "the token is not valid", lasting=True)
    health.trouble(Trouble.STORE, "503")
    found = health.troubles[Trouble.STORE]
    assert (found.since, found.message) == (NOW, "the token is not valid")
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.CRITICAL]
