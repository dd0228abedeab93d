"""MQTT intake against a broker that follows a script: what real ones do only now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ingest.adapters.mqtt import MqttSource
from ingest.adapters.mqtt_link import BrokerAddress
from ingest.errors import BrokerError

PATIENCE = 20.0  # s
CONNACK = b"\x20\x03\x00\x00\x00"  # version 5, accepted, no properties
CONNECT, PUBACK, SUBSCRIBE = 1, 4, 8  # packet types

Script = Callable[["Peer"], Awaitable[None]]


class Peer:
    """The broker's side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def heard(self, wanted: int) -> bytes:
        """The body of the next packet, which must be of that type."""
        first, length = await self._reader.readexactly(2)
        assert first >> 4 == wanted
        size, shift = length & 127, 7
        while length & 128:
            (length,) = await self._reader.readexactly(1)
            size, shift = size | (length & 127) << shift, shift + 7
        return await self._reader.readexactly(size)

    def say(self, packet: bytes) -> None:
        self._writer.write(packet)

    def publish(self, topic: bytes, payload: bytes, mid: int) -> None:
        body = len(topic).to_bytes(2, "big") + topic + mid.to_bytes(2, "big") + b"\x00" + payload
        self.say(b"\x32" + bytes([len(body)]) + body)


@asynccontextmanager
async def following(script: Script) -> AsyncIterator[MqttSource]:
    """A source connected to a broker of that script until the block ends; the script must come to its end."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await script(Peer(reader, writer))
        ended.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = BrokerAddress(host="127.0.0.1", port=port, client_id="intake")
    intake = MqttSource(address=address, subscriptions=["clearwarn/v1/#"])
    async with asyncio.timeout(PATIENCE), server, asyncio.TaskGroup() as group:
        running = group.create_task(intake.run())
        yield intake
        running.cancel()
        await ended.wait()


async def test_source_settles_before_suback() -> None:
    """A kept session's messages come first: a broker that waits for us to settle them must not wait for ever."""

    async def script(peer: Peer) -> None:
        await peer.heard(CONNECT)
        peer.say(CONNACK)
        subscribe = await peer.heard(SUBSCRIBE)
        peer.publish(b"t", b"kept", 7)
        assert (await peer.heard(PUBACK))[:2] == b"\x00\x07"
        peer.say(b"\x90\x04" + subscribe[:2] + b"\x00\x01")

    async with following(script) as intake:
        batch = await intake.receive()
        assert not intake.connected.is_set()
        intake.settle(batch)
        await intake.connected.wait()
        assert [message.payload for message in batch] == [b"kept"]


async def test_source_topic_that_is_no_utf_8_stops_nothing() -> None:
    """It is nobody's topic: kept with its bytes and settled, like the next one."""

    async def script(peer: Peer) -> None:
        await peer.heard(CONNECT)
        peer.say(CONNACK)
        subscribe = await peer.heard(SUBSCRIBE)
        peer.say(b"\x90\x04" + subscribe[:2] + b"\x00\x01")
        peer.publish(b"\xff\xfe", b"bad", 1)
        peer.publish(b"t", b"good", 2)
        assert (await peer.heard(PUBACK))[:2] == b"\x00\x01"
        assert (await peer.heard(PUBACK))[:2] == b"\x00\x02"

    async with following(script) as intake:
        found: list[tuple[str, bytes]] = []
        while len(found) < 2:
            batch = await intake.receive()
            intake.settle(batch)
            found += [(message.topic, message.payload) for message in batch]
        assert found == [("(not UTF-8)", b"bad"), ("t", b"good")]


async def test_source_hangs_up_after_its_acknowledgements() -> None:
    """Stopped right after settling, the broker hears of it all the same, and sends nothing of it again."""

    async def script(peer: Peer) -> None:
        await peer.heard(CONNECT)
        peer.say(CONNACK)
        subscribe = await peer.heard(SUBSCRIBE)
        peer.say(b"\x90\x04" + subscribe[:2] + b"\x00\x01")
        for mid in (1, 2, 3):
            peer.publish(b"t", b"x", mid)
        for mid in (1, 2, 3):
            assert (await peer.heard(PUBACK))[:2] == mid.to_bytes(2, "big")

    async with following(script) as intake:
        batch = [*await intake.receive()]
        while len(batch) < 3:
            batch += await intake.receive()
        intake.settle(batch)


async def test_source_keeps_its_subscriptions_where_a_new_one_is_refused() -> None:
    """Said to who asked; asked again for one as before, there is nothing to unsubscribe from."""

    async def script(peer: Peer) -> None:
        await peer.heard(CONNECT)
        peer.say(CONNACK)
        for code in (b"\x01", b"\x87", b"\x01"):  # granted; not authorized; granted
            subscribe = await peer.heard(SUBSCRIBE)
            peer.say(b"\x90\x04" + subscribe[:2] + b"\x00" + code)

    async with following(script) as intake:
        await intake.connected.wait()
        with pytest.raises(BrokerError, match="refused the subscription to secret"):
            await intake.resubscribe(["clearwarn/v1/#", "secret/#"])
        await intake.resubscribe(["clearwarn/v1/#", "open/#"])
