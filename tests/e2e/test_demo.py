"""`clearwarn demo` as a new user runs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.district import ROOT
from tests.support.service import clearwarn

WITHIN_A_MINUTE = {
    ("air", "pollution_weather", "proposed"),
    ("source", "water_source", "issued"),
    ("outfall", "outfall", "issued"),
}


@pytest.mark.e2e
@pytest.mark.timeout(180)
def test_demo_shows_everything_within_a_minute() -> None:
    """Haze, spill, exceedance, a stuck sensor and a silent one; the ledger balances; one JSON document."""
    run = clearwarn("demo", "--duration", "60", "--json")
    assert run.returncode == 0, run.stderr
    shown = json.loads(run.stdout)
    assert shown["waiting"] == 0
    assert shown["received"] == shown["stored"] + shown["duplicate"] + shown["quarantined"] > 10_000
    seen = {(warning["kind"], warning["type"], warning["state"]) for warning in shown["warnings"]}
    assert seen >= WITHIN_A_MINUTE
    broken = {warning.get("station") for warning in shown["warnings"] if warning["type"] == "device"}
    assert len(broken) >= 2, "a stuck sensor and a silent one"
    assert shown["notifications"] >= len(shown["warnings"])
    for warning in shown["warnings"]:
        assert set(warning) - {"station", "area"} == {"id", "kind", "type", "level", "state", "raised_at"}
        assert ("station" in warning) != ("area" in warning)
    assert "Traceback" not in run.stderr


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_demo_stops_cleanly_at_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C ends it with exit code 0, a farewell and nothing alarming."""
    command = [sys.executable, "-m", "ingest", "demo", "--data", str(tmp_path / "kept")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "received" in line:  # the first line of status
                break
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
    text = "".join(said) + err
    assert process.returncode == 0, text
    assert rest == ""
    assert "http://127.0.0.1:" in text
    assert "stopped" in text
    assert "Traceback" not in text
