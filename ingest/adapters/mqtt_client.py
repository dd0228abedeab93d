"""paho, taking its bytes from us and acknowledging many messages at once.

Most of what a broker sends is PUBLISH. `Inbox` cuts those out of the stream itself, a network read for hundreds;
everything else, and everything odd, goes to paho as it came. paho alone reads byte by byte and costs ten times as much.

Private to paho are `_sock_recv`, `_packet_queue` and `_last_bytes_received`; the integration tests would show a change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import paho.mqtt.client as paho

_PUBLISH = 0x30
_PUBACK = 0x40
_TYPE = 0xF0
_QOS = 0x06
_QOS_1 = 0x02
_QOS_2 = 0x04
_new = tuple.__new__  # `_new(Message, (...))` is `Message(...)`, at half the cost
_LENGTH_BYTES = 4  # at most, by the protocol


class Message(NamedTuple):
    """A PUBLISH of QoS 0 (`mid` 0) or 1."""

    topic: str
    payload: bytes
    mid: int


class Client(paho.Client):
    """paho's client. `hand` in place of its reading the socket, `acknowledge` in place of many `ack`s."""

    _handed: bytes = b""
    _failed: OSError | None = None

    def hand(self, packet: bytes) -> None:
        """Has paho deal with one packet; an empty one says that the connection has ended."""
        self._handed = packet
        self.loop_read()
        self._handed = b""

    def heard(self) -> None:
        """Bytes have come, which paho does not see: a broker with much to say is alive, however late it answers."""
        with self._msgtime_mutex:
            self._last_bytes_received = paho.time_func()

    def fail(self, error: OSError) -> None:
        """Has paho deal with a connection that broke."""
        self._failed = error
        self.loop_read()

    def acknowledge(self, mids: list[int]) -> None:
        """PUBACK for each, in order, as one write. Never blocks."""
        if mids:
            packets = b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids])
            self._packet_queue(_PUBACK, packets, mids[-1], 1)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._failed is not None:
            raise self._failed
        taken, self._handed = self._handed[:bufsize], self._handed[bufsize:]
        return taken


class Inbox:
    """The bytes that have come and are not dealt with yet; `five` says which protocol version they are in."""

    def __init__(self, *, five: bool) -> None:
        self._five = five
        self._bytes = bytearray()

    def put(self, data: bytes) -> None:
        """More has come."""
        self._bytes += data

    def take(self, message: Callable[[Message], bool], other: Callable[[bytes], None]) -> None:
        """Gives away every whole packet in order, until there is none or `message` says that it was enough."""
        data = self._bytes
        at, more = 0, True
        while more and (whole := _whole(data, at)) is not None:
            body, end = whole
            found = self._message(data, at, body, end)
            if found is None:
                other(bytes(data[at:end]))
            else:
                more = message(found)
            at = end
        del data[:at]

    def _message(self, data: bytearray, at: int, body: int, end: int) -> Message | None:
        """The message in that packet; None where it is something else or odd."""
        head = data[at]
        if head & _TYPE != _PUBLISH or head & _QOS >= _QOS_2 or body + 2 > end:
            return None
        place = body + 2 + (data[body] << 8 | data[body + 1])
        try:
            topic = data[body + 2 : place].decode()
        except UnicodeDecodeError:
            topic = "(not UTF-8)"  # a broker that does not check hands it on: that is nobody's topic
        mid = 0
        if head & _QOS == _QOS_1:
            if place + 2 > end:
                return None
            mid = data[place] << 8 | data[place + 1]
            place += 2
        if self._five:
            properties = _length(data, place)
            if properties is None:
                return None
            place = properties[0] + properties[1]
        return _new(Message, (topic, bytes(data[place:end]), mid)) if place <= end else None


def _whole(data: bytearray, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at `at` begins and ends; None where not all of it has come."""
    length = _length(data, at + 1)
    if length is None:
        # a length of five bytes is an error: paho shall see it
        return (at + 1, len(data)) if len(data) - at > 1 + _LENGTH_BYTES else None
    end = length[0] + length[1]
    return (length[0], end) if end <= len(data) else None


def _length(data: bytearray, at: int) -> tuple[int, int] | None:
    """Where a variable length ends, and the length; None where it does not end in four bytes, or in those that came."""
    total = 0
    for number, byte in enumerate(data[at : at + _LENGTH_BYTES]):
        total |= (byte & 0x7F) << 7 * number
        if byte < 0x80:  # noqa: PLR2004  # the bit that says there is another
            return at + number + 1, total
    return None
