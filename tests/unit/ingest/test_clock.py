"""The service's clocks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from ingest.adapters.clock import DemoClock, ReplayClock, SystemClock
from tests.support.ingest import HOUR, NOW


class Machine:
    """A system clock the test moves; it goes on a little with each look, as a real one does."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


def demo(machine: Machine) -> DemoClock:
    return DemoClock(behind=timedelta(hours=24), speed=60.0, system=machine)


def near(found: datetime, expected: datetime) -> bool:
    return abs(found - expected) < timedelta(seconds=1)


def test_demo_clock_begins_a_day_behind_and_runs_at_sixty() -> None:
    """Ten minutes later ten hours have passed."""
    machine = Machine()
    clock = demo(machine)
    assert near(clock.now(), NOW - 24 * HOUR)
    machine.now += timedelta(minutes=10)
    assert near(clock.now(), NOW - 14 * HOUR)


def test_demo_clock_runs_along_once_it_has_reached_now() -> None:
    """After 24 h / 59, never ahead."""
    machine = Machine()
    clock = demo(machine)
    for minutes in range(0, 60, 3):
        machine.now = NOW + timedelta(minutes=minutes)
        assert clock.now() <= machine.now
    assert near(clock.now(), machine.now)


def test_demo_clock_waits_real_seconds_once_it_has_caught_up() -> None:
    """Sixty times as fast before, at one to one after: not woken sixty times too often."""
    machine = Machine()
    clock = demo(machine)
    assert clock._real(60.0) == 1.0
    machine.now += HOUR
    assert clock._real(60.0) == 60.0
    assert clock._real(0.0) > 0


async def test_demo_clock_sleeps_not_for_what_is_past() -> None:
    """And wakes for what comes."""
    clock = DemoClock(speed=1e6)
    async with asyncio.timeout(10):
        await clock.sleep_until(clock.now() - HOUR)
        wanted = clock.now() + HOUR
        await clock.sleep_until(wanted)
    assert clock.now() >= wanted


async def test_system_clock_is_aware_and_wakes() -> None:
    """UTC."""
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    wanted = clock.now() + timedelta(milliseconds=1)
    async with asyncio.timeout(10):
        await clock.sleep_until(wanted)
    assert clock.now() >= wanted


async def test_system_clock_set_back_wakes_its_sleepers_to_look_again() -> None:
    """Or they would sleep for as long as it was set back."""
    machine = Machine()
    clock = SystemClock(system=machine)
    wanted = machine.now + timedelta(milliseconds=20)
    async with asyncio.timeout(10):
        sleeper = asyncio.create_task(clock.sleep_until(wanted))
        await _a_moment()
        machine.now -= HOUR
        await sleeper
    assert clock.now() < wanted


async def test_replay_clock_wakes_those_whose_time_has_come() -> None:
    """In one jump, those alone; it never goes back; a sleeper that gives up leaves nothing behind."""
    clock = ReplayClock()
    woken: list[int] = []

    async def sleeper(hours: int) -> None:
        await clock.sleep_until(NOW + hours * HOUR)
        woken.append(hours)

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [group.create_task(sleeper(hours)) for hours in (1, 2, 3)]
        await _a_moment()
        assert not clock.told.is_set()
        clock.set(NOW + 2 * HOUR)
        clock.set(NOW)
        await _a_moment()
        assert (woken, clock.now(), clock.told.is_set()) == ([1, 2], NOW + 2 * HOUR, True)
        tasks[2].cancel()
    assert clock._sleeping == []
    await clock.sleep_until(NOW)


async def _a_moment() -> None:
    """Turns of the loop that let everything ready run."""
    for _ in range(5):
        await asyncio.sleep(0)
