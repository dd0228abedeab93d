"""A TCP server on a free port that leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """Gives its port; at the end waits until every connection has been served and closed."""
    over: list[asyncio.Event] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = asyncio.Event()
        over.append(done)
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):  # the other side may be gone already
                await writer.wait_closed()
            done.set()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for done in over:
            await done.wait()
