"""HTTP before a real server, with the faults of servers and proxies: an answer of its own, late, or half a truth.

In a thread with an event loop of its own; the test sets what is to happen to the requests that come from then on.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, web

_PATIENCE = 10.0  # s, for the loop to do as it is told
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said in place of the server."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


UNAUTHORIZED = Answer(status=401, body='{"code": "unauthorized", "message": "unauthorized access"}')
READ_ONLY = Answer(status=403, body='{"code": "forbidden", "message": "insufficient permissions for write"}')
BROKEN = Answer(status=500, body='{"code": "internal error", "message": "engine: write failed"}')
BUSY = Answer(status=503, headers={"Retry-After": "1"}, body='{"code": "unavailable", "message": "overloaded"}')


class HttpFaults:
    """Made by `http_faults`. `answer`: in place of the server, until it is None again. `delay`: s before each answer.

    `partial`: of that many writes to come half of the points go on, and the answer is 400 (in InfluxDB 1.8's words).
    `unanswered`: the server does its work, and nobody hears of it. `seen`: how many requests came.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.answer: Answer | None = None
        self.delay = 0.0
        self.partial = 0
        self.unanswered = 0
        self.seen = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        body = await request.read()  # aiohttp has unpacked it
        self.seen += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.answer is not None:
            return web.Response(status=self.answer.status, headers=self.answer.headers, body=self.answer.body)
        if self.partial and request.path.endswith("/write"):
            self.partial -= 1
            return await self._half(request, body)
        answer = await self._forward(request, body)
        if self.unanswered and request.path.endswith("/write"):
            self.unanswered -= 1
            assert request.transport is not None
            request.transport.abort()
        return answer

    async def _half(self, request: web.Request, body: bytes) -> web.Response:
        points = body.split(b"\n")
        kept = points[: len(points) // 2]
        if kept:
            await self._forward(request, b"\n".join(kept))
        said = f"partial write: points beyond retention policy dropped={len(points) - len(kept)}"
        # as a server that is short of memory: less than all of one point is none of it
        return web.Response(status=400 if kept else 503, body=json.dumps({"error": said}))

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        async with (
            ClientSession() as session,
            session.request(request.method, self._upstream + request.raw_path, data=body) as answer,
        ):
            return web.Response(status=answer.status, content_type=answer.content_type, body=await answer.read())


@contextmanager
def http_faults(upstream: str) -> Iterator[HttpFaults]:
    """One before that address while the block lasts."""
    faults = HttpFaults(upstream)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="http-faults")
    thread.start()
    runner: web.AppRunner | None = None

    async def listen() -> web.AppRunner:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", faults.handle)
        made = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await made.setup()
        site = web.TCPSite(made, "127.0.0.1", 0)
        await site.start()
        faults.port = made.addresses[0][1]
        return made

    async def close(opened: web.AppRunner) -> None:
        await opened.cleanup()
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next turn

    try:
        runner = asyncio.run_coroutine_threadsafe(listen(), loop).result(_PATIENCE)
        yield faults
    finally:
        if runner is not None:
            asyncio.run_coroutine_threadsafe(close(runner), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
