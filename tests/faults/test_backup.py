"""A backup taken while the service is under load, restored, and gone on from."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.adapters.backup import take
from tests.bench.figures import Size
from tests.faults.books import Books, Ledger
from tests.faults.rig import Rig, a_rig
from tests.faults.table import Row
from tests.support.publishing import Publisher
from tests.support.service import clearwarn

BACKUPS = {Size.FULL: 5, Size.QUICK: 1}
_BURST = 2  # instants of all stations


def _stations(books: Books) -> dict[str, Ledger]:
    """The ledger by station: hours of receipt differ from run to run."""
    found: dict[str, Ledger] = {}
    for (station, _), ledger in books.ledger().items():
        found[station] = found[station] + ledger if station in found else ledger
    return found


def _taken(rig: Rig, target: Path) -> int:
    """Where the log ends in it. Within this process: the load need not wait for another to begin."""
    return take(rig.data, target, version="of the tests", said=lambda _done: None).manifest.positions.last


def _gone_on_from(rig: Rig, backup: Path) -> None:
    """Restored, started, and sent what came after it: it ends as the service from which it was taken."""
    data = backup.with_suffix(".restored")
    put_back = clearwarn("restore", str(backup), "--data", str(data), config=rig.config)
    assert put_back.returncode == 0, put_back.stderr
    restored = replace(rig, data=data)
    held = [*restored.books.deliveries()]
    assert [delivery.payload for delivery in held] == [one.payload for one in rig.publisher.sent[: len(held)]]
    with restored.serving() as service:
        service.ready()
        publisher = Publisher(rig.broker.port, name="afterwards")
        publisher.send(rig.publisher.sent[len(held) :])
        publisher.close()
        restored.recovered(service)
        assert service.stop() == 0
    assert restored.books.transitions() == rig.books.transitions()
    assert restored.books.warnings() == rig.books.warnings()
    assert set(restored.books.outbox()) == set(rig.books.outbox())
    assert _stations(restored.books) == _stations(rig.books)
    assert Counter(restored.books.points()) == Counter(rig.books.points())
    balanced = clearwarn("ledger", "--data", str(data), config=rig.config)
    assert balanced.returncode == 0, balanced.stdout


@pytest.mark.e2e
@pytest.mark.timeout(1800)
def test_backup_under_load_is_as_good_as_the_original(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """Ledger, warnings, outbox and readings are the same in the end, wherever in the stream it was taken."""
    with a_rig(tmp_path, rows, log={"segment_mib": 1}) as rig:
        backups = [tmp_path / f"backup-{number}" for number in range(BACKUPS[size])]
        ends: list[int] = []
        with rig.serving() as service, ThreadPoolExecutor(1) as pool:
            service.ready()
            for backup in backups:
                rig.publisher.send(rig.stream.take(4 * _BURST))  # not walked yet when it begins
                taken = pool.submit(_taken, rig, backup)
                while not taken.done():
                    rig.publisher.send(rig.stream.take(_BURST))
                ends.append(taken.result())
            rig.publisher.send(rig.stream.take(_BURST))
            rig.recovered(service)
            assert service.stop() == 0
        assert 0 < ends[0] < len(rig.publisher.sent)
        rig.account("backups taken meanwhile", order=95, note=f"{len(backups)} backups")
        for backup in backups:
            _gone_on_from(rig, backup)
