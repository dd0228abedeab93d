"""Killed and started again: nothing settled is lost, nobody is told twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.district import days_up_to_now
from tests.support.mosquitto import Broker, mosquitto
from tests.support.service import Running, a_configuration, clearwarn, serving


def _publish(config: Path, broker: Broker) -> None:
    sent = clearwarn("simulate", "--broker", broker.url, *days_up_to_now(), config=config)
    assert sent.returncode == 0, sent.stderr


def _settled(service: Running) -> dict[str, int]:
    """The ledger once nothing waits any more and two looks agree."""
    seen: list[dict[str, int]] = []

    def quiet(now: dict[str, int]) -> bool:
        seen.append(now)
        return len(seen) > 30 and now["waiting"] == 0 and seen[-30]["received"] == now["received"] > 0

    return dict(service.until("/api/intake", quiet))


def _told(data: Path) -> list[tuple[str, ...]]:
    """(warning, act, person, channel) of every notification."""
    with sqlite3.connect(f"file:{data / 'state.db'}?mode=ro", uri=True) as journal:
        return [tuple(row) for row in journal.execute("SELECT warning, act, person, channel FROM notifications")]


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_restart_sends_nothing_twice_and_forgets_nothing(tmp_path: Path) -> None:
    """kill -9 under load: after the next start the same readings are stored and every act was told once."""
    data = tmp_path / "data"
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker)
        with serving(config, data) as service:
            service.ready()
            _publish(config, broker)
            service.until("/api/intake", lambda now: now["received"] > 1000)
            service.kill()
        with serving(config, data) as service:
            service.ready()
            ledger = _settled(service)
            before = {warning["id"] for warning in service.get("/api/warnings?limit=1000")}
            service.kill()
        with serving(config, data) as service:
            service.ready()
            again = _settled(service)
            after = {warning["id"] for warning in service.get("/api/warnings?limit=1000")}
            assert service.stop() == 0
    assert ledger["received"] == ledger["stored"] + ledger["duplicate"] + ledger["quarantined"]
    assert {name: again[name] for name in ("received", "stored", "duplicate", "quarantined")} == {
        name: ledger[name] for name in ("received", "stored", "duplicate", "quarantined")
    }
    assert before <= after
    told = _told(data)
    assert len(told) == len(set(told)) > 0
    with sqlite3.connect(f"file:{data / 'readings.db'}?mode=ro", uri=True) as store:
        (stored,) = store.execute("SELECT count(*) FROM readings").fetchone()
    assert stored == ledger["stored"]
