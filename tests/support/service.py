"""The whole service as a process, with a configuration of its own on free ports; ended by its own process id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.district import ROOT
from tests.support.mosquitto import Broker, free_port

PATIENCE = 60.0  # s, for anything the service is asked to become


def a_configuration(folder: Path, broker: Broker, *, stations: Path | None = None, **service: Any) -> Path:
    """The shipped configuration in `folder`, on that broker; `stations` holds areas.yaml and stations/ of another."""
    shutil.copytree(ROOT / "config", folder)
    if stations is not None:
        shutil.rmtree(folder / "stations")
        shutil.copytree(stations, folder, dirs_exist_ok=True)
    settings = yaml.safe_load((folder / "service.yaml").read_text(encoding="utf-8"))
    settings["broker"] |= {"host": broker.host, "port": broker.port}
    settings["console"]["port"] = free_port()
    settings |= service
    (folder / "service.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def get(self, path: str) -> Any:
        """The JSON at that address, whatever its status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def until(self, path: str, met: Callable[[Any], bool]) -> Any:
        """What stands at that address once the condition is met; fails, with the log, when it never is."""
        deadline = time.monotonic() + PATIENCE
        found: Any = None
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                found = self.get(path)
            except OSError:
                found = None  # not listening yet
            if found is not None and met(found):
                return found
            time.sleep(0.05)  # asks again: there is nothing to be told by across processes
        pytest.fail(f"{path} stayed {found!r}\n{self.log.read_text(errors='replace')[-3000:]}")

    def ready(self) -> None:
        """Returns when it says that it is."""
        self.until("/readyz", lambda answer: answer["ready"])

    def stop(self) -> int:
        """As an administrator would; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def serving(
    config: Path,
    data: Path,
    *options: str,
    module: str = "ingest",
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    verbose: bool = False,
) -> Iterator[Running]:
    """`clearwarn serve` while the block lasts; `module` is what runs in the command's place.

    What it says goes to `log`, beside the data unless named.
    """
    settings = yaml.safe_load((config / "service.yaml").read_text(encoding="utf-8"))
    log = log or data.with_suffix(".log")
    root = ["--config", str(config), *(["-v"] if verbose else [])]
    command = [sys.executable, "-m", module, *root, "serve", "--data", str(data), *options]
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=said, stderr=said, env={**os.environ, **(environment or {})}
        )
        try:
            yield Running(process, f"http://127.0.0.1:{settings['console']['port']}", log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)


def clearwarn(*arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    chosen = ["--config", str(config)] if config else []
    command = [sys.executable, "-m", "ingest", *chosen, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
