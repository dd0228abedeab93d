"""Server-sent events: tells the open pages that something changed. What changed they fetch themselves.

Bounded: a fixed number of listeners, one pending revision each, and a longest life after which the browser comes back
by itself. Ends when the client leaves, when `closing` is set, or with the task it runs in.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from alerts.console.ports import Desk

HEARTBEAT = 15.0  # seconds; below the 30 to 60 s after which proxies drop a quiet connection
LONGEST = 900.0  # seconds


class Listeners:
    """How many pages may listen at once."""

    __slots__ = ("_most", "count")

    def __init__(self, *, most: int = 64) -> None:
        self._most = most
        self.count = 0

    @property
    def full(self) -> bool:
        """Whether one more would be too many."""
        return self.count >= self._most


class EventStream(Response):
    """One page's stream. Only the name and the call of `Response` are used: it writes its own head and body."""

    def __init__(
        self,
        *,
        desk: Desk,
        listeners: Listeners,
        closing: asyncio.Event,
        heartbeat: float = HEARTBEAT,
        longest: float = LONGEST,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._listeners = listeners
        self._closing = closing
        self._heartbeat = heartbeat
        self._longest = longest
        self._revision: int | None = None
        self._over = False
        self._woken = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Speaks until it is over. A client that has gone is no error."""
        self._listeners.count += 1
        try:
            async with asyncio.TaskGroup() as group:
                sides = [
                    group.create_task(self._follow(), name="console-events-follow"),
                    group.create_task(self._until_gone(receive), name="console-events-gone"),
                    group.create_task(self._until_closing(), name="console-events-closing"),
                ]
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._longest):
                        await self._speak(send)
                for side in sides:
                    side.cancel()
        finally:
            self._listeners.count -= 1

    async def _speak(self, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _say(send, "retry: 3000\n\n")
        while not self._over:
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self._woken.wait()
            except TimeoutError:
                await _say(send, ": still here\n\n")
                continue
            self._woken.clear()
            if self._revision is not None:
                revision, self._revision = self._revision, None
                await _say(send, f"event: changed\nid: {revision}\ndata: {revision}\n\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _follow(self) -> None:
        async for revision in self._desk.subscribe():
            self._revision = revision
            self._woken.set()
        self._end()

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._end()

    async def _until_closing(self) -> None:
        await self._closing.wait()
        self._end()

    def _end(self) -> None:
        self._over = True
        self._woken.set()


async def _say(send: Send, words: str) -> None:
    await send({"type": "http.response.body", "body": words.encode(), "more_body": True})
