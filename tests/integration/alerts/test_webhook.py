"""The webhook against a real HTTP server on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import orjson
import pytest

from alerts.errors import ChannelRefusedError, ChannelUnavailableError
from alerts.notifications import Language
from alerts.notify.channel import Message
from alerts.notify.webhook import WebhookNotifier
from tests.support.alerts_people import NOON
from tests.support.tcp_server import listening

SECRET = "钥匙"


@dataclass
class Receiver:
    """Answers each request with the given bytes; keeps what came."""

    answer: bytes | None
    port: int = 0
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        self.requests.append((headers, await reader.readexactly(int(headers["content-length"]))))
        if self.answer is None:
            await reader.read()  # until the other side has had enough
        else:
            writer.write(self.answer)
            await writer.drain()


@asynccontextmanager
async def a_receiver(status: str | None, *headers: str) -> AsyncIterator[Receiver]:
    lines = [f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close", *headers, "", ""]
    receiver = Receiver(None if status is None else "\r\n".join(lines).encode() if status else b"")
    async with listening(receiver.serve) as receiver.port:
        yield receiver


def a_message(port: int, **changes: object) -> Message:
    given: dict[str, object] = {
        "key": "k-1",
        "warning": "w-1",
        "person": "chen",
        "address": f"http://127.0.0.1:{port}/hook?room=1",
        "language": Language.ZH,
        "subject": "橙色",
        "text": "氨氮",
        "payload": {"version": 1, "warning": {"id": "w-1"}},
        "attempted_at": NOON,
    }
    return Message(**(given | changes))  # type: ignore[arg-type]  # a builder with defaults


async def send(message: Message, *, timeout: float = 5, secrets: dict[str, str] | None = None) -> str:  # noqa: ASYNC109 - of the client
    async with httpx.AsyncClient(timeout=timeout, trust_env=False) as client:
        return await WebhookNotifier(client=client, secrets={"chen": SECRET} if secrets is None else secrets).send(
            message
        )


async def test_webhook_signs_what_it_sends() -> None:
    """The receiver can verify body and time with the shared secret, and knows a repeat by its key."""
    async with a_receiver("204 No Content") as receiver:
        assert await send(a_message(receiver.port, may_be_repeat=True)) == "HTTP 204"
    ((headers, body),) = receiver.requests
    signed = headers["clearwarn-timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["clearwarn-signature"] == f"v1={expected}"
    assert headers["clearwarn-timestamp"] == str(int(NOON.timestamp()))
    assert headers["idempotency-key"] == "k-1"
    assert headers["content-type"] == "application/json"
    assert orjson.loads(body) == {"version": 1, "warning": {"id": "w-1"}, "key": "k-1", "may_be_repeat": True}


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "301 Moved Permanently", "410 Gone"])
async def test_webhook_is_refused_for_good(status: str) -> None:
    """The same request would be refused again; a redirect is not followed."""
    async with a_receiver(status, "Location: http://127.0.0.1:1/") as receiver:
        with pytest.raises(ChannelRefusedError, match=status[:3]):
            await send(a_message(receiver.port))
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("status", "header", "retry_after"),
    [
        ("503 Service Unavailable", "Retry-After: 120", timedelta(seconds=120)),
        ("429 Too Many Requests", "Retry-After: Mon, 23 Nov 2026 04:01:00 GMT", timedelta(seconds=60)),
        ("429 Too Many Requests", "Retry-After: Mon, 23 Nov 2020 04:01:00 GMT", timedelta(0)),
        ("500 Internal Server Error", "Retry-After: soon", None),
        ("502 Bad Gateway", "Retry-After: 99999999999999999999", None),
        ("408 Request Timeout", "X-Nothing: 1", None),
    ],
)
async def test_webhook_is_to_be_tried_again(status: str, header: str, retry_after: timedelta | None) -> None:
    """Not before the receiver asks for it, where it asks in a way that can be understood."""
    async with a_receiver(status, header) as receiver:
        with pytest.raises(ChannelUnavailableError) as caught:
            await send(a_message(receiver.port))
    assert (caught.value.retry_after, caught.value.perhaps_delivered) == (retry_after, False)


@pytest.mark.parametrize("status", [None, ""])
async def test_webhook_without_an_answer_may_have_arrived(status: str | None) -> None:
    """Silence, or a closed connection, after the request went out."""
    async with a_receiver(status) as receiver:
        with pytest.raises(ChannelUnavailableError) as caught:
            await send(a_message(receiver.port), timeout=0.2)
    assert caught.value.perhaps_delivered


async def test_webhook_that_cannot_connect_has_not_arrived() -> None:
    """Nobody listens there."""
    async with a_receiver("200 OK") as receiver:
        pass
    with pytest.raises(ChannelUnavailableError) as caught:
        await send(a_message(receiver.port))
    assert not caught.value.perhaps_delivered


async def test_webhook_without_a_secret_sends_nothing() -> None:
    """Unsigned is not sent."""
    async with a_receiver("200 OK") as receiver:
        with pytest.raises(ChannelRefusedError):
            await send(a_message(receiver.port), secrets={})
    assert receiver.requests == []
