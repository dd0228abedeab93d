"""A real mosquitto for tests: on a free port, in its own directory, ended by its own process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARY = "/usr/sbin/mosquitto"
STARTS_WITHIN = 10.0  # s


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it listens."""

    host: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mosquitto(tmp_path: Path, *, extra: str = "", port: int | None = None, anonymous: bool = True) -> Iterator[Broker]:
    """Runs one while the block lasts; `extra` are further lines of its configuration. `port` to come back on the same.

    Without the binary the test is skipped, or fails where CI=true. Queues are unbounded: by default
    mosquitto drops beyond 1000 messages while it tells the publisher that all is well.
    """
    where = port or free_port()
    folder = tmp_path / f"mosquitto-{where}"
    folder.mkdir(exist_ok=True)
    settings = folder / "mosquitto.conf"
    who = f"allow_anonymous {str(anonymous).lower()}"
    settings.write_text(f"listener {where} 127.0.0.1\n{who}\npersistence false\nmax_queued_messages 0\n{extra}\n")
    with configured(settings, where) as broker:
        yield broker


@contextmanager
def configured(settings: Path, port: int) -> Iterator[Broker]:
    """Runs one with that configuration, which listens on `port` among others; its log lies beside. Skips as above."""
    binary = shutil.which("mosquitto") or (BINARY if Path(BINARY).exists() else None)
    if binary is None:
        if os.environ.get("CI") == "true":
            pytest.fail("mosquitto is not installed (apt-get install mosquitto)")
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    said = settings.with_name("log")
    with said.open("ab") as log:
        process = subprocess.Popen([binary, "-c", str(settings)], stdout=log, stderr=log)
        try:
            _wait(process, port, said)
            yield Broker("127.0.0.1", port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)  # starting up; there is nothing to be told by
    pytest.fail(f"mosquitto did not start: {log.read_text(errors='replace')[-2000:]}")
