"""A process that appends to an intake log until it is killed: `python -m tests.support.appending FOLDER SEGMENT SEED`.

After each append that returned it says the position of its last delivery, a line each.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.model import Delivery
from tests.support.district import ROOT
from tests.support.ingest import NOW, an_outcome


def numbered(position: int) -> Delivery:
    """What it appends there."""
    return Delivery(f"t/{position}", b"%d " % position * 50, NOW, position)


async def append(folder: Path, segment: int, seed: int) -> None:
    """Groups of all sizes, outcomes with some of them. Until killed."""
    chance = random.Random(seed)  # not for secrets
    async with SqliteIntakeLog(folder=folder, segment=segment) as log:
        while True:
            size = chance.choice((0, 1, 2, 7, 30))
            deliveries = [numbered(log.last + 1 + number) for number in range(size)]
            behind = range(log.last_flagged + 1, log.last + 1)
            await log.append(deliveries, [an_outcome(position=position) for position in behind])
            sys.stdout.write(f"{log.last}\n")
            sys.stdout.flush()


class Appending:
    """Such a process, as the test sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.last = 0  # acknowledged, as far as it was read
        self._heard = threading.Condition()
        self._said = 0
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def said(self, more: int, within: float = 60.0) -> int:
        """The position acknowledged last, after so many more appends."""
        with self._heard:
            until = self._said + more
            assert self._heard.wait_for(lambda: self._said >= until, within), "it appends nothing"
            return self.last

    def kill(self) -> int:
        """As a power cut would; the position it acknowledged last."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        return self.last

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                with self._heard:
                    self.last = int(line)
                    self._said += 1
                    self._heard.notify_all()


@contextmanager
def appending(folder: Path, *, segment: int, seed: int) -> Iterator[Appending]:
    """One while the block lasts; ended by its own process id."""
    command = [sys.executable, "-m", "tests.support.appending", str(folder), str(segment), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        running = Appending(process)
        try:
            yield running
        finally:
            running.kill()


async def everything(folder: Path, *, segment: int) -> Sequence[Delivery]:
    """What the log in that folder holds, opened as after a crash."""
    async with SqliteIntakeLog(folder=folder, segment=segment) as log:
        found = await log.read(0, 1_000_000)
        outcomes = [item.position for item in await log.read_flagged(0, 1_000_000)]
        assert outcomes == list(range(1, log.last_flagged + 1))
        assert log.last == len(found)
        return found


if __name__ == "__main__":
    asyncio.run(append(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
