"""The end of a run, in reverse of its beginning: nothing more comes in, what is in is finished, then the rest.

Bounded as a whole: whatever hangs (a store, a channel, a page that is open) keeps nothing for longer than it may. What
is not done then is on disk, and the next start goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Protocol

from alerts.errors import JournalError
from ingest.errors import EndedByItselfError

_log = logging.getLogger(__name__)
_DRAINED_WITHIN = 5.0  # seconds for notifications that are due; a channel may take longer than anyone waits
_GRACE = timedelta(seconds=10)  # beyond `stop_within`: console, connections and files being closed
_COMING_IN = ("broker", "devices", "log", "device log", "timers", "reload")
_TOO_LATE = 1  # exit code
_DONE_SOME_TIME = ("past",)  # what has no more to do once it is done; all else goes on until the end


class Intake(Protocol):
    """What winding down needs of `Pipeline`."""

    async def finish(self, *, for_good: bool = False) -> None: ...


class Writer(Protocol):
    """What it needs of `StoreWriter`."""

    async def caught_up(self) -> None: ...


class Followers(Protocol):
    """What it needs of `ingest.followers.Followers`."""

    async def write(self) -> None: ...


class Alerting(Protocol):
    """What it needs of `alerts.runner.Alerting`."""

    async def drain(self, within: float) -> int: ...


async def asked(stop: asyncio.Event, tasks: Collection[asyncio.Task[Any]]) -> None:
    """Returns when `stop` is set. A task that raises is its group's matter.

    Raises `EndedByItselfError` when a task ends before, whether it returns or is cancelled: a task group takes both for
    all being well, and readings would wait, or people not be told, without a word.
    """
    asking = asyncio.create_task(stop.wait(), name="asked-to-stop")
    left: set[asyncio.Task[Any]] = {asking, *tasks}
    try:
        while not stop.is_set():
            ended, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            wrongly = [one for one in ended - {asking} if one.cancelled() or one.get_name() not in _DONE_SOME_TIME]
            if wrongly and not stop.is_set():
                raise EndedByItselfError(", ".join(sorted(one.get_name() for one in wrongly)))
    finally:
        asking.cancel()


async def wind_down(
    tasks: Mapping[str, asyncio.Task[None]],
    *,
    intake: Intake,
    writer: Writer,
    followers: Followers,
    alerting: Alerting,
    within: timedelta,
) -> None:
    """Ends all tasks but the console's, which ends by itself when its server is told."""
    _log.debug("stopping: nothing more is taken from the broker and from devices")
    for name in _COMING_IN:
        if name in tasks:
            tasks[name].cancel()
    try:
        async with asyncio.timeout(within.total_seconds()):
            _log.debug("stopping: walking what has been settled, leaving a checkpoint")
            await intake.finish(for_good=True)
            async with asyncio.TaskGroup() as group:  # one that hangs must not cost the other
                group.create_task(_catch_up(writer, followers), name="catching-up")
                group.create_task(_drain(alerting), name="draining")
    except TimeoutError:
        _log.warning("stopped before everything was done; the intake log and the outbox keep the rest")
    _log.debug("stopping: store, notifications and console")
    for name, task in tasks.items():
        if name != "console":
            task.cancel()


async def _catch_up(writer: Writer, followers: Followers) -> None:
    _log.debug("stopping: the store catches up with the log")
    await writer.caught_up()
    await followers.write()


async def _drain(alerting: Alerting) -> None:
    _log.debug("stopping: sending the notifications that are due")
    try:
        left = await alerting.drain(within=_DRAINED_WITHIN)
    except JournalError as error:
        _log.warning("stopping: notifications cannot be looked at: %s", error)
    else:
        if left:
            _log.warning("stopped with %d notifications to be sent: the next start sends them", left)


class LastResort:
    """Leaves at once where stopping takes longer than it may, as on a disk that answers nothing any more.

    On a thread of its own: what hangs may be the event loop. Nothing settled is lost by it, as by no crash.
    """

    def __init__(self, *, within: timedelta, leave: Callable[[int], None] = os._exit) -> None:
        self._within = within + _GRACE
        self._leave = leave
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """From now on. Twice is harmless."""
        if self._timer is None:
            self._timer = threading.Timer(self._within.total_seconds(), self._end)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """It has stopped."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        _log.error("not stopped within %.0f s: left as it is; the next start goes on", self._within.total_seconds())
        self._leave(_TOO_LATE)
