"""HJ 212 into the real service, over TCP and over MQTT: nothing is lost, nothing counted twice, everything answered."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiomqtt
import pytest
import yaml

from tests.support.hj212 import a_frame, framed
from tests.support.hj212_device import Device
from tests.support.mosquitto import Broker, free_port, mosquitto
from tests.support.service import Running, a_configuration, clearwarn, serving

STATION, MN = "out-03", "350521C0000000000000CC03"  # as shipped
LATER, LATER_MN = "out-06", "350521C0000000000000CC06"  # the catalogue learns of it in the course of a test
_HOUR = datetime.now(ZoneInfo("Asia/Shanghai")).replace(minute=0, second=0, microsecond=0)


def hours(count: int, *, mn: str = MN, more: str = "") -> list[bytes]:
    """Reports of that many hours, the newest one just over: two values each."""
    return [
        a_frame(
            f"DataTime={_HOUR - timedelta(hours=ago + 1):%Y%m%d%H%M%S};"
            f"w01018-Avg={20 + ago % 7},w01018-Flag=N;w21003-Avg=1.{ago % 9},w21003-Flag=N{more}",
            MN=mn,
            QN=f"20261123{ago:06d}000",
        )
        for ago in reversed(range(count))
    ]


async def publish(broker: Broker, frames: list[bytes], *, station: str = STATION) -> None:
    async with aiomqtt.Client(broker.host, broker.port, identifier="devices") as client:
        for frame in frames:
            await client.publish(f"clearwarn/v1/outfall/{station}/hj212", frame, qos=1)


def fates(service: Running, met: Callable[[Any], bool]) -> tuple[int, ...]:
    """Received, stored, duplicate, quarantined, once the condition is met and nothing waits."""
    now = service.until("/api/intake", lambda now: met(now) and not now["waiting"])
    return tuple(now[name] for name in ("received", "stored", "duplicate", "quarantined"))


def quarantine(data: Path, config: Path) -> list[tuple[str, str, str | None]]:
    """Station, reason and parameter of each entry, oldest first."""
    done = clearwarn("quarantine", "list", "--json", "--data", str(data), config=config)
    entries = json.loads(done.stdout)["entries"]
    return [(entry["station"], entry["reason"], entry["parameter"]) for entry in reversed(entries)]


def balanced(data: Path, config: Path) -> bool:
    return clearwarn("ledger", "--data", str(data), config=config).returncode == 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def device(port: int) -> Iterator[Device]:
    with closing(Device(port)) as found:
        yield found


@pytest.fixture
def config(tmp_path: Path, broker: Broker, port: int) -> Path:
    return a_configuration(tmp_path / "config", broker, hj212_tcp={"port": port, "frames_a_minute": 100_000})


@pytest.mark.e2e
async def test_hj212_over_tcp_and_mqtt_at_once_is_counted_once(
    tmp_path: Path, broker: Broker, config: Path, device: Device
) -> None:
    """Each hour is stored once, however it came and however often; bad frames are in quarantine with their reason."""
    data = tmp_path / "data"
    with serving(config, data) as service:
        service.ready()
        frames = hours(24)
        device.send(frames)
        await publish(broker, frames)
        assert set(device.answered.values()) == {"9014"}
        assert fates(service, lambda now: now["received"] == 96) == (96, 48, 48, 0)
        (good,) = hours(1)
        device.talk([hours(1, more=";w99999-Avg=7")[0]])
        fates(service, lambda now: now["quarantined"] == 1)
        await publish(broker, [good[:-6] + b"0000\r\n", good + good], station=STATION)
        await publish(broker, [good], station="out-05")
        assert fates(service, lambda now: now["quarantined"] == 4) == (102, 48, 50, 4)
        assert quarantine(data, config) == [
            (STATION, "unknown_parameter", "w99999"),
            (STATION, "crc", None),
            (STATION, "glued_frames", None),
            ("out-05", "station_mismatch", None),
        ]
        assert "clearwarn_hj212_connections 1" in _metrics(service)
        assert service.stop() == 0
    assert balanced(data, config)


def bad_input() -> list[tuple[bytes, str, str, str | None]]:
    """Frames as they should not be, with the station, reason and parameter that they are counted under."""
    (sound,) = hours(1)
    began = f"DataTime={_HOUR - timedelta(hours=1):%Y%m%d%H%M%S}"

    def with_cod(item: str, *, mn: str = MN, cn: str = "2061") -> bytes:
        return a_frame(f"{began};{item}", MN=mn, CN=cn, QN=None)

    gbk = f"ST=32;CN=2061;MN={MN};CP=&&{began};站=好&&".encode("gbk")
    return [
        (sound[:-6] + b"0000\r\n", STATION, "crc", None),
        (b"##0010" + sound[6:], STATION, "length", None),
        (sound[:110] + b"\r\n", STATION, "half_frame", None),
        (framed(gbk), STATION, "not_utf8", None),
        (with_cod("w01018-Avg=1,w01018-Avg=2"), STATION, "repeated_key", "w01018"),
        (with_cod("w01018-Avg=2 .2,w01018-Flag=N"), STATION, "wrong_shape", "w01018"),
        (with_cod("w01018-Avg=2.2,w01018-Flag="), STATION, "bad_mark", "w01018"),
        (with_cod("w99999-Avg=2.2"), STATION, "unknown_parameter", "w99999"),
        (with_cod("w01018-Avg=2.2", mn="350521C0000000000000CC99"), "_unknown", "unknown_station", None),
        (with_cod("w01018-Avg=2.2", cn="7777"), STATION, "unsupported", None),
    ]


@pytest.mark.e2e
def test_hj212_bad_input_is_counted_and_kept_and_costs_no_connection(
    tmp_path: Path, config: Path, device: Device
) -> None:
    """After each of them a good frame is answered over the same connection; the bytes are what was sent."""
    data, bad = tmp_path / "data", bad_input()
    good = hours(len(bad))
    with serving(config, data) as service:
        service.ready()
        for (frame, *_), sound in zip(bad, good, strict=True):
            device.write(frame)
            device.send([sound])
        assert "clearwarn_hj212_connections 1" in _metrics(service)
        fates(service, lambda now: now["quarantined"] == len(bad) and now["stored"] == 2 * len(bad))
        assert quarantine(data, config) == [(station, reason, parameter) for _, station, reason, parameter in bad]
        raw = ("quarantine", "show", "1", "--raw", "--data", str(data))
        assert clearwarn(*raw, config=config).stdout.encode() == bad[0][0].rstrip(b"\r\n")
        assert service.stop() == 0
    assert balanced(data, config)


def _metrics(service: Running) -> str:
    with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=10) as asked:
        asked.sendall(b"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return b"".join(iter(lambda: asked.recv(65536), b"")).decode()


@pytest.mark.e2e
def test_hj212_killed_between_receipt_and_answer_loses_nothing(tmp_path: Path, config: Path, device: Device) -> None:
    """What was not answered the device repeats; what was on disk by then is a duplicate."""
    data, sent = tmp_path / "data", hours(60)
    for killed in range(3):
        with serving(config, data) as service:
            service.ready()
            device.send(sent[killed * 20 : killed * 20 + 10])
            device.talk(sent[killed * 20 + 10 : killed * 20 + 20])
            service.kill()
        device.close()
    with serving(config, data) as service:
        service.ready()
        device.send(sent)
        assert set(device.answered) == {f"20261123{ago:06d}000" for ago in range(60)}
        received, stored, duplicate, quarantined = fates(service, lambda now: now["stored"] == 120)
        assert (received - duplicate, stored, quarantined) == (120, 120, 0)
        assert duplicate <= 2 * device.repeats
        assert service.stop() == 0
    assert balanced(data, config)


@pytest.mark.e2e
def test_hj212_connection_outlives_a_reload_that_teaches_its_mn(tmp_path: Path, config: Path, device: Device) -> None:
    """What the device sent before is in quarantine, answered, and goes through afterwards."""
    data = tmp_path / "data"
    with serving(config, data) as service:
        service.ready()
        first, second = hours(2, mn=LATER_MN)
        device.send([first])
        fates(service, lambda now: now["quarantined"] == 1)
        file = config / "stations" / "outfalls.yaml"
        stations = yaml.safe_load(file.read_text(encoding="utf-8"))
        entry = next(one for one in stations["stations"] if one["id"] == LATER)
        entry |= {"mn": LATER_MN, "zone": "Asia/Shanghai"}
        file.write_text(yaml.safe_dump(stations, allow_unicode=True), encoding="utf-8")
        assert clearwarn("reload", "--data", str(data), config=config).returncode == 0
        device.send([second])
        redriven = clearwarn("quarantine", "redrive", "--all", "--json", "--data", str(data), config=config)
        assert json.loads(redriven.stdout)["stored"] == 1
        assert fates(service, lambda now: not now["quarantined"])[1:] == (
            3,
            0,
            0,
        )  # what was refused whole is one unit of the ledger
        assert service.stop() == 0


@pytest.mark.e2e
def test_hj212_port_in_use_is_said_at_once(tmp_path: Path, config: Path, port: int) -> None:
    """With the name of the setting; nothing is started."""
    with socket.create_server(("127.0.0.1", port)):
        done = clearwarn("serve", "--data", str(tmp_path / "data"), config=config)
    assert done.returncode == 1
    assert "hj212_tcp" in done.stderr


def stored_hours(data: Path, parameter: str) -> list[tuple[float, str]]:
    """Value and reason of each hour of the outfall, in order."""
    query = """
        SELECT value, reason FROM readings JOIN series ON series.id = readings.series
        WHERE station = ? AND parameter = ? AND period = '1h' ORDER BY instant
    """
    with closing(sqlite3.connect(data / "readings.db")) as store:
        return [*store.execute(query, (STATION, parameter))]


@pytest.mark.e2e
def test_simulated_outfall_exceeds_is_maintained_and_comes_back(
    tmp_path: Path, broker: Broker, config: Path, port: int
) -> None:
    """Over TCP and MQTT at once: stored once. Two hours above its permit are one warning that is over; maintenance,
    whose values are higher still, is none.
    """
    data = tmp_path / "data"
    start = _HOUR.astimezone(UTC) - timedelta(hours=9)
    with serving(config, data) as service:
        service.ready()
        words = ("--broker", broker.url, "--hj212", f"127.0.0.1:{port}", "--backfill", "0s", "--speed", "max", "--json")
        scenario = ("--scenario", str(config / "simulator-outfall.yaml"), "--start", f"{start:%Y-%m-%dT%H:%M:%S}")
        done = clearwarn("simulate", *words, *scenario, config=config)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["acknowledged"] == told["published"]
        received, stored, duplicate, quarantined = fates(service, lambda now: now["duplicate"] >= 9 * 7 * 8)
        assert (received, quarantined) == (stored + duplicate, 0)
        found = stored_hours(data, "cod")[:8]
        assert [value > 50 for value, _ in found] == [False, True, True, False, True, True, False, False]
        assert [reason for _, reason in found] == ["", "", "", "", *["mark_maintenance"] * 2, "", ""]
        (warning,) = (one for one in service.get("/api/warnings?limit=1000") if one["parameter"] == "cod_of_limit")
        assert (warning["station"], warning["level"], warning["state"]) == (STATION, "yellow", "lifted")
        assert datetime.fromisoformat(warning["onset"]) == start + timedelta(hours=2)
        assert service.stop() == 0
    assert balanced(data, config)
