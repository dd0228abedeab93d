"""A publisher that costs little: packets made beforehand, a thousand on their way at once. MQTT 3.1.1, QoS 1.

A process of its own (`python -m tests.bench.publisher PORT STATIONS HOURS RATE`): says `ready`, waits for a line,
sends the hours of a network that end now. With a rate it first says what time it is at every tick, for a service that
lives in it, then says `filled` and goes on with later hours at that many messages a second. It trusts the broker.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import click

from ingest import topics
from tests.bench.network import TICKS_AN_HOUR, Message, Network
from tests.support.packets import length, publish_packet, taken

WINDOW = 1000  # unacknowledged messages
_MORE = 300  # hours that are there to be sent at a steady rate
_PUBACK = 4  # bytes
_CONNECT = b"\x00\x04MQTT\x04\x02\x00\x3c" + b"\x00\x09publisher"


def publish(port: int, blocks: Iterable[tuple[int, bytes]], *, rate: int = 0) -> None:
    """Each block (its number of messages, their packets) once the one before is acknowledged, at that rate at most."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as broker:
        broker.sendall(b"\x10" + length(len(_CONNECT)) + _CONNECT)
        taken(broker, 4)
        due = time.perf_counter()
        for count, packets in blocks:
            broker.sendall(packets)
            taken(broker, count * _PUBACK)
            if rate:
                due += count / rate
                time.sleep(max(0.0, due - time.perf_counter()))


def blocks(messages: Iterable[Message], size: int = WINDOW) -> Iterator[tuple[int, bytes]]:
    """In packets."""
    left = iter(messages)
    while block := list(islice(left, size)):
        yield len(block), b"".join(publish_packet(*message, at) for at, message in enumerate(block, 1))


def main() -> None:
    """See above."""
    port, stations, hours, rate = map(int, sys.argv[1:])
    network = Network(stations)
    more = _MORE if rate else 0
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    ticks = network.messages(now - timedelta(hours=hours + more), hours + more)
    stream = (message for instant, batch in ticks for message in (*_says(instant, rate), *batch))
    first = islice(stream, hours * (network.an_hour + (TICKS_AN_HOUR if rate else 0)))
    made: Iterable[tuple[int, bytes]] = blocks(first) if rate else [*blocks(first)]
    click.echo("ready")
    sys.stdin.readline()
    publish(port, made)
    if rate:
        click.echo("filled")
        publish(port, blocks(stream, rate // 20), rate=rate)


def _says(instant: datetime, rate: int) -> Iterator[Message]:
    """What time it is, where somebody is told."""
    if rate:
        yield Message(topics.CLOCK, b'{"now": "%s"}' % instant.isoformat().encode())


if __name__ == "__main__":
    main()
