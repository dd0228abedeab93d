"""The service killed at every await between receipt and acknowledgement, and round every commit and every sending."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.bench.figures import Size
from tests.faults.rig import Rig, a_rig
from tests.faults.table import Row

_RUNNER = "tests.faults.runner"
_BURST = 3  # instants of all stations, waiting when it starts

# The moments that hurt most, each of them passed at every start with something to do.
QUICK = (
    "log before commit#1",
    "log after commit#1",
    "acknowledged half#1",
    "journal before commit#1",
    "journal after commit#1",
    "outbox before commit#4",  # after what was interrupted and the claim: an answer not noted yet
    "alerts/notify/webhook.send#3",
    "books before commit#2",
)


@pytest.mark.e2e
@pytest.mark.timeout(3000)
def test_killed_at_every_await(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """One data folder through all of them: each start finds what the kill before has left."""
    with a_rig(tmp_path, rows) as rig:
        rig.introduced()
        crashes = _all(rig, tmp_path / "points") if size is Size.FULL else QUICK
        spared = [crash for crash in crashes if not _crashed(rig, crash)]
        with rig.serving() as service:
            recovery = rig.recovered(service)
            assert service.stop() == 0
        points = len({crash.rpartition("#")[0] for crash in crashes})
        note = f"{points} points, {len(crashes) - len(spared)} kills"
        rig.account("killed at every await", order=20, recovery=recovery, note=note)
    # A point may not be passed as often as before: a lock is not always waited for. Most are.
    assert not spared if size is Size.QUICK else len(spared) < len(crashes) / 4


def _crashed(rig: Rig, crash: str) -> bool:
    rig.publisher.send(rig.stream.take(_BURST))
    with rig.serving(module=_RUNNER, CLEARWARN_CRASH=crash) as service:
        return rig.killed_itself(service)


def _all(rig: Rig, file: Path) -> Sequence[str]:
    """Every point that a run passes which begins with a log to walk: at its first pass, and in the thick of it."""
    assert _crashed(rig, "journal after commit#1")
    rig.publisher.send(rig.stream.take(_BURST))
    with rig.serving(module=_RUNNER, CLEARWARN_POINTS=str(file)) as service:
        rig.recovered(service)
        assert service.stop() == 0
    passes: Mapping[str, int] = json.loads(file.read_text(encoding="utf-8"))
    return [f"{name}#{number}" for name, count in sorted(passes.items()) for number in sorted({1, 1 + count // 2})]
