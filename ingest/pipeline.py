"""The walk of DESIGN section 4 as it runs: log first, settle, then judge and evaluate in order.

Two loops joined by a bounded queue: one writes what arrives to the log and settles it, the other walks what is in
the log. Timers go through the same queue, so that nobody is called silent while words of his wait in it.
Neither waits for a store: the store writer follows the log by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from math import inf
from typing import Any

import orjson

from ingest import topics
from ingest.errors import LogBehindError, LogUnavailableError
from ingest.flagged import Flagged
from ingest.fleet import Fleet
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.model import Delivery
from ingest.ports import (
    Arrived,
    Books,
    Checkpoint,
    Checkpoints,
    Clock,
    Evaluator,
    IntakeLog,
    Owed,
    ReadingSource,
    StoredSeries,
)
from ingest.shortages import shortage_of
from ingest.walk import Outcome, Walk

_log = logging.getLogger(__name__)
_CHUNK = 200  # deliveries walked before other tasks have their turn: some 10 ms
_QUEUE = 16  # groups between log and walk; each at most what the source lets wait
_RECOVERED = 2000  # deliveries read at once at start-up
_LOG_FREE = 10.0  # seconds a redrive waits for its turn behind what arrives
_UNFLAGGED = 1000  # outcomes held before they go to the log though more is waiting
_LOOK_AGAIN = timedelta(minutes=1)  # a deadline may have come nearer since a timer was set
_LATEST_TOLD = datetime(9000, 1, 1, tzinfo=UTC)  # leaves rules and timers room to add to it
SetClock = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Tick:
    """It is that late; `heeded` once the rules have heard so."""

    at: datetime
    heeded: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Past:
    """What the store has of these stations from before; `heeded` once walk and rules have taken it."""

    stations: Sequence[str]
    series: Sequence[StoredSeries]
    heeded: asyncio.Event = field(default_factory=asyncio.Event)


class Pipeline:
    """Owns the order of things. `recover()` once, then `log_loop`, `walk_loop` and `timer_loop` as tasks."""

    def __init__(
        self,
        *,
        source: ReadingSource,
        log: IntakeLog,
        walk: Walk,
        evaluator: Evaluator,
        fleet: Fleet,
        books: Books,
        checkpoints: Checkpoints,
        clock: Clock,
        health: Health,
        stored_on: Callable[[], None],
        set_clock: SetClock | None = None,
        checkpoint_every: timedelta = timedelta(seconds=30),
    ) -> None:
        self._source = source
        self._intake = log
        self._walk = walk
        self._evaluator = evaluator
        self._fleet = fleet
        self._books = books
        self._checkpoints = checkpoints
        self._clock = clock
        self._health = health
        self._stored_on = stored_on
        self._set_clock = set_clock
        self._checkpoint_every = checkpoint_every.total_seconds()
        self._queue: asyncio.Queue[Sequence[Delivery] | Tick | Past] = asyncio.Queue(_QUEUE)
        self._in_order = asyncio.Lock()  # held from the stamp to the queue: no tick overtakes what is being written
        self._unflagged: list[Flagged] = []
        self.rejected: Counter[str] = Counter()  # by reason, since the start
        self._position = 0
        self._checkpointed = (0, 0.0)  # position, loop time
        self.owed: Owed | None = None  # the past that walk and rules lack; known once recovered

    async def recover(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Checkpoint, then the log since: afterwards nothing is missing that was ever settled.

        Where the log does not go back to where the checkpoint is, or to the beginning, the past before it is `owed`:
        `recall` is to bring it from the store. Raises `LogBehindError`, `LogUnavailableError`.
        """
        checkpoint = await self._checkpoints.load()
        known = self._intake.last_flagged
        booked = await self._books.position("received")
        told = checkpoint.position if checkpoint is not None else 0
        await self._catch_up_with(max(told, booked, await self._books.position("stored")))
        judged = await self._begin(checkpoint, known)
        while flagged := await self._intake.read_flagged(booked, _RECOVERED):
            await self._books.receive(flagged)
            booked = flagged[-1].position
        while batch := await self._intake.read(self._position, _RECOVERED):
            if self._set_clock is not None:
                self._set_clock(batch[-1].received_at)
            heard = [delivery for delivery in batch if delivery.position <= judged]
            await self._walked(heard, hushed=True)
            await self._walked(batch[len(heard) :])
            self._unflagged = [item for item in self._unflagged if item.position > known]
            progress(self._position, self._intake.last)
        await self._flag()
        if self.owed is not None:
            await self._checkpoint()  # a start that ends before the past is there must know that it lacks it

    async def _begin(self, checkpoint: Checkpoint | None, known: int) -> int:
        """Takes the state up; up to which position what is found was found, and journalled, before.

        Without the past that went before them, rules would find some of it anew at other instants.
        """
        first = self._intake.first
        if checkpoint is not None and checkpoint.position + 1 >= first:
            self._walk.restore(checkpoint.walk)
            self._evaluator.restore(checkpoint.rules)
            self._fleet.restore(checkpoint.fleet)
            self._position, self.owed = checkpoint.position, checkpoint.owed
            self._checkpointed = (checkpoint.position, 0.0)
            judged = 0
        elif first > 1:
            newest = await self._intake.delivery(known)
            self.owed = Owed(until=newest.received_at if newest else self._clock.now(), judged=True)
            judged = known
        elif not self._intake.last and self._set_clock is None:
            self.owed = Owed(until=self._clock.now(), judged=False)  # a new folder, or one that was lost
            judged = 0
        else:
            judged = 0  # the log has all there ever was
        if self.owed is not None:
            self._evaluator.lack_past()
        return judged

    async def recall(self, stations: Sequence[str], series: Sequence[StoredSeries]) -> None:
        """What the store has of these stations up to `owed`; returns when walk and rules have it."""
        past = Past(stations, series)
        await self._queue.put(past)
        await past.heeded.wait()

    def recalled(self) -> None:
        """All of the past is there."""
        self.owed = None

    @property
    def checkpointed(self) -> int:
        """Position of the newest checkpoint on disk."""
        return self._checkpointed[0]

    def checkpoint_soon(self) -> None:
        """Retention waits for one: after what is queued, though it is not yet time for it."""
        self._checkpointed = (self._checkpointed[0], -inf)
        if self._queue.empty():
            self._queue.put_nowait(())

    async def log_loop(self) -> None:
        """Arrived -> in the log -> settled -> queued. Forever."""
        while True:
            arrived = await self._source.receive()
            async with self._in_order:
                deliveries = self._stamped(arrived)
                written = await self._append(deliveries) if deliveries else ()
                self._source.settle(arrived)
                if written:
                    await self._queue.put(written)

    async def walk_loop(self) -> None:
        """Queued -> judged, evaluated, journalled, handed on to the store. Forever."""
        while True:
            item = await self._queue.get()
            try:
                match item:
                    case Tick():
                        self._evaluator.advance(item.at)
                        await self._commit()
                        item.heeded.set()
                    case Past():
                        self._take_back(item)
                        await self._commit()
                        item.heeded.set()
                    case _:
                        await self._walked(item)
                if self._queue.empty() or len(self._unflagged) >= _UNFLAGGED:
                    await self._flag()
                    await self._checkpoint_now_and_then()
            finally:
                self._queue.task_done()

    async def timer_loop(self) -> None:
        """Wakes the rules that wait for something not to happen. Forever."""
        while True:
            wanted = self._evaluator.wake_at()
            now = self._clock.now()
            if wanted is not None and wanted <= now:
                async with self._in_order:
                    tick = Tick(self._clock.now())
                    await self._queue.put(tick)
                await tick.heeded.wait()
                continue
            soon = now + _LOOK_AGAIN
            await self._clock.sleep_until(soon if wanted is None else min(wanted, soon))

    async def redrive(self, deliveries: Sequence[Delivery]) -> int:
        """Appends deliveries with `redrives` to the log once more and has them walked; the last one's position.

        Raises `LogUnavailableError`, where nothing can be written now too: then nothing of it is in the log.
        """
        try:
            async with asyncio.timeout(_LOG_FREE):
                await self._in_order.acquire()
        except TimeoutError as error:
            message = "the intake log takes nothing at the moment; `/readyz` says why"
            raise LogUnavailableError(message) from error
        try:
            now = self._clock.now()
            written = await self._intake.append([delivery._replace(received_at=now) for delivery in deliveries], ())
            await self._queue.put(written)
        finally:
            self._in_order.release()
        return written[-1].position

    async def finish(self) -> None:
        """Walks what has been settled, and leaves a checkpoint. For a graceful stop; the loops run meanwhile."""
        await self._queue.join()
        await self._flag()
        await self._checkpoint()

    async def _catch_up_with(self, known: int) -> None:
        """Positions that books or checkpoint have are never given again, though the log has lost them."""
        last = self._intake.last
        if known <= last:
            return
        if last == 0:
            raise LogBehindError(last, known)
        await self._intake.skip(known)
        _log.error(
            "the intake log ends at %d, books and checkpoint know of %d: deliveries %d to %d are not in it any more "
            "(damaged, or an older copy). What of them was not stored is lost, and stays `waiting` in the ledger",
            *(last, known, last + 1, known),
        )

    def _stamped(self, arrived: Sequence[Arrived]) -> list[Delivery]:
        now = self._clock.now()
        deliveries = []
        for topic, payload, _ in arrived:
            if topic == topics.CLOCK and self._set_clock is not None:
                if (told := _told(payload)) is not None:
                    self._set_clock(told)
                    now = self._clock.now()
                continue
            deliveries.append(Delivery(topic, payload, now))
        return deliveries

    async def _append(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        """Until it is there: while the log cannot be written nothing is settled, and the broker holds the rest."""
        return await insist(
            lambda: self._intake.append(deliveries, ()),
            health=self._health,
            part=Trouble.LOG,
            on=(LogUnavailableError,),
        )

    def _take_back(self, past: Past) -> None:
        if self.owed is None:
            return
        readings = self._walk.recall(past.series)
        self._fleet.recall(readings)
        now, until, judged = self._clock.now(), self.owed.until, self.owed.judged
        self._evaluator.recall(past.stations, readings, now, until=until, judged=judged)

    async def _walked(self, batch: Sequence[Delivery], *, hushed: bool = False) -> None:
        for start in range(0, len(batch), _CHUNK):
            chunk = batch[start : start + _CHUNK]
            for now, together in groupby(chunk, key=_received_at):
                readings: list[Any] = []
                for delivery in together:
                    outcome = self._outcome(delivery)
                    readings += outcome.readings
                    self._unflagged.append(outcome.flagged)
                    for reason, _, _, count in outcome.flagged.refusals:
                        self.rejected[reason] += count
                    if outcome.status is not None:
                        self._fleet.status(*outcome.status)
                self._fleet.hear(readings)
                self._evaluator.feed(readings, now)
            if hushed:
                self._evaluator.hush()
            await self._commit()
            self._position = chunk[-1].position
            await asyncio.sleep(0)  # others' turn

    def _outcome(self, delivery: Delivery) -> Outcome:
        """A fault of ours must not end the service: the log would bring the delivery back at every start."""
        try:
            return self._walk.take(delivery)
        except Exception as fault:  # noqa: BLE001  # whatever it is, stopping would be worse
            _log.exception("delivery %d on %s is not understood", delivery.position, delivery.topic)
            return self._walk.give_up(delivery, repr(fault))

    async def _commit(self) -> None:
        """Transitions on disk, until they are: no checkpoint and no later reading goes past them."""
        while self._evaluator.pending:
            await insist(
                self._evaluator.commit, health=self._health, part=Trouble.JOURNAL, on=self._evaluator.unavailable
            )

    async def _flag(self) -> None:
        """What became of deliveries goes to the log, for the store to follow, and into the books."""
        flagged, self._unflagged = self._unflagged, []
        if not flagged:
            return

        # One after the other: written again, the outcomes could stand in two segments and be booked twice.
        refused = (LogUnavailableError,)
        await insist(partial(self._intake.append, (), flagged), health=self._health, part=Trouble.LOG, on=refused)
        await insist(partial(self._books.receive, flagged), health=self._health, part=Trouble.BOOKS, on=refused)
        self._stored_on()

    async def _checkpoint_now_and_then(self) -> None:
        position, at = self._checkpointed
        elapsed = asyncio.get_running_loop().time() - at
        if self._position > position and elapsed >= self._checkpoint_every:
            await self._checkpoint()

    async def _checkpoint(self) -> None:
        checkpoint = Checkpoint(
            position=self._position,
            walk=self._walk.snapshot(),
            rules=self._evaluator.snapshot(),
            fleet=self._fleet.snapshot(),
            owed=self.owed,
        )
        try:
            await self._checkpoints.save(checkpoint)
        except OSError as error:
            self._health.trouble(Trouble.CHECKPOINT, str(error), shortage_of(error))
        else:
            self._health.well(Trouble.CHECKPOINT)
            self._checkpointed = (self._position, asyncio.get_running_loop().time())


def _received_at(delivery: Delivery) -> datetime:
    return delivery.received_at


def _told(payload: bytes) -> datetime | None:
    """The time a clock message tells; None where it tells none (that is logged, and stops nothing)."""
    try:
        told = datetime.fromisoformat(orjson.loads(payload)["now"])
        if told.tzinfo is not None and (utc := told.astimezone(UTC)) < _LATEST_TOLD:
            return utc
    except (ValueError, KeyError, TypeError, OverflowError):
        pass
    _log.warning("a clock message that tells no time: %r", payload[:100])
    return None
