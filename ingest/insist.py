"""Doing what must be done until it is done: the one place where intake tries again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ingest.backoff import Backoff
from ingest.errors import StorePermanentError, StoreUnavailableError
from ingest.health import Health, Trouble
from ingest.shortages import shortage_of

Result = TypeVar("Result")


async def insist(
    work: Callable[[], Awaitable[Result]], *, health: Health, part: Trouble, on: tuple[type[Exception], ...]
) -> Result:
    """The result of `work`, tried again after each error of `on` for as long as it takes; `health` hears of it."""
    backoff = Backoff()
    while True:
        try:
            result = await work()
        except on as error:
            health.trouble(part, str(error), shortage_of(error), lasting=isinstance(error, StorePermanentError))
            told = error.retry_after if isinstance(error, StoreUnavailableError) else None
            await asyncio.sleep(told.total_seconds() if told else backoff.next())
        else:
            health.well(part)
            return result
