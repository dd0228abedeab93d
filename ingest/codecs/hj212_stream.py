"""Frames out of a stream of bytes, as TCP and serial lines bring them: glued, halved, with anything between. Pure.

It cuts and judges nothing: every byte comes out again in some piece, but for line ends between pieces, and `parse` says
of each piece what it is worth. No more than `LONGEST_PIECE` is held back or handed on at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.codecs.hj212_frame import LONGEST_DATA

LONGEST_PIECE = 4096  # bytes of what is no frame that are handed on as one piece
_HEAD = re.compile(rb"##[0-9]{4}")
_MAYBE_HEAD = re.compile(rb"##?[0-9]{0,3}\Z")  # the end of a buffer that may be the beginning of one
_CRC = re.compile(rb"[0-9A-Fa-f]{4}(?=[\r\n#]|\Z)")  # digits within the data are not it
_ANOTHER = re.compile(rb"[\r\n]*##[0-9]{4}")  # within what a frame's length claims: the frame is torn
_LINE = re.compile(rb"[\r\n]*")
_BEGUN, _CRC_DIGITS = 6, 4


class Splitter:
    """One stream. `feed` what comes, `flush` at its end or when it has been silent for long."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces that are complete now: frames without their line ends, and what lies between frames."""
        buffer = self._held + data
        pieces: list[bytes] = []
        at = 0
        while True:
            at = _past_line_ends(buffer, at)
            cut = _cut(buffer, at)
            if cut <= at:
                break
            pieces += _bounded(buffer[at:cut])
            at = cut
        self._held = buffer[at:]
        return pieces

    def flush(self) -> list[bytes]:
        """What waits, as it is: the rest will not come."""
        held, self._held = self._held, b""
        return list(_bounded(held.rstrip(b"\r\n")))


def _past_line_ends(buffer: bytes, at: int) -> int:
    found = _LINE.match(buffer, at)
    return found.end() if found else at


def _cut(buffer: bytes, at: int) -> int:
    """Where the piece that begins at `at` ends; `at` itself where that is not known yet."""
    if not _HEAD.match(buffer, at):
        return _before_head(buffer, at)
    length = int(buffer[at + 2 : at + _BEGUN])
    ends = at + _BEGUN + length
    another = _ANOTHER.search(buffer, at + _BEGUN, ends)
    if another is not None:
        return another.start()
    if length <= LONGEST_DATA:
        if _CRC.match(buffer, ends):
            return ends + _CRC_DIGITS
        if len(buffer) < ends + _CRC_DIGITS:
            return at
    return _before_line_end(buffer, at)


def _before_line_end(buffer: bytes, at: int) -> int:
    """Of a frame whose length is wrong: it goes to the end of its line, or to another head."""
    line = buffer.find(b"\n", at, at + LONGEST_PIECE)
    another = _ANOTHER.search(buffer, at + _BEGUN, at + LONGEST_PIECE)
    ends = [place for place in (line, another.start() if another else -1) if place >= 0]
    return min(ends) if ends else _held_long_enough(buffer, at)


def _before_head(buffer: bytes, at: int) -> int:
    """Of what is no frame: it goes to the next head, else to the end of the last line."""
    head = _HEAD.search(buffer, at)
    if head is not None:
        return head.start()
    line = buffer.rfind(b"\n", at)
    return line if line >= 0 else _held_long_enough(buffer, at)


def _held_long_enough(buffer: bytes, at: int) -> int:
    """Nothing ends it: it goes on once there is a piece's length of it, but for what may be another head."""
    if len(buffer) - at < LONGEST_PIECE:
        return at
    maybe = _MAYBE_HEAD.search(buffer, len(buffer) - _BEGUN)
    return maybe.start() if maybe is not None else len(buffer)


def _bounded(piece: bytes) -> Iterator[bytes]:
    for start in range(0, len(piece), LONGEST_PIECE):
        yield piece[start : start + LONGEST_PIECE]
