"""A subscriber for tests: everything that a broker hands on, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiomqtt

from tests.support.mosquitto import Broker


@dataclass
class Heard:
    """What came so far."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, count: int, within: float = 60.0) -> list[tuple[str, bytes]]:
        """The messages, once there are `count` of them. Raises `TimeoutError`."""
        async with asyncio.timeout(within), self._came:
            await self._came.wait_for(lambda: len(self.messages) >= count)
        return self.messages

    async def note(self, topic: str, payload: bytes) -> None:
        """One more."""
        async with self._came:
            self.messages.append((topic, payload))
            self._came.notify_all()


@asynccontextmanager
async def listening(broker: Broker, topics: str = "#") -> AsyncIterator[Heard]:
    """Subscribed before the block begins."""
    heard = Heard()
    async with aiomqtt.Client(broker.host, broker.port) as client:
        await client.subscribe(topics, qos=1)

        async def listen() -> None:
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                await heard.note(str(message.topic), message.payload)

        task = asyncio.create_task(listen(), name="listen")
        try:
            yield heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
