"""The past that walk and rules lack at start-up, read back from the store while intake runs.

A few stations at a time, tried for as long as the store is away; live readings have their turn between them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from ingest.errors import StoreUnavailableError
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.model import Period
from ingest.pipeline import Pipeline
from ingest.ports import ReadingStore, StoredReading, StoredSeries
from ingest.series import REMEMBERED

_log = logging.getLogger(__name__)
_TOGETHER = 10  # stations in one question: an answer of about a megabyte


class Evaluator(Protocol):
    """What the past is read back for."""

    @property
    def depth(self) -> int:
        """How many readings of a series are worth it, where they come hourly or less often."""
        ...

    @property
    def reach(self) -> timedelta:
        """How far back they lie."""
        ...

    def makes_hours(self, parameter: str, period: str) -> bool:
        """Whether hours are worked out from readings of that parameter and period."""
        ...


class Warming:
    """`run()` once, as a task.

    How many readings of each series are worth reading, and how far back, is as the rules of now have it. Where hours
    are worked out from finer readings, those are read as they were, in place of sixty times as many.
    """

    def __init__(
        self,
        *,
        store: ReadingStore,
        pipeline: Pipeline,
        stations: Sequence[str],
        evaluator: Evaluator,
        health: Health,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._stations = stations
        self._evaluator = evaluator
        self._health = health
        self._read = 0

    @property
    def said(self) -> str:
        """How far it is; empty where nothing is lacking."""
        if self._pipeline.owed is None:
            return ""
        return f"warming up: the past of {self._read} of {len(self._stations)} stations is read back from the store"

    async def run(self) -> None:
        """Ends when nothing is lacking any more."""
        owed = self._pipeline.owed
        if owed is None:
            return
        values = 0
        for at in range(0, len(self._stations), _TOGETHER):
            some = self._stations[at : at + _TOGETHER]
            most, reach = max(self._evaluator.depth, REMEMBERED), self._evaluator.reach
            asked = partial(self._store.newest, some, owed.until - reach, owed.until, most=most)
            found = await insist(asked, health=self._health, part=Trouble.PAST, on=(StoreUnavailableError,))
            found = [*found, *[hours async for hours in self._hours(found, owed.until - reach, owed.until)]]
            await self._pipeline.recall(some, found)
            values += sum(len(series.readings) for series in found)
            self._read += len(some)
        self._pipeline.recalled()
        if values:
            _log.info("warmed up: %d readings of before read back from the store", values)

    async def _hours(
        self, found: Sequence[StoredSeries], start: datetime, end: datetime
    ) -> AsyncIterator[StoredSeries]:
        """The hours that were worked out from finer readings."""
        for station, parameter in dict.fromkeys(
            (series.station, series.parameter)
            for series in found
            if self._evaluator.makes_hours(series.parameter, series.period)
        ):
            asked = partial(self._store.indices, station, parameter, Period.HOUR.value, start, end)
            indices = await insist(asked, health=self._health, part=Trouble.PAST, on=(StoreUnavailableError,))
            yield StoredSeries(
                station=station,
                parameter=parameter,
                period=Period.HOUR.value,
                readings=[
                    StoredReading(instant=one.instant, value=one.value, flag=one.flag, reason="") for one in indices
                ],
                worked_out=True,
            )
