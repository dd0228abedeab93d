"""Waiting for a moment of the service's clock, or for being rung, whichever comes first."""

from __future__ import annotations

import asyncio
from datetime import datetime

from alerts.ports import Clock


class Alarm:
    """One loop waits on it, anyone on the event loop rings it. A ring while nobody waits is not lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Ends the present wait, or the next one at once."""
        self._rung.set()

    async def wait(self, until: datetime | None) -> None:
        """Returns when rung, or when the clock has reached `until` (None: only when rung).

        May return early on a clock that jumped: callers look again.
        """
        if until is None:
            await self._rung.wait()
        elif not self._rung.is_set():
            sleeper = asyncio.create_task(self._clock.sleep_until(until), name="alarm-clock")
            bell = asyncio.create_task(self._rung.wait(), name="alarm-bell")
            try:
                await asyncio.wait({sleeper, bell}, return_when=asyncio.FIRST_COMPLETED)
                if sleeper.done():
                    sleeper.result()  # a broken clock must be seen, not turned into a loop that never waits
            finally:
                for task in (sleeper, bell):
                    task.cancel()
                await asyncio.gather(sleeper, bell, return_exceptions=True)
        self._rung.clear()
