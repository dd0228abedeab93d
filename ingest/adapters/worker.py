"""One named thread for blocking work, awaited from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

Result = TypeVar("Result")
Given = TypeVarTuple("Given")


class Worker:
    """Runs one call at a time, in order. A SQLite connection used only here is used by one thread only."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def __call__(self, work: Callable[[*Given], Result], *given: *Given) -> Result:
        """Its result. Cancelling the wait does not stop the work: it is finished, and its result dropped."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)

    def close(self) -> None:
        """Finishes what was begun."""
        self._pool.shutdown()
