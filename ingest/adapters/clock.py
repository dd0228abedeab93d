"""The service's clocks: the system's, one that lives in a replayed stream, and the demo's.

All give aware UTC. Sleeping follows the clock's own time; nothing polls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_LONGEST_NAP = 3600.0  # seconds; wakes now and then, so that a system clock set meanwhile is noticed


def _system() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The machine's clock, which somebody may set."""

    def __init__(self, *, system: Callable[[], datetime] = _system) -> None:
        self._system = system

    def now(self) -> datetime:
        """The time."""
        return self._system()

    async def sleep_until(self, moment: datetime) -> None:
        """Returns when it is that late, or where the clock was set back meanwhile: callers look again."""
        left = before = (moment - self.now()).total_seconds()
        while 0 < left <= before:
            await asyncio.sleep(min(left, _LONGEST_NAP))
            before, left = left, (moment - self.now()).total_seconds()


class ReplayClock:
    """Stands still until the stream says how late it is; never goes back."""

    def __init__(self) -> None:
        self._now = datetime(1970, 1, 1, tzinfo=UTC)
        self.told = asyncio.Event()  # the stream has said how late it is
        self._sleeping: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The newest time the stream has told."""
        return self._now

    def set(self, moment: datetime) -> None:
        """The stream says so. An earlier time is not heeded."""
        if moment <= self._now:
            return
        self._now = moment
        self.told.set()
        due = [future for wanted, future in self._sleeping if wanted <= moment]
        self._sleeping = [(wanted, future) for wanted, future in self._sleeping if wanted > moment]
        for future in due:
            if not future.done():
                future.set_result(None)

    async def sleep_until(self, moment: datetime) -> None:
        """Returns when the stream is that late."""
        if moment > self._now:
            future = asyncio.get_running_loop().create_future()
            self._sleeping.append((moment, future))
            try:
                await future
            finally:
                self._sleeping = [entry for entry in self._sleeping if entry[1] is not future]


class DemoClock:
    """Begins `behind` the system's clock and runs `speed` times as fast until it has caught up, then along with it."""

    def __init__(
        self, *, behind: timedelta = timedelta(hours=24), speed: float = 60.0, system: Callable[[], datetime] = _system
    ) -> None:
        self._system = system
        self._began = system()
        self._behind = behind
        self._speed = speed

    def now(self) -> datetime:
        """The demo's time: never ahead of the system's."""
        return self._at(self._system())

    def _at(self, real: datetime) -> datetime:
        return min(real, self._began - self._behind + (real - self._began) * self._speed)

    async def sleep_until(self, moment: datetime) -> None:
        """Returns when the demo is that late."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110  # a clock is what this sleeps on
            await asyncio.sleep(min(self._real(left), _LONGEST_NAP))

    def _real(self, left: float) -> float:
        """System seconds until `left` demo seconds have passed; at least one millisecond: rounding cannot spin."""
        real = self._system()
        caught_up = self._at(real) == real
        return max(left if caught_up else left / self._speed, 0.001)
