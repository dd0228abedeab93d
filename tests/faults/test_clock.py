"""The machine's clock set forward by an hour, back to the truth, back by another, and to the truth again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rig import a_rig
from tests.faults.table import Row

_BURST = 6  # instants of all stations
_HOUR = 3600  # s
_RUNNER = "tests.faults.runner"


@pytest.mark.e2e
@pytest.mark.timeout(300)
def test_clock_stepped_forward_and_back(tmp_path: Path, rows: list[Row]) -> None:
    """What is judged follows the times of receipt that are in the log, as they were; who waits to be told is told.

    While the clock is an hour back, readings are from the future: stored, flagged, and no ground for a warning.
    """
    clock = tmp_path / "clock"

    def step(seconds: int) -> None:
        beside = clock.with_suffix(".new")
        beside.write_text(str(seconds), encoding="utf-8")
        beside.replace(clock)

    step(0)
    with a_rig(tmp_path, rows) as rig:
        with rig.serving(module=_RUNNER, CLEARWARN_CLOCK=str(clock)) as service:
            service.ready()
            for seconds in (0, _HOUR):
                step(seconds)
                rig.publisher.send(rig.stream.take(_BURST))
                rig.recovered(service, rig.expected([*rig.books.deliveries()]) if seconds else None)
            rig.told.status = 503
            rig.publisher.send(rig.stream.take(_BURST))
            rig.until(lambda: "queued" in rig.books.outbox().values(), service)
            step(0)
            rig.told.status = 200
            rig.recovered(service, rig.expected([*rig.books.deliveries()]))
            step(-_HOUR)
            rig.publisher.send(rig.stream.take(_BURST))
            rig.until(lambda: rig.books.total().stored == len(rig.stream.readings), service)
            service.kill()
        with rig.serving(module=_RUNNER, CLEARWARN_CLOCK=str(clock)) as service:
            service.ready()
            step(0)
            rig.publisher.send(rig.stream.take(_BURST))
            rig.until(lambda: rig.books.total().stored == len(rig.stream.readings), service)
            wanted = rig.expected([*rig.books.deliveries()])
            recovery = rig.recovered(service, wanted)
            assert service.stop() == 0
        rig.account("clock stepped forward and back", order=70, recovery=recovery, wanted=wanted)
