"""The one thread on which book and journal live: the order of calls is the order of steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

ResultT = TypeVar("ResultT")


class Worker:
    """Opened and closed by the runner."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None

    def open(self) -> None:
        """Starts the thread with the first call."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def close(self) -> None:
        """Waits for the step under way. Twice is harmless."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            self._thread = None

    async def __call__(self, function: Callable[[], ResultT], /) -> ResultT:
        """Runs it there. Cancelling the wait does not stop a function that has begun."""
        assert self._thread is not None, "enter Alerting first"
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)
