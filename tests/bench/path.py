"""The whole path: a real mosquitto at QoS 1, the real service, SQLite; until the ledger shows everything stored.

The window of unacknowledged messages is the 10 000 that we ask for: on MQTT 5 mosquitto heeds the client's Receive
Maximum, and its own max_inflight_messages has no effect. On one core: service on the first, broker and publisher on
the others, so that the service alone sets the pace.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, Size
from tests.bench.network import ROOT, Network
from tests.bench.process import cpu_seconds, pin
from tests.bench.service import install, serving, settled
from tests.support.mosquitto import mosquitto

STATIONS = 1_000
HOURS = {Size.FULL: 8, Size.QUICK: 2}  # of 6 667 messages each at 1 000 stations
SIX = 6  # readings a message
_LOOK = 0.05  # s between looks at the ledger


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds from the first message sent to the last reading stored, and the service's CPU."""

    messages: int
    seconds: float
    cpu: float


def measure(size: Size) -> Iterator[Figure]:
    """On one core, and free to roam."""
    everywhere = os.sched_getaffinity(0)
    first = {min(everywhere)}
    for where, cores in (("one core", first), ("all cores", everywhere)):
        run = once(cores=cores, others=(everywhere - first) or first, hours=HOURS[size])
        group = f"whole path, {where}"
        aim = "> 10 000" if where == "one core" else ""
        cost = run.cpu / run.messages
        yield Figure(group=group, name="messages", value=run.messages / run.seconds, unit="1/s", aim=aim)
        yield Figure(group=group, name="CPU a message", value=1e6 * cost, unit="us")
        yield Figure(group=group, name="messages a second of its CPU", value=1 / cost, unit="1/s", aim=aim)


def once(*, cores: Collection[int], others: Collection[int], hours: int) -> Run:
    """One run with a broker, a service and a publisher of its own."""
    network = Network(STATIONS)
    with tempfile.TemporaryDirectory(prefix="clearwarn-bench-") as name:
        folder = Path(name)
        with mosquitto(folder) as broker, publisher(broker.port, hours) as fed:
            pin(broker.pid, others)
            pin(fed.pid, others)
            installation = install(folder / "config", network=network, broker=broker.port)
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


@contextmanager
def publisher(port: int, hours: int) -> Iterator[subprocess.Popen[bytes]]:
    """One that is ready to send."""
    command = [sys.executable, "-m", "tests.bench.publisher", str(port), str(STATIONS), str(hours)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the publisher did not get ready")
        try:
            yield process
        finally:
            process.kill()
