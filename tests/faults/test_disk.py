"""The disk full under a service at work: what is acknowledged is kept, and it recovers without a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rig import a_rig
from tests.faults.table import Row
from tests.support.small_disk import small_disk

_BURST = 6  # instants of all stations
_MEBIBYTES = 64


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_disk_full(tmp_path: Path, rows: list[Row]) -> None:
    """Twice: with everything written until then, and in the middle of a burst; killed once while it is full."""
    room = {"free_mib": 0, "segment_mib": 1}  # the floor is tried by itself: here the disk is full to the last page
    with small_disk(tmp_path / "data", _MEBIBYTES) as disk, a_rig(tmp_path, rows, log=room) as rig:
        with rig.serving() as service:
            service.ready()
            rig.publisher.send(rig.stream.take(_BURST))
            rig.recovered(service)
            disk.fill()
            rig.publisher.send(rig.stream.take(10 * _BURST))
            service.until("/readyz", lambda answer: not answer["ready"])
            disk.free()
            first = rig.recovered(service)
            with rig.publisher.sending(rig.stream.take(10 * _BURST)):
                disk.fill()
            rig.publisher.send(rig.stream.take(_BURST))
            service.until("/readyz", lambda answer: not answer["ready"])
            service.kill()
            disk.free()
        with rig.serving() as service:
            recovery = rig.recovered(service)
            assert service.stop() == 0
        rig.account("disk full", order=80, recovery=max(first, recovery), note="twice, one kill")
