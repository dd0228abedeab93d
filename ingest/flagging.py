"""What became of deliveries goes to the intake log, for the store to follow, and into the books.

One group after the other: written again, outcomes could stand in two segments and be booked twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from ingest.errors import LogUnavailableError
from ingest.flagged import Flagged
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.ports import Books, IntakeLog

MANY = 1000  # outcomes held before they go to the log though more is to be walked; as many again are on their way


class Flagging:
    """Holds outcomes until `begin` or `finish`. `stored_on` hears that there are more in the log."""

    def __init__(self, *, log: IntakeLog, books: Books, health: Health, stored_on: Callable[[], None]) -> None:
        self._intake = log
        self._books = books
        self._health = health
        self._stored_on = stored_on
        self._held: list[Flagged] = []
        self._on_its_way: asyncio.Task[None] | None = None
        self._unbooked = False  # whether some of it may not be in the books yet

    def hold(self, flagged: Flagged) -> None:
        """The next one."""
        self._held.append(flagged)

    def pass_over(self, position: int) -> None:
        """Those up to there are in the log already."""
        self._held = [item for item in self._held if item.position > position]

    @property
    def full(self) -> bool:
        """Whether it should begin."""
        return len(self._held) >= MANY

    async def begin(self) -> None:
        """Once the group before is through. The walk may go on meanwhile: the disk takes its time."""
        await self._through()
        held, self._held = self._held, []
        if held:
            self._on_its_way = asyncio.create_task(self._write(held, at_once=False))
            self._unbooked = True

    async def finish(self) -> None:
        """Returns when all of it is in the log and in the books."""
        await self._through()
        held, self._held = self._held, []
        if held or self._unbooked:
            self._on_its_way = asyncio.create_task(self._write(held, at_once=True))
            await self._through()
            self._unbooked = False

    async def cancel(self) -> None:
        """Lets go of what is on its way: the log is walked again from the last checkpoint."""
        if self._on_its_way is not None:
            self._on_its_way.cancel()
            await asyncio.wait([self._on_its_way])

    async def _through(self) -> None:
        if self._on_its_way is not None:
            await self._on_its_way
            self._on_its_way = None

    async def _write(self, flagged: Sequence[Flagged], *, at_once: bool) -> None:
        """Into the books `at_once`, or with what comes next: a few accounts for thousands of deliveries."""
        refused = (LogUnavailableError,)
        if flagged:
            await insist(partial(self._intake.append, (), flagged), health=self._health, part=Trouble.LOG, on=refused)
        book = partial(self._books.receive, flagged, at_once=at_once)
        await insist(book, health=self._health, part=Trouble.BOOKS, on=refused)
        self._stored_on()
