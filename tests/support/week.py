"""A simulated week in a real InfluxDB, written by the service itself from simulated MQTT; never by a test."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.support.district import ROOT
from tests.support.influx import BUCKET, Influx, influx
from tests.support.mosquitto import mosquitto
from tests.support.service import Running, a_configuration, serving

WEEK = timedelta(days=7)
PATIENCE = 90  # s, for the devices to have sent it
READINGS = 100_000  # the week has some more
KILLED_AFTER = 20_000  # readings: in the middle of it
_SLUG = {"nh3_n": 2.9, "tn": 3.2, "cond": 60, "codmn": 3.0, "do": -1.6, "turb": 45}
# Relative to the week's beginning; what the shipped scenario shows in its first hours, and what still is at the end.
_EPISODES = [
    {"kind": "haze", "area": "xilan", "begins": "96h", "full": "108h", "eases": "180h", "ends": "190h",
     "adds": {"pm2_5": 178, "pm10": 215, "no2": 45, "o3": -40}},
    {"kind": "spill", "at": "src-up-01", "begins": "30h", "rise": "10m", "lasts": "70m", "fall": "60m",
     "velocity": 0.9, "dilution": 0.06, "adds": _SLUG},
    {"kind": "exceedance", "station": "out-02", "begins": "40h", "full": "41h", "eases": "86h", "ends": "88h",
     "adds": {"cod": 55, "ss": 6}},
    {"kind": "exceedance", "station": "out-04", "begins": "160h", "full": "161h", "eases": "180h", "ends": "190h",
     "adds": {"nh3_n": 5.4, "tn": 5}},
    {"kind": "spill", "at": "src-up-01", "begins": "165h", "rise": "10m", "lasts": "300m", "fall": "60m",
     "velocity": 0.9, "dilution": 0.06, "adds": _SLUG},
]  # fmt: skip
_FAULTS = [
    {"kind": "stuck", "station": "src-res-01", "parameter": "cond", "begins": "60h", "ends": "130h"},
    {"kind": "silent", "station": "out-07", "begins": "150h", "ends": "200h"},
    {"kind": "silent", "station": "air-05", "begins": "20h", "ends": "32h"},
    {"kind": "skew", "station": "out-06", "begins": "50h", "ends": "90h", "by": "2m"},
    {"kind": "skew", "station": "out-08", "begins": "60h", "ends": "100h", "by": "-8m"},
]


@dataclass(frozen=True, slots=True)
class Week:
    """Where it lies, and when it was."""

    server: Influx
    config: Path
    data: Path
    start: datetime
    end: datetime

    def ask(self, question: str) -> list[dict[str, Any]]:
        """InfluxDB's own answer: its series, with times in milliseconds, as Grafana is given them."""
        address = f"http://127.0.0.1:{self.server.port}/query"
        query = urllib.parse.urlencode({"db": BUCKET, "q": question, "epoch": "ms"}).encode()
        with urllib.request.urlopen(urllib.request.Request(address, data=query), timeout=30) as answer:
            (result,) = json.load(answer)["results"]
        assert "error" not in result, (question, result)
        series: list[dict[str, Any]] = result.get("series", [])
        return series


@contextmanager
def a_week(folder: Path) -> Iterator[Week]:
    """Seven days up to the present hour, through a real broker; killed in the middle; one warning is answered."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - WEEK
    with influx(folder) as server:
        with mosquitto(folder) as broker:
            store = {"type": "influxdb", "url": server.url, "bucket": BUCKET}
            config = a_configuration(folder / "config", broker, store=store)
            _scenario(config / "simulator.yaml")
            with ExitStack() as first:
                service = first.enter_context(serving(config, folder / "data", "--clock", "replay"))
                service.ready()  # before a device speaks: what nobody has subscribed to is lost
                devices = first.enter_context(_publishing(config, broker.url, start))
                service.until("/api/intake", lambda now: now["stored"] > KILLED_AFTER)
                service.kill()
                with serving(config, folder / "data", "--clock", "replay") as service:
                    service.ready()
                    assert devices.wait(PATIENCE) == 0
                    service.until("/api/intake", lambda now: now["waiting"] == 0 and now["received"] >= READINGS)
                    _answer(service)
                    assert service.stop() == 0
        yield Week(server=server, config=config, data=folder / "data", start=start, end=end)


@contextmanager
def _publishing(config: Path, broker: str, start: datetime) -> Iterator[subprocess.Popen[bytes]]:
    """Every device from that day on, as fast as the broker takes it."""
    said = ("--start", f"{start:%Y-%m-%dT%H:%M:%S}", "--speed", "max", "--backfill", "0s", "--clock", "--json")
    command = [sys.executable, "-m", "ingest", "--config", str(config), "simulate", "--broker", broker, *said]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as devices:
        try:
            yield devices
        finally:
            devices.kill()


def _answer(service: Running) -> None:
    """An officer acknowledges the oldest open warning."""
    open_ = [one for one in service.get("/api/warnings?limit=1000") if one["state"] in {"issued", "proposed"}]
    oldest = min(open_, key=lambda one: one["raised_at"])
    said = urllib.request.Request(
        f"{service.url}/api/warnings/{oldest['id']}/acknowledge",
        data=json.dumps({"person": "duty-chen", "reason": "seen"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(said, timeout=10).close()


def _scenario(file: Path) -> None:
    scenario = yaml.safe_load(file.read_text(encoding="utf-8"))
    scenario |= {"episodes": _EPISODES, "faults": _FAULTS}
    file.write_text(yaml.safe_dump(scenario, allow_unicode=True), encoding="utf-8")
