"""HJ 212 devices at a host: a connection for each, every frame sent until it is answered."""

from __future__ import annotations

import asyncio
import re
from types import TracebackType
from typing import NamedTuple, Self

from device_sim.errors import HostError

ANSWERED_WITHIN = 10.0  # s; the standard's time-out, and its number of repeats
REPEATS = 3
_PAUSE = 0.5  # s before the first repeat, doubled for each further one
_CLOSED_WITHIN = 2.0  # s
_EXCHANGE = re.compile(rb"QN=([0-9]{17});")
_ACKNOWLEDGED = re.compile(rb";CN=901[24];")


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Links:
    """Open connections to one host, as a context manager; `answered` counts frames."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._open: dict[str, _Connection] = {}
        self.answered = 0
        self.repeated = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for station in [*self._open]:
            await self._close(station)

    async def send(self, station: str, frame: bytes) -> None:
        """Returns when it is answered. Raises `HostError` where it is not, after the last repeat."""
        why = ""
        for attempt in range(1 + REPEATS):
            if attempt:
                self.repeated += 1
                await asyncio.sleep(_PAUSE * 2 ** (attempt - 1))
            try:
                async with asyncio.timeout(ANSWERED_WITHIN):
                    await self._exchange(station, frame)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                why = str(error) or f"no answer within {ANSWERED_WITHIN:.0f} s"
                await self._close(station)
            else:
                self.answered += 1
                return
        raise HostError(f"{self._host}:{self._port}", f"{station}: {why}, {REPEATS} repeats")

    async def _exchange(self, station: str, frame: bytes) -> None:
        reader, writer = self._open.get(station) or await self._connect(station)
        writer.write(frame)
        await writer.drain()
        wanted = _EXCHANGE.search(frame)
        while True:
            answer = await reader.readuntil(b"\r\n")
            said = _EXCHANGE.search(answer)
            if _ACKNOWLEDGED.search(answer) and said and wanted and said[1] == wanted[1]:
                return

    async def _connect(self, station: str) -> _Connection:
        connection = _Connection(*await asyncio.open_connection(self._host, self._port))
        self._open[station] = connection
        return connection

    async def _close(self, station: str) -> None:
        """Bounded, and harmless twice."""
        connection = self._open.pop(station, None)
        if connection is None:
            return
        connection.writer.close()
        try:
            async with asyncio.timeout(_CLOSED_WITHIN):
                await connection.writer.wait_closed()
        except (OSError, TimeoutError):
            return  # it was gone already
