"""The stack without docker: the service on the settings of the stack, with a real mosquitto and a real InfluxDB.

Paths are those of the containers, found on this machine by what the compose file mounts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.preview.asking import Asker
from ingest.broker.accounts import SIMULATOR
from ingest.broker.options import MosquittoOptions
from ingest.settings import InfluxSettings, load_service
from tests.support.district import ROOT, catalog_of
from tests.support.generated_broker import Generated, generated_broker, some_listeners
from tests.support.influx import Influx, influx
from tests.support.mosquitto import free_port
from tests.support.service import clearwarn, serving
from tests.support.stack import STACK_SETTINGS, outside, services

APART = "clearwarn-warning"


def _settings(broker: Generated, server: Influx, volumes: Path) -> dict[str, Any]:
    """Those of the stack; hosts and ports are this machine's."""

    def here(path: str) -> str:
        return str(outside("clearwarn", path, secrets=broker.folder, volumes=volumes))

    found: dict[str, Any] = yaml.safe_load(STACK_SETTINGS.read_text(encoding="utf-8"))
    found["data"] = here(found["data"])
    address = found["broker"]
    address |= {"host": "localhost", "port": broker.listeners.service, "password_file": here(address["password_file"])}
    address["tls"] = {"ca": here(address["tls"]["ca"])}
    found["store"] |= {"url": server.url, "token_file": here(found["store"]["token_file"])}
    found["console"] |= {"host": "127.0.0.1", "port": free_port()}
    return found


def _healthy(port: int) -> bool:
    """What docker runs in the container, on that port."""
    _, program, *words = services()["clearwarn"]["healthcheck"]["test"]
    assert program == "python"
    command = [sys.executable, *(word.replace(":8080/", f":{port}/") for word in words)]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_stack_settings_run_and_the_health_check_tells_how_it_is(tmp_path: Path) -> None:
    """Over TLS with the files of `make secrets`; readings in one bucket, the ledger in another; down is not well."""
    options = MosquittoOptions(listeners=some_listeners(), simulator=True)
    config, volumes = tmp_path / "config", tmp_path / "volumes"
    shutil.copytree(ROOT / "config", config)
    (volumes / "service-token").mkdir(parents=True)
    (volumes / "service-token" / "token").write_text("any\n", encoding="utf-8")
    with (
        influx(tmp_path) as server,
        generated_broker(tmp_path / "secrets", catalog_of(), options) as (broker, _),
    ):
        settings = _settings(broker, server, volumes)
        for one in settings["store"]["apart"].values():
            server.ask(f'CREATE DATABASE "{one["bucket"]}"')
        (config / "service.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        port = settings["console"]["port"]
        assert not _healthy(port)
        with serving(config, Path(settings["data"])) as service:
            service.ready()
            assert _healthy(port)
            sent = clearwarn(
                *("simulate", "--broker", f"mqtts://localhost:{broker.listeners.service}", "--user", SIMULATOR),
                *("--password-file", str(broker.folder / "mqtt" / SIMULATOR), "--ca-file", str(broker.authority)),
                *("--backfill", "2h", "--duration", "1s"),
                config=config,
            )
            assert sent.returncode == 0, sent.stderr
            service.until("/api/intake", lambda now: now["waiting"] == 0 and now["stored"] > 500)
            assert service.stop() == 0
        assert not _healthy(port)
        kept = [len(server.ask('SELECT * FROM "ledger"', database)) for database in ("clearwarn", APART)]
        assert (kept[0], kept[1] > 0) == (0, True)
        assert server.ask("SELECT count(/_flag$/) FROM air, source, outfall")
        store = load_service(config).store
        assert isinstance(store, InfluxSettings)
        with Asker(store.address()) as ask:  # as panels do
            assert all(ask(f'SELECT * FROM "{measurement}"') for measurement in ("ledger", "air", "service"))
