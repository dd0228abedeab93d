"""The house keeps its shape: imports point inward, the core stays pure, nothing waits on a network unbounded."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("ingest", "alerts", "device_sim", "grafana")

# Of `ingest` only these import `alerts` (STYLE): the composition root, the readers of configuration, the one bridge.
MAY_IMPORT_ALERTS = {
    "ingest/app.py",
    "ingest/account.py",
    "ingest/settings.py",
    "ingest/configuration.py",
    "ingest/catalog_cli.py",
    "ingest/doctor.py",
    "ingest/plan.py",
    "ingest/reloading.py",
    "ingest/stopping.py",
    "ingest/__main__.py",
    "ingest/adapters/alerting.py",
}

# Pure: no I/O, no clock, no logging, no randomness but what is handed in.
PURE = [
    *(f"ingest/{name}.py" for name in ("model", "topics", "validate", "quality", "series", "walk")),
    *(
        f"ingest/{name}.py"
        for name in ("patterns", "neighbours", "wholes", "sensors", "completeness", "calm", "bundle", "recent")
    ),
    *(f"ingest/catalog/{name}.py" for name in ("__init__", "entry", "parameter", "station", "catalog")),
    "ingest/catalog/device.py",
    "ingest/allowance.py",
    "ingest/moments.py",
    "ingest/dialect.py",
    "ingest/units.py",
    *(f"ingest/codecs/hj212{name}.py" for name in ("", "_crc", "_frame", "_factors", "_stream", "_answer")),
    *(f"ingest/catalog/{name}.py" for name in ("outfall", "water_source", "gaps", "cells", "table", "section")),
    *(f"ingest/{name}.py" for name in ("flagged", "ledger", "fleet", "errors", "ports", "retention")),
    *(f"ingest/{name}.py" for name in ("redrive", "rewalk", "metrics", "forecasts")),
    *(f"ingest/{name}.py" for name in ("line_protocol", "influxql", "influx_answers")),
    "ingest/manifest.py",
    *(f"ingest/broker/{name}.py" for name in ("options", "accounts", "mosquitto", "passwords")),
    *(f"ingest/codecs/{name}.py" for name in ("__init__", "json", "forecast", "report")),
    *(f"alerts/{name}.py" for name in ("model", "windows", "indices", "evaluation", "engine", "fold", "announcing")),
    *(f"alerts/{name}.py" for name in ("lifecycle", "procedures", "book", "routing", "dedup", "memory", "absences")),
    *(f"alerts/{name}.py" for name in ("scheme", "marks", "watching", "areas", "network", "evidence", "moments")),
    *(
        f"alerts/{name}.py"
        for name in ("packing", "index_names", "outlook", "forecasts", "current", "gauges", "surroundings")
    ),
    *(f"alerts/{name}.py" for name in ("beside", "agreement", "joint", "joining", "following")),
    *(
        f"alerts/rules/{name}.py"
        for name in (
            "rule",
            "levels",
            "threshold",
            "absence",
            "rate",
            "quality",
            "change",
            "arrival",
            "forecast",
            "ahead",
            "agreeing",
            "joint",
        )
    ),
    "alerts/deviation.py",
    *(f"alerts/standards/{name}.py" for name in ("amounts", "pollutants", "edition", "report", "ambient", "air")),
    *(f"alerts/standards/{name}.py" for name in ("tables", "year", "targets")),
    *(f"alerts/indexing/{name}.py" for name in ("ports", "stations", "lines", "passing", "days", "wording")),
    "alerts/standards/water.py",
    "alerts/standards/compliance.py",
    "alerts/indexing/water_samples.py",
    "alerts/travel.py",
    *(f"alerts/outfall/{name}.py" for name in ("model", "figures", "readings", "windows", "network")),
    *(f"alerts/water/{name}.py" for name in ("model", "readings", "windows", "network")),
    "alerts/standards/discharge.py",
    "alerts/derivation.py",
    "alerts/revisions.py",
    *(f"alerts/air/{name}.py" for name in ("counting", "calendar", "packing", "minutes", "hours", "months", "figures")),
    *(f"alerts/air/{name}.py" for name in ("model", "subject", "station", "area", "network", "bulletin")),
    "alerts/notify/render.py",
    "alerts/differences.py",
    "alerts/arrangement.py",
    "ingest/plan.py",
    "ingest/wording.py",
    "ingest/points.py",
    "ingest/standing.py",
    "alerts/chronicle.py",
    "alerts/console/curves.py",
    *(
        f"device_sim/{name}.py"
        for name in ("signals", "episodes", "faults", "encoder", "district", "forecasts", "hj212")
    ),
]
IMPURE_MODULES = {"asyncio", "logging", "socket", "sqlite3", "os", "time", "threading", "subprocess", "httpx", "random"}
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "read_text", "read_bytes", "write_text"}


def _files(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _package(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def test_alerts_imports_nothing_of_the_others() -> None:
    """`alerts` never imports `ingest`, `device_sim` or `grafana`."""
    others = {"ingest", "device_sim", "grafana"}
    found = [(path.name, name) for path in _files("alerts") for name in _imports(path) if _package(name) in others]
    assert found == []


def test_intake_imports_alerts_only_where_it_is_put_together() -> None:
    """Only the composition root and the bridge know both sides."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in _files("ingest")
        for name in _imports(path)
        if _package(name) == "alerts"
    }
    assert found <= MAY_IMPORT_ALERTS


def test_device_sim_knows_only_the_catalogue() -> None:
    """The simulator has its own encoder: a shared mistake would go unseen."""
    found = {name for path in _files("device_sim") for name in _imports(path) if _package(name) in {"ingest", "alerts"}}
    assert found <= {"ingest.catalog"}


@pytest.mark.parametrize("module", PURE)
def test_core_is_pure(module: str) -> None:
    """No I/O, clock, logging or randomness in the core."""
    path = ROOT / module
    assert [name for name in _imports(path) if _package(name) in IMPURE_MODULES] == []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            datetime_now = (
                isinstance(called, ast.Attribute)
                and called.attr == "now"
                and isinstance(called.value, ast.Name)
                and called.value.id == "datetime"
            )
            assert name not in IMPURE_CALLS - {"now"}, f"{module}:{node.lineno} calls {name}"
            assert not datetime_now, f"{module}:{node.lineno} looks at the clock"


def test_shell_makes_no_bare_tasks() -> None:
    """Tasks belong to a TaskGroup, or are awaited where they are made: each bare one is named here with its place."""
    allowed = {
        "ingest/demo.py",  # the wait for Ctrl-C, cancelled where it is made
        "alerts/waking.py",  # a wait for two things, both cancelled where they are made
        "ingest/flagging.py",  # one group on its way to the disk, awaited before the next and at the end
        "ingest/adapters/influx_store.py",  # one body on its way, as flagging's
        "ingest/stopping.py",  # a wait for what ends first, cancelled where it is made
        "device_sim/publisher.py",  # a bounded window of messages on their way, each awaited in order
    }
    found = set()
    for package in PACKAGES:
        for path in _files(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "create_task"
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in {"asyncio", "loop"}
                ):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found <= allowed


def test_no_error_of_a_task_group_is_caught_and_gone_on_from() -> None:
    """Before Python 3.13 it leaves the task asked to cancel; on 3.11.2 that task's next timeout ends it in silence."""
    for package in PACKAGES:
        for path in _files(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                assert not isinstance(node, ast.TryStar), f"{path}:{node.lineno} has except*"
                if isinstance(node, ast.ExceptHandler) and node.type is not None:
                    assert "ExceptionGroup" not in ast.unparse(node.type), f"{path}:{node.lineno}"


def test_modules_stay_small() -> None:
    """Past 350 lines a module holds two nouns."""
    long = {
        path.relative_to(ROOT).as_posix(): count
        for package in PACKAGES
        for path in _files(package)
        if (count := path.read_text(encoding="utf-8").count("\n")) > 350 and path.name != "texts.py"  # a table of texts
    }
    assert long == {}


def test_no_file_of_a_lock_names_an_address() -> None:
    """Lock files hold versions and hashes, no download addresses."""
    for path in ROOT.glob("requirements*.lock"):
        assert "://" not in path.read_text(encoding="utf-8")
