"""Dashboards: building them for 300 stations; every panel's query over 30 days of 100 stations in a real InfluxDB.

What InfluxDB holds was written by the service from the district's own messages.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from device_sim.scaling import scaled
from grafana.building import built
from grafana.filling import Filling, chosen
from tests.bench.figures import Figure, Size
from tests.support.boards import boards, queries, the_site
from tests.support.district import ROOT
from tests.support.influx import BUCKET, influx
from tests.support.mosquitto import mosquitto
from tests.support.service import Running, a_configuration, serving
from tests.support.week import Week

BUILT_FOR = 300
STATIONS = {Size.FULL: 100, Size.QUICK: 20}
DAYS = {Size.FULL: 30, Size.QUICK: 2}
_LOOK, _QUIET = 0.2, 10  # s between two looks, and how many without news are enough
_BUILD_AIM, _QUERY_AIM = "< 5", "< 1"


def measure(size: Size) -> Iterator[Figure]:
    """Building, then asking."""
    site = the_site()
    large = replace(site, catalog=scaled(site.catalog, BUILT_FOR))
    began = time.perf_counter()
    texts = built(large)
    group = f"dashboards, {BUILT_FOR} stations"
    yield Figure(group=group, name="building all", value=time.perf_counter() - began, unit="s", aim=_BUILD_AIM)
    yield Figure(group=group, name="their JSON", value=sum(map(len, texts.values())) / 1024, unit="KiB")
    yield from _asked(size)


def _asked(size: Size) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="clearwarn-bench-") as name, a_month(Path(name), size) as month:
        found = list(_timed(month))
    group = f"panel queries, {DAYS[size]} days of {STATIONS[size]} stations"
    times = [seconds for seconds, _ in found]
    slowest, which = max(found)
    yield Figure(group=group, name="queries", value=len(found), unit="")
    yield Figure(group=group, name="median", value=statistics.median(times) * 1000, unit="ms")
    yield Figure(group=group, name=f"slowest: {which}", value=slowest, unit="s", aim=_QUERY_AIM)


@contextmanager
def a_month(folder: Path, size: Size) -> Iterator[Week]:
    """So many days up to now in a real InfluxDB, by a clock that the devices tell: nothing of it came late."""
    now = datetime.now(UTC)
    start = now - timedelta(days=DAYS[size])
    with influx(folder, largest="8m") as server:
        with mosquitto(folder) as broker:
            store = {"type": "influxdb", "url": server.url, "bucket": BUCKET}
            config = a_configuration(folder / "config", broker, store=store)
            _copies(config, STATIONS[size])
            said = ("--broker", broker.url, "--backfill", "0s", "--speed", "max", "--clock")
            with serving(config, folder / "data", "--clock", "replay") as service:
                service.ready()
                command = [sys.executable, "-m", "ingest", "--config", str(config), "simulate", *said]
                subprocess.run([*command, "--start", f"{start:%Y-%m-%dT%H:%M:%S}"], cwd=ROOT, check=True)
                _settled(service)
                service.stop()
        yield Week(server=server, config=config, data=folder / "data", start=start, end=now)


def _settled(service: Running) -> None:
    """Returns when all is stored and nothing more comes."""
    quiet, received = 0, -1
    while quiet < _QUIET:
        time.sleep(_LOOK)
        now = service.get("/api/intake")
        quiet = quiet + 1 if now["waiting"] == 0 and now["received"] == received else 0
        received = now["received"]


def _copies(config: Path, count: int) -> None:
    """So many stations, copies beside the catalogue's own."""
    catalog = the_site().catalog
    copies = [one for one in scaled(catalog, count).stations if one.id not in catalog.by_id]
    entries = [
        one.model_dump(mode="json", exclude={"interval", "lateness"}, exclude_defaults=True)
        | {"interval": f"{one.interval.total_seconds():.0f}s"}
        for one in copies
    ]
    text = yaml.safe_dump({"stations": entries}, allow_unicode=True)
    (config / "stations/copies.yaml").write_text(text, encoding="utf-8")


def _timed(month: Week) -> Iterator[tuple[float, str]]:
    for board in boards(the_site(month.config)).values():
        filling = Filling(start=month.start, end=month.end, variables=chosen(board))
        for query in queries(board):
            question = filling.since(query.since).fill(query.text, least=query.least, most=query.most)
            yield _shortest(month, question), query.name


def _shortest(month: Week, question: str) -> float:
    """Seconds; of three times where the first is above the aim: the machine may have other work too."""
    took = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        month.ask(question)
        took = min(took, time.perf_counter() - began)
        if took <= 1:
            break
    return took
