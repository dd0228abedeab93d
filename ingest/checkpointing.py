"""When a checkpoint is written, and what is known of the newest one on disk."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from math import inf

from ingest.health import Health, Trouble
from ingest.ports import Checkpoint, Checkpoints
from ingest.shortages import shortage_of


class Checkpointing:
    """One that cannot be written is a trouble, and tried again when the next is due."""

    def __init__(self, *, checkpoints: Checkpoints, health: Health, every: timedelta) -> None:
        self._checkpoints = checkpoints
        self._health = health
        self._every = every.total_seconds()
        self._at = 0.0  # loop time of the last
        self.position = 0  # of the newest on disk

    async def load(self) -> Checkpoint | None:
        """The newest on disk."""
        return await self._checkpoints.load()

    def due(self, position: int) -> bool:
        """Whether it is time, now that the walk has come to `position`."""
        return position > self.position and asyncio.get_running_loop().time() - self._at >= self._every

    def soon(self) -> None:
        """The next is due at once."""
        self._at = -inf

    async def save(self, checkpoint: Checkpoint) -> None:
        """Raises `OSError`."""
        await self._checkpoints.save(checkpoint)
        self._health.well(Trouble.CHECKPOINT)
        self.position, self._at = checkpoint.position, asyncio.get_running_loop().time()

    async def try_to_save(self, checkpoint: Checkpoint) -> None:
        """Where it cannot be written, the one before it is still good."""
        try:
            await self.save(checkpoint)
        except OSError as error:
            self._health.trouble(Trouble.CHECKPOINT, str(error), shortage_of(error))
