"""The disk full under a service at work: what is acknowledged is kept, and it recovers without a restart."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.rig import a_rig
from tests.faults.table import Row

_BURST = 6  # instants of all stations
_MEGABYTES = 64
_PIECE = 64 * 1024  # bytes


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own in that folder. Skips where we may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "clearwarn-tests", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root only")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _fill(file: Path) -> None:
    """To the last page, though others write at the same time."""
    with file.open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(_PIECE))


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_disk_full(tmp_path: Path, rows: list[Row]) -> None:
    """Twice: with everything written until then, and in the middle of a burst; killed once while it is full."""
    data = tmp_path / "data"
    with _small_disk(data), a_rig(tmp_path, rows) as rig:
        ballast = data / "ballast"
        with rig.serving() as service:
            service.ready()
            rig.publisher.send(rig.stream.take(_BURST))
            rig.recovered(service)
            _fill(ballast)
            rig.publisher.send(rig.stream.take(10 * _BURST))
            service.until("/readyz", lambda answer: not answer["ready"])
            ballast.unlink()
            first = rig.recovered(service)
            with rig.publisher.sending(rig.stream.take(10 * _BURST)):
                _fill(ballast)
            rig.publisher.send(rig.stream.take(_BURST))
            service.until("/readyz", lambda answer: not answer["ready"])
            service.kill()
            ballast.unlink()
        with rig.serving() as service:
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account("disk full", order=80, recovery=max(first, recovery), note="twice, one kill")
