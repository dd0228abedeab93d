"""TCP between two processes, with the faults of networks: cut, refused, black hole, half-open, delay, slow.

In a thread with an event loop of its own; the test drives it. A connection that is half-open looks well to both
ends and carries nothing any more, as behind a firewall that has forgotten it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Result = TypeVar("Result")

_CHUNK = 64 * 1024
_PATIENCE = 10.0  # s, for the loop to do as it is told


class Way(StrEnum):
    """What becomes of connections, those that are there and those to come."""

    OPEN = "open"
    REFUSED = "refused"  # taken and closed at once
    BLACK_HOLE = "black_hole"  # taken, and nothing comes through


@dataclass(eq=False)
class _Pair:
    """One connection through the proxy."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter | None = None
    dead: bool = False

    def close(self) -> None:
        """Both ends notice."""
        for writer in (self.near, self.far):
            if writer is not None:
                writer.close()


class FaultProxy:
    """Made by `fault_proxy`. Every method has taken effect when it returns."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._way = Way.OPEN
        self._delay = 0.0
        self._rate = 0.0
        self.port = 0

    def open(self) -> None:
        """Well again. What was half-open stays so, until one of its ends gives up."""
        self._do(lambda: self._set(Way.OPEN, delay=0.0, rate=0.0))

    def cut(self) -> None:
        """Closes every connection; new ones are taken."""
        self._do(self._close)

    def refuse(self) -> None:
        """Closes every connection, and new ones at once."""

        def shut() -> None:
            self._set(Way.REFUSED)
            self._close()

        self._do(shut)

    def black_hole(self) -> None:
        """Nothing comes through any more, on old connections and new ones; nobody is told."""

        def swallow() -> None:
            self._set(Way.BLACK_HOLE)
            self._kill()

        self._do(swallow)

    def half_open(self) -> None:
        """Connections that are there are dead without a word; new ones are well."""
        self._do(self._kill)

    def delay(self, seconds: float) -> None:
        """Everything comes so much later."""
        self._do(lambda: self._set(Way.OPEN, delay=seconds))

    def slow(self, rate: float) -> None:
        """At most so many bytes a second each way."""
        self._do(lambda: self._set(Way.OPEN, rate=rate))

    @property
    def connections(self) -> int:
        """How many are carried now."""
        return sum(not pair.dead for pair in self._pairs)

    def _set(self, way: Way, *, delay: float | None = None, rate: float | None = None) -> None:
        self._way = way
        self._delay = self._delay if delay is None else delay
        self._rate = self._rate if rate is None else rate

    def _close(self) -> None:
        for pair in list(self._pairs):
            pair.close()

    def _kill(self) -> None:
        """The far end is closed, as by a server that gave up; the near end hears nothing of it."""
        for pair in self._pairs:
            pair.dead = True
            if pair.far is not None:
                pair.far.transport.abort()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        pair = _Pair(writer, dead=self._way is Way.BLACK_HOLE)
        self._pairs.add(pair)
        try:
            if self._way is not Way.REFUSED:
                await self._carry(pair, reader)
        except OSError:
            pass  # one of the ends broke: the other is closed below
        finally:
            pair.close()
            for one in (pair.near, pair.far):
                if one is not None:
                    with suppress(OSError):
                        await one.wait_closed()
            self._pairs.discard(pair)
            self._tasks.discard(task)

    async def _carry(self, pair: _Pair, reader: asyncio.StreamReader) -> None:
        if pair.dead:
            await self._pump(pair, reader, pair.near)  # read, so that its end is noticed; nothing is written
        else:
            await self._both(pair, reader)

    async def _both(self, pair: _Pair, reader: asyncio.StreamReader) -> None:
        far_reader, pair.far = await asyncio.open_connection("127.0.0.1", self._upstream)
        ways = [
            asyncio.create_task(self._pump(pair, reader, pair.far)),
            asyncio.create_task(self._pump(pair, far_reader, pair.near)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if pair.dead:
                await ways[0]
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            if self._delay:
                await asyncio.sleep(self._delay)
            if self._rate:
                await asyncio.sleep(len(data) / self._rate)
            if pair.dead:
                continue  # swallowed; the end of this connection is still to be seen
            writer.write(data)
            with suppress(ConnectionError):
                await writer.drain()

    async def _shut(self) -> None:
        assert self._server is not None
        self._server.close()
        self._close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next turn

    def _do(self, step: Callable[[], None]) -> None:
        async def done() -> None:
            step()

        self._wait(done())

    def _wait(self, work: Coroutine[None, None, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)


@contextmanager
def fault_proxy(upstream: int) -> Iterator[FaultProxy]:
    """One before that port of loopback while the block lasts."""
    proxy = FaultProxy(upstream)
    thread = threading.Thread(target=proxy._loop.run_forever, name="fault-proxy")
    thread.start()
    try:
        proxy._wait(proxy._listen())
        yield proxy
        proxy._wait(proxy._shut())
    finally:
        proxy._loop.call_soon_threadsafe(proxy._loop.stop)
        thread.join()
        proxy._loop.close()
