"""The shell around the core: feeds the engine, journals what it finds, tells people.

The engine lives on the event loop; book and journal live on one worker thread, whose order is the order of steps.
A transition stays pending until the journal has it. Entering one again changes nothing, so that a commit whose
outcome a cancellation hid is simply done again.
"""

from __future__ import annotations

import asyncio
import logging
import random as chance
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from alerts.air.model import IndexValue
from alerts.announcer import Changes
from alerts.arrangement import Arrangement
from alerts.chronicle import Event
from alerts.derivation import Derivation, restored
from alerts.dispatch import Dispatcher
from alerts.errors import JournalError
from alerts.journal import Journal
from alerts.model import ActKind, Bundle, Heard, Place, PollutionWarning, Sample, Transition
from alerts.naming import Names, Naming
from alerts.notifications import Channel
from alerts.notify.channel import Notifier
from alerts.notify.settings import Retry
from alerts.people import People
from alerts.ports import Clock, Engine
from alerts.register import Book, Register
from alerts.telling import Telling
from alerts.views import CaseView, Standing, WarningView
from alerts.worker import Worker

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


class Alerting:
    """Entered and left on one event loop; every method but the worker's is called there."""

    def __init__(
        self,
        *,
        engine: Engine,
        derivation: Derivation,
        book: Book,
        journal: Journal,
        people: People,
        notifiers: Mapping[str, Notifier],
        clock: Clock,
        console_url: str,
        places: Mapping[str, Place],
        rule_names: Names,
        parameters: Names,
        retry: Retry | None = None,
        only_channels: frozenset[Channel] | None = None,
        zone: tzinfo | None = None,
        random: Callable[[], float] = chance.random,
    ) -> None:
        self._engine = engine
        self._derivation = derivation
        self._clock = clock
        self._journal = journal
        self._worker = Worker()
        self._zone = zone or ZoneInfo("Asia/Shanghai")
        self._only = only_channels
        telling = self._telling(people, places=places, rules=rule_names, parameters=parameters, url=console_url)
        self._register = Register(book=book, journal=journal, telling=telling)
        self.changes = Changes()
        self._dispatcher = Dispatcher(
            outbox=journal.outbox,
            on_worker=self._worker,
            people=people,
            notifiers=notifiers,
            clock=clock,
            retry=retry or Retry(),
            random=random,
            changed=self.changes.changed,
        )
        self._pending: deque[Transition] = deque()
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Loads the open warnings, puts interrupted messages back; starts nothing. Raises `JournalError`."""
        self._worker.open()
        try:
            await self._worker(self._register.open)
            await self._dispatcher.recover()
        except BaseException:
            self._worker.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for the step under way; what is pending comes again from the intake log."""
        self.changes.close()
        self._worker.close()

    def derive(self, bundles: Sequence[Bundle], now: datetime) -> Sequence[IndexValue]:
        """The indices that a delivery's readings bring forth or revise; to be fed after them. Never blocks."""
        return self._derivation.feed(bundles, now)

    def bulletin(self, subject: str) -> Mapping[str, Any] | None:
        """The newest indices of a station or an area as one document; None where there are none."""
        return self._derivation.bulletin(subject)

    def indexed(self) -> Sequence[str]:
        """Stations and areas that may have indices."""
        return self._derivation.subjects()

    def makes_hours(self, parameter: str, period: str) -> bool:
        """Whether hours are worked out from such readings: then those are worth recalling in their place."""
        return self._derivation.makes_hours(parameter, period)

    def feed(self, heard: Iterable[Heard], now: datetime) -> None:
        """Evaluates; never blocks. What is found is pending until `commit`."""
        self._pending.extend(self._engine.hear(heard, now))
        for station, parameter, error in self._engine.faults():
            logger.error("rules could not take %s of %s", parameter, station, exc_info=error)

    def advance(self, now: datetime) -> None:
        """Lets deadlines up to `now` pass; never blocks."""
        self._pending.extend(self._engine.advance(now))

    def wake_at(self) -> datetime | None:
        """When `advance` is wanted next. Whoever feeds also keeps the time: a timer must not overtake what waits."""
        return self._engine.wake_at()

    def listen_from(self, now: datetime) -> None:
        """Intake had stopped and runs again: the silence meanwhile was our own."""
        self._engine.listen_from(now)

    def lack_past(self) -> None:
        """What came before is not known, until `recall` brings it: what is found meanwhile says so."""
        self._engine.lack_past()

    def recall(
        self, stations: Iterable[str], past: Sequence[Sample], now: datetime, *, until: datetime, judged: bool
    ) -> Sequence[IndexValue]:
        """What these stations sent before: `judged` up to `until`, or nobody was there. Never blocks.

        Rules have the indices of the past with it; those of later instants are given back, as news to the store.
        """
        indices = self._derivation.recall(stations, past, now)
        known = [*past, *(index for index in indices if index.instant <= until)]
        news = [index for index in indices if index.instant > until]
        self._pending.extend(self._engine.recall(stations, known, now, until=until, judged=judged))
        self._pending.extend(self._engine.feed(news, now))
        return news

    @property
    def depth(self) -> int:
        """How many samples of a series are worth recalling, where they come hourly or less often."""
        return max(self._engine.depth, self._derivation.depth)

    @property
    def reach(self) -> timedelta:
        """How far back they lie, at the most and without gaps."""
        return max(self._engine.reach, timedelta(hours=self._derivation.depth))

    @property
    def unjudged(self) -> Mapping[str, int]:
        """Samples that no rule, and readings that no window, was given, by reason."""
        return {**self._engine.unjudged, **self._derivation.unused}

    def hush(self) -> None:
        """Drops what is pending: it was found in what was judged, and journalled, before."""
        self._pending.clear()
        self._derivation.settled(len(self._derivation.cases))

    @property
    def unavailable(self) -> tuple[type[Exception], ...]:
        """What `commit` raises when trying again is all that helps."""
        return (JournalError,)

    @property
    def pending(self) -> int:
        """Transitions and cases found and not yet journalled."""
        return len(self._pending) + len(self._derivation.cases)

    async def commit(self) -> None:
        """Journals what is pending and has it told. Raises `JournalError`: then all of it is still pending."""
        if not self.pending:
            return
        async with self._lock:
            if cases := self._derivation.cases:
                await self._worker(partial(self._journal.record_cases, cases, self._clock.now()))
                self._derivation.settled(len(cases))
            batch = tuple(self._pending)
            if not batch:
                self._news()
                return
            await self._step(partial(self._register.enter, batch, self._clock.now()))
            for _ in batch:
                self._pending.popleft()

    async def rearrange(
        self,
        new: Arrangement,
        *,
        notifiers: Mapping[str, Notifier],
        permit: Callable[[Sequence[Standing]], None],
    ) -> None:
        """Goes on by another configuration, whose engine has the state of this one; nothing may be pending or be fed.

        `permit` is shown the open warnings, on the journal's thread. What it raises is raised and changes nothing;
        so does `JournalError`.
        """
        names = {"rules": new.rule_names, "parameters": new.parameters}
        telling = self._telling(new.people, places=new.places, **names, url=new.console_url)
        async with self._lock:
            await self._worker(partial(self._register.rearrange, new.book, telling, permit))
            self._engine, self._derivation = new.engine, new.derivation
            self._dispatcher.rearrange(people=new.people, notifiers=notifiers, retry=new.retry)
        self._news()

    @property
    def sending(self) -> frozenset[str]:
        """Keys of the notifications being sent, by the notifiers there were when that began."""
        return self._dispatcher.under_way

    async def run(self) -> None:
        """Forever: the dispatcher. To be started once the intake log was replayed."""
        await self._dispatcher.run()

    async def drain(self, within: float) -> int:
        """Sends what is due now, for at most `within` seconds; returns what is left in the outbox."""
        return await self._dispatcher.drain(within)

    async def acknowledge(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """Records that a person has seen it. Raises `UnknownWarningError`, `NotAllowedError`, `JournalError`."""
        return await self._act(warning_id, ActKind.ACKNOWLEDGED, person, reason)

    async def issue(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """Raises as `acknowledge`."""
        return await self._act(warning_id, ActKind.ISSUED, person, reason)

    async def dismiss(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """Raises as `acknowledge`."""
        return await self._act(warning_id, ActKind.DISMISSED, person, reason)

    async def lift(self, warning_id: str, *, person: str, reason: str = "") -> PollutionWarning:
        """Raises as `acknowledge`."""
        return await self._act(warning_id, ActKind.LIFTED, person, reason)

    async def warnings(
        self, *, open_only: bool = False, limit: int = 200, before: str | None = None
    ) -> list[WarningView]:
        """Newest first. Raises `JournalError`."""
        return await self._worker(partial(self._register.views, open_only=open_only, limit=limit, before=before))

    async def warning(self, warning_id: str) -> WarningView:
        """Raises `UnknownWarningError`, `JournalError`."""
        return await self._worker(partial(self._register.view, warning_id))

    async def cases(self, *, station: str | None = None, limit: int = 200) -> list[CaseView]:
        """Newest days first. Raises `JournalError`."""
        return await self._worker(partial(self._journal.present_cases, station=station, limit=limit))

    async def notification_counts(self) -> Mapping[str, int]:
        """By state, and `uncertain`. Raises `JournalError`."""
        return await self._worker(self._journal.outbox.counts)

    async def gravest(self) -> Mapping[str, int]:
        """By subject, the rank (1 for blue) of its gravest open warning. Raises `JournalError`."""
        found: dict[str, int] = {}
        for warning in await self._worker(self._journal.open_warnings):
            found[warning.subject] = max(found.get(warning.subject, 0), warning.level.rank + 1)
        return found

    async def overdue_since(self) -> datetime | None:
        """When the oldest notification that waits was or will be due; None where none waits. Raises `JournalError`."""
        return await self._worker(self._journal.outbox.next_due)

    async def unstored(self, limit: int) -> tuple[Sequence[Event], int]:
        """The oldest events the store has not got, and the number for `stored`. Raises `JournalError`."""
        return await self._worker(partial(self._register.unstored, limit))

    async def stored(self, upto: int) -> None:
        """The store has them. Raises `JournalError`."""
        await self._worker(partial(self._journal.stored, upto))

    def subscribe(self) -> AsyncIterator[int]:
        """A growing revision each time something changed; several changes may come as one."""
        return self.changes.changes()

    def snapshot(self) -> dict[str, Any]:
        """Rules and windows. To be kept only while nothing is `pending`: a checkpoint must not be ahead."""
        return {**self._engine.snapshot(), **self._derivation.snapshot()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Rules and windows, before the intake log is replayed."""
        restored(self._engine, self._derivation, state)

    def _telling(
        self, people: People, *, places: Mapping[str, Place], rules: Names, parameters: Names, url: str
    ) -> Telling:
        naming = Naming(places=places, rules=rules, parameters=parameters, console_url=url, zone=self._zone)
        return Telling(people=people, naming=naming, only=self._only)

    async def _act(self, warning_id: str, kind: ActKind, person: str, reason: str) -> PollutionWarning:
        async with self._lock:
            at = self._clock.now()
            return await self._step(
                partial(self._register.act, warning_id, kind, person=person, at=at, reason=reason.strip())
            )

    async def _step(self, function: Callable[[], ResultT], /) -> ResultT:
        """On the worker; what it journalled becomes news even when the caller was cancelled meanwhile."""
        loop = asyncio.get_running_loop()

        def step() -> ResultT:
            result = function()
            loop.call_soon_threadsafe(self._news)
            return result

        return await self._worker(step)

    def _news(self) -> None:
        self._dispatcher.wake()
        self.changes.changed()
