"""The keeper of the intake log: tells it now and then what nobody needs any more, more often where room is short."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from ingest.errors import LogUnavailableError
from ingest.health import Health, Trouble
from ingest.insist import insist
from ingest.ports import Books, Retained

_EVERY = 60.0  # s; retention counts in days
_SOON = 2.0  # s, while room is short


class Checkpointing(Protocol):
    """Who writes checkpoints."""

    @property
    def checkpointed(self) -> int:
        """Position of the newest checkpoint on disk."""
        ...

    def checkpoint_soon(self) -> None:
        """One is wanted before its time. Never blocks."""
        ...


class Keeper:
    """One loop."""

    def __init__(
        self,
        *,
        log: Retained,
        books: Books,
        checkpointing: Checkpointing,
        health: Health,
        soon: float = _SOON,
    ) -> None:
        self._intake = log
        self._books = books
        self._checkpointing = checkpointing
        self._health = health
        self._soon = soon

    async def run(self) -> None:
        """Forever."""
        while True:
            if await insist(self.look, health=self._health, part=Trouble.RETENTION, on=(LogUnavailableError,)):
                with suppress(TimeoutError):
                    async with asyncio.timeout(_EVERY):
                        await self._intake.crowded()
            else:
                await asyncio.sleep(self._soon)

    async def look(self) -> bool:
        """Once; whether there is room. Raises `LogUnavailableError`."""
        done = min([await self._books.position(name) for name in ("received", "stored")])
        checkpointed = self._checkpointing.checkpointed
        roomy = await self._intake.retain(min(done, checkpointed))
        if not roomy and checkpointed < done:
            self._checkpointing.checkpoint_soon()
        return roomy
