"""MQTT 3.1.1 packets by hand, for publishers that cost little or do what no client library would."""

from __future__ import annotations

import socket


def publish_packet(topic: str, payload: bytes, number: int, *, again: bool = False) -> bytes:
    """PUBLISH with QoS 1; `again` with DUP."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + number.to_bytes(2, "big") + payload
    return (b"\x3a" if again else b"\x32") + length(len(body)) + body


def connect_packet(name: bytes, user: bytes | None = None, password: bytes = b"") -> bytes:
    """CONNECT with a clean session and no keep-alive."""
    flags = 0x02 if user is None else 0xC2
    fields = (name,) if user is None else (name, user, password)
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x00"
    body += b"".join(len(field).to_bytes(2, "big") + field for field in fields)
    return b"\x10" + length(len(body)) + body


def length(number: int) -> bytes:
    """MQTT's variable length."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def taken(broker: socket.socket, count: int) -> bytes:
    """The next `count` bytes. Raises `ConnectionResetError`."""
    found = b""
    while len(found) < count:
        got = broker.recv(count - len(found))
        if not got:
            raise ConnectionResetError("the broker hung up")
        found += got
    return found
