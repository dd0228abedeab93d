"""MQTT intake against real brokers: order, settling, sessions, restarts, refusals, a pause."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from amqtt.broker import Broker as AmqttBroker
from paho.mqtt.enums import MQTTProtocolVersion

from ingest.adapters.mqtt import LinkState, MqttSource, probe
from ingest.adapters.mqtt_link import BrokerAddress
from ingest.backoff import Backoff
from ingest.errors import BrokerError
from ingest.ports import Arrived
from tests.support.mosquitto import Broker, free_port, mosquitto

PATIENCE = 30.0  # s
TOPIC = "clearwarn/v1/air/a/reading"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting again without a long wait."""
    monkeypatch.setattr("ingest.adapters.mqtt.Backoff", partial(Backoff, first=0.02, most=0.1))


def address(broker: Broker, **changes: Any) -> BrokerAddress:
    given: dict[str, Any] = {"host": broker.host, "port": broker.port, "client_id": "intake"}
    return BrokerAddress(**given | changes)


@asynccontextmanager
async def source(
    broker: Broker, *, most_waiting: int = 20_000, most_bytes: int = 1 << 26, **changes: Any
) -> AsyncIterator[MqttSource]:
    """Running while the block lasts; then its connection is gone without a word."""
    running = MqttSource(
        address=address(broker, **changes),
        subscriptions=["clearwarn/v1/#"],
        most_waiting=most_waiting,
        most_bytes=most_bytes,
    )
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        task = group.create_task(running.run())
        try:
            yield running
        finally:
            task.cancel()


async def publish(broker: Broker, payloads: Iterable[bytes], *, qos: int = 1, topic: str = TOPIC) -> None:
    async with aiomqtt.Client(broker.host, broker.port, identifier="device") as client:
        for payload in payloads:
            await client.publish(topic, payload, qos=qos)


async def until(met: Callable[[], bool]) -> None:
    """Lets the loop run until it is so; what the source says of itself is no event to wait for."""
    while not met():  # noqa: ASYNC110
        await asyncio.sleep(0)


async def took(source: MqttSource, count: int, *, settle: bool = True) -> list[Arrived]:
    """At least so many messages, settled as they come."""
    found: list[Arrived] = []
    while len(found) < count:
        batch = await source.receive()
        found += batch
        if settle:
            source.settle(batch)
    return found


def numbers(messages: Sequence[Arrived]) -> list[int]:
    return [int(message.payload) for message in messages]


def numbered(*given: int) -> list[bytes]:
    return [str(number).encode() for number in range(*given)]


async def test_source_receives_in_order_and_settles(tmp_path: Path) -> None:
    """More than the broker lets be unacknowledged: they come because they are settled; none comes twice."""
    # mosquitto reads one acknowledgement a turn: with many on their way, who connects again overtakes them
    with mosquitto(tmp_path) as broker:
        async with source(broker, receive_maximum=2) as intake:
            await intake.connected.wait()
            await publish(broker, numbered(500))
            assert numbers(await took(intake, 500)) == list(range(500))
            assert intake.state is LinkState.CONNECTED
        await publish(broker, [b"1000"])
        async with source(broker) as intake:
            assert numbers(await took(intake, 1)) == [1000]


async def test_source_keeps_topic_and_bytes(tmp_path: Path) -> None:
    """As they came, whatever they hold."""
    payloads = [b"", b"\x00\xff", b"x" * 1_000_000]
    with mosquitto(tmp_path) as broker:
        async with source(broker) as intake:
            await intake.connected.wait()
            await publish(broker, payloads)
            messages = await took(intake, 3)
    assert [(message.topic, message.payload) for message in messages] == [(TOPIC, payload) for payload in payloads]


async def test_source_unsettled_messages_come_again(tmp_path: Path) -> None:
    """What the log did not take is the broker's to keep; what it took is not sent again."""
    with mosquitto(tmp_path) as broker:
        async with source(broker) as intake:
            await intake.connected.wait()
            await publish(broker, numbered(6))
            messages = await took(intake, 6, settle=False)
            intake.settle(messages[:4])
            await publish(broker, [b"6"])
            assert numbers(await took(intake, 1, settle=False)) == [6]
        async with source(broker) as intake:
            assert numbers(await took(intake, 3)) == [4, 5, 6]


async def test_source_settles_what_a_kept_session_brings_before_suback(tmp_path: Path) -> None:
    """While we were away much more came than may be unacknowledged: settled at once, all of it comes."""
    with mosquitto(tmp_path) as broker:
        async with source(broker) as intake:
            await intake.connected.wait()
        await publish(broker, numbered(200))
        async with source(broker) as intake:
            assert numbers(await took(intake, 200)) == list(range(200))


@pytest.mark.parametrize("version", [5, 3])
async def test_source_goes_on_after_the_broker_restarted(tmp_path: Path, version: int) -> None:
    """Same port, its session from disk: what was not settled and what is new both come."""
    port = free_port()
    persistent = f"persistence true\npersistence_location {tmp_path}/\nuser root"  # as root it would be `mosquitto`
    with mosquitto(tmp_path, port=port, extra=persistent) as broker:
        intake = MqttSource(address=address(broker), subscriptions=["clearwarn/v1/#"])
        if version == 3:
            intake._other_version()
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            running = group.create_task(intake.run())
            await intake.connected.wait()
            await publish(broker, numbered(3))
            old = await took(intake, 3, settle=False)
            intake.settle(old[:1])
            await publish(broker, [b"3"])  # after it the broker has read our acknowledgement
            await took(intake, 1, settle=False)
            await asyncio.to_thread(_end, broker)
            await until(lambda: not intake.connected.is_set())
            with mosquitto(tmp_path, port=port, extra=persistent) as again:
                await intake.connected.wait()
                intake.settle(old)  # of the connection that has gone: must acknowledge nothing
                await publish(again, numbered(4, 6))
                assert numbers(await took(intake, 5)) == [1, 2, 3, 4, 5]
                running.cancel()


def _end(broker: Broker) -> None:
    subprocess.run(["/bin/kill", "-TERM", str(broker.pid)], check=True)


async def test_source_refused_credentials_are_said_and_tried_again(tmp_path: Path) -> None:
    """The text names the refusal; the service lives on, and connects once it may."""
    with mosquitto(tmp_path, anonymous=False) as broker:
        with pytest.raises(BrokerError, match="refused us: Not authorized"):
            await probe(address(broker), ["clearwarn/v1/#"])
        async with source(broker, username="u", password="wrong") as intake:
            await until(lambda: "refused us" in intake.last_error)
            assert intake.state in {LinkState.DISCONNECTED, LinkState.CONNECTING}


async def test_source_nobody_listening_is_said(tmp_path: Path) -> None:
    """A connection refused is tried again; a broker that comes up later is found."""
    port = free_port()
    async with source(Broker("127.0.0.1", port, 0)) as intake:
        await until(lambda: bool(intake.last_error))
        with mosquitto(tmp_path, port=port) as broker:
            await intake.connected.wait()
            await publish(broker, [b"1"])
            assert numbers(await took(intake, 1)) == [1]
            assert intake.last_error == ""


@pytest.mark.parametrize(("most_waiting", "most_bytes"), [(10, 1 << 26), (20_000, 1000)])
async def test_source_pauses_where_nobody_takes_and_goes_on(tmp_path: Path, most_waiting: int, most_bytes: int) -> None:
    """Messages are bounded by number and by bytes; nothing is lost by the pause."""
    with mosquitto(tmp_path, extra="max_inflight_messages 0") as broker:
        async with source(broker, most_waiting=most_waiting, most_bytes=most_bytes) as intake:
            await intake.connected.wait()
            payloads = [b"%0100d" % number for number in range(300)]
            await publish(broker, payloads)
            await until(lambda: intake.state is LinkState.PAUSED)
            first = await intake.receive()
            assert len(first) <= 10
            intake.settle(first)
            rest = await took(intake, 300 - len(first))
            assert numbers([*first, *rest]) == list(range(300))
            assert intake.state is LinkState.CONNECTED


async def test_source_takes_qos_0_too(tmp_path: Path) -> None:
    """There is nothing to acknowledge."""
    with mosquitto(tmp_path) as broker:
        async with source(broker) as intake:
            await intake.connected.wait()
            await publish(broker, numbered(5), qos=0)
            assert numbers(await took(intake, 5)) == [0, 1, 2, 3, 4]


@pytest.fixture
async def amqtt_broker() -> AsyncIterator[Broker]:
    """The demo's broker: it speaks 3.1.1 alone."""
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    port = free_port()
    broker = AmqttBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}", "max_connections": 10}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    yield Broker("127.0.0.1", port, 0)
    await broker.shutdown()
    gc.collect()  # what it leaves open is found here, where it is let pass, and not in another test


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # amqtt's, of the CONNECT it did not understand
async def test_source_falls_back_to_3_1_1(amqtt_broker: Broker) -> None:
    """A broker that does not answer version 5 is spoken to as it understands."""
    async with source(amqtt_broker) as intake:
        await intake.connected.wait()
        await publish(amqtt_broker, numbered(30))
        assert numbers(await took(intake, 30)) == list(range(30))


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311])
@pytest.mark.parametrize("window", [1, 20, 10_000])
async def test_source_moves_thousands_whatever_the_window(
    tmp_path: Path, window: int, version: MQTTProtocolVersion
) -> None:
    """In order, none twice; a group is handed on as it has come, never held for more than the window lets through."""
    count = 300 if window == 1 else 3000
    with mosquitto(tmp_path, extra=f"max_inflight_messages {window}") as broker:
        async with source(broker, receive_maximum=window) as intake:
            intake._version = version  # before its task has had its first turn
            await intake.connected.wait()
            found: list[Arrived] = []
            async with asyncio.TaskGroup() as group:
                group.create_task(publish(broker, numbered(count)))
                while len(found) < count:
                    batch = await intake.receive()
                    assert len(batch) <= window
                    found += batch
                    intake.settle(batch)
            assert numbers(found) == list(range(count))


async def test_source_changes_its_subscriptions_on_the_connection_it_has(tmp_path: Path) -> None:
    """New ones are heard and old ones not, in the same session; what is not settled stays to be settled."""
    with mosquitto(tmp_path) as broker:
        async with source(broker) as intake:
            await intake.connected.wait()
            await publish(broker, numbered(1))
            [unsettled] = await took(intake, 1, settle=False)
            await intake.resubscribe(["other/#"])
            await publish(broker, numbered(1, 2))
            await publish(broker, numbered(2, 3), topic="other/thing")
            assert numbers(await took(intake, 1)) == [2]
            await intake.resubscribe(["other/#", "clearwarn/v1/#"])
            await publish(broker, numbered(3, 4))
            assert numbers(await took(intake, 1)) == [3]
            intake.settle([unsettled])
            assert intake.state is LinkState.CONNECTED
        async with source(broker) as intake:
            await intake.connected.wait()
            await publish(broker, numbered(4, 5))
            assert numbers(await took(intake, 1)) == [4]


async def test_source_drops_subscriptions_it_lost_while_away(tmp_path: Path) -> None:
    """Asked without a connection: the next one tells the broker, whose session still has the old ones."""
    port = free_port()
    with mosquitto(tmp_path, port=port) as broker:
        running = MqttSource(address=address(broker), subscriptions=["clearwarn/v1/#", "other/#"])
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            task = group.create_task(running.run())
            await running.connected.wait()
            task.cancel()
            await asyncio.wait([task])
            await running.resubscribe(["other/#"])
            task = group.create_task(running.run())
            await running.connected.wait()
            await publish(broker, numbered(1))
            await publish(broker, numbered(1, 2), topic="other/thing")
            assert numbers(await took(running, 1)) == [1]
            task.cancel()
