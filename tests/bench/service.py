"""The real service as a process of its own, on a configuration made for a network of any size."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.bench.network import CONFIG, ROOT, Network
from tests.support.mosquitto import free_port

STARTS_WITHIN = 300.0  # s
STOPS_WITHIN = 60.0  # s


@dataclass(frozen=True, slots=True)
class Installation:
    """A configuration with its data folder; `console` is the console's port."""

    folder: Path
    console: int

    @property
    def data(self) -> Path:
        """Intake log, journal, books, readings."""
        return self.folder / "data"


@dataclass(frozen=True, slots=True)
class Running:
    """A service that is ready, and how long that took, seconds."""

    pid: int
    took: float


def install(
    folder: Path, *, network: Network, broker: int, store: Mapping[str, str] | None = None, window: int = 10_000
) -> Installation:
    """The shipped configuration with the network's stations, for that broker and store; by default the embedded one."""
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("stations", "scenarios"))
    (folder / "stations").mkdir()
    # JSON is YAML, and quicker to write
    (folder / "stations" / "all.yaml").write_text(
        json.dumps({"stations": network.entries, "outfalls": network.outfalls}), encoding="utf-8"
    )
    (folder / "areas.yaml").write_text(json.dumps({"areas": network.areas}), encoding="utf-8")
    made = Installation(folder, free_port())
    settings = yaml.safe_load((folder / "service.yaml").read_text(encoding="utf-8"))
    settings["data"] = str(made.data)
    settings["broker"] |= {"port": broker, "window": window}
    settings["store"] = dict(store or settings["store"])
    settings["console"]["port"] = made.console
    (folder / "service.yaml").write_text(json.dumps(settings), encoding="utf-8")
    return made


@contextmanager
def serving(installation: Installation, *options: str) -> Iterator[Running]:
    """`clearwarn serve` while the block lasts, from when it is ready. Raises `RuntimeError` with its log."""
    command = [sys.executable, "-m", "ingest", "--config", str(installation.folder), "serve", *options]
    log = installation.folder / "service.log"
    began = time.perf_counter()
    with log.open("ab") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)
    try:
        while not _ready(installation.console):
            if process.poll() is not None or time.perf_counter() - began > STARTS_WITHIN:
                raise RuntimeError(f"the service did not get ready:\n{log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.02)
        yield Running(process.pid, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def settled(installation: Installation) -> tuple[int, int]:
    """(stored, otherwise settled) readings by the ledger, read past the service."""
    books = (installation.data / "books.db").absolute().as_uri()
    with closing(sqlite3.connect(f"{books}?mode=ro", uri=True, timeout=5)) as database:
        query = "SELECT coalesce(sum(stored), 0), coalesce(sum(duplicate + quarantined), 0) FROM ledger"
        stored, otherwise = database.execute(query).fetchone()
        return int(stored), int(otherwise)


def received(installation: Installation) -> int:
    """Readings by the ledger, read past the service."""
    return _summed(installation, "received")


def lag(installation: Installation) -> int:
    """Readings received and not settled yet."""
    return _summed(installation, "received - stored - duplicate - quarantined")


def _summed(installation: Installation, what: str) -> int:
    books = (installation.data / "books.db").absolute().as_uri()
    with closing(sqlite3.connect(f"{books}?mode=ro", uri=True, timeout=5)) as database:
        query = f"SELECT coalesce(sum({what}), 0) FROM ledger"
        return int(database.execute(query).fetchone()[0])


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
