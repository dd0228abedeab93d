"""The outbox's sender: takes what is due, tries it, notes what came of it. The one place that retries.

Marks `sending` durably before an attempt and the outcome after it, so that a crash between the two is known by its
row. What the disk would not take is remembered and noted as soon as it will.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar, assert_never

from alerts import backoff
from alerts.attempts import Accepted, Outcome, Postponed, Refused, attempt
from alerts.errors import JournalError, OutboxMoveError
from alerts.journal.outbox import Outbox
from alerts.notifications import Channel, Notification, NotificationState, Queued
from alerts.notify import render
from alerts.notify.channel import Message, Notifier
from alerts.notify.settings import Retry
from alerts.outage import Outage
from alerts.people import People
from alerts.ports import Clock
from alerts.waking import Alarm

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

_JOURNAL_PAUSE = timedelta(seconds=5)  # between tries of a disk that is full


class OnWorker(Protocol):
    """Runs a function on the journal's thread."""

    def __call__(self, function: Callable[[], ResultT], /) -> Awaitable[ResultT]: ...


class Dispatcher:
    """Drives the notifiers. `random` gives the jitter, in [0, 1)."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        on_worker: OnWorker,
        people: People,
        notifiers: Mapping[str, Notifier],
        clock: Clock,
        retry: Retry,
        random: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._on_worker = on_worker
        self._people = people
        self._notifiers = notifiers
        self._clock = clock
        self._retry = retry
        self._random = random
        self._changed = changed
        self._alarm = Alarm(clock)
        self._attempts: set[str] = set()
        self._claimed: deque[Queued] = deque()  # filled on the worker: a cancelled claim is not a lost one
        self._unnoted: dict[str, Callable[[], None]] = {}
        self._journal = Outage()
        self._channels = {channel: Outage() for channel in Channel}

    async def recover(self) -> None:
        """Once, before anything is sent: what was being sent when the service died is due again, under its key."""
        if repeated := await self._on_worker(self._outbox.interrupted):
            logger.warning("notifications: %d of unknown outcome are repeated", repeated)

    def rearrange(self, *, people: People, notifiers: Mapping[str, Notifier], retry: Retry) -> None:
        """For every attempt from now on. Those under way end as they began: `under_way` says which they are."""
        self._people, self._notifiers, self._retry = people, notifiers, retry

    @property
    def under_way(self) -> frozenset[str]:
        """Keys of the notifications being sent."""
        return frozenset(self._attempts)

    def wake(self) -> None:
        """There may be something new to send."""
        self._alarm.ring()

    async def run(self) -> None:
        """Forever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._alarm.wait(await self._round(tasks))

    async def drain(self, within: float) -> int:
        """Tries what is due now, for at most `within` seconds; returns how many are left, queued or being sent.

        Raises `JournalError` where not even that can be read.
        """
        try:
            async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
                while True:
                    due = await self._round(tasks)
                    if self._attempts:
                        await self._alarm.wait(None)  # the end of each attempt rings
                    elif due is None or due > self._clock.now():
                        break
        except TimeoutError:
            logger.warning("notifications: still sending after %.0f s", within)
        self._alarm.ring()  # `run` may have missed one that ended a wait here
        counts = await self._on_worker(self._outbox.counts)
        return counts[NotificationState.QUEUED] + counts[NotificationState.SENDING]

    async def _round(self, tasks: asyncio.TaskGroup) -> datetime | None:
        """Starts what is due and has a place; returns when to look again (None: when rung)."""
        now = self._clock.now()
        try:
            await self._note_the_unnoted()
            free = self._retry.concurrency - len(self._attempts) - len(self._claimed)
            if free > 0:
                await self._on_worker(partial(self._claim, now, free))
            next_due = await self._on_worker(self._outbox.next_due)
        except JournalError as error:
            self._journal_fails(error)
            next_due = now + _JOURNAL_PAUSE
        else:
            if (length := self._journal.ended(now)) is not None:
                logger.info("notifications: the journal works again after %s", length)
        while self._claimed:
            one = self._claimed.popleft()
            self._attempts.add(one.notification.key)
            tasks.create_task(self._attempt(one), name=f"notify-{one.notification.key}")
        return next_due if len(self._attempts) < self._retry.concurrency else None

    def _claim(self, now: datetime, limit: int) -> None:
        # No pause is longer: whoever would have to wait longer was put off by a clock that has been set back since.
        self._outbox.hasten(now, now + timedelta(seconds=self._retry.longest_seconds))
        due = self._outbox.next_due()
        if due is not None and due <= now:  # an idle outbox writes nothing
            self._claimed.extend(self._outbox.claim(now, limit))

    async def _note_the_unnoted(self) -> None:
        for key, note in list(self._unnoted.items()):
            with suppress(OutboxMoveError):  # noted after all, while the waiting for it was cancelled
                await self._on_worker(note)
            self._unnoted.pop(key, None)

    def _journal_fails(self, error: JournalError) -> None:
        if self._journal.began(self._clock.now()):
            logger.error("notifications: the journal fails, trying again: %s", error)

    async def _attempt(self, queued: Queued) -> None:
        key = queued.notification.key
        # What holds if this attempt is cancelled before its outcome is known.
        note: Callable[[], None] = partial(
            self._outbox.failed, key, self._clock.now(), "cancelled", perhaps_delivered=True
        )
        try:
            note = self._noting(queued, await self._sent(queued))
            await self._on_worker(note)
        except asyncio.CancelledError:
            self._unnoted[key] = note
            raise
        except JournalError as error:
            self._unnoted[key] = note
            self._journal_fails(error)
        finally:
            self._attempts.discard(key)
            self._alarm.ring()
            self._changed()

    async def _sent(self, queued: Queued) -> Outcome:
        reached = self._reached(queued.notification)
        if isinstance(reached, Refused):
            return reached
        notifier, address = reached
        return await attempt(notifier, self._message(queued, address), seconds=self._retry.attempt_seconds)

    def _reached(self, notification: Notification) -> tuple[Notifier, str] | Refused:
        """The people of today: an address changed meanwhile is the one to use."""
        notifier = self._notifiers.get(notification.channel)
        if notifier is None:
            return Refused(f"channel {notification.channel} is not set up")
        receiver = self._people.by_id.get(notification.person)
        address = receiver.channels.addresses.get(notification.channel) if receiver else None
        if address is None:
            return Refused(f"{notification.person} has no {notification.channel} any more")
        return notifier, address

    def _message(self, queued: Queued, address: str) -> Message:
        said = queued.notification
        repeat = queued.uncertain > 0
        return Message(
            key=said.key,
            warning=said.warning,
            person=said.person,
            address=address,
            language=said.language,
            subject=render.as_repeat(said.subject, said.language) if repeat else said.subject,
            text=render.as_repeat_text(said.text, said.language) if repeat else said.text,
            payload=said.payload,
            attempted_at=self._clock.now(),
            may_be_repeat=repeat,
        )

    def _noting(self, queued: Queued, outcome: Outcome) -> Callable[[], None]:
        """What is to be written down of the outcome; says aloud what a person should know."""
        said, now, number = queued.notification, self._clock.now(), queued.attempts + 1
        match outcome:
            case Accepted(detail):
                if (length := self._channels[said.channel].ended(now)) is not None:
                    logger.info("notifications: %s works again after %s", said.channel, length)
                return partial(self._outbox.accepted, said.key, now, detail)
            case Refused(detail):
                _given_up(said, number, detail)
                return partial(self._outbox.failed, said.key, None, detail)
            case Postponed(detail, retry_after, perhaps):
                if self._channels[said.channel].began(now):
                    logger.warning("notifications: %s fails, trying again: %s", said.channel, detail)
                next_at = None if number >= self._retry.give_up_after else now + self._pause(number, retry_after)
                if next_at is None:
                    _given_up(said, number, detail)
                return partial(self._outbox.failed, said.key, next_at, detail, perhaps_delivered=perhaps)
            case _:
                assert_never(outcome)

    def _pause(self, number: int, asked: timedelta | None) -> timedelta:
        """The back-off, or what the channel asked for if that is longer; never beyond the longest pause."""
        longest = timedelta(seconds=self._retry.longest_seconds)
        first = timedelta(seconds=self._retry.first_seconds)
        own = backoff.delay(number, first=first, longest=longest, draw=self._random())
        return own if asked is None else max(own, min(asked, longest))


def _given_up(said: Notification, number: int, detail: str) -> None:
    logger.error(
        "notifications: %s was NOT told over %s of %s, given up at attempt %d: %s",
        said.person,
        said.channel,
        said.warning,
        number,
        detail,
    )
