"""A real disk, really full, under the real service: nothing is acknowledged, nothing lost, nobody has to restart."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.moments import EPOCH
from tests.bench.network import Message
from tests.bench.publisher import publish
from tests.faults.books import Books
from tests.support.mosquitto import Broker, mosquitto
from tests.support.packets import publish_packet
from tests.support.service import Running, a_configuration, serving
from tests.support.small_disk import SmallDisk, small_disk

DISK = 48  # MiB
COUNT = 3000  # messages before the disk is full, and as many again while it is
SIZE = 2048  # bytes each: more than fits in files that are there already
START = datetime(2026, 11, 20, tzinfo=UTC)


def _messages(first: int) -> Sequence[Message]:
    """Hours of one station, each another; some so bad that they go to quarantine, some so high that they warn."""
    topic = "clearwarn/v1/air/air-01/reading"
    messages = []
    for number in range(first, first + COUNT):
        time = (START - timedelta(hours=number)).isoformat()
        values = {"pm2_5": 30.0 + number % 7, "o3": 300.0 if number % 100 < 10 else 80.0}
        body = {"station": "air-01", "time": time, "period": "1h", "values": values}
        payload = b"{%d" % number if number % 50 == 0 else json.dumps(body).encode()
        messages.append(Message(topic, payload.ljust(SIZE)))
    return messages


def _publish(broker: Broker, messages: Sequence[Message]) -> None:
    """Returns when the broker has them all."""
    blocks = [messages[start : start + 500] for start in range(0, len(messages), 500)]
    packets = [(len(b), b"".join(publish_packet(*message, at) for at, message in enumerate(b, 1))) for b in blocks]
    publish(broker.port, packets)


def _balanced(*messages: Message) -> Any:
    """Whether all that these say has come, and none of it waits."""
    readings = sum(2 if _readable(message) else 1 for message in messages)
    return lambda now: now["state"] == "ok" and now["received"] >= readings and now["waiting"] == 0


def _readable(message: Message) -> bool:
    return message.payload.rstrip().endswith(b"}")


def _stored(data: Path, messages: Sequence[Message]) -> bool:
    """Whether the store has each reading once. The log need not have them any more: it made room."""
    times = [json.loads(message.payload)["time"] for message in messages if _readable(message)]
    ends = [datetime.fromisoformat(time) + timedelta(hours=1) for time in times]
    wanted = Counter((name, (end - EPOCH) // timedelta(microseconds=1)) for end in ends for name in ("pm2_5", "o3"))
    return Counter((point.parameter, point.instant) for point, _ in Books(data).points()) == wanted


def _refused(data: Path) -> set[bytes]:
    """What stands in quarantine."""
    with closing(sqlite3.connect(f"file:{data / 'books.db'}?mode=ro", uri=True)) as books:
        return {payload for (payload,) in books.execute("SELECT payload FROM quarantine")}


def _fill_under_load(service: Running, disk: SmallDisk, broker: Broker, messages: Sequence[Message]) -> None:
    """Until it says that the disk is full and what came after that is held by the broker."""
    disk.fill()
    _publish(broker, messages)
    said = service.until("/readyz", lambda answer: "intake log" in answer["reasons"])
    assert not said["ready"]
    assert said["reasons"]["intake log"].startswith("disk full: ")
    assert service.get("/api/intake")["state"] == "degraded: disk full"
    assert "degraded: disk full: intake log" in service.log.read_text()


@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.parametrize("killed", [False, True])
def test_disk_full_holds_the_broker_and_loses_nothing(tmp_path: Path, *, killed: bool) -> None:
    """Ledger, journal, checkpoint and store are on the same disk; the service may even be killed while it lasts."""
    before, during = _messages(0), _messages(COUNT)
    with small_disk(tmp_path / "disk", DISK) as disk, mosquitto(tmp_path) as broker:
        data = disk.path / "data"
        config = a_configuration(
            tmp_path / "config", broker, log={"free_mib": 0, "segment_mib": 1}, checkpoint_every="1s"
        )
        with serving(config, data, log=tmp_path / "service.log") as service:
            service.ready()
            _publish(broker, before)
            service.until("/api/intake", _balanced(*before))
            _fill_under_load(service, disk, broker, during)
            assert service.process.poll() is None
            if killed:
                service.kill()
            disk.free()
            if not killed:
                service.until("/api/intake", _balanced(*before, *during))
                service.ready()
                assert service.stop() == 0
        with serving(config, data, log=tmp_path / "service.log") as service:
            service.ready()
            ledger = service.until("/api/intake", _balanced(*before, *during))
            assert service.stop() == 0
        assert ledger["received"] == ledger["stored"] + ledger["duplicate"] + ledger["quarantined"]
        assert _stored(data, (*before, *during))
        assert _refused(data) == {sent.payload for sent in (*before, *during) if not _readable(sent)}


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_disk_nearly_full_stops_the_log_before_ledger_and_journal(tmp_path: Path) -> None:
    """The floor: no acknowledgement, while everything else can still be written and catches up."""
    with small_disk(tmp_path / "disk", DISK) as disk, mosquitto(tmp_path) as broker:
        config = a_configuration(tmp_path / "config", broker, log={"free_mib": 8, "segment_mib": 1})
        with serving(config, disk.path / "data", log=tmp_path / "service.log") as service:
            service.ready()
            disk.fill(leave=7 * 1024**2)
            messages = _messages(0)
            _publish(broker, messages)
            service.until("/api/intake", lambda now: now["state"] == "degraded: disk full")
            log = service.log.read_text()
            assert "the last 8 MiB are ledger's and journal's" in log
            assert service.get("/api/intake")["received"] == 0
            disk.free()
            service.until("/api/intake", _balanced(*messages))
            assert service.stop() == 0
