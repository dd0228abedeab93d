"""The connections of HJ 212 devices, where `service.yaml` has a place for them to connect to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial

from ingest.adapters.hj212_tcp import Hj212Lines
from ingest.catalog import Station
from ingest.pipeline import Pipeline
from ingest.settings import Hj212TcpSettings
from ingest.web import bound


def opened(
    settings: Hj212TcpSettings | None, stack: AsyncExitStack, devices: Callable[[], Mapping[str, Station]]
) -> Hj212Lines | None:
    """Listens, as long as the stack is entered. Raises `OSError` with the address where it cannot."""
    if settings is None:
        return None
    listening = bound(settings.host, settings.port, what="hj212_tcp")
    stack.callback(listening.close)
    return Hj212Lines(listening=listening, bounds=settings.bounds(), devices=devices)


def loops(lines: Hj212Lines | None, pipeline: Pipeline) -> Mapping[str, Callable[[], Coroutine[None, None, None]]]:
    """What runs for them: the connections, and the way of what they bring into the log."""
    if lines is None:
        return {}
    return {"devices": lines.run, "device log": partial(pipeline.log_loop, lines)}
