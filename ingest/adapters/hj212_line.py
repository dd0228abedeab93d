"""One TCP connection of an HJ 212 device: frames in, answers out once they are durable.

It reads no faster than its frames are taken: a device that sends more than it may has its connection left unread, and
one that keeps at it is hung up on. Memory is bounded by the splitter and the reader's buffer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from ingest import topics
from ingest.allowance import Allowance
from ingest.codecs.hj212_answer import answer
from ingest.codecs.hj212_crc import Checksum
from ingest.codecs.hj212_frame import Frame, encode, head, parse
from ingest.codecs.hj212_stream import Splitter
from ingest.model import UNKNOWN_STATION
from ingest.ports import Arrived
from ingest.topics import Leaf

_READ = 16 * 1024  # bytes at once: some twenty frames
_UNREAD_ANSWERS = 64 * 1024  # bytes: 700 answers that a device has not read


class Ended(StrEnum):
    """Why a connection ended."""

    HUNG_UP = "hung_up"
    BROKEN = "broken"
    SILENT = "silent"
    FLOODED = "flooded"
    READ_NO_ANSWERS = "read_no_answers"
    TOO_MANY = "too_many"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What devices may do."""

    connections: int  # at once
    idle: timedelta  # silence after which a connection is given up
    frame_within: timedelta  # the rest of a frame that has begun
    frames_a_minute: int  # of one device
    flood_after: timedelta  # of sending more than that all the time


class Answer(NamedTuple):
    """What settles a frame: the connection it came by, and what is written there once the frame is durable."""

    line: Line
    frame: bytes


class Line:
    """One connection. `offer` hands on a frame, waiting for room; `known` tells of a device's checksum, by its MN.

    `allowance` is shared by the connections of a device, and before that is known by those of a host.
    """

    def __init__(
        self,
        *,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        host: str,
        bounds: Bounds,
        offer: Callable[[Arrived], Awaitable[None]],
        known: Callable[[str], Checksum | None],
        allowance: Callable[[str], Allowance],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._bounds = bounds
        self._offer = offer
        self._known = known
        self._allowance_of = allowance
        self._allowance = allowance(host)  # until it is known which device this is
        self._splitter = Splitter()
        self._clock = asyncio.get_running_loop().time
        self._pressed_since: float | None = None  # it has sent more than it may ever since
        self._deaf = False
        self.mn = ""  # of the device, once a sound frame has said it
        self.pauses = 0

    async def listen(self) -> Ended:
        """Until it ends. Raises `OSError` where the connection breaks."""
        while True:
            data = await self._read()
            if data is None:
                return Ended.SILENT
            for piece in self._splitter.feed(data) if data else self._splitter.flush():
                if not await self._may_go_on():
                    return Ended.FLOODED
                await self._offer(self._arrived(piece))
            if not data and self._reader.at_eof():
                return self.broken if self._deaf else Ended.HUNG_UP

    @property
    def broken(self) -> Ended:
        """Why the connection broke: we break one ourselves whose answers pile up."""
        return Ended.READ_NO_ANSWERS if self._deaf else Ended.BROKEN

    def answer(self, frame: bytes) -> None:
        """Writes it, where the connection is still there. Never blocks, never raises."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > _UNREAD_ANSWERS:
            self._deaf = True
            transport.abort()
            return
        self._writer.write(frame)

    async def _read(self) -> bytes | None:
        """What came; nothing at the end, or where the rest of a frame does not come; None after a long silence."""
        patience = self._bounds.frame_within if self._splitter.held else self._bounds.idle
        try:
            async with asyncio.timeout(patience.total_seconds()):
                return await self._reader.read(_READ)
        except TimeoutError:
            return b"" if self._splitter.held else None

    async def _may_go_on(self) -> bool:
        """Waits for its turn; false where it has pressed for too long."""
        now = self._clock()
        seconds = self._allowance.wait(now)
        if not seconds:
            self._pressed_since = None
            return True
        self.pauses += 1
        if self._pressed_since is None:
            self._pressed_since = now
        elif now - self._pressed_since > self._bounds.flood_after.total_seconds():
            return False
        await asyncio.sleep(seconds)
        return True

    def _arrived(self, piece: bytes) -> Arrived:
        """Under the MN it names, or that of the frames before it: what cannot be read is counted somewhere, too."""
        said = head(piece)
        kind = self._known(said.mn) if said is not None else None
        frame = parse(piece, kind or Checksum.HJ212)
        token = None
        if isinstance(frame, Frame):
            if kind is not None and frame.mn != self.mn:
                self.mn, self._allowance = frame.mn, self._allowance_of(frame.mn)
            reply = answer(frame)
            token = Answer(self, encode(reply, kind or Checksum.HJ212)) if reply is not None else None
        mn = said.mn if said is not None else self.mn or UNKNOWN_STATION
        return Arrived(topics.of(topics.TCP, mn, Leaf.HJ212), piece, token)
