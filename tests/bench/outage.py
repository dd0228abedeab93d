"""InfluxDB is away while messages come at a steady rate: memory meanwhile, and how fast the lag goes afterwards.

First the memories of walk and rules are filled, InfluxDB there. The service has one core, all others the other ones.
Messages go on coming while it catches up. Days are sent within minutes: the service lives in the time that the messages
tell, so that its memories hold 72 h as they do in a year of service, and are full when InfluxDB goes away. Memory is
looked at where it is at its most, before as well as meanwhile: it breathes with each checkpoint.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, Size
from tests.bench.network import Network
from tests.bench.path import SIX, address_of, publisher
from tests.bench.process import pin, resident_bytes
from tests.bench.service import Installation, install, lag, received, serving, settled
from tests.support.influx import influx
from tests.support.mosquitto import mosquitto

STATIONS = 1_000
RATE = 2_000  # messages a second
FILLED = {Size.FULL: 200, Size.QUICK: 2}  # hours: until the longest memory is full (`memory` says why)
AWAY = {Size.FULL: 600, Size.QUICK: 10}  # seconds
_BEFORE = {Size.FULL: 90, Size.QUICK: 3}  # seconds: three checkpoints
_CAUGHT_UP = SIX * RATE * 2  # readings: what a batch and the wait for it leave
_LOOK = 0.1  # s
_STRETCH = 10  # s over which a rate is looked at


def measure(size: Size) -> Iterator[Figure]:
    """One outage."""
    network = Network(STATIONS)
    everywhere = os.sched_getaffinity(0)
    first = {min(everywhere)}
    others = (everywhere - first) or first
    with (
        tempfile.TemporaryDirectory(prefix="clearwarn-bench-") as name,
        mosquitto(Path(name)) as broker,
        influx(Path(name)) as database,
        publisher(broker.port, FILLED[size], rate=RATE) as fed,
    ):
        for pid in (broker.pid, fed.pid, *database.pids):
            pin(pid, others)
        made = install(Path(name) / "c", network=network, broker=broker.port, store=address_of(database))
        with serving(made, "--clock", "replay") as service:
            pin(service.pid, first)
            assert fed.stdin is not None
            assert fed.stdout is not None
            fed.stdin.write(b"go\n")
            fed.stdin.flush()
            if fed.stdout.readline() != b"filled\n":
                raise RuntimeError("the publisher did not send what fills the memories")
            _wait_for_the_rate(made)  # what fills them is sent faster than it is taken: the broker has the rest
            while lag(made) > _CAUGHT_UP:
                time.sleep(_LOOK)
            before = _most_within(_BEFORE[size], service.pid)
            database.stop()
            most = _most_within(AWAY[size], service.pid)
            behind = lag(made)
            database.start()
            assert database.process is not None
            pin(database.process.pid, others)
            began = time.perf_counter()
            while lag(made) > _CAUGHT_UP:
                time.sleep(_LOOK)
            took = time.perf_counter() - began
        twice = settled(made)[1]
    group = f"InfluxDB away for {AWAY[size]} s at {RATE} messages/s"
    yield Figure(group=group, name="memory before, at its most", value=before / 2**20, unit="MiB")
    yield Figure(group=group, name="memory meanwhile against that", value=most / before, unit="x", aim="<= 1.1")
    yield Figure(group=group, name="messages behind", value=behind / SIX, unit="")
    yield Figure(group=group, name="readings that the broker sent again", value=twice, unit="", aim="0")
    rate = behind / SIX / took + RATE
    yield Figure(group=group, name="stored while catching up", value=rate, unit="messages/s")
    yield Figure(group=group, name="against the live rate", value=rate / RATE, unit="x", aim=">= 3")


def _most_within(seconds: float, pid: int) -> int:
    """Resident bytes at their most from now on, for so long."""
    until, most = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        time.sleep(_LOOK)
        most = max(most, resident_bytes(pid))
    return most


def _wait_for_the_rate(made: Installation) -> None:
    """Until no more comes in than is sent."""
    before, came = received(made), 2 * RATE * _STRETCH * SIX
    while came > 1.2 * RATE * _STRETCH * SIX:
        time.sleep(_STRETCH)
        now = received(made)
        before, came = now, now - before
