"""The whole path: a real mosquitto at QoS 1, the real service, a store; until the ledger shows everything stored.

InfluxDB is Debian's influxd behind nginx. On one core: the service on the first; broker, publisher and InfluxDB on the
others, so that the service alone sets the pace. A window is of unacknowledged messages: the 10 000 that we ask for, or
the 20 that mosquitto allows on MQTT 3.1.1 unless configured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, Size
from tests.bench.network import ROOT, SENT_AT_ONCE, Network
from tests.bench.process import cpu_seconds, pin
from tests.bench.service import install, serving, settled
from tests.support.influx import BUCKET, Influx, influx
from tests.support.mosquitto import mosquitto

STATIONS = 1_000
HOURS = {Size.FULL: 24, Size.QUICK: 2}  # of 6 667 messages each at 1 000 stations
SIX = 6  # readings a message
_LOOK = 0.05  # s between looks at the ledger


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds from the first message sent to the last reading stored, and the service's CPU."""

    messages: int
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a run is set up."""

    name: str
    influx: bool = False
    one_core: bool = True
    window: int = 10_000
    aim: str = ""


WAYS = (
    Way(name="one core, SQLite", aim="> 10 000"),
    Way(name="one core, InfluxDB", influx=True, aim="> 10 000"),
    Way(name="one core, InfluxDB, window of 20", influx=True, window=20),
    Way(name="all cores, SQLite", one_core=False),
)


def measure(size: Size) -> Iterator[Figure]:
    """Each way in turn."""
    for way in WAYS:
        run = once(way, hours=HOURS[size])
        group = f"whole path, {way.name}"
        cost = run.cpu / run.messages
        yield Figure(group=group, name="messages", value=run.messages / run.seconds, unit="1/s", aim=way.aim)
        yield Figure(group=group, name="CPU a message", value=1e6 * cost, unit="us")
        yield Figure(group=group, name="messages a second of its CPU", value=1 / cost, unit="1/s", aim=way.aim)


def once(way: Way, *, hours: int) -> Run:
    """One run with a broker, a store, a service and a publisher of its own."""
    network = Network(STATIONS, lateness=SENT_AT_ONCE)
    everywhere = os.sched_getaffinity(0)
    first = {min(everywhere)}
    cores, others = (first if way.one_core else everywhere), (everywhere - first) or first
    with tempfile.TemporaryDirectory(prefix="clearwarn-bench-") as name:
        folder = Path(name)
        with (
            mosquitto(folder) as broker,
            publisher(broker.port, hours) as fed,
            influx(folder) if way.influx else nullcontext() as database,
        ):
            store = address_of(database) if database else None
            for pid in (broker.pid, fed.pid, *(database.pids if database else ())):
                pin(pid, others)
            installation = install(
                folder / "config", network=network, broker=broker.port, store=store, window=way.window
            )
            with serving(installation) as service:
                pin(service.pid, cores)
                expected = SIX * hours * network.an_hour
                began, before = time.perf_counter(), cpu_seconds(service.pid)
                assert fed.stdin is not None
                fed.stdin.write(b"go\n")
                fed.stdin.flush()
                while sum(counts := settled(installation)) < expected:
                    time.sleep(_LOOK)
                seconds, cpu = time.perf_counter() - began, cpu_seconds(service.pid) - before
    if counts != (expected, 0):
        raise RuntimeError(f"of {expected} readings {counts[0]} were stored, {counts[1]} doubled or refused")
    return Run(expected // SIX, seconds, cpu)


def address_of(database: Influx) -> Mapping[str, str]:
    """As `store` in service.yaml."""
    return {"type": "influxdb", "url": database.url, "bucket": BUCKET}


@contextmanager
def publisher(port: int, hours: int, *, rate: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    """One that is ready to send; with `rate` it goes on at that many messages a second until it is ended."""
    command = [sys.executable, "-m", "tests.bench.publisher", str(port), str(STATIONS), str(hours), str(rate)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the publisher did not get ready")
        try:
            yield process
        finally:
            process.kill()
