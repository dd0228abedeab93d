"""The console's server: one address for as long as the service runs, whichever application it shows."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN_REQUESTS = 3  # seconds that they have at the end


class Web:
    """`show` an application before `serve`, and another at any time: a request that is open ends where it began."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._app: ASGIApp | None = None
        self._server = _Server(
            uvicorn.Config(
                self._request,
                interface="asgi3",
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=_OPEN_REQUESTS,
                ws="none",
            )
        )

    def show(self, app: ASGIApp) -> None:
        """From now on."""
        self._app = app

    async def serve(self) -> None:
        """Until `stop`."""
        await self._server.serve(sockets=[self._listening])

    def stop(self) -> None:
        """Takes no more requests."""
        self._server.should_exit = True

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            message = "a console before it was shown one"
            raise RuntimeError(message)
        await self._app(scope, receive, send)


def bound(host: str, port: int, *, what: str = "console") -> socket.socket:
    """A socket that listens there. Raises `OSError` with the address in its message."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise OSError(error.errno, f"{what}: {error.strerror}") from error  # strerror has the address


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: signals are the command's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
