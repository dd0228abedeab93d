"""Winding down: in order, bounded, whatever hangs."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from alerts.errors import JournalError
from ingest.errors import EndedByItselfError
from ingest.stopping import LastResort, asked, wind_down

NAMES = ("broker", "log", "timers", "reload", "walk", "store", "console")


class Room:
    """Intake, writer, ledger and alerting in one; `hangs` names the step that never ends."""

    def __init__(self, *, hangs: str = "", fails: bool = False) -> None:
        self.done: list[str] = []
        self._hangs = hangs
        self._fails = fails

    async def _step(self, name: str) -> None:
        if name == self._hangs:
            await asyncio.Event().wait()
        self.done.append(name)

    async def finish(self, *, for_good: bool = False) -> None:
        await self._step("finish" if for_good else "not for good")

    async def caught_up(self) -> None:
        await self._step("caught_up")

    async def write(self) -> None:
        await self._step("write")

    async def drain(self, within: float) -> int:
        if self._fails:
            raise JournalError("a disk that is full")
        await self._step("drain")
        return int(within)


async def stopped(room: Room, within: timedelta) -> set[str]:
    """Names of the tasks that were ended."""
    tasks = {name: asyncio.create_task(asyncio.Event().wait(), name=name) for name in NAMES}
    given = {name: asyncio.create_task(_forever(task)) for name, task in tasks.items()}
    try:
        await wind_down(given, intake=room, writer=room, followers=room, alerting=room, within=within)
        await asyncio.wait([task for name, task in given.items() if name != "console"])
        return {name for name, task in given.items() if task.cancelled()}
    finally:
        for task in (*tasks.values(), *given.values()):
            task.cancel()
        await asyncio.gather(*tasks.values(), *given.values(), return_exceptions=True)


async def _forever(task: asyncio.Task[bool]) -> None:
    await task


async def test_everything_is_finished_and_then_ended_but_the_console() -> None:
    room = Room()
    assert await stopped(room, timedelta(minutes=1)) == {*NAMES} - {"console"}
    assert room.done[0] == "finish"
    assert {*room.done} == {"finish", "caught_up", "write", "drain"}


@pytest.mark.parametrize(("hangs", "done"), [("finish", []), ("caught_up", ["finish", "drain"])])
async def test_what_hangs_keeps_nothing(hangs: str, done: list[str]) -> None:
    """A store that hangs does not cost the notifications."""
    room = Room(hangs=hangs)
    assert await stopped(room, timedelta(seconds=0.1)) == {*NAMES} - {"console"}
    assert room.done == done


async def test_a_journal_that_fails_stops_nothing() -> None:
    room = Room(fails=True)
    assert await stopped(room, timedelta(minutes=1)) == {*NAMES} - {"console"}
    assert room.done == ["finish", "caught_up", "write"]


def test_last_resort_leaves_once_the_time_is_over_and_not_when_cancelled() -> None:
    """On its own thread: the loop may be what hangs."""
    left, codes = threading.Event(), []

    def leave(code: int) -> None:
        codes.append(code)
        left.set()

    late = LastResort(within=timedelta(seconds=-10), leave=leave)
    late.start()
    late.start()
    assert left.wait(30)
    in_time = LastResort(within=timedelta(hours=1), leave=leave)
    in_time.start()
    in_time.cancel()
    assert codes == [1]


async def _returns() -> None:
    return


async def _raises() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("cancelled", [False, True])
async def test_loop_that_ends_by_itself_ends_the_service(cancelled: bool) -> None:  # noqa: FBT001
    """A task group takes a loop that returned, or was cancelled, for one that is well."""

    async def service() -> None:
        async with asyncio.TaskGroup() as group:
            store = group.create_task(asyncio.Event().wait() if cancelled else _returns(), name="store")
            others = [group.create_task(asyncio.Event().wait(), name=name) for name in ("walk", "console")]
            if cancelled:
                store.cancel()
            await asked(asyncio.Event(), [store, *others])

    with pytest.raises(ExceptionGroup) as raised:
        await service()
    (error,) = raised.value.exceptions
    assert isinstance(error, EndedByItselfError)
    assert "defect: store;" in str(error)


async def test_loop_that_raises_is_its_groups_matter() -> None:
    """Its own error is the one that is said."""

    async def service() -> None:
        async with asyncio.TaskGroup() as group:
            await asked(asyncio.Event(), [group.create_task(_raises(), name="store")])

    with pytest.raises(ExceptionGroup) as raised:
        await service()
    assert [type(error) for error in raised.value.exceptions] == [ZeroDivisionError]


async def test_asked_to_stop_after_the_past_is_read_back() -> None:
    """What is done some time may end, and stopping ends the waiting."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        past = group.create_task(_returns(), name="past")
        walk = group.create_task(asyncio.Event().wait(), name="walk")
        waiting = group.create_task(asked(stop, [past, walk]))
        await past
        for _ in range(5):  # turns of the loop, in which its end is noticed
            await asyncio.sleep(0)
        assert not waiting.done()
        stop.set()
        await waiting
        walk.cancel()
