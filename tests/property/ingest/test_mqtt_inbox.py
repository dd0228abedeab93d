"""Laws of cutting messages out of the stream of bytes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.mqtt_client import Inbox, Message

ODD = st.sampled_from(
    [
        b"\xd0\x00",  # PINGRESP
        b"\x90\x04\x00\x01\x00\x01",  # SUBACK
        b"\x34\x06\x00\x01t\x00\x01x",  # PUBLISH of QoS 2
        b"\x32\x01\x00",  # PUBLISH without a whole topic
        b"\x32\x04\x00\x09ab",  # PUBLISH whose topic is longer than it
    ]
)
MESSAGES = st.builds(
    Message,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.binary(max_size=400),
    st.integers(0, 65535),
)


def packet(message: Message, *, properties: bytes | None) -> bytes:
    """PUBLISH as a broker sends it; `properties` in version 5 alone."""
    topic = message.topic.encode()
    body = len(topic).to_bytes(2, "big") + topic
    if message.mid:
        body += message.mid.to_bytes(2, "big")
    if properties is not None:
        body += bytes([len(properties)]) + properties
    body += message.payload
    low, high = len(body) % 128, len(body) // 128
    length = bytes([low]) if not high else bytes([low | 128, high])
    return bytes([0x32 if message.mid else 0x30]) + length + body


def taken(inbox: Inbox, pieces: list[bytes], room: int = 10**9) -> tuple[list[Message], list[bytes]]:
    """What comes of pieces; after each `room` messages it is said to be enough, and taken again."""
    messages: list[Message] = []
    others: list[bytes] = []

    def keep(message: Message) -> bool:
        messages.append(message)
        return len(messages) % room != 0

    for piece in pieces:
        inbox.put(piece)
        before = -1
        while before != len(messages) + len(others):
            before = len(messages) + len(others)
            inbox.take(keep, others.append)
    return messages, others


@given(
    st.lists(MESSAGES | ODD, max_size=12),
    st.none() | st.binary(max_size=5),
    st.lists(st.integers(0, 3000), max_size=20),
    st.integers(1, 4),
)
def test_inbox_gives_the_same_however_the_bytes_come(
    sent: list[Message | bytes], properties: bytes | None, cuts: list[int], room: int
) -> None:
    """Every message once and in order, every other packet whole and in order: cuts and pauses do not show."""
    stream = b"".join(item if isinstance(item, bytes) else packet(item, properties=properties) for item in sent)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    messages, others = taken(Inbox(five=properties is not None), pieces, room)
    assert messages == [item for item in sent if isinstance(item, Message)]
    assert others == [item for item in sent if isinstance(item, bytes)]


@given(st.binary(max_size=300), st.booleans())
def test_inbox_never_raises(data: bytes, five: bool) -> None:  # noqa: FBT001  hypothesis gives it
    """Whatever comes: a packet, part of one, or something for paho to refuse."""
    messages, others = taken(Inbox(five=five), [data])
    assert sum(map(len, others)) + len(messages) <= len(data)


def test_inbox_hands_on_an_endless_length() -> None:
    """A length of five bytes is no length: it goes to paho, which hangs up."""
    assert taken(Inbox(five=True), [b"\x32\xff\xff\xff\xff\x01x"]) == ([], [b"\x32\xff\xff\xff\xff\x01x"])
