"""SIGTERM with everything around it hanging: over in a bounded time, with code 0, and nothing settled is lost."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from paho.mqtt import publish

from tests.support.mosquitto import mosquitto
from tests.support.service import PATIENCE, a_configuration, clearwarn, serving

STEPS = ["nothing", "walking", "the", "sending", "store,"]  # the first word of each
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing; the kernel alone answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield int(listening.getsockname()[1])


def _told_by_webhook(config: Path, port: int) -> None:
    people = yaml.safe_load((config / "people.yaml").read_text(encoding="utf-8"))
    hook = {"url": f"http://127.0.0.1:{port}/warnings", "secret_env": "CLEARWARN_TEST_SECRET"}
    people["receivers"][0]["channels"] = {"webhook": hook}
    (config / "people.yaml").write_text(yaml.safe_dump(people, allow_unicode=True), encoding="utf-8")


def _rows(path: Path, question: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return list(database.execute(question))


def test_stop_is_bounded_while_store_channel_and_page_hang(tmp_path: Path) -> None:
    """Asked twice; what is left is said, and is on disk."""
    data = tmp_path / "data"
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path))
        store = {
            "type": "influxdb",
            "url": f"http://127.0.0.1:{stack.enter_context(silent())}",
            "bucket": "clearwarn",
            "timeout": "5m",
        }
        config = a_configuration(tmp_path / "config", broker, store=store, stop_within="3s")
        _told_by_webhook(config, stack.enter_context(silent()))
        environment = {"CLEARWARN_TEST_SECRET": "a secret of a test, long enough"}
        service = stack.enter_context(serving(config, data, environment=environment))
        # a message that comes before the subscription is nobody's
        service.until("/readyz", lambda answer: not {"start-up", "broker"} & {*answer["reasons"]})
        page = stack.enter_context(socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2]))))
        page.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert page.recv(12) == b"HTTP/1.1 200"
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
        reading = {"station": "out-01", "time": hour.isoformat(), "period": "1h", "values": {"cod": 120.0}}
        topic = "clearwarn/v1/outfall/out-01/reading"
        publish.single(topic, json.dumps(reading), qos=1, hostname=broker.host, port=broker.port)
        warning = service.until("/api/warnings", lambda answer: len(answer) > 0)[0]["id"]
        service.until(
            f"/api/warnings/{warning}",
            lambda answer: any(one["state"] == "sending" for one in answer["notifications"]),
        )
        service.process.send_signal(signal.SIGTERM)
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(PATIENCE) == 0
        said = service.log.read_text(encoding="utf-8")
        assert "1 readings wait for the store" in said
    assert _rows(data / "intake" / min(p.name for p in (data / "intake").glob("*.db")), "SELECT topic FROM deliveries")
    assert _rows(data / "state.db", "SELECT count(*) FROM warnings") == [(1,)]
    assert _rows(
        data / "state.db", "SELECT count(*) FROM notifications WHERE channel = 'webhook' AND state != 'failed'"
    ) == [(1,)]
    assert json.loads((data / "checkpoint.json").read_bytes())["position"] == 1


def test_stop_says_its_steps_on_verbose(tmp_path: Path) -> None:
    """A service without anything to do stops at once; each step has its line."""
    with mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker)
        with serving(config, tmp_path / "data", verbose=True) as service:
            service.ready()
            assert service.stop() == 0
            steps = [line for line in service.log.read_text(encoding="utf-8").splitlines() if "stopping: " in line]
    assert [step.rpartition("stopping: ")[2].split()[0] for step in steps] == STEPS
    assert clearwarn("reload", "--data", str(tmp_path / "data"), config=config).returncode == 1
