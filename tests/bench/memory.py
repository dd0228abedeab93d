"""Memory a station: what walk, fleet and engine hold once their memories are full, six parameters each."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Iterator
from datetime import timedelta

from ingest.model import Delivery, Kind
from tests.bench.figures import Figure, Size
from tests.bench.network import START, Network
from tests.bench.process import resident_bytes
from tests.bench.pure import Core, Spent, chunks

STATIONS = {Size.FULL: 3_000, Size.QUICK: 300}  # each costs the same; 10 000 take minutes to fill
# Hours until every memory of that kind is full: a quarter more than the 72 h in which something may come late, or of
# hourly readings 200, more than the longest of their own (128 and half as many again).
_FULL_AFTER = {Kind.SOURCE: 96, Kind.OUTFALL: 96, Kind.AIR: 200}


def measure(size: Size) -> Iterator[Figure]:
    """In a fresh process: memory once used is not given back."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for name, kib in pool.apply(grown, (STATIONS[size],)).items():
            aim = "< 20" if name == "all" else ""
            yield Figure(group=f"memory, {STATIONS[size]} stations", name=name, value=kib, unit="KiB each", aim=aim)


def grown(stations: int) -> dict[str, float]:
    """KiB a station; kind after kind is heard until its memories are full, so that each shows what it adds."""
    network = Network(stations)
    assert network.catalog
    gc.collect()
    empty = resident_bytes()
    core = Core(network)
    found: dict[str, float] = {}
    for kind, hours in _FULL_AFTER.items():
        before = resident_bytes()
        _hear(core, network, kind, hours)
        gc.collect()
        each = sum(entry["kind"] == kind for entry in network.entries)
        found[f"{kind} (beyond the empty rules)"] = (resident_bytes() - before) / 1024 / each
    found["all"] = (resident_bytes() - empty) / 1024 / stations
    return found


def _hear(core: Core, network: Network, kind: Kind, hours: int) -> None:
    for instant, batch in network.messages(START, hours, (kind,)):
        received = instant + timedelta(seconds=20)
        for chunk in chunks(batch):
            core.take([Delivery(topic, payload, received, 1) for topic, payload in chunk], Spent())
