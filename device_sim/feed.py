"""The district lived: its history published at once, then each report when its time has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta

from device_sim.district import District
from device_sim.encoder import Dispatch
from device_sim.pacing import Clock

Publish = Callable[[str, bytes], Awaitable[None]]

AHEAD = timedelta(minutes=10)  # reports are worked out in steps of this, never held in memory for longer


async def run(*, district: District, clock: Clock, publish: Publish, backfill_hours: float = 48) -> None:
    """Back-fills up to the district's start, then follows the clock. Ends only by being cancelled."""
    for topic, payload in district.backfill(backfill_hours):
        await publish(topic, payload)
    await follow(dispatches=endless(district), clock=clock, publish=publish)


async def follow(*, dispatches: Iterable[Dispatch], clock: Clock, publish: Publish) -> None:
    """Publishes each when it is due, late ones at once."""
    for due, topic, payload in dispatches:
        while clock.now() < due:
            await clock.sleep_until(due)
        await publish(topic, payload)


def endless(district: District, until: datetime | None = None) -> Iterator[Dispatch]:
    """Everything after the district's start, worked out as it is asked for; `until` included."""
    after = district.start
    while until is None or after < until:
        step = after + AHEAD if until is None else min(after + AHEAD, until)
        yield from district.live(after, step)
        after = step
