"""A log that was taken away, cut short, or has no room."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.errors import LogBehindError, LogUnavailableError
from ingest.health import Trouble
from ingest.keeper import Keeper
from ingest.ledger import Entry
from ingest.retention import Limits
from tests.support.ingest import (
    Listener,
    a_delivery,
    a_payload,
)
from tests.support.pipeline import Bench, hour

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.mark.parametrize("left", ["books.db", "checkpoint.json"])
async def test_pipeline_log_that_was_taken_away_is_said(tmp_path: Path, left: str) -> None:
    """With the books or the checkpoint of another log, what comes now would be taken for old."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
    _only(tmp_path, left)
    with pytest.raises(LogBehindError) as caught:
        async with bench.running():
            pass
    assert (caught.value.last, caught.value.known) == (0, 1)


@pytest.mark.parametrize("left", ["books.db", "checkpoint.json"])
async def test_pipeline_log_that_lost_its_end_goes_on_behind_what_is_known(
    tmp_path: Path, left: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Cut, or an older copy: no position is given twice, what comes now is taken for new, and the loss is said."""
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()
    shutil.copytree(tmp_path / "intake", tmp_path / "older")
    async with bench.running():
        bench.source.say(hour(2), hour(3))
        await bench.source.has_settled(3)
        await bench.done()
    _only(tmp_path, left)
    (tmp_path / "older").rename(tmp_path / "intake")
    bench.listener = Listener()
    for run in (1, 2):
        async with bench.running():
            bench.source.say(hour(3 + run))
            await bench.source.has_settled(3 + run)
            await bench.done()
            (delivery,) = await bench.log.read(2 + run, 10)
            assert delivery.position == 3 + run
            assert bench.listener.readings[-1].value == 3.0 + run
            assert (await bench.stored())[-1].value == 3.0 + run
    assert caplog.text.count("deliveries 2 to 3 are not in it any more") == 1


async def test_pipeline_whose_log_is_at_its_quota_goes_on_when_its_keeper_has_made_room(tmp_path: Path) -> None:
    """Nothing comes in that would bring a checkpoint: the keeper asks for one. The broker holds, nothing is dropped."""
    bench = Bench(tmp_path, limits=Limits(quota=700_000, least_free=0))
    async with bench.running():
        keeper = Keeper(log=bench.log, books=bench.books, checkpointing=bench.pipeline, health=bench.health, soon=0.01)
        payloads = [a_payload(time=None, note=f"{number} " * 2000) for number in range(300)]
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(keeper.run())
            for payload in payloads:
                bench.source.say(a_delivery(payload=payload))
            await bench.source.has_settled(len(payloads))
            await bench.done()
            keeping.cancel()
        assert bench.log.first > 1
        assert bench.log.last == len(payloads)
        assert [item.payload for item in bench.source.settled] == payloads
        assert bench.books.totals == Entry(received=len(payloads), quarantined=len(payloads))
        assert Trouble.LOG not in bench.health.troubles
        first = bench.log.first
    bench.listener = Listener()
    async with bench.running():
        assert (bench.log.first, bench.log.last) == (first, len(payloads))
        assert bench.pipeline.checkpointed >= first - 1


async def test_pipeline_keeper_never_takes_what_only_the_store_has(tmp_path: Path) -> None:
    """What no checkpoint holds is needed at the next start."""
    bench = Bench(tmp_path, segment=1, limits=Limits(keep=timedelta(0)))
    async with bench.running():
        keeper = Keeper(log=bench.log, books=bench.books, checkpointing=bench.pipeline, health=bench.health)
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.done()  # leaves a checkpoint
        for number in (2, 3):
            bench.source.say(hour(number))
            await bench.source.has_settled(number)
        await bench.queue_walked()
        await bench.writer.caught_up()
        assert await bench.books.position("stored") == 3
        await keeper.look()
        assert (bench.pipeline.checkpointed, bench.log.first) == (1, 2)


async def test_pipeline_finished_for_good_redrives_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walked past what a stop had left written and unqueued, the next start would never see that."""
    monkeypatch.setattr("ingest.pipeline._LOG_FREE", 0.01)
    bench = Bench(tmp_path)
    async with bench.running():
        bench.source.say(hour(1))
        await bench.source.has_settled(1)
        await bench.pipeline.finish(for_good=True)
        await bench.log.append([hour(2)], ())  # as a log loop that was cancelled between log and queue leaves it
        with pytest.raises(LogUnavailableError):
            await bench.pipeline.redrive([hour(1)])
        assert (bench.log.last, bench.pipeline.checkpointed) == (2, 1)
    async with bench.running():
        await bench.done()
        assert [one.value for one in await bench.stored()] == [1.0, 2.0]


def _only(folder: Path, left: str) -> None:
    shutil.rmtree(folder / "intake")
    for path in folder.glob("*.*"):
        if not path.name.startswith(left):
            path.unlink()
