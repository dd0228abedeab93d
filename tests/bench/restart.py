"""Restart: from the start of the process to `readyz` 200, over a log of deliveries, with and without a checkpoint."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.model import Delivery
from tests.bench.figures import Figure, Size
from tests.bench.network import SENT_AT_ONCE, Network
from tests.bench.service import Installation, install, serving
from tests.support.mosquitto import mosquitto

STATIONS = {Size.FULL: 10_000, Size.QUICK: 1_000}
DELIVERIES = {Size.FULL: 66_000, Size.QUICK: 2_000}  # of each station at least an hour
_GROUP = 1000  # deliveries in a commit
_RECENT = timedelta(minutes=1)  # before now, when the last of them came


def measure(size: Size) -> Iterator[Figure]:
    """Nothing in the log; all of it new; all of it under the checkpoint; all of it walked before, no checkpoint."""
    count = DELIVERIES[size]
    group = f"restart, {STATIONS[size]} stations, {count} deliveries"
    network = Network(STATIONS[size], lateness=SENT_AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="clearwarn-bench-") as name, mosquitto(Path(name)) as broker:
        fresh = install(Path(name) / "fresh", network=network, broker=broker.port)
        yield Figure(group=group, name="empty log", value=_started(fresh), unit="s")
        filled = install(Path(name) / "filled", network=network, broker=broker.port)
        asyncio.run(_fill(filled.data / "intake", network, count))
        yield Figure(group=group, name="log not walked yet", value=_started(filled), unit="s")
        yield Figure(group=group, name="with a checkpoint", value=_started(filled), unit="s", aim="< 10")
        (filled.data / "checkpoint.json").unlink()
        yield Figure(group=group, name="without a checkpoint", value=_started(filled), unit="s")


def _started(installation: Installation) -> float:
    with serving(installation) as service:
        return service.took


async def _fill(folder: Path, network: Network, count: int) -> None:
    """A log of deliveries received as their periods ended, up to now."""
    hours = -(-count // network.an_hour)
    start = datetime.now(UTC) - _RECENT - timedelta(hours=hours)
    ticks = network.messages(start, hours)
    all_ = chain.from_iterable(
        (Delivery(topic, payload, instant) for topic, payload in batch) for instant, batch in ticks
    )
    async with SqliteIntakeLog(folder=folder) as log:
        left = islice(all_, count)
        while group := list(islice(left, _GROUP)):
            await log.append(group, ())
