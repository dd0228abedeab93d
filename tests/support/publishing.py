"""A publisher that knows exactly what it sent and what the broker acknowledged. MQTT 3.1.1, QoS 1.

Messages go out in order over one connection, at most `window` of them unacknowledged. Where the connection breaks it
connects again and sends what was not acknowledged once more, marked as a repeat: as devices do.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from tests.support.packets import connect_packet, publish_packet, taken

WINDOW = 500  # unacknowledged messages
_PATIENCE = 60.0  # s, for a broker that is away
_PUBACK = 4  # bytes
_AGAIN = 0.05  # s between attempts to connect


class Published(NamedTuple):
    """As it is published."""

    topic: str
    payload: bytes


class Publisher:
    """`send` blocks until the broker has acknowledged all of it. `sent` is everything ever handed to it, in order."""

    def __init__(self, port: int, *, name: str = "publisher", window: int = WINDOW) -> None:
        self._port = port
        self._name = name.encode()
        self._window = window
        self._socket: socket.socket | None = None
        self._out = 0  # of `sent`, how many went out over this connection or are acknowledged
        self._tried = 0  # and how many over any: those are repeats
        self.sent: list[Published] = []
        self.acknowledged = 0  # of `sent`, from its beginning: brokers acknowledge in order

    def send(self, messages: Sequence[Published]) -> None:
        """All of them, in order. Raises `TimeoutError` where the broker stays away."""
        self.sent += messages
        until = time.monotonic() + _PATIENCE
        while self.acknowledged < len(self.sent):
            try:
                self._push(self._connected())
                until = time.monotonic() + _PATIENCE
            except OSError as error:
                self.close()
                if time.monotonic() > until:
                    raise TimeoutError(f"{len(self.sent) - self.acknowledged} messages are not taken") from error
                time.sleep(_AGAIN)  # the broker is away; there is nothing to be told by

    def close(self) -> None:
        """Hangs up without a word."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @contextmanager
    def sending(self, messages: Sequence[Published]) -> Iterator[Callable[[], None]]:
        """Sends on a thread while the block lasts; hands out what waits for its end. Failures are raised there."""
        with ThreadPoolExecutor(1, "publisher") as pool:
            done = pool.submit(self.send, messages)
            yield done.result
            done.result()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            broker = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            self._socket = broker
            broker.sendall(connect_packet(self._name))
            if len(taken(broker, _PUBACK)) != _PUBACK:
                raise ConnectionResetError("no CONNACK")
            self._out = self.acknowledged
        return self._socket

    def _push(self, broker: socket.socket) -> None:
        """A window of messages, and what comes back for it."""
        end = min(len(self.sent), self.acknowledged + self._window)
        packets = [
            publish_packet(*self.sent[at], at % 65535 + 1, again=at < self._tried) for at in range(self._out, end)
        ]
        self._tried = max(self._tried, end)
        broker.sendall(b"".join(packets))
        self._out = end
        for _ in range(self.acknowledged, self._out):
            answer = taken(broker, _PUBACK)
            if answer[0] != 0x40 or int.from_bytes(answer[2:], "big") != self.acknowledged % 65535 + 1:
                raise ConnectionResetError(f"not the PUBACK that was due: {answer!r}")
            self.acknowledged += 1
