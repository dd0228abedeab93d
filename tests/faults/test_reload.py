"""The configuration changed under load, and while everything waits that can wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bench.figures import Size
from tests.faults.rig import Rig, a_rig
from tests.faults.table import Row
from tests.support.influx import influx
from tests.support.service import clearwarn

_BURST = 6  # instants of all stations
_RELOADS = {Size.FULL: 20, Size.QUICK: 3}


def _edit(file: Path, change: Callable[[Any], object]) -> None:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


def _reloaded(rig: Rig, number: int) -> None:
    """One station more, and a limit of a rule that nothing in the stream comes near: what is to be told stays so."""

    def another(document: Any) -> None:
        document["stations"].append({**document["stations"][1], "id": f"new-{number}"})

    def limit(document: Any) -> None:
        for rule in document["rules"]:
            if rule["id"] == "source-upstream-codmn":
                rule["limit"] = 7 + number % 2

    _edit(rig.config / "stations" / "all.yaml", another)
    _edit(rig.config / "rules" / "source.yaml", limit)
    done = clearwarn("reload", "--data", str(rig.data), "--json", config=rig.config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"new-{number}" in {change["id"] for change in json.loads(done.stdout)["changes"]}


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_reload_under_load(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """Again and again, a burst coming in each time; then a kill, so that the last of it is found again in the log."""
    with a_rig(tmp_path, rows) as rig:
        with rig.serving() as service:
            service.ready()
            for number in range(_RELOADS[size]):
                with rig.publisher.sending(rig.stream.take(2 * _BURST)):
                    _reloaded(rig, number)
            rig.publisher.send(rig.stream.take(_BURST))
            service.kill()
        with rig.serving() as service:
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account("reload under load", order=90, recovery=recovery, note=f"{_RELOADS[size]} reloads, one kill")


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_reload_keeps_buffers(tmp_path: Path, rows: list[Row]) -> None:
    """Readings that wait for InfluxDB and messages that wait for their receiver outlive it."""
    with influx(tmp_path) as server, a_rig(tmp_path, rows, influx=server) as rig:
        with rig.serving() as service:
            service.ready()
            rig.publisher.send(rig.stream.take(_BURST))
            rig.recovered(service)
            server.stop()
            rig.told.status = 503
            rig.publisher.send(rig.stream.take(_BURST))
            rig.until(lambda: rig.books.total().waiting > 0, service)
            rig.until(lambda: "queued" in rig.books.outbox().values(), service)
            _reloaded(rig, 0)
            rig.told.status = 200
            server.start()
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account("reload with everything waiting", order=91, recovery=recovery)
