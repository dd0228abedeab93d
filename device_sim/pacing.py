"""Clocks that devices live by: the time of the demonstration runs ahead until it reaches the real one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the district needs of time; the service's clock fits as it is."""

    def now(self) -> datetime:
        """Aware UTC. Never blocks."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Returns when `now()` has reached `moment`, or earlier: callers look again."""
        ...


def system_time() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class PacedClock:
    """Starts at `start` and runs at `speed`, but never past the machine's time: from there on at 1."""

    def __init__(
        self,
        *,
        start: datetime,
        speed: float,
        real: Callable[[], datetime] = system_time,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start = start
        self._speed = speed
        self._real = real
        self._seconds = seconds
        self._began = seconds()

    def now(self) -> datetime:
        """Simulated time."""
        run = timedelta(seconds=(self._seconds() - self._began) * self._speed)
        return min(self._start + run, self._real()) if self._speed > 1 else self._start + run

    async def sleep_until(self, moment: datetime) -> None:
        """At most ten seconds at once, so that a machine that was suspended catches up."""
        wait = (moment - self.now()).total_seconds() / max(self._speed, 1)
        await asyncio.sleep(min(max(wait, 0.0), 10.0))


class Throttle:
    """At most `rate` messages a second, evenly."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Returns when it is one's turn."""
        if not self._gap:
            return
        now = time.monotonic()
        self._next = max(self._next, now) + self._gap
        if self._next - self._gap > now:
            await asyncio.sleep(self._next - self._gap - now)
