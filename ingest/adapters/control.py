"""What an administrator asks of a running service: a Unix socket in the data folder, closed to other users.

One JSON object a line in, one out: `{"order": "reload"}` -> `{"ok": true, ...}` or `{"ok": false, "error": "..."}`.
Orders are carried out one after the other. The command's side is `ask`; what an order does is for the composition root.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from ingest.errors import NotRunningError, OrderRefusedError

Order = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]

_NAME = "control.sock"
_LINE = 256 * 1024  # bytes of an order; a list of ten thousand quarantine entries is below it
_ASKED_WITHIN = 10.0  # seconds from connecting to the end of the order
_MANY = 8  # askers at once
_log = logging.getLogger(__name__)


class ControlSocket:
    """Listens in `folder` while entered. An order raises `OrderRefusedError` to say why it was not carried out."""

    def __init__(self, *, folder: Path, orders: Mapping[str, Order]) -> None:
        self._folder = folder
        self._orders = orders
        self._in_turn = asyncio.Lock()
        self._asking: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises `OSError` where the folder takes no socket."""
        listening = _listening(self._folder)
        server = await asyncio.start_unix_server(self._asked, sock=listening, limit=_LINE)
        self._stack.callback((self._folder / _NAME).unlink, missing_ok=True)
        self._stack.push_async_callback(self._hang_up)
        self._stack.callback(server.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _hang_up(self) -> None:
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._asking) >= _MANY:
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        try:
            async with asyncio.timeout(_ASKED_WITHIN):
                line = await reader.readline()
            answer = await self._answer(line)
            async with asyncio.timeout(_ASKED_WITHIN):
                writer.write(orjson.dumps(answer) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError) as error:
            _log.warning("control: an asker was not answered: %s", error or type(error).__name__)
        finally:
            self._asking.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, line: bytes) -> Mapping[str, Any]:
        try:
            asked = orjson.loads(line)
            order = self._orders[asked["order"]]
        except (ValueError, KeyError, TypeError):
            return {"ok": False, "error": f"not an order; known are {', '.join(sorted(self._orders))}"}
        async with self._in_turn:
            try:
                return {"ok": True, **await order(asked)}
            except OrderRefusedError as error:
                return {"ok": False, "error": str(error), **error.facts}


def _listening(folder: Path) -> socket.socket:
    with _place(folder) as place:
        Path(place).unlink(missing_ok=True)  # of a service that was killed: the folder is ours alone
        listening = socket.socket(socket.AF_UNIX)
        try:
            os.fchmod(listening.fileno(), 0o600)  # before the bind: never open to others, not for a moment
            listening.bind(place)
        except OSError:
            listening.close()
            raise
    return listening


def ask(folder: Path, order: str, *, seconds: float = 60.0, **given: Any) -> Mapping[str, Any]:
    """Has the service on that data folder carry out an order; its answer.

    Raises `NotRunningError` where none runs there, `OrderRefusedError` with what it said, `OSError`, `TimeoutError`.
    """
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(seconds)
        try:
            with _place(folder) as place:
                asking.connect(place)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunningError(folder) from error
        asking.sendall(orjson.dumps({**given, "order": order}) + b"\n")
        with asking.makefile("rb") as answers:
            line = answers.readline()
    if not line:
        raise NotRunningError(folder)
    answer: dict[str, Any] = orjson.loads(line)
    if not answer.pop("ok"):
        raise OrderRefusedError(answer.pop("error"), answer)
    return answer


@contextmanager
def _place(folder: Path) -> Iterator[str]:
    """The socket's path by way of the open folder: a socket's name has 107 bytes, a folder's may have more."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{_NAME}"
    finally:
        os.close(opened)
