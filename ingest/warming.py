"""The past that walk and rules lack at start-up, read back from the store while intake runs.

A few stations at a time, tried for as long as the store is away; live readings have their turn between them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from ingest.errors import StoreUnavailableError
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.pipeline import Pipeline
from ingest.ports import ReadingStore

_log = logging.getLogger(__name__)
_TOGETHER = 10  # stations in one question: an answer of about a megabyte


class Warming:
    """`run()` once, as a task.

    `memory` says how many readings of each series are worth reading, and how far back: as the rules of now have it.
    """

    def __init__(
        self,
        *,
        store: ReadingStore,
        pipeline: Pipeline,
        stations: Sequence[str],
        memory: Callable[[], tuple[int, timedelta]],
        health: Health,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._stations = stations
        self._memory = memory
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
            most, reach = self._memory()
            asked = partial(self._store.newest, some, owed.until - reach, owed.until, most=most)
            found = await insist(asked, health=self._health, part=Trouble.PAST, on=(StoreUnavailableError,))
            await self._pipeline.recall(some, found)
            values += sum(len(series.readings) for series in found)
            self._read += len(some)
        self._pipeline.recalled()
        if values:
            _log.info("warmed up: %d readings of before read back from the store", values)
