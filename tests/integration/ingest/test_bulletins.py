"""The newest indices over a real broker: retained, the latest wins, through a broker that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiomqtt
import orjson
import pytest

from ingest.adapters.bulletins import Bulletins
from ingest.adapters.mqtt_link import BrokerAddress
from ingest.backoff import Backoff
from tests.support.mosquitto import Broker, free_port, mosquitto

PATIENCE = 30.0  # s
_RESTLESS = partial(asyncio.sleep, 0)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting again without a long wait."""
    monkeypatch.setattr("ingest.adapters.bulletins.Backoff", partial(Backoff, first=0.02, most=0.1))


class Newest:
    """Documents that the test changes."""

    def __init__(self, **documents: Mapping[str, Any] | None) -> None:
        self.documents = dict(documents)

    def indexed(self) -> Sequence[str]:
        return [*self.documents]

    def bulletin(self, subject: str) -> Mapping[str, Any] | None:
        return self.documents[subject]


@asynccontextmanager
async def publishing(
    port: int, newest: Newest, rest: Callable[[], Awaitable[object]] = _RESTLESS
) -> AsyncIterator[Bulletins]:
    """Running while the block lasts."""
    address = BrokerAddress(host="127.0.0.1", port=port, client_id="clearwarn")
    bulletins = Bulletins(address=address, indices=newest, rest=rest)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        task = group.create_task(bulletins.run())
        try:
            yield bulletins
        finally:
            task.cancel()


async def taken(bulletins: Bulletins, count: int) -> None:
    """Returns when so many were acknowledged."""
    while bulletins.published < count:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)


async def retained(broker: Broker) -> dict[str, Any]:
    """What a client that comes now is told at once, by topic; a mark of our own ends it."""
    found: dict[str, Any] = {}
    async with aiomqtt.Client(broker.host, broker.port) as client:
        await client.subscribe("clearwarn/v1/index/#", qos=1)
        await client.subscribe("mark")
        await client.publish("mark")
        async for message in client.messages:
            if message.topic.matches("mark"):
                break
            assert message.retain
            assert isinstance(message.payload, bytes)
            found[str(message.topic)] = orjson.loads(message.payload)
    return found


async def test_bulletins_of_a_backlog_are_not_spelled_out(tmp_path: Path) -> None:
    """What changes again and again between two rounds is published once, as it is then."""
    newest, rested = Newest(**{"air-1": {"aqi": 0}}), asyncio.Event()
    with mosquitto(tmp_path) as broker:
        async with publishing(broker.port, newest, rested.wait) as bulletins:
            await taken(bulletins, 1)
            for aqi in range(1, 25):
                newest.documents["air-1"] = {"aqi": aqi}
                bulletins.changed(["air-1"])
            rested.set()
            await taken(bulletins, 2)
            assert await retained(broker) == {"clearwarn/v1/index/air-1": {"aqi": 24}}
            assert bulletins.published == 2


async def test_bulletins_are_retained_and_the_latest_stands(tmp_path: Path) -> None:
    """All that there are at the start, one topic each; later the newer document. What has none is not spoken of."""
    newest = Newest(**{"air-1": {"aqi": 60}, "bay": {"aqi": 70}, "air-2": None})
    with mosquitto(tmp_path) as broker:
        async with publishing(broker.port, newest) as bulletins:
            await taken(bulletins, 2)
            assert await retained(broker) == {
                "clearwarn/v1/index/air-1": {"aqi": 60},
                "clearwarn/v1/index/bay": {"aqi": 70},
            }
            newest.documents["air-1"] = {"aqi": 61}
            bulletins.changed(["air-1"])
            await taken(bulletins, 3)
            assert (await retained(broker))["clearwarn/v1/index/air-1"] == {"aqi": 61}
            assert (bulletins.waiting, bulletins.failed) == (0, 0)


async def test_bulletins_wait_for_a_broker_that_is_away(tmp_path: Path) -> None:
    """Nothing piles up: however often something changes, one document waits, and the latest is published."""
    newest, port = Newest(**{"air-1": {"aqi": 1}}), free_port()
    async with publishing(port, newest) as bulletins:
        for aqi in range(2, 100):
            newest.documents["air-1"] = {"aqi": aqi}
            bulletins.changed(["air-1"])
            await asyncio.sleep(0)
        assert (bulletins.waiting, bulletins.published) == (1, 0)
        with mosquitto(tmp_path, port=port) as broker:
            await taken(bulletins, 1)
            assert await retained(broker) == {"clearwarn/v1/index/air-1": {"aqi": 99}}


async def test_bulletins_come_back_with_the_broker(tmp_path: Path) -> None:
    """Lost in between: what could not be published is counted, and published later."""
    newest, port = Newest(**{"air-1": {"aqi": 1}}), free_port()
    with mosquitto(tmp_path, port=port):
        bulletins_open = publishing(port, newest)
        bulletins = await bulletins_open.__aenter__()
        await taken(bulletins, 1)
    newest.documents["air-1"] = {"aqi": 2}
    bulletins.changed(["air-1"])
    while not bulletins.failed:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)
    assert bulletins.waiting == 1
    with mosquitto(tmp_path, port=port) as broker:
        await taken(bulletins, 2)
        assert await retained(broker) == {"clearwarn/v1/index/air-1": {"aqi": 2}}
    await bulletins_open.__aexit__(None, None, None)


async def test_bulletins_with_nothing_to_say_do_not_connect() -> None:
    """A catalogue without air stations."""
    async with publishing(free_port(), Newest()) as bulletins:
        await asyncio.sleep(0.1)
        assert (bulletins.published, bulletins.failed, bulletins.waiting) == (0, 0, 0)
