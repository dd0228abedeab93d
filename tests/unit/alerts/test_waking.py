"""Alarms, outages and listeners."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from alerts.announcer import Changes
from alerts.outage import Outage
from alerts.waking import Alarm
from tests.support.alerts_people import NOON, ManualClock


async def test_alarm_wakes_at_its_moment() -> None:
    """Not before the clock says so."""
    clock = ManualClock()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(Alarm(clock).wait(NOON + timedelta(hours=1)))
        await clock.sleeping.get()
        assert not waiting.done()
        clock.pass_(hours=1)


async def test_alarm_rung_wakes_early() -> None:
    """Whatever the clock says."""
    clock = ManualClock()
    alarm = Alarm(clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(alarm.wait(NOON + timedelta(hours=1)))
        await clock.sleeping.get()
        alarm.ring()
    assert clock.now() == NOON


@pytest.mark.parametrize("until", [None, NOON + timedelta(hours=1)])
async def test_alarm_rung_while_nobody_waits_is_not_lost(until: datetime | None) -> None:
    """The next wait ends at once, the one after it does not."""
    clock = ManualClock()
    alarm = Alarm(clock)
    alarm.ring()
    await alarm.wait(until)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(alarm.wait(NOON + timedelta(hours=2)))
        assert await clock.sleeping.get() == NOON + timedelta(hours=2)
        clock.pass_(hours=2)


async def test_alarm_shows_a_broken_clock() -> None:
    """A clock that fails is an error, not a loop that never waits."""

    class Broken(ManualClock):
        async def sleep_until(self, moment: datetime) -> None:  # noqa: ARG002 - the port says so
            raise OSError("no clock")

    with pytest.raises(OSError, match="no clock"):
        await Alarm(Broken()).wait(NOON)


def test_outage_is_told_at_its_beginning_and_its_end() -> None:
    """Silence between, and the length at the end."""
    outage = Outage()
    assert [outage.began(NOON), outage.began(NOON + timedelta(minutes=1))] == [True, False]
    assert outage.ended(NOON + timedelta(minutes=5)) == timedelta(minutes=5)
    assert outage.ended(NOON + timedelta(minutes=6)) is None
    assert outage.began(NOON + timedelta(minutes=7))


async def test_changes_come_as_one_to_a_slow_listener() -> None:
    """A listener misses numbers, never the last one, and hears what happened before it first asked."""
    changes = Changes()
    listening = changes.changes()
    for _ in range(3):
        changes.changed()
    assert await anext(listening) == 3
    changes.changed()
    assert await anext(listening) == 4


async def test_changes_end_when_closed() -> None:
    """A page that listens does not hold up the shut-down."""
    changes = Changes()
    listening = changes.changes()
    changes.close()
    assert [revision async for revision in listening] == []
