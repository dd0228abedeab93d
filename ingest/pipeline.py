"""The walk of DESIGN section 4 as it runs: log first, settle, then judge and evaluate in order.

Two loops joined by a bounded queue: one writes what arrives to the log and settles it, the other walks what is in
the log. Timers go through the same queue, so that nobody is called silent while words of his wait in it.
Neither waits for a store: the store writer follows the log by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from ingest.beginning import beginning, catch_up
from ingest.bundle import Bundle, Heard
from ingest.checkpointing import Checkpointing
from ingest.deriving import Deriving
from ingest.errors import LogUnavailableError
from ingest.flagging import Flagging
from ingest.fleet import Fleet
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.model import Delivery
from ingest.ports import (
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
from ingest.queued import Past, Tick, Turn
from ingest.stamping import SetClock, Stamping
from ingest.walk import Outcome, Walk

_log = logging.getLogger(__name__)
_CHUNK = 100  # deliveries walked before other tasks have their turn: some 10 ms
_TURNS = 4  # and then as many in a row: a write to the store takes several steps, each of which waits for a turn
_QUEUE = 40  # chunks between log and walk: half a second's; the more, the further is memory from the processor
_RECOVERED = 2000  # deliveries read at once at start-up
_LOG_FREE = 10.0  # seconds a redrive waits for its turn behind what arrives
_received_at = attrgetter("received_at")
_LOOK_AGAIN = timedelta(minutes=1)  # a deadline may have come nearer since a timer was set


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
        indices_on: Callable[[Iterable[str]], None] = lambda _subjects: None,
        set_clock: SetClock | None = None,
        checkpoint_every: timedelta = timedelta(seconds=30),
    ) -> None:
        self._source = source
        self._intake = log
        self._walk = walk
        self._evaluator = evaluator
        self._fleet = fleet
        self._books = books
        self._clock = clock
        self._health = health
        self._flagging = Flagging(log=log, books=books, health=health, stored_on=stored_on)
        self._stamping = Stamping(clock=clock, set_clock=set_clock)
        self._checkpointing = Checkpointing(checkpoints=checkpoints, health=health, every=checkpoint_every)
        self._queue: asyncio.Queue[Sequence[Delivery] | Tick | Past | Turn] = asyncio.Queue(_QUEUE)
        self._in_order = asyncio.Lock()  # held from the stamp to the queue: no tick overtakes what is being written
        self._walking = asyncio.Lock()  # held while an item is heeded, and while a checkpoint goes through the state
        self._deriving = Deriving(evaluator=evaluator, said=indices_on)
        self.rejected: Counter[str] = Counter()  # by reason, since the start
        self._position = 0
        self.owed: Owed | None = None  # the past that walk and rules lack; known once recovered

    @property
    def underived(self) -> int:
        """Deliveries that should have given indices and, by a fault of ours, gave none."""
        return self._deriving.failed

    async def recover(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Checkpoint, then the log since: afterwards nothing is missing that was ever settled.

        Where the log does not go back to where the checkpoint is, or to the beginning, the past before it is `owed`:
        `recall` is to bring it from the store. Raises `LogBehindError`, `LogUnavailableError`.
        """
        checkpoint = await self._checkpointing.load()
        known = self._intake.last_flagged
        booked = await self._books.position("received")
        told = checkpoint.position if checkpoint is not None else 0
        await catch_up(self._intake, max(told, booked, await self._books.position("stored")))
        judged = await self._begin(checkpoint)
        while flagged := await self._intake.read_flagged(booked, _RECOVERED):
            await self._books.receive(flagged)
            booked = flagged[-1].position
        while batch := await self._intake.read(self._position, _RECOVERED):
            self._stamping.follow(batch[-1].received_at)
            heard = [delivery for delivery in batch if delivery.position <= judged]
            await self._walked(heard, hushed=True)
            await self._walked(batch[len(heard) :])
            self._flagging.pass_over(known)
            progress(self._position, self._intake.last)
        await self._flagging.finish()
        if self.owed is not None:  # a start that ends before the past is there must know that it lacks it
            await self._checkpointing.try_to_save(self._state())

    async def _begin(self, checkpoint: Checkpoint | None) -> int:
        """Takes the state up; up to which position nothing is news."""
        begun = await beginning(checkpoint, log=self._intake, clock=self._clock, replayed=self._stamping.replayed)
        if begun.checkpoint is not None:
            self._walk.restore(begun.checkpoint.walk)
            self._evaluator.restore(begun.checkpoint.rules)
            self._fleet.restore(begun.checkpoint.fleet)
            self._position = self._checkpointing.position = begun.checkpoint.position
        self.owed = begun.owed
        if self.owed is not None:
            self._evaluator.lack_past()
        return begun.judged

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
        return self._checkpointing.position

    def checkpoint_soon(self) -> None:
        """Retention waits for one: after what is queued, though it is not yet time for it."""
        self._checkpointing.soon()
        if self._queue.empty():
            self._queue.put_nowait(())

    async def log_loop(self, source: ReadingSource | None = None) -> None:
        """Arrived -> in the log -> settled -> queued. Forever; one loop for each source."""
        source = source or self._source
        while True:
            arrived = await source.receive()
            async with self._in_order:
                deliveries = self._stamping.stamped(arrived)
                written = await self._append(deliveries) if deliveries else ()
                source.settle(arrived)
                await self._queue_up(written)

    async def _queue_up(self, written: Sequence[Delivery]) -> None:
        """In chunks: however much came at once, what waits in memory is bounded, and the broker holds the rest."""
        for start in range(0, len(written), _CHUNK):
            await self._queue.put(written[start : start + _CHUNK])

    async def walk_loop(self) -> None:
        """Queued -> judged, evaluated, journalled, handed on to the store. Forever."""
        try:
            while True:
                item = await self._queue.get()
                try:
                    async with self._walking:
                        await self._heed(item)
                        await self._hand_on()
                finally:
                    self._queue.task_done()
        finally:
            await self._flagging.cancel()

    async def _heed(self, item: Sequence[Delivery] | Tick | Past | Turn) -> None:
        match item:
            case Tick():
                self._evaluator.advance(item.at)
                await self._commit()
                item.heeded.set()
            case Past():
                self._take_back(item)
                await self._commit()
                item.heeded.set()
            case Turn():
                await self._take_turn(item)
            case _:
                await self._walked(item)

    async def _hand_on(self) -> None:
        """What became of it, once it is many or nothing else is to be done; and a checkpoint when it is time."""
        if self._checkpointing.due(self._position):
            await self._flagging.finish()
            await self._checkpointing.try_to_save(self._state())
        elif self._queue.empty():
            await self._flagging.finish()
        elif self._flagging.full:
            await self._flagging.begin()

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
            await self._queue_up(written)
        finally:
            self._in_order.release()
        return written[-1].position

    async def turn(self, act: Callable[[Checkpoint], Awaitable[Walk]]) -> None:
        """Has `act` done after what has arrived so far and before anything later; nothing is walked meanwhile.

        It is handed the checkpoint just written, from which a crash would start again, and returns the walk to go on
        with. What it raises is raised here, and all goes on as before; so does `OSError` where the disk is full.
        """
        turn = Turn(act, asyncio.get_running_loop().create_future())
        async with self._in_order:
            await self._queue.put(turn)
        await turn.done

    async def finish(self, *, for_good: bool = False) -> None:
        """Walks what is queued, and leaves a checkpoint. For a graceful stop, `for_good`; the loops run meanwhile."""
        if for_good:  # a redrive walked now would hide what was written, and not queued any more, from the next start
            await self._in_order.acquire()
        await self._queue.join()
        async with self._walking:
            await self._flagging.finish()
            await self._checkpointing.try_to_save(self._state())

    async def _take_turn(self, turn: Turn) -> None:
        if turn.done.done():
            return  # whoever asked has gone: it is not done behind his back
        try:
            await self._flagging.finish()
            await self._checkpointing.save(self._state())
            self._walk = await turn.act(self._state())
        except asyncio.CancelledError:
            turn.done.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the asker's; the walk goes on
            if not turn.done.done():
                turn.done.set_exception(error)
        else:
            if not turn.done.done():
                turn.done.set_result(None)

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
        try:
            self._deriving.owe(self._evaluator.recall(past.stations, readings, now, until=until, judged=judged))
        except Exception:  # noqa: BLE001  # whatever it is, stopping would be worse: these stations lack their past
            _log.exception("rules could not take the past of %s", ", ".join(past.stations))

    async def _walked(self, batch: Sequence[Delivery], *, hushed: bool = False) -> None:
        for start in range(0, len(batch), _CHUNK):
            chunk = batch[start : start + _CHUNK]
            for now, together in groupby(chunk, key=_received_at):
                # step by step rather than delivery by delivery: each step finds its own code and tables at hand
                outcomes = [self._outcome(delivery) for delivery in together]
                derived = [self._deriving.take(outcome, now) for outcome in outcomes]
                heard, bundles = list[Heard](), list[Bundle]()
                for outcome, (indices, flagged) in zip(outcomes, derived, strict=True):
                    worked_out = [*indices, *outcome.completeness] if outcome.completeness else indices
                    heard.append((outcome.bundles, worked_out))
                    bundles += outcome.bundles
                    self._flagging.hold(flagged)
                    if outcome.status is not None or flagged.refusals:
                        self._note(outcome)
                self._fleet.hear(bundles)
                self._evaluator.feed(heard, now)
            if hushed:
                self._evaluator.hush()
            await self._commit()
            self._position = chunk[-1].position
            for _ in range(_TURNS):
                await asyncio.sleep(0)  # others' turn

    def _note(self, outcome: Outcome) -> None:
        """What its station says of itself, and what was wrong with what it sent."""
        if outcome.status is not None:
            self._fleet.status(*outcome.status)
        for reason, _, _, count in outcome.flagged.refusals:
            self.rejected[reason] += count

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

    def _state(self) -> Checkpoint:
        walk, rules, fleet = self._walk.snapshot(), self._evaluator.snapshot(), self._fleet.snapshot()
        return Checkpoint(position=self._position, walk=walk, rules=rules, fleet=fleet, owed=self.owed)
