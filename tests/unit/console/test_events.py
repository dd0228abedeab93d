"""The stream that keeps pages fresh."""

import asyncio

import pytest
from starlette.types import Message, Scope

from alerts.console.events import EventStream, Listeners
from tests.support.console import FakeDesk, a_console

SCOPE: Scope = {"type": "http"}


class Client:
    """The other end of a stream: keeps what it is told, and leaves when asked to."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.left = asyncio.Event()
        self.ended = False

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.ended = not message["more_body"]
            await self.heard.put(message["body"].decode())


async def test_stream_tells_that_something_changed() -> None:
    """With the newest revision; the page fetches the rest."""
    desk, client, listeners = FakeDesk(), Client(), Listeners()
    stream = EventStream(desk=desk, listeners=listeners, closing=asyncio.Event())
    async with asyncio.TaskGroup() as group:
        group.create_task(stream(SCOPE, client.receive, client.send))
        assert await client.heard.get() == "retry: 3000\n\n"
        assert listeners.count == 1
        await desk.acknowledge("w-3f9a51c07b2e", person="lin")
        assert await client.heard.get() == "event: changed\nid: 1\ndata: 1\n\n"
        client.left.set()
    assert listeners.count == 0


async def test_stream_ends_when_the_service_stops() -> None:
    """Shutting down need not wait for pages that never leave."""
    closing, client = asyncio.Event(), Client()
    stream = EventStream(desk=FakeDesk(), listeners=Listeners(), closing=closing)
    closing.set()
    await stream(SCOPE, client.receive, client.send)
    assert client.ended


async def test_stream_says_that_it_lives() -> None:
    """A comment that a proxy counts as traffic and a browser ignores."""
    client = Client()
    stream = EventStream(desk=FakeDesk(), listeners=Listeners(), closing=asyncio.Event(), heartbeat=0.001)
    async with asyncio.TaskGroup() as group:
        group.create_task(stream(SCOPE, client.receive, client.send))
        await client.heard.get()
        assert await client.heard.get() == ": still here\n\n"
        client.left.set()


async def test_stream_has_a_longest_life() -> None:
    """Then the browser comes back by itself; nothing is held for ever."""
    client, listeners = Client(), Listeners()
    stream = EventStream(desk=FakeDesk(), listeners=listeners, closing=asyncio.Event(), longest=0.001)
    await stream(SCOPE, client.receive, client.send)
    assert listeners.count == 0


async def test_stream_frees_its_place_when_sending_fails() -> None:
    """A client that vanished in the middle of a word."""

    async def broken(message: Message) -> None:
        raise OSError

    listeners = Listeners()
    stream = EventStream(desk=FakeDesk(), listeners=listeners, closing=asyncio.Event())
    with pytest.raises(ExceptionGroup):
        await stream(SCOPE, Client().receive, broken)
    assert listeners.count == 0


async def test_events_are_refused_when_too_many_listen() -> None:
    """The pages then refresh on their own; the service is not worn down."""
    import httpx

    transport = httpx.ASGITransport(app=a_console(most_listeners=0))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
