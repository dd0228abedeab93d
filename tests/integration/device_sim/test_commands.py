"""`simulate` and `replay` as they are typed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device_sim.cli import replay, simulate
from tests.support.district import BEIJING, ROOT, FakeRoot
from tests.support.listening import listening
from tests.support.mosquitto import free_port, mosquitto
from tests.support.recorded import recorded

ROWS = "time,station,pm2_5,co_ugm3\n" + "".join(
    f"2016-12-20T{hour:02}:00,{station},{hour},{hour * 100}\n" for station in ("air-01", "air-02") for hour in range(24)
)


def typed(command: object, *words: str, folder: Path | None = None) -> Result:
    root = FakeRoot(folder=folder) if folder else FakeRoot()
    return CliRunner().invoke(command, words, obj=root)  # type: ignore[arg-type]  # click's decorators hide the command


async def off_loop(command: object, *words: str, folder: Path | None = None) -> Result:
    return await asyncio.to_thread(typed, command, *words, folder=folder)


async def test_replay_reaches_subscribers_in_order_of_time(tmp_path: Path) -> None:
    """Through a real broker: clock, then that hour of every station, for every hour; the summary counts them."""
    file = tmp_path / "f.csv"
    file.write_text(ROWS)
    with mosquitto(tmp_path) as broker:
        async with listening(broker, "clearwarn/v1/#") as heard:
            result = await off_loop(replay, str(file), "--broker", broker.url, "--json")
            assert result.exit_code == 0, result.output
            messages = await heard.until(72)
    summary = json.loads(result.stdout)
    assert (summary["rows"], summary["messages"], summary["acknowledged"], summary["values"]) == (48, 72, 72, 96)
    for hour in range(24):
        clock, one, other = (json.loads(payload) for _, payload in messages[hour * 3 : hour * 3 + 3])
        assert set(clock) == {"now"}
        assert (one["station"], other["station"]) == ("air-01", "air-02")
        assert one["values"] == {"pm2_5": hour, "co": hour / 10}


async def test_replay_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    """A broker that goes away ends it with exit 1; the next run with --resume sends what was not acknowledged."""
    file, state = tmp_path / "f.csv", tmp_path / "state.json"
    file.write_text(ROWS)
    words = (str(file), "--resume", str(state), "--json", "--broker")
    refused = await off_loop(replay, *words, f"mqtt://127.0.0.1:{free_port()}")
    assert refused.exit_code == 1
    assert "connection refused" in refused.stderr
    with mosquitto(tmp_path) as broker:
        whole = json.loads((await off_loop(replay, *words, broker.url)).stdout)
        assert (whole["steps"], json.loads(state.read_text())["steps"]) == (24, 24)
        again = await off_loop(replay, *words, broker.url)
        assert (again.exit_code, json.loads(again.stdout)["messages"]) == (0, 0)
        state.write_text(state.read_text().replace("24", "20"))
        rest = json.loads((await off_loop(replay, *words, broker.url)).stdout)
        assert (rest["steps"], rest["resumed_after_steps"], rest["first"][11:13]) == (4, 20, "21")
        other = await off_loop(replay, str(file), "--label", "end", *words[1:], broker.url)
        assert other.exit_code == 1
        assert "other files or options" in other.stderr


def test_replay_says_what_is_wrong_and_exits_2(tmp_path: Path) -> None:
    """A file that cannot be played as asked is the user's to mend: one line that says how."""
    file = tmp_path / "f.csv"
    file.write_text("time,station,dewp_c\n2016-12-20T00:00,air-01,1\n")
    result = typed(replay, str(file), "--dry-run")
    assert result.exit_code == 2
    assert "--map" in result.stderr
    file.write_text(ROWS)
    assert typed(replay, str(file), "--dry-run", "--from", "2020-01-01").exit_code == 2
    assert typed(replay, str(file), "--broker", "http://x").exit_code == 2


def test_replay_dry_run_prints_what_it_would_send(tmp_path: Path) -> None:
    """No broker needed."""
    file = tmp_path / "f.csv"
    file.write_text(ROWS)
    result = typed(replay, str(file), "--dry-run", "--no-clock", "--station", "air-02")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 24
    assert "/air-02/" in result.stdout
    assert "/air-01/" not in result.stdout


@pytest.mark.filterwarnings("default")
async def test_simulate_sends_history_and_counts(tmp_path: Path) -> None:
    """`--speed max` sends everything up to now and ends; the summary equals what was heard."""
    with mosquitto(tmp_path) as broker:
        async with listening(broker, "clearwarn/v1/#") as heard:
            words = ("--broker", broker.url, "--speed", "max", "--backfill", "4h", "--start", "2026-11-01", "--json")
            result = await off_loop(simulate, *words, "--duration", "2s", "--faults", "all=0.05")
            assert result.exit_code == 0, result.output
            summary = json.loads(result.stdout)
            await heard.until(summary["published"])
    assert summary["acknowledged"] == summary["published"] > 100


async def test_simulate_ends_cleanly_when_interrupted(tmp_path: Path) -> None:
    """Ctrl-C: a summary, exit 130, no traceback; what was sent is acknowledged."""
    script = (
        "from device_sim.cli import simulate\nfrom tests.support.district import FakeRoot\n"
        "simulate(['--broker', __import__('sys').argv[1], '--backfill', '2h', '--json'], obj=FakeRoot())"
    )
    with mosquitto(tmp_path) as broker:
        async with listening(broker, "clearwarn/v1/#") as heard:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                script,
                broker.url,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            await heard.until(18)
            process.send_signal(2)
            out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert json.loads(out)["published"] >= 17


def test_simulate_dry_run_scales_and_writes_its_stations(tmp_path: Path) -> None:
    """More stations than the catalogue has, and the YAML a service needs to know them."""
    file = tmp_path / "stations.yaml"
    words = (
        "--dry-run",
        "--stations",
        "40",
        "--write-stations",
        str(file),
        "--backfill",
        "1h",
        "--start",
        "2026-11-23",
    )
    result = typed(simulate, *words, "--duration", "1s")
    assert result.exit_code == 0, result.output
    assert "out-01-x0001" in result.stdout
    (tmp_path / "stations").mkdir()
    file.rename(tmp_path / "stations" / "all.yaml")
    (tmp_path / "areas.yaml").write_text((ROOT / "config" / "areas.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert len(FakeRoot(folder=tmp_path).catalog().by_id) == 40


@pytest.mark.parametrize("speed", ["max", "100000"])
def test_simulate_ends_at_its_own_time(speed: str) -> None:
    """Live up to `--until` and not beyond, however fast."""
    words = (
        "--dry-run",
        "--start",
        "2026-11-23",
        "--until",
        "2026-11-23T06:00:00",
        "--backfill",
        "0s",
        "--speed",
        speed,
    )
    result = typed(simulate, *words)
    assert result.exit_code == 0, result.output
    reports = [json.loads(line.split(" ", 1)[1]) for line in result.stdout.splitlines() if "/reading " in line]
    last = max(datetime.fromisoformat(report["time"]) for report in reports if report["period"] == "5m")
    assert last == datetime(2026, 11, 23, 5, 55, tzinfo=UTC)


@pytest.mark.parametrize("words", [("--faults", "gremlins"), ("--broker", "ftp://x")])
def test_simulate_refuses_what_it_does_not_know(words: tuple[str, ...]) -> None:
    """Exit 2 and one line."""
    result = typed(simulate, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")


def test_beijing_december_is_played_whole() -> None:
    """The 12 stations of the recorded file, December 2016: 744 hours, CO in mg/m3, nothing refused."""
    file = recorded("air_beijing12_*.csv.gz")
    result = typed(replay, str(file), "--dry-run", "--from", "2016-12-01", "--to", "2016-12-31T23:00", folder=BEIJING)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    clocks = [json.loads(line.split(" ", 1)[1])["now"] for line in lines if line.startswith("clearwarn/v1/clock")]
    readings = [json.loads(line.split(" ", 1)[1]) for line in lines if not line.startswith("clearwarn/v1/clock")]
    assert (len(clocks), clocks[0], clocks[-1]) == (744, "2016-12-01T01:00:00+08:00", "2017-01-01T00:00:00+08:00")
    assert len({reading["station"] for reading in readings}) == 12
    assert all(reading["values"].get("co", 0) <= 20 for reading in readings)
    assert all(set(reading["values"]) <= {"pm2_5", "pm10", "so2", "no2", "co", "o3"} for reading in readings)
