"""One connection to a broker that has much to say: it is alive, however late it answers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from ingest.adapters.mqtt import MqttSource
from ingest.adapters.mqtt_link import BrokerAddress, Link
from ingest.ports import Arrived
from tests.support.packets import publish_packet

PATIENCE = 30.0  # s
KEEPALIVE = 30  # s
CONNACK = b"\x20\x02\x00\x00"
TOPIC = "clearwarn/v1/air/a/reading"
_START = 1000.0  # of the clock that paho looks at


class Talker:
    """Says what the test has it say, and answers nothing but CONNECT."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.left = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        await reader.read(1024)
        writer.write(CONNACK)
        while await reader.read(1024):
            pass
        writer.close()
        await writer.wait_closed()
        self.left.set()

    async def say(self, number: int) -> None:
        """A message, until it has been taken."""
        assert self._writer is not None
        self.arrived.clear()
        self._writer.write(publish_packet(TOPIC, b"1", number))
        await self.arrived.wait()

    def take(self, _message: Arrived) -> bool:
        self.arrived.set()
        return True


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Talker, Link]]:
    """A link that is open while the block lasts."""
    broker = Talker()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = BrokerAddress(host="127.0.0.1", port=port, client_id="intake", keepalive=KEEPALIVE)
    link = Link(address, MQTTProtocolVersion.MQTTv311, broker.take)
    async with asyncio.timeout(PATIENCE), server:
        try:
            await link.open()
            yield broker, link
        finally:
            link.close()
            await broker.left.wait()


@pytest.mark.parametrize("talks", [True, False])
async def test_link_a_broker_that_goes_on_sending_is_there(monkeypatch: pytest.MonkeyPatch, *, talks: bool) -> None:
    """Its answer to a ping stands in a queue behind its messages; one that sends nothing at all is gone."""
    now = [_START]
    monkeypatch.setattr("paho.mqtt.client.time_func", lambda: now[0])
    async with linked() as (broker, link):
        for number in range(1, 5):
            now[0] += KEEPALIVE - 1
            if talks:
                await broker.say(number)
            now[0] += 2
            link.client.loop_misc()
        assert (link.client.socket() is not None) == talks


async def test_link_an_answer_may_come_late_while_the_broker_speaks() -> None:
    """Patience is for silence: nobody who says something is asked again and again on new connections."""
    async with linked() as (_, link):
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        link._heard = asyncio.get_running_loop().time() + PATIENCE
        waiting = asyncio.ensure_future(link._first(answer, "no answer", 0.0))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        answer.set_result(0)
        await waiting
        link._heard = 0.0
        with pytest.raises(TimeoutError, match="no answer"):
            await link._first(asyncio.get_running_loop().create_future(), "no answer", 0.0)


async def test_source_that_is_full_again_and_again_does_not_stall() -> None:
    """A backlog is taken bit by bit, and the connection kept for it; it stalls where nothing is taken any more."""
    address = BrokerAddress(host="127.0.0.1", port=1, client_id="intake")
    source = MqttSource(address=address, subscriptions=[], most_waiting=2)
    fill = [source._take(Arrived(TOPIC, b"1", None)) for _ in range(2)]
    assert (fill, source.stalls()) == ([True, False], True)
    await source.receive()
    assert [source._take(Arrived(TOPIC, b"1", None)) for _ in range(2)] == [True, False]
    assert [source.stalls() for _ in range(3)] == [False, True, True]
