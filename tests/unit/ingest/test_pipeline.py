"""The order of things, against a scripted source and the real log, books and checkpoint."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from alerts.air.model import IndexValue
from ingest import topics
from ingest.adapters.books import Books
from ingest.adapters.checkpoint import FileCheckpoints
from ingest.adapters.clock import ReplayClock
from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.adapters.memory import MemoryStore
from ingest.backoff import Backoff
from ingest.errors import LogBehindError, LogUnavailableError, StoreUnavailableError
from ingest.flagged import Flagged
from ingest.fleet import Fleet
from ingest.health import Health, Trouble
from ingest.keeper import Keeper
from ingest.ledger import Account, Entry
from ingest.model import COMPLETENESS, SKEW, Delivery, Reading
from ingest.pipeline import Pipeline
from ingest.ports import Checkpoint, Owed, ReadingStore, StoredReading, StoredSeries
from ingest.retention import Limits
from ingest.walk import Walk
from ingest.warming import Warming
from ingest.writer import StoreWriter
from tests.support.ingest import (
    HOUR,
    INDEXED,
    NOW,
    STATION,
    TIME,
    HandClock,
    Listener,
    ScriptedSource,
    a_catalog,
    a_delivery,
    a_payload,
    a_station,
    an_index,
    an_outcome,
    indexed,
    micros,
)

PATIENCE = 20.0  # s


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again without the wait."""
    monkeypatch.setattr("ingest.insist.Backoff", partial(Backoff, first=0.0001, most=0.001))


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

    async def receive(self, batch: Sequence[Flagged]) -> None:
        if self.failures:
            self.failures -= 1
            raise LogUnavailableError("disk full")
        await super().receive(batch)


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


async def test_pipeline_settles_after_the_log_has_it(tmp_path: Path) -> None:
    """In order, each once, and only then."""
    async with Bench(tmp_path).running() as bench:
        bench.log.may_write.clear()
        messages = bench.source.say(hour(1), hour(2))
        await bench.log.asked.wait()
        assert bench.source.settled == []
        bench.log.may_write.set()
        await bench.source.has_settled(2)
        assert bench.source.settled == messages
        assert [delivery.payload for delivery in await bench.log.read(0, 10)] == [m.payload for m in messages]
        await bench.done()
    assert [reading.value for reading in bench.listener.readings] == [1.0, 2.0]


async def test_pipeline_log_that_cannot_be_written_holds_the_broker(tmp_path: Path) -> None:
    """Nothing is settled while it lasts; afterwards everything is there once, and the trouble is over."""
    async with Bench(tmp_path).running() as bench:
        bench.log.failures = 2
        bench.source.say(hour(1))
        bench.source.say(hour(2))
        await bench.source.has_settled(2)
        await bench.done()
        assert bench.log.appended == 2
        assert bench.health.troubles == {}
        assert [reading.value for reading in await bench.stored()] == [1.0, 2.0]


async def test_bad_payload_does_not_stall(tmp_path: Path) -> None:
    """Acknowledged, counted, kept with their bytes; the good one behind them is stored."""
    bad = [b"{", b"\xff", b"x" * 1_000_000, b"[" * 1000, a_payload(time=None)]
    async with Bench(tmp_path).running() as bench:
        bench.source.say(*(a_delivery(payload=payload) for payload in bad), hour(1))
        await bench.source.has_settled(6)
        await bench.done()
        assert bench.books.totals == Entry(received=6, stored=1, quarantined=5)
        kept = await bench.books.quarantined()
        assert [entry.payload for entry in reversed(kept)] == bad


async def test_pipeline_journal_that_fails_loses_no_transition(tmp_path: Path) -> None:
    """It is entered until it is there; nothing later is walked before."""
    async with Bench(tmp_path).running() as bench:
        bench.listener.failures = 1
        bench.source.say(hour(1))
        bench.source.say(hour(2))
        await bench.source.has_settled(2)
        await bench.done()
        assert (bench.listener.journalled, bench.listener.pending) == (2, 0)
        assert Trouble.JOURNAL not in bench.health.troubles


async def test_pipeline_tick_does_not_overtake_what_is_being_written(tmp_path: Path) -> None:
    """Nobody is called silent while his words wait for the disk."""
    async with Bench(tmp_path).running() as bench:
        bench.log.may_write.clear()
        bench.source.say(hour(1))
        await bench.log.asked.wait()
        bench.listener.wanted = NOW + HOUR
        bench.clock.set(NOW + 2 * HOUR)
        for _ in range(50):
            await asyncio.sleep(0)
        assert bench.listener.heard == []
        bench.log.may_write.set()
        await bench.listener.ticked.wait()
    reading, tick = bench.listener.heard
    assert isinstance(reading, Reading)
    assert tick == NOW + 2 * HOUR


async def test_pipeline_replayed_clock_does_not_run_ahead_of_its_stream(tmp_path: Path) -> None:
    """A batch that holds a day of messages and of time: silence is judged after all of it."""
    replay = ReplayClock()
    bench = Bench(tmp_path, replay=replay)
    replay.set(NOW)
    bench.listener.wanted = NOW + HOUR
    stream = [
        a_delivery(topic=topics.CLOCK, payload=f'{{"now": "{(NOW + n * HOUR).isoformat()}"}}'.encode())
        if n % 2
        else hour(n)
        for n in range(8)
    ]
    async with bench.running():
        bench.source.say(*stream)
        await bench.listener.ticked.wait()
    kinds = [type(item) for item in bench.listener.heard if getattr(item, "parameter", "") not in {COMPLETENESS, SKEW}]
    assert kinds == [Reading] * 4 + [datetime]


async def test_pipeline_timer_is_not_starved_by_a_stream_that_never_ends(tmp_path: Path) -> None:
    """The second deadline passes though messages keep the queue full."""
    bench = Bench(tmp_path)

    async def flood() -> None:
        number = 0
        while True:
            number += 1
            bench.source.say(hour(number % 30))
            await bench.source.has_settled(number - 8)

    async with bench.running(), asyncio.TaskGroup() as group:
        flooding = group.create_task(flood())
        for tick in (1, 2, 3):
            bench.listener.ticked.clear()
            bench.listener.wanted = NOW + tick * HOUR
            bench.clock.set(NOW + tick * HOUR)
            await bench.listener.ticked.wait()
        flooding.cancel()
    assert [item for item in bench.listener.heard if isinstance(item, datetime)] == [NOW + n * HOUR for n in (1, 2, 3)]


async def test_pipeline_clock_message_sets_the_time_of_what_follows(tmp_path: Path) -> None:
    """It is settled and not logged; one that tells no time stops nothing."""
    replay = ReplayClock()
    told = datetime(2016, 12, 20, tzinfo=UTC)
    nonsense = [b"", b"[]", b'"x"', b'{"now": 5}', b'{"now": "2016-12-20"}', b'{"now": "0001-01-01T00:00:00+08:00"}']
    nonsense += [b'{"now": "9999-12-31T23:59:59-08:00"}', b'{"now": "9999-12-31T23:59:59Z"}', b"[" * 10_000]
    async with Bench(tmp_path, replay=replay).running() as bench:
        bench.source.say(
            *(a_delivery(topic=topics.CLOCK, payload=payload) for payload in nonsense),
            a_delivery(topic=topics.CLOCK, payload=b'{"now": "2016-12-20T08:00:00+08:00"}'),
            a_delivery(time="2016-12-20T06:00:00+08:00"),
        )
        await bench.source.has_settled(len(nonsense) + 2)
        (delivery,) = await bench.log.read(0, 10)
        assert delivery.received_at == told
        assert replay.now().tzinfo is UTC
        await bench.done()
    assert [reading.reason for reading in bench.listener.readings] == [""]


async def test_pipeline_clock_message_is_a_bad_topic_where_time_is_real(tmp_path: Path) -> None:
    """Nobody sets the service's clock from outside."""
    async with Bench(tmp_path).running() as bench:
        bench.source.say(a_delivery(topic=topics.CLOCK, payload=b'{"now": "2099-01-01T00:00:00Z"}'))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.books.totals == Entry(received=1, quarantined=1)


async def test_pipeline_outcomes_are_booked_once_though_booking_fails_and_the_log_rotates(tmp_path: Path) -> None:
    """Written again they would stand in two segments."""
    async with Bench(tmp_path, segment=1).running() as bench:
        bench.books.failures = 3
        for number in range(6):
            bench.source.say(hour(number))
        await bench.source.has_settled(6)
        await bench.done()
        assert bench.books.totals == Entry(received=6, stored=6)
        flagged = await bench.log.read_flagged(0, 100)
        assert [item.position for item in flagged] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("segment", [1, 3, 200_000])
@pytest.mark.parametrize("every", [timedelta(0), timedelta(days=1)])
async def test_pipeline_after_a_crash_nothing_is_lost_and_nothing_counted_twice(
    tmp_path: Path, segment: int, every: timedelta
) -> None:
    """Same store, same ledger, same fleet; what evaluation has heard is what it would have heard."""
    stream = [hour(n) for n in range(6)] + [hour(2), hour(3, 33.0), a_delivery(payload=b"{")] + [hour(7)]
    undisturbed = Bench(tmp_path / "one", segment=segment)
    async with undisturbed.running():
        for delivery in stream:
            undisturbed.source.say(delivery)
        await undisturbed.source.has_settled(len(stream))
        await undisturbed.done()
        expected = (await undisturbed.stored(), await undisturbed.ledger())

    crashed = Bench(tmp_path / "two", segment=segment, checkpoint_every=every)
    for part in (stream[:4], stream[4:8], stream[8:]):
        crashed.listener, crashed.source, crashed.fleet = Listener(), ScriptedSource(), Fleet()
        async with crashed.running():
            for delivery in part:
                crashed.source.say(delivery)
            await crashed.source.has_settled(len(part))
    crashed.listener, crashed.source, crashed.fleet = Listener(), ScriptedSource(), Fleet()
    async with crashed.running():
        await crashed.done()
        assert (await crashed.stored(), await crashed.ledger()) == expected
        assert crashed.listener.readings == undisturbed.listener.readings
        assert crashed.fleet.snapshot() == undisturbed.fleet.snapshot()


async def test_pipeline_recovers_from_a_checkpoint_without_hearing_again(tmp_path: Path) -> None:
    """After a graceful stop the log holds nothing new."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
    bench.listener = Listener()
    async with bench.running():
        assert len(bench.listener.heard) == 1
        assert bench.listener.fed_at == []
        bench.source.say(hour(1))
        await bench.source.has_settled(2)
        await bench.done()
        assert bench.books.totals == Entry(received=2, stored=1, duplicate=1)


async def test_pipeline_without_its_checkpoint_walks_the_whole_log(tmp_path: Path) -> None:
    """A file that cannot be read costs time, nothing else."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(*(hour(n) for n in range(3)))
        await bench.source.has_settled(3)
        await bench.done()
        before = (await bench.stored(), await bench.ledger())
    (tmp_path / "checkpoint.json").write_bytes(b'{"form": 1, "posi')
    bench.listener = Listener()
    async with bench.running():
        assert [reading.value for reading in bench.listener.readings] == [0.0, 1.0, 2.0]
        await bench.done()
        assert (await bench.stored(), await bench.ledger()) == before


async def test_pipeline_new_folder_asks_the_store_for_the_past(tmp_path: Path) -> None:
    """A folder that is new, or was lost: what the store has is told to rules and memories, and was judged by nobody."""
    bench = Bench(tmp_path)
    await bench.store.write([an_outcome((NOW - HOUR, 7.0), (NOW - 2 * HOUR, 6.0))])
    async with bench.running():
        assert bench.listener.lacks_past
        await bench.warming().run()
        assert bench.listener.recalled == [([STATION], [6.0, 7.0], NOW, False)]
        assert bench.pipeline.owed is None
        now = bench.fleet.of(STATION)
        assert (now.last_instant, now.values["pm2_5"].value) == (NOW - HOUR, 7.0)
        again = a_payload(time=(NOW - 2 * HOUR).isoformat(), values={"pm2_5": 7.0})  # its hour ends an hour ago
        bench.source.say(a_delivery(payload=again))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.books.totals == Entry(received=1, duplicate=1)
    bench.listener = Listener()
    async with bench.running():
        assert not bench.listener.lacks_past


async def test_pipeline_intake_runs_while_the_store_is_away(tmp_path: Path) -> None:
    """The past is asked for until it comes; a restart meanwhile, even a kill, does not forget that it is lacking."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.listener.readings
    bench.listener = Listener()
    bench.clock.set(NOW + HOUR)
    async with bench.running():
        assert bench.pipeline.owed == Owed(until=NOW, judged=False)
        assert bench.listener.lacks_past
        await bench.store.write([an_outcome((NOW - HOUR, 7.0))])
        away = AwayStore(bench.store)
        warming = bench.warming(away)
        assert "0 of 1" in warming.said
        await warming.run()
        assert (away.asked, warming.said, bench.health.troubles) == (3, "", {})
        assert bench.listener.recalled == [([STATION], [1.0, 7.0], NOW, False)]


class Forgetful(Listener):
    """Cannot take what was before."""

    def recall(self, *_given: object, **_more: object) -> Sequence[IndexValue]:
        raise ZeroDivisionError


async def test_pipeline_goes_on_where_rules_cannot_take_the_past(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours: what comes is judged all the same, and a start does not end by it again and again."""
    bench = Bench(tmp_path)
    async with bench.running():
        pass
    bench.listener = Forgetful()
    bench.clock.set(NOW + HOUR)
    async with bench.running():
        await bench.store.write([an_outcome((NOW - HOUR, 7.0))])
        warming = bench.warming()
        assert "0 of 1" in warming.said
        await warming.run()
        assert not warming.said
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.listener.readings
    assert f"rules could not take the past of {STATION}" in caplog.text


async def test_pipeline_log_without_its_beginning_tells_nothing_again(tmp_path: Path) -> None:
    """Walked without the past, what was judged before is heard and not told; what had not been judged is."""
    bench = Bench(tmp_path, segment=2)
    async with bench.running():
        bench.pipeline.recalled()
        for n in range(4):
            bench.source.say(hour(n))
            await bench.source.has_settled(n + 1)
            await bench.queue_empty()
        await bench.done()
        judged = bench.log.last_flagged
        later = await bench.log.append([hour(5)], ())
    (tmp_path / "checkpoint.json").unlink()
    first, *_ = sorted((tmp_path / "intake").glob("*"))
    for path in (tmp_path / "intake").glob(f"{first.stem}*"):
        path.unlink()
    bench.listener = Listener()
    async with bench.running():
        assert (judged, later[0].position) == (4, 5)
        assert bench.pipeline.owed == Owed(until=NOW, judged=True)
        assert [reading.value for reading in bench.listener.readings] == [2.0, 3.0, 5.0]
        assert (bench.listener.hushed, bench.listener.journalled) == (2, 1)
        await bench.warming().run()
        ((_, past, _, was_judged),) = bench.listener.recalled
        assert (past, was_judged) == ([0.0, 1.0, 2.0, 3.0], True)


@pytest.mark.parametrize("left", ["books.db", "checkpoint.json"])
async def test_pipeline_log_that_was_taken_away_is_said(tmp_path: Path, left: str) -> None:
    """With the books or the checkpoint of another log, what comes now would be taken for old."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
    _only(tmp_path, left)
    with pytest.raises(LogBehindError) as caught:
        async with bench.running():
            pass
    assert (caught.value.last, caught.value.known) == (0, 1)


@pytest.mark.parametrize("left", ["books.db", "checkpoint.json"])
async def test_pipeline_log_that_lost_its_end_goes_on_behind_what_is_known(
    tmp_path: Path, left: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut, or an older copy: no position is given twice, what comes now is taken for new, and the loss is said."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
    shutil.copytree(tmp_path / "intake", tmp_path / "older")
    async with bench.running():
        bench.source.say(hour(2), hour(3))
        await bench.source.has_settled(3)
        await bench.done()
    _only(tmp_path, left)
    (tmp_path / "older").rename(tmp_path / "intake")
    bench.listener = Listener()
    for run in (1, 2):
        async with bench.running():
            bench.source.say(hour(3 + run))
            await bench.source.has_settled(3 + run)
            await bench.done()
            (delivery,) = await bench.log.read(2 + run, 10)
            assert delivery.position == 3 + run
            assert bench.listener.readings[-1].value == 3.0 + run
            assert (await bench.stored())[-1].value == 3.0 + run
    assert caplog.text.count("deliveries 2 to 3 are not in it any more") == 1


async def test_pipeline_whose_log_is_at_its_quota_goes_on_when_its_keeper_has_made_room(tmp_path: Path) -> None:
    """Nothing comes in that would bring a checkpoint: the keeper asks for one. The broker holds, nothing is dropped."""
    bench = Bench(tmp_path, limits=Limits(quota=700_000, least_free=0))
    async with bench.running():
        keeper = Keeper(log=bench.log, books=bench.books, checkpointing=bench.pipeline, health=bench.health, soon=0.01)
        payloads = [a_payload(time=None, note=f"{number} " * 2000) for number in range(300)]
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(keeper.run())
            for payload in payloads:
                bench.source.say(a_delivery(payload=payload))
            await bench.source.has_settled(len(payloads))
            await bench.done()
            keeping.cancel()
        assert bench.log.first > 1
        assert bench.log.last == len(payloads)
        assert [item.payload for item in bench.source.settled] == payloads
        assert bench.books.totals == Entry(received=len(payloads), quarantined=len(payloads))
        assert Trouble.LOG not in bench.health.troubles
        first = bench.log.first
    bench.listener = Listener()
    async with bench.running():
        assert (bench.log.first, bench.log.last) == (first, len(payloads))
        assert bench.pipeline.checkpointed >= first - 1


async def test_pipeline_keeper_never_takes_what_only_the_store_has(tmp_path: Path) -> None:
    """What no checkpoint holds is needed at the next start."""
    bench = Bench(tmp_path, segment=1, limits=Limits(keep=timedelta(0)))
    async with bench.running():
        keeper = Keeper(log=bench.log, books=bench.books, checkpointing=bench.pipeline, health=bench.health)
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()  # leaves a checkpoint
        for number in (2, 3):
            bench.source.say(hour(number))
            await bench.source.has_settled(number)
        await bench.queue_walked()
        await bench.writer.caught_up()
        assert await bench.books.position("stored") == 3
        await keeper.look()
        assert (bench.pipeline.checkpointed, bench.log.first) == (1, 2)


async def test_turn_comes_after_what_arrived_and_before_what_comes(tmp_path: Path) -> None:
    """At a checkpoint that has all of the one and nothing of the other; the walk it gives goes on."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)

        async def change(checkpoint: Checkpoint) -> Walk:
            bench.source.say(hour(2, station="air-2", topic="clearwarn/v1/air/air-2/reading"))
            await bench.source.has_settled(2)  # intake goes on meanwhile
            assert checkpoint.position == 1
            assert len(bench.listener.readings) == 1
            return Walk(catalog=a_catalog(a_station(), a_station(id="air-2")))

        await bench.pipeline.turn(change)
        await bench.done()
        assert [reading.station for reading in bench.listener.readings] == ["air-1", "air-2"]


async def test_turn_that_fails_is_its_askers_matter(tmp_path: Path) -> None:
    """He hears why; the walk goes on as before, and is there for the next one who asks."""
    bench = Bench(tmp_path)

    async def refuse(_checkpoint: Checkpoint) -> Walk:
        raise LookupError("no")

    async with bench.running():
        for number in (1, 2):
            with pytest.raises(LookupError, match="no"):
                await bench.pipeline.turn(refuse)
            bench.source.say(hour(number))
            await bench.source.has_settled(number)
        await bench.done()
        assert [reading.value for reading in bench.listener.readings] == [1.0, 2.0]


async def test_turn_nobody_waits_for_is_not_taken(tmp_path: Path) -> None:
    """Who asked has hung up while the walk was busy: nothing changes behind his back."""
    bench = Bench(tmp_path)
    free, taken = asyncio.Event(), []

    async def busy(_checkpoint: Checkpoint) -> Walk:
        await free.wait()
        return Walk(catalog=a_catalog())

    async def never(_checkpoint: Checkpoint) -> Walk:
        taken.append(1)
        return Walk(catalog=a_catalog())

    async with bench.running(), asyncio.TaskGroup() as group:
        first = group.create_task(bench.pipeline.turn(busy))
        gone = group.create_task(bench.pipeline.turn(never))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        free.set()
        await first
        await bench.done()
    assert taken == []


def _only(folder: Path, left: str) -> None:
    shutil.rmtree(folder / "intake")
    for path in folder.glob("*.*"):
        if not path.name.startswith(left):
            path.unlink()


async def test_pipeline_tells_rules_and_store_how_complete_an_hour_was(tmp_path: Path) -> None:
    """Rules as an index, the store as a summary; to the fleet it is nothing that a station said."""
    async with Bench(tmp_path).running() as bench:
        for number in (38, 39, 40):
            bench.clock.set(NOW.replace(minute=20) + (number - 39) * HOUR)
            bench.source.say(hour(number))
            await bench.source.has_settled(number - 37)
            await bench.queue_empty()
        await bench.done()
        end = NOW.replace(minute=0) + HOUR
        told = [reading for reading in bench.listener.readings if reading.parameter == COMPLETENESS]
        assert {(reading.station, reading.period, reading.instant, reading.flag) for reading in told} == {
            (station.id, "1h", end, 1) for station in a_catalog().stations
        }
        assert {reading.station: reading.value for reading in told}[STATION] == 33.33
        # of hours that came in long after their end nothing is said
        skews = [reading for reading in bench.listener.readings if reading.parameter == SKEW]
        assert [(one.station, one.period, one.instant, one.value) for one in skews] == [(STATION, "1h", end, 1200.0)]
        shares = {
            dict(point.tags)["parameter"]: dict(point.fields)["value"]
            for point in bench.store.points.values()
            if point.measurement == "index" and dict(point.tags)["station"] == STATION and point.at == micros(end)
        }
        assert shares == {"pm2_5": 1.0, "o3": 0.0, "no2": 0.0}
        assert {name for station in a_catalog().by_id for name in bench.fleet.of(station).values} == {"pm2_5"}


async def test_indices_go_to_rules_and_store_with_their_delivery(tmp_path: Path) -> None:
    """After its readings; a delivery without readings brings none. They are no readings of the ledger."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1), a_delivery(time=TIME, values={INDEXED: 77.0, "o3": 1.0}), a_delivery(payload=b"odd"))
        await bench.source.has_settled(3)
        await bench.done()
        (index,) = await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)
        assert (index.value, index.revision) == (77.0, 1)
        assert [getattr(heard, "parameter", "") for heard in bench.listener.heard] == ["pm2_5", INDEXED, "o3", "aqi"]
        assert bench.listener.derived == [1, 2]
        (totals,) = [entry for account, entry in (await bench.ledger()).items() if account.station == STATION]
        assert (totals.received, totals.stored, totals.quarantined) == (4, 3, 1)


async def test_indices_are_worked_out_again_after_a_crash_and_stored_once(tmp_path: Path) -> None:
    """Killed before the store had them, and again after: what the log holds brings them forth again."""
    bench = Bench(tmp_path)
    there, bench.store = bench.store, DeafStore()
    async with bench.running():
        bench.source.say(a_delivery(time=TIME, values={INDEXED: 77.0}))
        await bench.source.has_settled(1)
        await bench.queue_empty()
    bench.store = there
    for _ in range(2):
        async with bench.running():
            await bench.writer.caught_up()
            (index,) = await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)
            assert (index.value, index.revision) == (77.0, 1)


async def test_indices_of_the_past_reach_the_store_with_the_next_delivery(tmp_path: Path) -> None:
    """What is read back at a start brings forth indices of what was heard since."""
    bench = Bench(tmp_path)
    past = MemoryStore()
    await past.write([an_outcome((NOW - HOUR, 66.0), parameter=INDEXED)])
    async with bench.running():
        await bench.warming(past).run()
        assert list(await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)) == []
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert [index.value for index in await bench.store.indices(STATION, "aqi", "1h", NOW, NOW)] == [66.0]


async def test_fault_in_the_windows_costs_the_indices_and_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is logged with its trace, and counted; the service goes on."""
    bench = Bench(tmp_path)

    def broken(_readings: object, _now: object) -> NoReturn:
        raise ArithmeticError("of ours")

    monkeypatch.setattr(bench.listener, "derive", broken)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
        assert [reading.value for reading in await bench.stored()] == [1.0]
        assert bench.pipeline.underived == 1
    assert any(record.exc_info for record in caplog.records)


async def test_hours_worked_out_are_read_back_in_place_of_their_minutes(tmp_path: Path) -> None:
    """Of what is finer than an hour only the newest are; a device's own hour of before is no duplicate then."""
    bench, past = Bench(tmp_path), MemoryStore()
    finer = an_outcome((NOW - HOUR, 2.0))
    await past.write(
        [
            finer._replace(groups=[("5m", *group[1:]) for group in finer.groups]),
            indexed(an_index(35.2, parameter="pm2_5", instant=NOW - 2 * HOUR), position=2),
        ]
    )
    async with bench.running():
        await bench.warming(past).run()
        ((stations, values, *_),) = bench.listener.recalled
        assert (stations, sorted(value or 0.0 for value in values)) == ([STATION], [2.0, 35.2])
        start = (NOW - 3 * HOUR).isoformat()
        bench.source.say(a_delivery(time=start, values={"pm2_5": 35.2}))
        await bench.source.has_settled(1)
        await bench.done()
        assert [reading.value for reading in bench.listener.readings] == [35.2]
