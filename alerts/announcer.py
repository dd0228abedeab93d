"""Wakes the pages that listen for changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Changes:
    """A growing revision. A slow listener misses numbers, never the last one; nothing is queued for it."""

    def __init__(self) -> None:
        self._revision = 0
        self._closed = False
        self._next = asyncio.Event()

    def changed(self) -> None:
        """Something a page shows has changed. On the event loop; never blocks, never raises."""
        self._revision += 1
        self._wake()

    def close(self) -> None:
        """Ends every listener's iteration."""
        self._closed = True
        self._wake()

    def changes(self) -> AsyncIterator[int]:
        """Yields the newest revision after each change from now on."""
        return self._follow(self._revision)

    async def _follow(self, seen: int) -> AsyncIterator[int]:
        while True:
            while seen == self._revision and not self._closed:
                await self._next.wait()
            if self._closed:
                return
            seen = self._revision
            yield seen

    def _wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()
