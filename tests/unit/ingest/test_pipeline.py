"""The order of things, against a scripted source and the real log, books and checkpoint."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import topics
from ingest.adapters.checkpoint import FileCheckpoints
from ingest.adapters.clock import ReplayClock
from ingest.fleet import Fleet
from ingest.health import Trouble
from ingest.ledger import Entry
from ingest.model import COMPLETENESS, SKEW, Reading
from ingest.ports import Checkpoint
from ingest.walk import Walk
from tests.support.ingest import (
    HOUR,
    NOW,
    Listener,
    ScriptedSource,
    a_catalog,
    a_delivery,
    a_payload,
    a_station,
)
from tests.support.pipeline import Bench, hour

pytestmark = pytest.mark.usefixtures("impatient")


async def test_pipeline_settles_after_the_log_has_it(tmp_path: Path) -> None:
    """In order, each once, and only then."""
    async with Bench(tmp_path).running() as bench:
        bench.log.may_write.clear()
        messages = bench.source.say(hour(1), hour(2))
        await bench.log.asked.wait()
        assert bench.source.settled == []
        bench.log.may_write.set()
        await bench.source.has_settled(2)
        assert bench.source.settled == messages
        assert [delivery.payload for delivery in await bench.log.read(0, 10)] == [m.payload for m in messages]
        await bench.done()
    assert [reading.value for reading in bench.listener.readings] == [1.0, 2.0]


async def test_pipeline_log_that_cannot_be_written_holds_the_broker(tmp_path: Path) -> None:
    """Nothing is settled while it lasts; afterwards everything is there once, and the trouble is over."""
    async with Bench(tmp_path).running() as bench:
        bench.log.failures = 2
        bench.source.say(hour(1))
        bench.source.say(hour(2))
        await bench.source.has_settled(2)
        await bench.done()
        assert bench.log.appended == 2
        assert bench.health.troubles == {}
        assert [reading.value for reading in await bench.stored()] == [1.0, 2.0]


async def test_bad_payload_does_not_stall(tmp_path: Path) -> None:
    """Acknowledged, counted, kept with their bytes; the good one behind them is stored."""
    bad = [b"{", b"\xff", b"x" * 1_000_000, b"[" * 1000, a_payload(time=None)]
    async with Bench(tmp_path).running() as bench:
        bench.source.say(*(a_delivery(payload=payload) for payload in bad), hour(1))
        await bench.source.has_settled(6)
        await bench.done()
        assert bench.books.totals == Entry(received=6, stored=1, quarantined=5)
        kept = await bench.books.quarantined()
        assert [entry.payload for entry in reversed(kept)] == bad


async def test_pipeline_journal_that_fails_loses_no_transition(tmp_path: Path) -> None:
    """It is entered until it is there; nothing later is walked before."""
    async with Bench(tmp_path).running() as bench:
        bench.listener.failures = 1
        bench.source.say(hour(1))
        bench.source.say(hour(2))
        await bench.source.has_settled(2)
        await bench.done()
        assert (bench.listener.journalled, bench.listener.pending) == (2, 0)
        assert Trouble.JOURNAL not in bench.health.troubles


async def test_pipeline_tick_does_not_overtake_what_is_being_written(tmp_path: Path) -> None:
    """Nobody is called silent while his words wait for the disk."""
    async with Bench(tmp_path).running() as bench:
        bench.log.may_write.clear()
        bench.source.say(hour(1))
        await bench.log.asked.wait()
        bench.listener.wanted = NOW + HOUR
        bench.clock.set(NOW + 2 * HOUR)
        for _ in range(50):
            await asyncio.sleep(0)
        assert bench.listener.heard == []
        bench.log.may_write.set()
        await bench.listener.ticked.wait()
    reading, tick = bench.listener.heard
    assert isinstance(reading, Reading)
    assert tick == NOW + 2 * HOUR


async def test_pipeline_replayed_clock_does_not_run_ahead_of_its_stream(tmp_path: Path) -> None:
    """A batch that holds a day of messages and of time: silence is judged after all of it."""
    replay = ReplayClock()
    bench = Bench(tmp_path, replay=replay)
    replay.set(NOW)
    bench.listener.wanted = NOW + HOUR
    stream = [
        a_delivery(topic=topics.CLOCK, payload=f'{{"now": "{(NOW + n * HOUR).isoformat()}"}}'.encode())
        if n % 2
        else hour(n)
        for n in range(8)
    ]
    async with bench.running():
        bench.source.say(*stream)
        await bench.listener.ticked.wait()
    kinds = [type(item) for item in bench.listener.heard if getattr(item, "parameter", "") not in {COMPLETENESS, SKEW}]
    assert kinds == [Reading] * 4 + [datetime]


async def test_pipeline_timer_is_not_starved_by_a_stream_that_never_ends(tmp_path: Path) -> None:
    """The second deadline passes though messages keep the queue full."""
    bench = Bench(tmp_path)

    async def flood() -> None:
        number = 0
        while True:
            number += 1
            bench.source.say(hour(number % 30))
            await bench.source.has_settled(number - 8)

    async with bench.running(), asyncio.TaskGroup() as group:
        flooding = group.create_task(flood())
        for tick in (1, 2, 3):
            bench.listener.ticked.clear()
            bench.listener.wanted = NOW + tick * HOUR
            bench.clock.set(NOW + tick * HOUR)
            await bench.listener.ticked.wait()
        flooding.cancel()
    assert [item for item in bench.listener.heard if isinstance(item, datetime)] == [NOW + n * HOUR for n in (1, 2, 3)]


async def test_pipeline_clock_message_sets_the_time_of_what_follows(tmp_path: Path) -> None:
    """It is settled and not logged; one that tells no time stops nothing."""
    replay = ReplayClock()
    told = datetime(2016, 12, 20, tzinfo=UTC)
    nonsense = [b"", b"[]", b'"x"', b'{"now": 5}', b'{"now": "2016-12-20"}', b'{"now": "0001-01-01T00:00:00+08:00"}']
    nonsense += [b'{"now": "9999-12-31T23:59:59-08:00"}', b'{"now": "9999-12-31T23:59:59Z"}', b"[" * 10_000]
    async with Bench(tmp_path, replay=replay).running() as bench:
        bench.source.say(
            *(a_delivery(topic=topics.CLOCK, payload=payload) for payload in nonsense),
            a_delivery(topic=topics.CLOCK, payload=b'{"now": "2016-12-20T08:00:00+08:00"}'),
            a_delivery(time="2016-12-20T06:00:00+08:00"),
        )
        await bench.source.has_settled(len(nonsense) + 2)
        (delivery,) = await bench.log.read(0, 10)
        assert delivery.received_at == told
        assert replay.now().tzinfo is UTC
        await bench.done()
    assert [reading.reason for reading in bench.listener.readings] == [""]


async def test_pipeline_clock_message_is_a_bad_topic_where_time_is_real(tmp_path: Path) -> None:
    """Nobody sets the service's clock from outside."""
    async with Bench(tmp_path).running() as bench:
        bench.source.say(a_delivery(topic=topics.CLOCK, payload=b'{"now": "2099-01-01T00:00:00Z"}'))
        await bench.source.has_settled(1)
        await bench.done()
        assert bench.books.totals == Entry(received=1, quarantined=1)


async def test_pipeline_outcomes_are_booked_once_though_booking_fails_and_the_log_rotates(tmp_path: Path) -> None:
    """Written again they would stand in two segments."""
    async with Bench(tmp_path, segment=1).running() as bench:
        bench.books.failures = 3
        for number in range(6):
            bench.source.say(hour(number))
        await bench.source.has_settled(6)
        await bench.done()
        assert bench.books.totals == Entry(received=6, stored=6)
        flagged = await bench.log.read_flagged(0, 100)
        assert [item.position for item in flagged] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("segment", [1, 3, 200_000])
@pytest.mark.parametrize("every", [timedelta(0), timedelta(days=1)])
async def test_pipeline_after_a_crash_nothing_is_lost_and_nothing_counted_twice(
    tmp_path: Path, segment: int, every: timedelta
) -> None:
    """Same store, same ledger, same fleet; what evaluation has heard is what it would have heard."""
    stream = [hour(n) for n in range(6)] + [hour(2), hour(3, 33.0), a_delivery(payload=b"{")] + [hour(7)]
    undisturbed = Bench(tmp_path / "one", segment=segment)
    async with undisturbed.running():
        for delivery in stream:
            undisturbed.source.say(delivery)
        await undisturbed.source.has_settled(len(stream))
        await undisturbed.done()
        expected = (await undisturbed.stored(), await undisturbed.ledger())

    crashed = Bench(tmp_path / "two", segment=segment, checkpoint_every=every)
    for part in (stream[:4], stream[4:8], stream[8:]):
        crashed.listener, crashed.source, crashed.fleet = Listener(), ScriptedSource(), Fleet()
        async with crashed.running():
            for delivery in part:
                crashed.source.say(delivery)
            await crashed.source.has_settled(len(part))
    crashed.listener, crashed.source, crashed.fleet = Listener(), ScriptedSource(), Fleet()
    async with crashed.running():
        await crashed.done()
        assert (await crashed.stored(), await crashed.ledger()) == expected
        assert crashed.listener.readings == undisturbed.listener.readings
        assert [*crashed.fleet.snapshot()["stations"]] == [*undisturbed.fleet.snapshot()["stations"]]


async def test_pipeline_recovers_from_a_checkpoint_without_hearing_again(tmp_path: Path) -> None:
    """After a graceful stop the log holds nothing new."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
    bench.listener = Listener()
    async with bench.running():
        assert len(bench.listener.heard) == 1
        assert bench.listener.fed_at == []
        bench.source.say(hour(1))
        await bench.source.has_settled(2)
        await bench.done()
        assert bench.books.totals == Entry(received=2, stored=1, duplicate=1)


async def test_pipeline_without_its_checkpoint_walks_the_whole_log(tmp_path: Path) -> None:
    """A file that cannot be read costs time, nothing else."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(*(hour(n) for n in range(3)))
        await bench.source.has_settled(3)
        await bench.done()
        before = (await bench.stored(), await bench.ledger())
    (tmp_path / "checkpoint.json").write_bytes(b'{"form": 1, "posi')
    bench.listener = Listener()
    async with bench.running():
        assert [reading.value for reading in bench.listener.readings] == [0.0, 1.0, 2.0]
        await bench.done()
        assert (await bench.stored(), await bench.ledger()) == before


async def test_turn_comes_after_what_arrived_and_before_what_comes(tmp_path: Path) -> None:
    """At a checkpoint that has all of the one and nothing of the other; the walk it gives goes on."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)

        async def change(checkpoint: Checkpoint) -> Walk:
            bench.source.say(hour(2, station="air-2", topic="clearwarn/v1/air/air-2/reading"))
            await bench.source.has_settled(2)  # intake goes on meanwhile
            assert checkpoint.position == 1
            assert len(bench.listener.readings) == 1
            return Walk(catalog=a_catalog(a_station(), a_station(id="air-2")))

        await bench.pipeline.turn(change)
        await bench.done()
        assert [reading.station for reading in bench.listener.readings] == ["air-1", "air-2"]


async def test_turn_that_fails_is_its_askers_matter(tmp_path: Path) -> None:
    """He hears why; the walk goes on as before, and is there for the next one who asks."""
    bench = Bench(tmp_path)

    async def refuse(_checkpoint: Checkpoint) -> Walk:
        raise LookupError("no")

    async with bench.running():
        for number in (1, 2):
            with pytest.raises(LookupError, match="no"):
                await bench.pipeline.turn(refuse)
            bench.source.say(hour(number))
            await bench.source.has_settled(number)
        await bench.done()
        assert [reading.value for reading in bench.listener.readings] == [1.0, 2.0]


async def test_turn_nobody_waits_for_is_not_taken(tmp_path: Path) -> None:
    """Who asked has hung up while the walk was busy: nothing changes behind his back."""
    bench = Bench(tmp_path)
    free, taken = asyncio.Event(), []

    async def busy(_checkpoint: Checkpoint) -> Walk:
        await free.wait()
        return Walk(catalog=a_catalog())

    async def never(_checkpoint: Checkpoint) -> Walk:
        taken.append(1)
        return Walk(catalog=a_catalog())

    async with bench.running(), asyncio.TaskGroup() as group:
        first = group.create_task(bench.pipeline.turn(busy))
        gone = group.create_task(bench.pipeline.turn(never))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        free.set()
        await first
        await bench.done()
    assert taken == []


async def test_pipeline_walks_nothing_while_a_checkpoint_goes_through_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it would be of before a delivery, and half of after it."""
    bench = Bench(tmp_path)
    saving, go_on = asyncio.Event(), asyncio.Event()

    async def save(_self: FileCheckpoints, _checkpoint: Checkpoint) -> None:
        saving.set()
        await go_on.wait()

    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()  # with a checkpoint: the next is not due by itself
        monkeypatch.setattr(FileCheckpoints, "save", save)
        finishing = asyncio.create_task(bench.pipeline.finish())
        await saving.wait()
        bench.source.say(hour(2))
        await bench.source.has_settled(2)
        for _ in range(50):
            await asyncio.sleep(0)
        assert [reading.value for reading in bench.listener.readings] == [1.0]
        go_on.set()
        await finishing
        await bench.queue_walked()
        assert [reading.value for reading in bench.listener.readings] == [1.0, 2.0]
