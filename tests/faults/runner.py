"""`clearwarn` with points at which it kills itself, and with a clock that is set from outside. For the matrix only.

`python -m tests.faults.runner serve ...` runs the service as it is, with these additions made from outside:

- every suspension and resumption of an await in the loops that lead from receipt to acknowledgement, journal, store and
  outbox is a point, named after our innermost line; so an await that is written tomorrow is a point as well
- so are the moments before and after each commit of each database, an acknowledgement half written, and the renaming
  of the checkpoint

`CLEARWARN_CRASH` is `NAME#N`: kill -9 at the N-th pass of the points whose names begin like that.
`CLEARWARN_POINTS` names a file: at an orderly end it holds how often each was passed.
`CLEARWARN_CLOCK` names a file with the seconds by which the clock is wrong.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import alerts.journal.journal
import alerts.journal.outbox
import ingest.adapters.books
import ingest.adapters.log_writer
import ingest.adapters.sqlite_store
import ingest.cli
from alerts.dispatch import Dispatcher
from ingest.__main__ import main
from ingest.adapters import clock
from ingest.adapters.mqtt_client import Client
from ingest.pipeline import Pipeline
from ingest.writer import StoreWriter

_ROOT = Path(__file__).parents[2]
_OURS = tuple(str(_ROOT / package) for package in ("ingest", "alerts"))
_COMMITS = (
    ("log", ingest.adapters.log_writer),
    ("books", ingest.adapters.books),
    ("store", ingest.adapters.sqlite_store),
    ("journal", alerts.journal.journal),
    ("outbox", alerts.journal.outbox),
)
_LOOPS = (
    (Pipeline, "recover"),
    (Pipeline, "log_loop"),
    (Pipeline, "walk_loop"),
    (StoreWriter, "run"),
    (Dispatcher, "run"),
    (Dispatcher, "_attempt"),
)


class Points:
    """Counts passes; ends the process at one of them."""

    def __init__(self, crash: str) -> None:
        self._name, _, number = crash.partition("#")
        self._left = int(number or 0)
        self.passes: Counter[str] = Counter()

    def passed(self, name: str) -> None:
        """Here is one."""
        self.passes[name] += 1
        if self._left and name.startswith(self._name):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


class Stepped:
    """Awaits a coroutine of ours, step by step: each time it waits, and each time it goes on, is a point."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], points: Points) -> None:
        self._coroutine = coroutine
        self._points = points

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = lambda: self._coroutine.send(None)  # noqa: E731
        while True:
            try:
                waits_for = step()
            except StopIteration as ended:
                return ended.value
            place = _place(self._coroutine)
            self._points.passed(f"{place} waits")
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001  # cancelled: the coroutine is to hear of it
                step = lambda thrown=error: self._coroutine.throw(thrown)  # type: ignore[misc]  # noqa: E731
            else:
                step = lambda: self._coroutine.send(None)  # noqa: E731
            self._points.passed(f"{place} goes on")


def _place(coroutine: Any) -> str:
    """Our innermost line that waits."""
    place = "?"
    while coroutine is not None and (frame := getattr(coroutine, "cr_frame", None)) is not None:
        code: CodeType = coroutine.cr_code
        if code.co_filename.startswith(_OURS):
            file = Path(code.co_filename)
            place = f"{file.relative_to(_ROOT).with_suffix('')}.{code.co_name}:{frame.f_lineno}"
        coroutine = coroutine.cr_await
    return place


def _stepped(method: Callable[..., Coroutine[Any, Any, Any]], points: Points) -> Callable[..., Awaitable[Any]]:
    async def run(*given: Any, **named: Any) -> Any:
        return await Stepped(method(*given, **named), points)

    return run


def _commits(
    original: Callable[[Any], AbstractContextManager[Any]], name: str, points: Points
) -> Callable[[Any], AbstractContextManager[Any]]:
    @contextmanager
    def transaction(connection: Any) -> Iterator[Any]:
        with original(connection) as opened:
            yield opened
            points.passed(f"{name} before commit")
        points.passed(f"{name} after commit")

    return transaction


def _acknowledging(
    original: Callable[[Client, list[int]], None], points: Points
) -> Callable[[Client, list[int]], None]:
    """In two halves, each of them out on the network before the point."""

    def acknowledge(client: Client, mids: list[int]) -> None:
        half = len(mids) // 2
        for part, name in ((mids[:half], "half"), (mids[half:], "all")):
            original(client, part)
            client.loop_write()
            points.passed(f"acknowledged {name}")

    return acknowledge


def _renaming(original: Callable[[Path, Path], Path], points: Points) -> Callable[[Path, Path], Path]:
    def replace(self: Path, target: Path) -> Path:
        points.passed("checkpoint before renaming")
        renamed = original(self, target)
        points.passed("checkpoint after renaming")
        return renamed

    return replace


def _wrong(file: Path) -> Callable[[], datetime]:
    """The time as the machine believes: wrong by as many seconds as the file says."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text(encoding="utf-8")))

    return now


def _instrument(points: Points) -> None:
    for owner, name in _LOOPS:
        setattr(owner, name, _stepped(getattr(owner, name), points))
    for name, module in _COMMITS:
        vars(module)["transaction"] = _commits(vars(module)["transaction"], name, points)
    Client.acknowledge = _acknowledging(Client.acknowledge, points)  # type: ignore[method-assign,assignment]
    Path.replace = _renaming(Path.replace, points)  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    counted = Points(os.environ.get("CLEARWARN_CRASH", ""))
    _instrument(counted)
    if "CLEARWARN_POINTS" in os.environ:
        file = Path(os.environ["CLEARWARN_POINTS"])
        atexit.register(lambda: file.write_text(json.dumps(counted.passes), encoding="utf-8"))
    if "CLEARWARN_CLOCK" in os.environ:
        vars(clock)["_LONGEST_NAP"] = 0.1  # s; or a test would wait for as long as a service may
        vars(ingest.cli)["SystemClock"] = partial(clock.SystemClock, system=_wrong(Path(os.environ["CLEARWARN_CLOCK"])))
    main()
