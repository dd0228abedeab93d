"""HJ 212 over TCP: devices connect to us, and what they send goes the way of all deliveries.

A frame is answered (9014, 9012) when it is settled, and it is settled when it is in the intake log: what a device was
told is done is on disk. Killed between the two, the device repeats the frame, and its readings are duplicates. What
the walk makes of a frame is no part of the answer. Everything is bounded: connections, what waits, what is read.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from ingest.adapters.hj212_line import Answer, Bounds, Ended, Line
from ingest.allowance import Allowance
from ingest.catalog import Station
from ingest.codecs.hj212_crc import Checksum
from ingest.ports import Arrived

_log = logging.getLogger(__name__)
_MOST_WAITING = 5_000  # frames of all devices that the log has not taken: some 5 MB
_ALLOWANCES = 20_000  # devices and hosts remembered
_USUAL = frozenset({Ended.HUNG_UP, Ended.BROKEN, Ended.STOPPED})
_CLOSED_WITHIN = 2.0  # seconds for a connection that is closed to be gone


class Hj212Lines:
    """`ports.ReadingSource` over TCP. `run()` serves until cancelled; `devices` are the stations by MN, as of now."""

    def __init__(
        self,
        *,
        listening: socket.socket,
        bounds: Bounds,
        devices: Callable[[], Mapping[str, Station]],
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self._listening = listening
        self._bounds = bounds
        self._devices = devices
        self._most_waiting = most_waiting
        self._waiting: list[Arrived] = []
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._allowances: dict[str, Allowance] = {}
        self._lines: dict[asyncio.Task[None], Line] = {}
        self._crowded = False
        self._past_pauses = 0
        self.ended: Counter[Ended] = Counter()

    @property
    def open(self) -> int:
        """Connections now."""
        return len(self._lines)

    @property
    def pauses(self) -> int:
        """Times that a device was left unread for a while, since it sends more than it may."""
        return self._past_pauses + sum(line.pauses for line in self._lines.values())

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    async def receive(self) -> Sequence[Arrived]:
        """Everything that has arrived and was not taken yet."""
        await self._arrived.wait()
        taken, self._waiting = self._waiting, []
        self._arrived.clear()
        self._room.set()
        return taken

    def settle(self, batch: Sequence[Arrived]) -> None:
        """Answers each frame that asks for it, on the connection it came by, where that is still there."""
        for _, _, token in batch:
            if isinstance(token, Answer):
                token.line.answer(token.frame)

    async def run(self) -> None:
        """Until cancelled; then every connection is closed."""
        server = await asyncio.start_server(self._connected, sock=self._listening)
        _log.info("HJ 212: listening on port %d", self.port)
        try:
            await server.serve_forever()
        finally:
            server.close()
            for task in self._lines:
                task.cancel()
            await asyncio.gather(*self._lines, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port, *_ = writer.get_extra_info("peername") or ("?", 0)
        if self.open >= self._bounds.connections:
            self._turn_away(host, writer)
            return
        self._crowded = False
        task = asyncio.current_task()
        assert task is not None, "asyncio serves each connection in a task"
        line = self._lines[task] = Line(
            reader=reader,
            writer=writer,
            host=host,
            bounds=self._bounds,
            offer=self._offer,
            known=self._known,
            allowance=self._allowance,
        )
        ended = Ended.STOPPED
        try:
            ended = await line.listen()
        except OSError:
            ended = line.broken
        finally:
            del self._lines[task]
            self.ended[ended] += 1
            self._past_pauses += line.pauses
            level = logging.DEBUG if ended in _USUAL else logging.WARNING
            _log.log(level, "HJ 212: %s:%d, MN %s: %s", host, port, line.mn or "not said", ended)
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CLOSED_WITHIN):
                    await writer.wait_closed()

    def _turn_away(self, host: str, writer: asyncio.StreamWriter) -> None:
        self.ended[Ended.TOO_MANY] += 1
        if not self._crowded:  # said once, until there is room again
            _log.warning("HJ 212: %s turned away: %d connections are open, more are not taken", host, self.open)
        self._crowded = True
        writer.close()

    async def _offer(self, message: Arrived) -> None:
        """Waits while too much is waiting: nobody is read meanwhile, and TCP holds what comes."""
        await self._room.wait()
        self._waiting.append(message)
        self._arrived.set()
        if len(self._waiting) >= self._most_waiting:
            self._room.clear()

    def _known(self, mn: str) -> Checksum | None:
        station = self._devices().get(mn)
        return None if station is None else Checksum(station.hj212.checksum)

    def _allowance(self, whose: str) -> Allowance:
        """One for a device or a host, however many connections it makes."""
        known = self._allowances.pop(whose, None) or Allowance(self._bounds.frames_a_minute)
        self._allowances[whose] = known  # the newest last
        if len(self._allowances) > _ALLOWANCES:
            del self._allowances[next(iter(self._allowances))]
        return known
