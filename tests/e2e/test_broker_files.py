"""The commands that make the broker's files, and the real service on a broker that has them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from ingest.broker.accounts import SERVICE, SIMULATOR
from ingest.broker.options import MosquittoOptions
from ingest.settings import load_catalog
from tests.support.generated_broker import Generated, generated_broker, some_listeners
from tests.support.ingest import a_payload
from tests.support.mosquitto import Broker
from tests.support.service import a_configuration, clearwarn, serving

DEVICES = ("air-01", "air-02", "air-03")


def _listening_as(config: Path, options: MosquittoOptions) -> None:
    (config / "broker.yaml").write_text(yaml.safe_dump(options.model_dump(include={"listeners", "simulator"})))


def _section(broker: Generated) -> dict[str, object]:
    """`broker` in service.yaml."""
    return {
        "host": "127.0.0.1",
        "port": broker.listeners.service,
        "username": SERVICE,
        "password_file": str(broker.folder / "mqtt" / SERVICE),
        "tls": {"ca": str(broker.authority)},
    }


async def _publish(broker: Generated, hour: str) -> None:
    """Each device for itself, over TLS; the last also tries to speak for the first."""
    for name in DEVICES:
        async with asyncio.timeout(30), broker.device(name) as device:
            payload = a_payload(station=name, time=hour)
            await device.publish(f"clearwarn/v1/air/{name}/reading", payload, qos=1)
            if name == DEVICES[-1]:
                await device.publish(f"clearwarn/v1/air/{DEVICES[0]}/reading", a_payload(station=DEVICES[0]), qos=1)


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_service_takes_in_through_tls_what_each_device_may_say(tmp_path: Path) -> None:
    """With its account and the private authority; doctor looks on without disturbing it; the ledger balances."""
    options = MosquittoOptions(listeners=some_listeners(), simulator=True)
    config = a_configuration(tmp_path / "config", Broker("127.0.0.1", options.listeners.service, 0))
    hour = (datetime.now(UTC) - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0).isoformat()
    with generated_broker(tmp_path / "secrets", load_catalog(config), options) as (broker, _):
        settings = yaml.safe_load((config / "service.yaml").read_text(encoding="utf-8"))
        settings |= {"broker": _section(broker)}
        (config / "service.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        _listening_as(config, options)
        with serving(config, tmp_path / "data") as service:
            service.ready()
            asyncio.run(_publish(broker, hour))
            service.until("/api/intake", lambda now: now["received"] == now["stored"] == len(DEVICES))
            looked = clearwarn("doctor", "--json", config=config)
            (verdict,) = (found for found in json.loads(looked.stdout) if found["what"] == "broker")
            assert verdict["verdict"] == "ok", verdict
            sent = clearwarn(
                *("simulate", "--broker", f"mqtts://127.0.0.1:{broker.listeners.service}", "--ca-file"),
                *(str(broker.authority), "--user", SIMULATOR, "--password-file"),
                *(str(broker.folder / "mqtt" / SIMULATOR), "--backfill", "2h", "--duration", "1s"),
                config=config,
            )
            assert sent.returncode == 0, sent.stderr
            service.until("/api/intake", lambda now: now["waiting"] == 0 and now["stored"] > 500)
            assert service.stop() == 0
    assert clearwarn("ledger", "--data", str(tmp_path / "data"), config=config).returncode == 0


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_commands_make_what_is_missing_and_say_what_they_did(tmp_path: Path) -> None:
    """Twice is the same; `--check` follows the catalogue; no secret is printed."""
    config, folder = a_configuration(tmp_path / "config", Broker("127.0.0.1", 1883, 0)), tmp_path / "secrets"
    where = ("--secrets", str(folder))
    assert clearwarn("broker", "acl", *where, "--check", config=config).returncode == 1
    assert not folder.exists()
    made = [clearwarn(*command, *where, "--json", config=config) for command in (("secrets",), ("broker", "acl"))]
    assert [done.returncode for done in made] == [0, 0]
    assert json.loads(made[0].stdout)["made"] == [
        *("influxdb-admin-password", "influxdb-admin-token", "grafana-admin-password")
    ]
    outcome = json.loads(made[1].stdout)
    assert (outcome["accounts"], outcome["current"]) == (21, False)
    again = clearwarn("broker", "acl", *where, config=config)
    assert (again.returncode, again.stdout.count("same ")) == (0, 4)
    assert clearwarn("broker", "acl", *where, "--check", config=config).returncode == 0
    stations = config / "stations" / "air.yaml"
    stations.write_text(stations.read_text(encoding="utf-8").replace("id: air-01", "id: air-99"), encoding="utf-8")
    behind = clearwarn("broker", "acl", *where, "--check", config=config)
    assert behind.returncode == 1
    assert "without password: air-99" in behind.stdout
    (folder / "broker" / "acl").write_text("user me\n", encoding="utf-8")
    refused = clearwarn("broker", "acl", *where, config=config)
    assert (refused.returncode, "--force" in refused.stderr) == (1, True)
    said = "".join(done.stdout + done.stderr for done in (*made, again, behind, refused))
    assert [path for path in (folder / "mqtt").iterdir() if path.read_text(encoding="utf-8").strip() in said] == []


@pytest.mark.e2e
def test_configuration_that_fits_no_broker_is_refused(tmp_path: Path) -> None:
    """By `config check` and by the command alike, with file and line."""
    config = a_configuration(tmp_path / "config", Broker("127.0.0.1", 1883, 0))
    (config / "broker.yaml").write_text("queues:\n  away: soon\n", encoding="utf-8")
    for command in (("config", "check"), ("broker", "acl", "--secrets", str(tmp_path / "secrets"))):
        found = clearwarn(*command, config=config)
        assert (found.returncode, "broker.yaml:2: queues.away" in found.stderr) == (2, True), found.stderr
    (config / "broker.yaml").write_text("queues: {forget_after: 1d}\n", encoding="utf-8")
    assert "broker.yaml: queues.forget_after" in clearwarn("config", "check", config=config).stderr
