"""Living by a clock: history at once, then each report when it is due."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from device_sim.broker import parse
from device_sim.errors import BrokerError
from device_sim.feed import run
from device_sim.pacing import PacedClock
from tests.support.district import T0, a_district


class SteppingClock:
    """Goes where it is asked to, and no further than `stop`: there it stands still for ever."""

    def __init__(self, start: datetime, stop: datetime) -> None:
        self.moment = start
        self.stop = stop
        self.stopped = asyncio.Event()

    def now(self) -> datetime:
        return self.moment

    async def sleep_until(self, moment: datetime) -> None:
        if moment > self.stop:
            self.stopped.set()
            await asyncio.Event().wait()
        self.moment = moment


async def test_feed_sends_history_then_each_report_when_due() -> None:
    """Back-fill before any live message; nothing live before its time, nothing left out until the clock stops."""
    district = a_district()
    clock = SteppingClock(T0, T0 + timedelta(hours=1))
    sent: list[tuple[datetime, str, bytes]] = []

    async def publish(topic: str, payload: bytes) -> None:
        sent.append((clock.now(), topic, payload))

    task = asyncio.create_task(run(district=district, clock=clock, publish=publish, backfill_hours=4))
    await clock.stopped.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    history = [(T0, topic, payload) for topic, payload in district.backfill(4)]
    live = [tuple(dispatch) for dispatch in district.live(T0, T0 + timedelta(hours=1))]
    assert sent == history + live


def test_paced_clock_never_passes_the_real_time() -> None:
    """A minute behind at 60 x: half way after half a second, at the machine's time soon after, and then with it."""
    began = datetime(2026, 1, 2, tzinfo=UTC)
    run = 0.0
    clock = PacedClock(
        start=began - timedelta(minutes=1),
        speed=60,
        real=lambda: began + timedelta(seconds=run),
        seconds=lambda: run,
    )
    assert clock.now() == began - timedelta(minutes=1)
    run = 0.5
    assert clock.now() == began - timedelta(seconds=30)
    run = 10.0
    assert clock.now() == began + timedelta(seconds=10)


def test_paced_clock_at_one_is_not_held_back() -> None:
    """A simulation that starts elsewhere in time stays there."""
    start = datetime(2030, 1, 1, tzinfo=UTC)
    clock = PacedClock(start=start, speed=1, real=lambda: start - timedelta(days=9), seconds=lambda: 5.0)
    assert clock.now() == start


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "user"),
    [
        ("mqtt://a.example", "a.example", 1883, False, None),
        ("mqtts://u%40x:s@a.example", "a.example", 8883, True, "u@x"),
        ("localhost:1884", "localhost", 1884, False, None),
        ("mqtt://[::1]:1884", "::1", 1884, False, None),
    ],
)
def test_broker_address_is_read(url: str, host: str, port: int, tls: bool, user: str | None) -> None:  # noqa: FBT001  a column of the table
    """With and without scheme, port, user; the password is in no text."""
    found = parse(url)
    assert (found.host, found.port, found.tls, found.user) == (host, port, tls, user)
    assert "password" not in repr(found)


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "mqtt://x:port", "mqtt://x/path", "mqtt://x:99999"])
def test_wrong_broker_address_says_what_is_wanted(url: str) -> None:
    """Not an exception of the URL parser."""
    with pytest.raises(BrokerError, match="want mqtt://"):
        parse(url)
