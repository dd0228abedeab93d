"""An HJ 212 device over TCP for tests: repeats what is not answered, as devices do."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from ingest.codecs.hj212_frame import Frame, parse
from ingest.codecs.hj212_stream import Splitter

_PATIENCE = 60.0  # s, for a service that is away
_AGAIN = 0.05  # s between attempts to connect


class Device:
    """`send` blocks until every frame is answered; `repeats` counts frames that went out more than once."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._splitter = Splitter()
        self._tried: set[str] = set()
        self.answered: dict[str, str] = {}  # QN -> command of the answer
        self.repeats = 0

    def send(self, frames: Sequence[bytes]) -> None:
        """All at once, those that are not answered again over each new connection. Raises `TimeoutError`."""
        by_qn = {qn_of(frame): frame for frame in frames}
        until = time.monotonic() + _PATIENCE
        while left := [qn for qn in by_qn if qn not in self.answered]:
            try:
                connected = self._connected()
                self.repeats += len(self._tried.intersection(left))
                self._tried.update(left)
                connected.sendall(b"".join(by_qn[qn] for qn in left))
                while any(qn not in self.answered for qn in left):
                    self._hear(connected)
            except OSError as error:
                self.close()
                if time.monotonic() > until:
                    raise TimeoutError(f"{len(left)} frames are not answered") from error
                time.sleep(_AGAIN)  # the service is away; there is nothing to be told by

    def talk(self, frames: Sequence[bytes]) -> None:
        """Sends and does not listen."""
        self._tried.update(qn_of(frame) for frame in frames)
        self._connected().sendall(b"".join(frames))

    def write(self, data: bytes) -> None:
        """Whatever it is; nothing is expected of it."""
        self._connected().sendall(data)

    def close(self) -> None:
        """Hangs up without a word."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._splitter = None, Splitter()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=20)
        return self._socket

    def _hear(self, connected: socket.socket) -> None:
        data = connected.recv(64 * 1024)
        if not data:
            raise ConnectionResetError("hung up")
        for piece in self._splitter.feed(data):
            frame = parse(piece)
            assert isinstance(frame, Frame), piece
            self.answered[frame.qn] = frame.cn


def qn_of(frame: bytes) -> str:
    """Of a sound frame."""
    found = parse(frame)
    assert isinstance(found, Frame), frame
    return found.qn
