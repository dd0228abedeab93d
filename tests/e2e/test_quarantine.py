"""Quarantine and ledger of the real service: refused, mended, redriven; nothing is lost or counted twice."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import yaml

from tests.support.district import ROOT
from tests.support.mosquitto import Broker, mosquitto
from tests.support.service import Running, a_configuration, clearwarn, serving

STRANGER = "out-06"  # its catalogue entry comes later


def _without_stranger(config: Path) -> None:
    file = config / "stations" / "outfalls.yaml"
    known = yaml.safe_load(file.read_text(encoding="utf-8"))
    known["stations"] = [station for station in known["stations"] if station["id"] != STRANGER]
    known["outfalls"] = [outfall for outfall in known["outfalls"] if outfall["stations"] != [STRANGER]]
    file.write_text(yaml.safe_dump(known, allow_unicode=True), encoding="utf-8")


def _hour(station: str, ago: int, **values: float) -> tuple[str, bytes]:
    """The hour of the clock that ended so many hours before this one."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago + 1)
    body = {"station": station, "time": start.isoformat(), "period": "1h", "values": values}
    return f"clearwarn/v1/outfall/{station}/reading", json.dumps(body).encode()


async def _publish(broker: Broker, *messages: tuple[str, bytes]) -> None:
    async with aiomqtt.Client(broker.host, broker.port, identifier="devices") as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)


def _said(*arguments: str, data: Path, config: Path) -> Any:
    """What a command answers in JSON."""
    done = clearwarn(*arguments, "--json", "--data", str(data), config=config)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _fates(service: Running) -> tuple[int, ...]:
    now = service.get("/api/intake")
    return tuple(now[name] for name in ("received", "stored", "duplicate", "quarantined", "waiting"))


def _metrics(service: Running) -> dict[str, float]:
    with urllib.request.urlopen(service.url + "/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


async def _refused(service: Running, broker: Broker, config: Path, data: Path) -> None:
    """Six readings of which one is stored; redriven too early, nothing changes."""
    above = _hour(STRANGER, 0, cod=500.0, ph=7.0)
    torn = (above[0], above[1][:-2])
    part = _hour("out-01", 1, cod=20.0, mystery=2.0)
    await _publish(broker, above, above, _hour(STRANGER, 2, cod=10.0, mystery=1.0), torn, part)
    service.until("/api/intake", lambda now: (now["received"], now["waiting"]) == (6, 0))
    assert _fates(service) == (6, 1, 0, 5, 0)

    listed = _said("quarantine", "list", data=data, config=config)
    assert [(entry["station"], entry["reason"]) for entry in listed["entries"]] == [
        ("out-01", "unknown_parameter"),
        ("_unknown", "broken_json"),
        *[("_unknown", "unknown_station")] * 3,
    ]
    newest_torn = str(listed["entries"][1]["id"])
    shown = clearwarn("quarantine", "show", newest_torn, "--raw", "--data", str(data), config=config)
    assert shown.stdout.encode() == torn[1]

    early = _said("quarantine", "redrive", "--all", data=data, config=config)
    assert (early["deliveries"], early["stored"], early["waiting"]) == (5, 0, False)
    assert early["refused"] == {"broken_json": 1, "unknown_parameter": 1, "unknown_station": 3}
    assert _fates(service) == (6, 1, 0, 5, 0)


def _redriven(service: Running, config: Path, data: Path) -> None:
    """What passes is stored and its warning raised; a second time changes nothing."""
    counted = _said("quarantine", "redrive", "--station", "_unknown", "--dry-run", data=data, config=config)
    assert counted == {"entries": 4, "deliveries": 4, "excerpts": 0}
    redriven = _said("quarantine", "redrive", "--all", data=data, config=config)
    assert (redriven["stored"], redriven["duplicate"], redriven["waiting"]) == (1, 1, False)
    assert redriven["refused"] == {"broken_json": 1, "unknown_parameter": 2}
    assert _fates(service) == (6, 2, 1, 3, 0)

    again = _said("quarantine", "redrive", "--all", data=data, config=config)
    assert (again["deliveries"], again["stored"], again["duplicate"]) == (3, 0, 0)
    assert _fates(service) == (6, 2, 1, 3, 0)
    (warning,) = service.get("/api/warnings")
    assert (warning["station"], warning["level"]) == (STRANGER, "orange")


def _measured(service: Running) -> None:
    figures = _metrics(service)
    assert figures['clearwarn_readings_total{fate="stored"}'] == 2
    assert figures["clearwarn_ledger_overdrawn_accounts"] == 0
    assert figures['clearwarn_quarantined_readings{reason="unknown_parameter"}'] == 2
    assert figures['clearwarn_broker_state{state="connected"}'] == 1
    assert figures['clearwarn_open_warnings{level="orange"}'] == 1
    assert figures["clearwarn_store_lag_deliveries"] == figures["clearwarn_store_lag_seconds"] == 0
    assert figures["clearwarn_intake_log_bytes"] > 0


@pytest.mark.e2e
@pytest.mark.timeout(240)
@pytest.mark.parametrize("end", [Running.stop, Running.kill])
async def test_redrive_after_the_catalogue_was_mended(end: Callable[[Running], object], tmp_path: Path) -> None:
    """An unknown outfall above its limit: redriven, its readings are stored and its warning is raised, once.

    Stopped, the service goes on from its checkpoint; killed, it walks its log again with the mended catalogue.
    """
    data = tmp_path / "data"
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker)
        _without_stranger(config)
        with serving(config, data) as service:
            service.ready()
            await _refused(service, broker, config, data)
            end(service)
        for file in (config / "stations").glob("*.yaml"):
            file.write_bytes((ROOT / "config" / "stations" / file.name).read_bytes())
        with serving(config, data) as service:
            service.ready()
            _redriven(service, config, data)
            _measured(service)
            assert service.stop() == 0

    ledger = _said("ledger", "--hourly", data=data, config=config)
    assert ledger["balanced"]
    assert ledger["total"] == {"received": 6, "stored": 2, "duplicate": 1, "quarantined": 3, "waiting": 0}
    with closing(sqlite3.connect(data / "readings.db")) as store:
        query = "SELECT station, sum(received), sum(stored), sum(duplicate), sum(quarantined) FROM ledger GROUP BY 1"
        accounts = [("_unknown", 0, 0, 0, 0), ("out-01", 2, 1, 0, 1), (STRANGER, 4, 1, 1, 2)]
        assert store.execute(query).fetchall() == accounts
        query = "SELECT count(*) FROM readings JOIN series ON id = series WHERE station = ?"
        assert store.execute(query, (STRANGER,)).fetchone() == (3,)

    alone = clearwarn("quarantine", "redrive", "--all", "--data", str(data), config=config)
    assert (alone.returncode, "clearwarn serve" in alone.stderr) == (1, True)
    with closing(sqlite3.connect(data / "books.db")) as books, books:
        books.execute("UPDATE ledger SET stored = stored - 1 WHERE station = 'out-01'")
    torn_ledger = clearwarn("ledger", "--json", "--data", str(data), config=config)
    assert torn_ledger.returncode == 1
    (wrong,) = json.loads(torn_ledger.stdout)["unbalanced"]
    assert (wrong["station"], wrong["waiting"], wrong["in_the_log"]) == ("out-01", 1, 0)


def test_commands_say_where_there_are_no_books(tmp_path: Path) -> None:
    """And what to do; choosing nothing to redrive is wrong usage, as is a time without offset."""
    for command in (("quarantine", "list"), ("ledger",)):
        done = clearwarn(*command, "--data", str(tmp_path))
        assert (done.returncode, "--data" in done.stderr) == (1, True)
    assert clearwarn("quarantine", "redrive", "--data", str(tmp_path)).returncode == 2
    assert clearwarn("ledger", "--since", "2026-11-23T08:00", "--data", str(tmp_path)).returncode == 2
