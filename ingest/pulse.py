"""Measurement `service`: how the service itself is, once a minute, for dashboards and Grafana's few alert rules.

The same figures as `/metrics`. What cannot be written is not made up for: it would say how things were.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from ingest.errors import StoreError
from ingest.metrics import Family
from ingest.points import service_point
from ingest.ports import Clock, ReadingStore
from ingest.walk import EPOCH, MICROSECOND

EVERY = 60.0  # seconds; Grafana's shipped rules look at five minutes
_log = logging.getLogger(__name__)


class Pulse:
    """One loop."""

    def __init__(
        self,
        *,
        figures: Callable[[], Awaitable[Sequence[Family]]],
        store: ReadingStore,
        clock: Clock,
        every: float = EVERY,
    ) -> None:
        self._figures = figures
        self._store = store
        self._clock = clock
        self._every = every

    async def run(self) -> None:
        """Forever."""
        while True:
            await self.write()
            await asyncio.sleep(self._every)

    async def write(self) -> None:
        """One point, of now."""
        families = await self._figures()
        try:
            await self._store.write_points([service_point(families, (self._clock.now() - EPOCH) // MICROSECOND)])
        except StoreError as error:
            _log.debug("the pulse is not written to the store now: %s", error)
