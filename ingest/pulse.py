"""Measurements `service` and `station`: how the service and each station are, once a minute, for dashboards.

The same figures as `/metrics`, and what the console shows of stations. What cannot be written is not made up for: it
would say how things were.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from ingest.errors import StoreError, StorePermanentError
from ingest.metrics import Family
from ingest.moments import EPOCH, MICROSECOND
from ingest.points import Point
from ingest.ports import Clock, ReadingStore
from ingest.standing import Heard, service_point, station_point

EVERY = timedelta(minutes=1)  # of the service's clock; Grafana's shipped rules look at five minutes
_log = logging.getLogger(__name__)


class Gravest(Protocol):
    """What is asked of the alerting side."""

    async def gravest(self) -> Mapping[str, int]:
        """By subject, the rank (1 to 4) of its gravest open warning. Raises one of `unavailable`."""
        ...

    @property
    def unavailable(self) -> tuple[type[Exception], ...]: ...


class Pulse:
    """One loop. Of stations only what has changed is written; of each one point an hour is kept, the newest."""

    def __init__(
        self,
        *,
        figures: Callable[[], Awaitable[Sequence[Family]]],
        stations: Callable[[], Iterable[Heard]],
        warned: Gravest,
        console: Callable[[], str],
        store: ReadingStore,
        clock: Clock,
    ) -> None:
        self._figures = figures
        self._stations = stations
        self._warned = warned
        self._console = console
        self._store = store
        self._clock = clock
        self._written: dict[str, Point] = {}

    async def run(self) -> None:
        """Forever."""
        while True:
            await self._clock.sleep_until(self._clock.now() + EVERY)
            await self.write()

    async def write(self) -> None:
        """How it is now."""
        now = (self._clock.now() - EPOCH) // MICROSECOND
        if now <= 0:
            return  # a replayed clock that has not been told what time it is
        trouble: tuple[type[Exception], ...] = (StoreError, *self._warned.unavailable)
        try:
            ranks, console = await self._warned.gravest(), self._console()
            heard = {one.place.id: station_point(one, ranks, console, now) for one in self._stations()}
            news = {id_: point for id_, point in heard.items() if self._written.get(id_) != point}
            await self._store.write_points([service_point(await self._figures(), now), *news.values()])
            self._written = heard
        except StorePermanentError as error:  # its bucket may not be that of the readings: nobody else would tell
            _log.warning("the pulse is not written to the store until a person acts: %s", error)
        except trouble as error:
            _log.debug("the pulse is not written to the store now: %s", error)
