"""The service killed with -9, at random moments under load and at every await of its work."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.figures import Size
from tests.faults.rig import Rig, a_rig
from tests.faults.table import Row
from tests.support.service import Running

KILLS = {Size.FULL: 100, Size.QUICK: 4}
_WITHIN = 0.08  # s after a burst has begun: less than the service needs for it
_STARTS = 1.0  # s after the start of the process: about what it needs to be ready
_BURST = 6  # instants of all stations


@dataclass
class Kills:
    """How many, and how it stood at the moment of each."""

    done: int = 0
    unsettled: int = 0  # with deliveries that the broker has, and the log has not
    pending: int = 0  # with somebody still to be told

    @property
    def fewest(self) -> int:
        """Of the two."""
        return min(self.unsettled, self.pending)

    def note(self, rig: Rig, at_broker: int) -> None:
        """Just after one; `at_broker` deliveries were acknowledged to the publisher just before."""
        self.done += 1
        try:
            self.unsettled += at_broker > rig.books.logged()
            self.pending += any(state in {"queued", "sending"} for state in rig.books.outbox().values())
        except sqlite3.OperationalError:
            pass  # killed before it had made its files


@pytest.mark.e2e
@pytest.mark.timeout(1800)
def test_killed_at_random_moments(tmp_path: Path, rows: list[Row], size: Size) -> None:
    """Nothing the broker was told is done is lost, nobody is told twice, nothing is forgotten."""
    kills, wanted = Kills(), KILLS[size]
    chance = random.Random(3)
    with a_rig(tmp_path, rows) as rig:
        rig.told.pause = 0.15
        while kills.done < wanted or (kills.fewest < wanted / 2 and kills.done < 4 * wanted):
            with rig.serving() as service:
                kills.note(rig, KINDS[kills.done % len(KINDS)](rig, service, chance))
        with rig.serving() as service:
            recovery = rig.recovered(service)
            assert service.stop() == 0
        note = f"{kills.done} kills, {kills.unsettled} with deliveries unsettled, {kills.pending} with news untold"
        rig.account("killed at random moments", order=10, recovery=recovery, note=note)
    assert kills.fewest >= wanted / 2


def _live(rig: Rig, service: Running, chance: random.Random) -> int:
    """While a burst comes in. As the others: how many deliveries the broker had just before."""
    service.ready()
    with rig.publisher.sending(rig.stream.take(_BURST)):
        time.sleep(chance.uniform(0, _WITHIN))  # the moment is what is random
        at_broker = rig.publisher.acknowledged
        service.kill()
    return at_broker


def _behind(rig: Rig, service: Running, chance: random.Random) -> int:
    """Just after it was held up, with a burst in its socket."""
    service.ready()
    service.process.send_signal(signal.SIGSTOP)
    rig.publisher.send(rig.stream.take(_BURST))
    service.process.send_signal(signal.SIGCONT)
    time.sleep(chance.uniform(0, _WITHIN / 4))
    service.kill()
    return rig.publisher.acknowledged


def _starting(rig: Rig, service: Running, chance: random.Random) -> int:
    """While it starts, and a burst waits for it."""
    rig.publisher.send(rig.stream.take(_BURST))
    time.sleep(chance.uniform(0, _STARTS))
    service.kill()
    return rig.publisher.acknowledged


KINDS = (_live, _behind, _starting, _behind)
