"""The dispatcher against a real journal, with a clock that stands still until it is set."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from alerts.dispatch import Dispatcher
from alerts.errors import ChannelRefusedError, ChannelUnavailableError
from alerts.journal import Journal
from alerts.notifications import Channel
from alerts.notify.channel import Notifier
from alerts.notify.settings import Retry
from alerts.people import People
from tests.support.alerts_people import (
    NOON,
    FakeNotifier,
    ManualClock,
    a_notification,
    a_receiver,
    an_entry,
    open_state,
    some_people,
)

ResultT = TypeVar("ResultT")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_state(tmp_path / "state.db")
    yield opened
    opened.close()


@pytest.fixture
def journal(connection: sqlite3.Connection) -> Journal:
    return Journal(connection)


async def on_loop(function: Callable[[], ResultT], /) -> ResultT:
    """The journal's thread, without the thread."""
    await asyncio.sleep(0)
    return function()


def a_dispatcher(
    journal: Journal,
    clock: ManualClock,
    notifiers: Mapping[str, Notifier],
    *,
    people: People | None = None,
    **retry: Any,
) -> Dispatcher:
    return Dispatcher(
        outbox=journal.outbox,
        on_worker=on_loop,
        people=people or some_people(a_receiver("chen"), a_receiver("lin"), a_receiver("wu")),
        notifiers=notifiers,
        clock=clock,
        retry=Retry.model_validate({"first_seconds": 10, "longest_seconds": 60, "give_up_after": 3} | retry),
        random=lambda: 0.0,
        changed=lambda: None,
    )


def queue(journal: Journal, *people: str, channel: Channel = Channel.LOG) -> list[str]:
    entry = an_entry()
    said = [a_notification(entry, person=person, channel=channel) for person in people]
    journal.record([entry], [], said, NOON)
    return [one.key for one in said]


async def test_dispatcher_hands_over_what_is_due(journal: Journal) -> None:
    """Once, in the words that were queued, and the outbox says so."""
    (key,) = queue(journal, "chen")
    log = FakeNotifier()
    dispatcher = a_dispatcher(journal, ManualClock(), {Channel.LOG: log})
    assert await dispatcher.drain(5) == 0
    assert await dispatcher.drain(5) == 0
    (message,) = log.messages
    assert (message.key, message.subject, message.may_be_repeat) == (key, "Orange warning", False)
    assert journal.outbox.counts()["accepted"] == 1


async def test_dispatcher_marks_sending_before_it_tries(journal: Journal) -> None:
    """A crash in the middle of an attempt is known by its row."""
    queue(journal, "chen")
    seen: list[int] = []

    class Looking(FakeNotifier):
        async def send(self, message: Any) -> str:
            seen.append(journal.outbox.counts()["sending"])
            return await super().send(message)

    await a_dispatcher(journal, ManualClock(), {Channel.LOG: Looking()}).drain(5)
    assert seen == [1]


async def test_dispatcher_tries_again_after_a_pause(journal: Journal) -> None:
    """Doubling pauses, the same key, until it is taken."""
    queue(journal, "chen")
    log, clock = FakeNotifier(ChannelUnavailableError("busy"), ChannelUnavailableError("busy")), ManualClock()
    dispatcher = a_dispatcher(journal, clock, {Channel.LOG: log})
    assert await dispatcher.drain(5) == 1
    for pause in (5, 10):  # half of 10 and of 20: the draw is 0
        assert journal.outbox.next_due() == clock.now() + timedelta(seconds=pause)
        clock.pass_(seconds=pause)
        await dispatcher.drain(5)
    assert len({message.key for message in log.messages}) == 1
    assert journal.outbox.counts()["accepted"] == 1
    assert journal.outbox.counts()["uncertain"] == 0


async def test_clock_set_back_puts_nobody_off(journal: Journal) -> None:
    """Queued, and tried in vain, while the clock was a day ahead: told when it is right again, not a day later."""
    clock = ManualClock()
    clock.pass_(seconds=86_400)
    entry = an_entry()
    journal.record(
        [entry], [], [a_notification(entry, person="chen"), a_notification(entry, person="lin")], clock.now()
    )
    log = FakeNotifier(ChannelUnavailableError("busy"), ChannelUnavailableError("busy"))
    dispatcher = a_dispatcher(journal, clock, {Channel.LOG: log})
    assert await dispatcher.drain(5) == 2
    clock.pass_(seconds=-86_400)
    assert await dispatcher.drain(5) == 0
    assert journal.outbox.counts()["accepted"] == 2


@pytest.mark.parametrize(("asked", "pause"), [(30, 30), (1, 5), (86_400, 60)])
async def test_dispatcher_waits_as_long_as_the_channel_asks(journal: Journal, asked: int, pause: int) -> None:
    """But not shorter than its own pause, and not beyond the longest."""
    queue(journal, "chen")
    busy = ChannelUnavailableError("busy", retry_after=timedelta(seconds=asked))
    await a_dispatcher(journal, ManualClock(), {Channel.LOG: FakeNotifier(busy)}).drain(5)
    assert journal.outbox.next_due() == NOON + timedelta(seconds=pause)


async def test_dispatcher_gives_up_aloud(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    """After so many attempts it is failed for good, and an error says who was not told."""
    queue(journal, "chen")
    log, clock = FakeNotifier(*[ChannelUnavailableError("busy")] * 3), ManualClock()
    dispatcher = a_dispatcher(journal, clock, {Channel.LOG: log})
    for _ in range(3):
        await dispatcher.drain(5)
        clock.pass_(seconds=60)
    assert await dispatcher.drain(5) == 0
    assert journal.outbox.counts()["failed"] == 1
    assert len(log.messages) == 3
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1


async def test_dispatcher_does_not_repeat_what_was_refused(journal: Journal) -> None:
    """Not ever means not ever."""
    queue(journal, "chen")
    log = FakeNotifier(ChannelRefusedError("no such mailbox"))
    await a_dispatcher(journal, ManualClock(), {Channel.LOG: log}).drain(5)
    (told,) = journal.notifications(an_entry().warning.id)[an_entry().warning.id]
    assert (told.state, told.detail) == ("failed", "no such mailbox")


async def test_dispatcher_ends_an_attempt_that_hangs(journal: Journal) -> None:
    """It is tried again, as a possible repeat: the channel may have taken it."""
    queue(journal, "chen")
    log, clock = FakeNotifier(None), ManualClock()
    dispatcher = a_dispatcher(journal, clock, {Channel.LOG: log}, attempt_seconds=0.02)
    await dispatcher.drain(5)
    clock.pass_(seconds=5)
    await dispatcher.drain(5)
    assert [message.may_be_repeat for message in log.messages] == [False, True]
    assert log.messages[1].subject.startswith("[MAY BE A REPEAT] ")
    assert journal.outbox.counts()["uncertain"] == 1


async def test_dispatcher_repeats_what_a_crash_hid(journal: Journal) -> None:
    """Found `sending` at start-up: the same key again, marked, counted."""
    (key,) = queue(journal, "chen")
    journal.outbox.claim(NOON, 1)
    log = FakeNotifier()
    dispatcher = a_dispatcher(journal, ManualClock(), {Channel.LOG: log})
    await dispatcher.recover()
    await dispatcher.drain(5)
    (message,) = log.messages
    assert (message.key, message.may_be_repeat) == (key, True)
    assert journal.outbox.counts() == {"queued": 0, "sending": 0, "accepted": 1, "failed": 0, "uncertain": 1}


async def test_dispatcher_is_not_stalled_by_one_message(journal: Journal) -> None:
    """A notifier that breaks, a person who is gone, a channel that is not set up: the others are told."""
    queue(journal, "chen", "gone", "lin")
    entry = an_entry()
    journal.record([], [], [a_notification(entry, person="wu", channel=Channel.EMAIL)], NOON)
    log = FakeNotifier(ZeroDivisionError("broken"))
    await a_dispatcher(journal, ManualClock(), {Channel.LOG: log}).drain(5)
    assert journal.outbox.counts() == {"queued": 1, "sending": 0, "accepted": 1, "failed": 2, "uncertain": 1}


async def test_dispatcher_keeps_to_its_concurrency(journal: Journal) -> None:
    """All are told, never more than so many at once."""
    people = some_people(*(a_receiver(f"p{number}") for number in range(9)))
    queue(journal, *people.by_id)
    log = FakeNotifier()
    assert await a_dispatcher(journal, ManualClock(), {Channel.LOG: log}, people=people, concurrency=2).drain(5) == 0
    assert (len(log.messages), log.most_at_once) == (9, 2)


async def test_dispatcher_drain_is_bounded(journal: Journal) -> None:
    """What could not be sent in time is left, and sent by the next drain as a possible repeat."""
    queue(journal, "chen")
    log = FakeNotifier(None)
    dispatcher = a_dispatcher(journal, ManualClock(), {Channel.LOG: log})
    assert await dispatcher.drain(0.02) == 1
    assert await dispatcher.drain(5) == 0
    assert [message.may_be_repeat for message in log.messages] == [False, True]


async def test_dispatcher_remembers_what_the_disk_would_not_take(
    journal: Journal, connection: sqlite3.Connection
) -> None:
    """Taken by the channel but not noted: it is noted later, and not sent again."""
    queue(journal, "chen")
    clock = ManualClock()

    class Full(FakeNotifier):
        async def send(self, message: Any) -> str:
            connection.execute("PRAGMA query_only = ON")
            return await super().send(message)

    log = Full()
    dispatcher = a_dispatcher(journal, clock, {Channel.LOG: log})
    assert await dispatcher.drain(5) == 1
    connection.execute("PRAGMA query_only = OFF")
    assert await dispatcher.drain(5) == 0
    assert len(log.messages) == 1
    assert journal.outbox.counts()["accepted"] == 1


async def test_dispatcher_wakes_for_what_is_new_and_for_what_is_due(journal: Journal) -> None:
    """No polling: it waits for a ring or for the clock."""
    log, clock = FakeNotifier(ChannelUnavailableError("busy")), ManualClock()
    dispatcher = a_dispatcher(journal, clock, {Channel.LOG: log})
    running = asyncio.create_task(dispatcher.run())
    queue(journal, "chen")
    dispatcher.wake()
    first = await log.arrived.get()
    assert await clock.sleeping.get() == NOON + timedelta(seconds=5)
    clock.pass_(seconds=5)
    assert (await log.arrived.get()).key == first.key
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
