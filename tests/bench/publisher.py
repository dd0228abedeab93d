"""A publisher that costs little: packets made beforehand, a thousand on their way at once. MQTT 3.1.1, QoS 1.

A process of its own (`python -m tests.bench.publisher PORT STATIONS HOURS`): says `ready`, waits for a line, sends the
hours of a network that end now, says how many once the broker has acknowledged them all. It trusts the broker.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import click

from tests.bench.network import SENT_AT_ONCE, Message, Network
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
    network = Network(stations, lateness=SENT_AT_ONCE)
    more = _MORE if rate else 0
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    ticks = network.messages(now - timedelta(hours=hours + more), hours + more)
    stream = (message for _, batch in ticks for message in batch)
    first = islice(stream, hours * network.an_hour)
    made: Iterable[tuple[int, bytes]] = blocks(first) if rate else [*blocks(first)]
    click.echo("ready")
    sys.stdin.readline()
    publish(port, made)
    if rate:
        click.echo("filled")
        publish(port, blocks(stream, rate // 20), rate=rate)


if __name__ == "__main__":
    main()
