"""The real service with a real broker and a real InfluxDB."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.model import MEASUREMENTS
from tests.support.influx import BUCKET, Influx, influx
from tests.support.mosquitto import Broker, mosquitto
from tests.support.service import a_configuration, clearwarn, serving

FIRST, SECOND = "2026-10-01T00:00:00", "2026-10-20T00:00:00"  # far enough apart: no reading corrects another


def _publish(config: Path, broker: Broker, *, start: str) -> None:
    """A day and a half of the district with what happens in it; as much however busy the machine is."""
    end = (datetime.fromisoformat(start) + timedelta(hours=8)).isoformat()
    said = ("--start", start, "--until", end, "--speed", "max", "--backfill", "24h", "--json")
    sent = clearwarn("simulate", "--broker", broker.url, *said, config=config)
    assert sent.returncode == 0, sent.stderr


def _points(server: Influx) -> int:
    """How many readings InfluxDB has: each has one flag."""
    counts = server.ask(f"SELECT count(/_flag$/) FROM {', '.join(MEASUREMENTS)}")
    return sum(count for row in counts for name, count in row.items() if name != "time" and count)


def _events(server: Influx) -> tuple[int, ...]:
    """How many transitions and acts InfluxDB has."""
    found = [
        server.ask(f"SELECT count({field}) FROM warning WHERE record {which} 'transition'")[0]["count"]
        for field, which in (("noticed", "="), ("raised", "!="))
    ]
    assert server.ask("SELECT last(readings_waiting) FROM service")
    return tuple(found)


def _journalled(data: Path) -> tuple[int, ...]:
    """How many of each there are in the journal."""
    with sqlite3.connect(f"file:{data / 'state.db'}?mode=ro", uri=True) as journal:
        query = "SELECT (SELECT count(*) FROM transitions), (SELECT count(*) FROM acts)"
        return tuple(journal.execute(query).fetchone())


def _ledger(data: Path) -> tuple[int, ...]:
    """Received, stored, duplicate, quarantined: as the books of a stopped service have them."""
    with sqlite3.connect(f"file:{data / 'books.db'}?mode=ro", uri=True) as books:
        sums = "sum(received), sum(stored), sum(duplicate), sum(quarantined)"
        return tuple(books.execute(f"SELECT {sums} FROM ledger").fetchone())


def _store(server: Influx) -> dict[str, str]:
    return {"type": "influxdb", "url": server.url, "bucket": BUCKET}


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_influx_outage_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """Stopped and started again while readings come: all of them are there, once, and the ledger balances.

    So is all that was journalled of warnings.
    """
    with influx(tmp_path) as server, mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker, store=_store(server))
        with serving(config, tmp_path / "data") as service:
            service.ready()
            _publish(config, broker, start=FIRST)
            before = service.until("/api/intake", lambda now: now["waiting"] == 0 and now["stored"] > 500)
            server.stop()
            _publish(config, broker, start=SECOND)
            away = service.until("/readyz", lambda answer: not answer["ready"])
            behind = service.until("/api/intake", lambda now: now["waiting"] > 500)
            server.start()
            service.ready()
            service.until("/api/intake", lambda now: now["waiting"] == 0 and now["received"] >= behind["received"])
            assert service.stop() == 0
        points, events = _points(server), _events(server)
    assert events == _journalled(tmp_path / "data")
    assert min(events) > 3
    assert "store" in json.dumps(away)
    received, stored, duplicate, quarantined = _ledger(tmp_path / "data")
    assert received == stored + duplicate + quarantined
    assert (points, quarantined) == (stored, 0)
    assert stored > before["stored"]


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_lost_folder_reads_its_past_back_once_influxdb_answers(tmp_path: Path) -> None:
    """Intake runs meanwhile, and it is said; afterwards what was stored before is known, and no old alarm is new."""
    start = (datetime.now(UTC) - timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%S")
    with influx(tmp_path) as server, mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker, store=_store(server))
        with serving(config, tmp_path / "lost") as service:
            service.ready()
            _publish(config, broker, start=start)
            service.until("/api/intake", lambda now: now["waiting"] == 0 and now["stored"] > 500)
            assert service.stop() == 0
        server.stop()
        with serving(config, tmp_path / "new") as service:
            said = service.until("/readyz", lambda answer: {"rules", "past"} <= set(answer["reasons"]))
            away = service.get("/api/intake")
            _publish(config, broker, start=FIRST)  # beyond the reach of what is read back
            service.until("/api/intake", lambda now: now["received"] > 500)
            server.start()
            service.ready()
            before = service.until("/api/intake", lambda now: now["waiting"] == 0)
            warned = {warning["id"] for warning in service.get("/api/warnings?limit=1000")}
            _publish(config, broker, start=start)
            again = service.until("/api/intake", lambda now: now["duplicate"] > before["duplicate"] + 500)
            assert warned <= {warning["id"] for warning in service.get("/api/warnings?limit=1000")}
            assert service.stop() == 0
    assert "warming up: the past of 0 of" in said["reasons"]["rules"]
    assert (away["rules"], "rules" in again) == ("warming", False)


@pytest.mark.e2e
def test_doctor_looks_at_influxdb(tmp_path: Path) -> None:
    """There and well; there without the bucket; not there at all: each with what to do."""
    with mosquitto(tmp_path) as broker, influx(tmp_path) as server:
        config = a_configuration(tmp_path / "a", broker, data=str(tmp_path / "data"), store=_store(server))
        well = clearwarn("doctor", "--json", config=config)
        nowhere = {**_store(server), "bucket": "nowhere"}
        lost = a_configuration(tmp_path / "b", broker, data=str(tmp_path / "data"), store=nowhere)
        no_bucket = clearwarn("doctor", "--json", config=lost)
        server.stop()
        gone = clearwarn("doctor", "--json", config=config)
    assert well.returncode == 0, well.stdout
    (without,) = [finding for finding in json.loads(no_bucket.stdout) if finding["verdict"] == "wrong"]
    assert (without["what"], "store.bucket" in without["message"]) == ("store", True)
    (broken,) = [finding for finding in json.loads(gone.stdout) if finding["verdict"] == "wrong"]
    assert (broken["what"], "store.url" in broken["remedy"]) == ("store", True)
