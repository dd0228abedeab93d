"""The store writer: follows the intake log at its own pace. A store that is down or slow only means that it lags.

What the store refuses for good goes to quarantine with its reason, the rest of the batch is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from ingest.errors import LogUnavailableError, StorePermanentError, StoreRefusedError, StoreUnavailableError
from ingest.flagged import Flagged, Refusal
from ingest.health import Health, Trouble
from ingest.insist import Result, insist
from ingest.model import Delivery, Reason
from ingest.ports import Books, IntakeLog, ReadingStore

_LULL = 0.2  # of the time a batch may wait: where no more comes for so long, there is nothing to wait for
BATCH = 5000  # deliveries in one call of the store: the more, the fewer pages are written twice


class StoreWriter:
    """One loop. `wake()` says that there is more.

    A call of the store holds up to `batch` deliveries or a little more. Fewer wait `within` for others, unless
    somebody waits for all of it to be stored.
    """

    def __init__(
        self,
        *,
        log: IntakeLog,
        store: ReadingStore,
        books: Books,
        health: Health,
        batch: int = BATCH,
        within: timedelta = timedelta(0),
    ) -> None:
        self._intake = log
        self._store = store
        self._books = books
        self._health = health
        self._batch = batch
        self._within = within.total_seconds()
        self._hurried = 0  # how many wait for everything to be stored
        self._news = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._settled = 0
        self._advanced = asyncio.Event()  # another one each time

    def wake(self) -> None:
        """There is more in the log."""
        self._caught_up.clear()
        self._news.set()

    async def caught_up(self) -> None:
        """Returns when everything in the log is stored and booked; no batch waits to be filled meanwhile."""
        self._hurried += 1
        self._news.set()
        try:
            await self._caught_up.wait()
        finally:
            self._hurried -= 1

    async def settled(self, position: int) -> None:
        """Returns when everything up to that position is stored and booked."""
        while self._settled < position:
            await self._advanced.wait()

    async def run(self) -> None:
        """Forever."""
        position = self._settled = await self._books.position("stored")
        while True:
            self._news.clear()
            if self._intake.last_flagged <= position:
                self._caught_up.set()
                await self._news.wait()
                continue
            await self._filled(position)
            self._news.clear()
            batch = await self._surely(partial(self._intake.read_flagged, position, self._batch))
            if not batch:
                if not self._news.is_set():  # said while we were reading
                    self._caught_up.set()
                await self._news.wait()
                continue
            await self._settle(batch, await self._write(batch))
            position = self._settled = batch[-1].position
            self._advanced.set()
            self._advanced = asyncio.Event()

    async def _filled(self, position: int) -> None:
        """Until what waits is a batch, the first of it is old enough, no more comes, or somebody is in a hurry."""
        if not self._within:
            return
        lull = _LULL * self._within
        try:
            async with asyncio.timeout(self._within):
                while not self._hurried and self._intake.last_flagged - position < self._batch:
                    self._news.clear()
                    async with asyncio.timeout(lull):
                        await self._news.wait()
        except TimeoutError:
            return

    async def _write(self, batch: Sequence[Flagged]) -> Mapping[int, Sequence[Refusal]]:
        """Until all of it is stored or refused; the refusals by position."""
        left = [item for item in batch if item.groups or item.corrected or item.indices or item.summaries]
        refused: dict[int, Sequence[Refusal]] = {}
        retried = (StoreUnavailableError, StorePermanentError)
        while left:
            try:
                await insist(partial(self._store.write, left), health=self._health, part=Trouble.STORE, on=retried)
            except StoreRefusedError as error:
                for index, reason in error.indexes.items():
                    refused[left[index].position] = _refusals(left[index], reason)
                left = [item for index, item in enumerate(left) if index not in error.indexes]
            else:
                break
        return refused

    async def _settle(self, batch: Sequence[Flagged], refused: Mapping[int, Sequence[Refusal]]) -> None:
        deliveries = await self._bytes(batch, refused)
        await self._surely(partial(self._books.settle, batch, deliveries, refused), Trouble.BOOKS)

    async def _surely(self, work: Callable[[], Awaitable[Result]], part: Trouble = Trouble.LOG) -> Result:
        """What must be done with log or books, until it is done."""
        return await insist(work, health=self._health, part=part, on=(LogUnavailableError,))

    async def _bytes(
        self, batch: Sequence[Flagged], refused: Mapping[int, Sequence[Refusal]]
    ) -> Mapping[int, Delivery]:
        """The deliveries of which something goes to quarantine."""
        found: dict[int, Delivery] = {}
        for item in batch:
            if item.redrives is None and (item.refusals or item.position in refused):
                delivery = await self._surely(partial(self._intake.delivery, item.position))
                if delivery is not None:
                    found[item.position] = delivery
        return found


def _refusals(item: Flagged, reason: str) -> Sequence[Refusal]:
    return [
        (Reason.STORE_REFUSED.value, reason, parameter, 1) for _, _, values in item.groups for parameter, *_ in values
    ]
