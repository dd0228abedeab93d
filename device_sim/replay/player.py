"""Playing a recording to a broker: paced or as fast as it acknowledges, with a resume point."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from device_sim.pacing import Throttle
from device_sim.publisher import Publisher
from device_sim.replay.resume import ResumePoint
from device_sim.replay.steps import Step

KEPT_EVERY = 50  # steps between two writings of the resume point


@dataclass(slots=True)
class Played:
    """How far it went."""

    rows: int = 0
    messages: int = 0
    steps: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def note(self, step: Step) -> None:
        """One more step is on its way."""
        self.rows += step.rows
        self.messages += len(step.dispatches)
        self.steps += 1
        self.first = self.first or step.due
        self.last = step.due


async def play(
    steps: Iterable[Step],
    *,
    publisher: Publisher,
    speed: float,
    rate: float | None,
    resume: ResumePoint,
    played: Played,
    done: int,
    progress: Callable[[int], None],
) -> None:
    """Publishes every step; `speed` is recorded seconds a second. Raises `BrokerError`, `ReplayError`."""
    throttle = Throttle(rate)
    before: datetime | None = None
    try:
        for step in steps:
            if before is not None and not math.isinf(speed):
                await asyncio.sleep((step.due - before).total_seconds() / speed)
            before = step.due
            for number, dispatch in enumerate(step.dispatches, start=1):
                await throttle.turn()
                last = number == len(step.dispatches)
                await publisher.publish(dispatch.topic, dispatch.payload, mark=step.number if last else 0)
            played.note(step)
            progress(step.rows)
            if step.number % KEPT_EVERY == 0:
                resume.write(max(done, publisher.mark))
        await publisher.settle()
    finally:
        # What is acknowledged need not be sent again, however this ended.
        resume.write(max(done, publisher.mark))
