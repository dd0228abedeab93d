"""The walk of DESIGN section 4 as it runs: log first, settle, then judge and evaluate in order.

Two loops joined by a bounded queue: one writes what arrives to the log and settles it, the other walks what is in
the log. Timers go through the same queue, so that nobody is called silent while words of his wait in it.
Neither waits for a store: the store writer follows the log by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

import orjson

from ingest import topics
from ingest.errors import LogBehindError, LogUnavailableError
from ingest.flagged import Flagged
from ingest.fleet import Fleet
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.model import Delivery
from ingest.ports import Arrived, Books, Checkpoint, Checkpoints, Clock, Evaluator, IntakeLog, ReadingSource
from ingest.walk import Outcome, Walk

_log = logging.getLogger(__name__)
_CHUNK = 200  # deliveries walked before other tasks have their turn: some 10 ms
_QUEUE = 16  # groups between log and walk; each at most what the source lets wait
_RECOVERED = 2000  # deliveries read at once at start-up
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
class Turn:
    """Something done in its place among the deliveries: `act` gives the walk to go on with, from a state on disk."""

    act: Callable[[Checkpoint], Awaitable[Walk]]
    done: asyncio.Future[None]


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
        self._queue: asyncio.Queue[Sequence[Delivery] | Tick | Turn] = asyncio.Queue(_QUEUE)
        self._in_order = asyncio.Lock()  # held from the stamp to the queue: no tick overtakes what is being written
        self._unflagged: list[Flagged] = []
        self._position = 0
        self._checkpointed = (0, 0.0)  # position, loop time

    async def recover(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Checkpoint, then the log since: afterwards nothing is missing that was ever settled.

        Raises `LogBehindError`, `LogUnavailableError`.
        """
        checkpoint = await self._checkpoints.load()
        if checkpoint is not None:
            self._walk.restore(checkpoint.walk)
            self._evaluator.restore(checkpoint.rules)
            self._fleet.restore(checkpoint.fleet)
            self._position = checkpoint.position
        known = self._intake.last_flagged
        booked = await self._books.position("received")
        if (expected := max(self._position, booked)) > self._intake.last:
            raise LogBehindError(self._intake.last, expected)
        while flagged := await self._intake.read_flagged(booked, _RECOVERED):
            await self._books.receive(flagged)
            booked = flagged[-1].position
        while batch := await self._intake.read(self._position, _RECOVERED):
            if self._set_clock is not None:
                self._set_clock(batch[-1].received_at)
            await self._walked(batch)
            self._unflagged = [item for item in self._unflagged if item.position > known]
            progress(self._position, self._intake.last)
        await self._flag()

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
                    case Turn():
                        await self._take_turn(item)
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

    async def turn(self, act: Callable[[Checkpoint], Awaitable[Walk]]) -> None:
        """Has `act` done after what has arrived so far and before anything later; nothing is walked meanwhile.

        It is handed the checkpoint just written, from which a crash would start again, and returns the walk to go on
        with. What it raises is raised here, and all goes on as before; so does `OSError` where the disk is full.
        """
        turn = Turn(act, asyncio.get_running_loop().create_future())
        async with self._in_order:
            await self._queue.put(turn)
        await turn.done

    async def finish(self) -> None:
        """Walks what has been settled, and leaves a checkpoint. For a graceful stop; the loops run meanwhile."""
        await self._queue.join()
        await self._flag()
        await self._checkpoint()

    async def _take_turn(self, turn: Turn) -> None:
        if turn.done.done():
            return  # whoever asked has gone: it is not done behind his back
        try:
            await self._flag()
            checkpoint = self._state()
            await self._checkpoints.save(checkpoint)
            self._walk = await turn.act(checkpoint)
        except asyncio.CancelledError:
            turn.done.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the asker's; the walk goes on
            if not turn.done.done():
                turn.done.set_exception(error)
        else:
            if not turn.done.done():
                turn.done.set_result(None)

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

    async def _walked(self, batch: Sequence[Delivery]) -> None:
        for start in range(0, len(batch), _CHUNK):
            chunk = batch[start : start + _CHUNK]
            for now, together in groupby(chunk, key=_received_at):
                readings: list[Any] = []
                for delivery in together:
                    outcome = self._outcome(delivery)
                    readings += outcome.readings
                    self._unflagged.append(outcome.flagged)
                    if outcome.status is not None:
                        self._fleet.status(*outcome.status)
                self._fleet.hear(readings)
                self._evaluator.feed(readings, now)
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
        try:
            await self._checkpoints.save(self._state())
        except OSError as error:
            self._health.trouble(Trouble.CHECKPOINT, str(error))
        else:
            self._health.well(Trouble.CHECKPOINT)
            self._checkpointed = (self._position, asyncio.get_running_loop().time())

    def _state(self) -> Checkpoint:
        return Checkpoint(
            position=self._position,
            walk=self._walk.snapshot(),
            rules=self._evaluator.snapshot(),
            fleet=self._fleet.snapshot(),
        )


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
