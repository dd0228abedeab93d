"""Publishing against a real mosquitto: order, interruptions, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_sim.broker import Broker, parse
from device_sim.errors import BrokerError
from device_sim.publisher import Publisher
from tests.support.listening import listening
from tests.support.mosquitto import free_port, mosquitto

MANY = 3000


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [str(number).encode() for number in range(start, start + count)]


async def test_publisher_keeps_order_with_a_full_window(tmp_path: Path) -> None:
    """Thousands of messages, many unacknowledged at a time, arrive in the order they were given."""
    with mosquitto(tmp_path) as broker:
        async with listening(broker) as heard, Publisher(broker=parse(broker.url), client_id="p") as publisher:
            for number, payload in enumerate(numbered(MANY), start=1):
                await publisher.publish("t", payload, mark=number)
            await publisher.settle()
            assert (publisher.acknowledged, publisher.mark, publisher.reconnects) == (MANY, MANY, 0)
            assert [payload for _, payload in await heard.until(MANY)] == numbered(MANY)


async def test_publisher_goes_on_after_the_broker_came_back(tmp_path: Path) -> None:
    """Nothing is lost by a restart of the broker; what was unacknowledged comes again, oldest first."""
    port, told = free_port(), list[str]()
    with mosquitto(tmp_path, port=port) as broker:
        publisher = Publisher(broker=parse(broker.url), client_id="p", window=50, tell=told.append)
        await publisher.__aenter__()
        for payload in numbered(40):
            await publisher.publish("t", payload)
        await publisher.settle()
    with mosquitto(tmp_path, port=port) as broker:
        async with listening(broker) as heard:
            for payload in numbered(100, start=40):
                await publisher.publish("t", payload)
            await publisher.settle()
            await publisher.__aexit__(None, None, None)
            messages = [int(payload) for _, payload in await heard.until(100)]
    assert publisher.reconnects >= 1
    assert "lost" in told[0]
    assert "connected again" in told[-1]
    assert publisher.acknowledged == 140
    assert sorted(set(messages)) == list(range(40, 140))
    firsts = [number for n, number in enumerate(messages) if number not in messages[:n]]
    assert firsts == sorted(firsts)


async def test_publisher_gives_up_when_the_broker_stays_away(tmp_path: Path) -> None:
    """After its patience it says so, rather than waiting for ever."""
    with mosquitto(tmp_path) as broker:
        publisher = Publisher(broker=parse(broker.url), client_id="p", patience=0.2)
        await publisher.__aenter__()
    await publisher.publish("t", b"0")
    with pytest.raises(BrokerError, match="not back"):
        await publisher.settle()
    await publisher.__aexit__(None, None, None)


async def test_publisher_says_that_nobody_listens() -> None:
    """Connection refused is one line that names the address and the option."""
    port = free_port()
    with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{port}.*refused.*--broker"):
        async with Publisher(broker=Broker(host="127.0.0.1", port=port), client_id="p"):
            pass


async def test_publisher_says_that_it_is_turned_away(tmp_path: Path) -> None:
    """Nobody may connect without a name the broker knows: an error at once, not a retry."""
    with mosquitto(tmp_path, anonymous=False) as broker:
        url = f"mqtt://somebody:wrong@{broker.host}:{broker.port}"
        with pytest.raises(BrokerError, match=r"(?i)not authori[sz]ed"):
            async with Publisher(broker=parse(url), client_id="p"):
                pass
