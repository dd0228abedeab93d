"""The log gives back room: what is done with goes, what is not stays; a log that begins at a later position works."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.errors import LogFullError
from ingest.model import Delivery
from ingest.retention import Limits, Shortage
from tests.support.ingest import NOW, an_outcome

AT_ONCE = Limits(keep=timedelta(0))
KIB = 1024


def numbered(count: int, start: int = 1, size: int = 1) -> list[Delivery]:
    return [Delivery(f"t/{number}", b"%d" % number * size, NOW) for number in range(start, start + count)]


def stems(folder: Path) -> set[str]:
    """Of every file, whatever it is."""
    return {path.name.split(".")[0] for path in folder.iterdir()}


def starts(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.db"))


async def refused(log: SqliteIntakeLog) -> Shortage:
    """Appends until it is."""
    while True:
        try:
            await log.append(numbered(1, log.last + 1, size=10 * KIB), ())
        except LogFullError as error:
            return error.why


async def test_log_lets_go_of_what_is_done_with(tmp_path: Path) -> None:
    """Whole segments, with all their files, though readers had them open; never the newest."""
    async with SqliteIntakeLog(folder=tmp_path, segment=2, limits=AT_ONCE) as log:
        for start in range(1, 9, 2):
            await log.append(numbered(2, start), ())
        await log.append((), [an_outcome(position=n) for n in range(1, 9)])
        assert len(await log.read(0, 100)) == 8  # every segment is open to read
        for done, begins in ((0, 1), (1, 1), (2, 3), (5, 5), (8, 7), (100, 7)):
            await log.retain(done)
            assert (log.first, starts(tmp_path)[0]) == (begins, begins)
            assert [item.position for item in await log.read(0, 100)] == list(range(begins, 9))
        assert (await log.delivery(6), (await log.delivery(7)) is not None) == (None, True)
        assert stems(tmp_path) == {f"{7:016d}"}


async def test_log_keeps_what_is_done_with_for_its_time(tmp_path: Path) -> None:
    """By the last time it was written to."""
    async with SqliteIntakeLog(folder=tmp_path, segment=1, limits=Limits(keep=timedelta(days=30))) as log:
        for start in range(1, 4):
            await log.append(numbered(1, start), ())
        await log.retain(3)
        assert starts(tmp_path) == [1, 2, 3]
        old = (tmp_path / f"{1:016d}.db").stat().st_mtime - timedelta(days=31).total_seconds()
        os.utime(tmp_path / f"{1:016d}.db", (old, old))
        await log.retain(3)
        assert starts(tmp_path) == [2, 3]


async def test_log_outcomes_of_a_later_segment_outlive_their_deliveries(tmp_path: Path) -> None:
    """They stand where they were written, and are read from there."""
    async with SqliteIntakeLog(folder=tmp_path, segment=2, limits=AT_ONCE) as log:
        await log.append(numbered(2), ())
        await log.append(numbered(2, 3), ())
        await log.append((), [an_outcome(position=n) for n in (1, 2, 3, 4)])
        await log.retain(2)
        assert starts(tmp_path) == [3]
        assert [item.position for item in await log.read_flagged(2, 100)] == [3, 4]


async def test_log_that_begins_later_is_reopened_as_it_is(tmp_path: Path) -> None:
    """Also where no outcome is left in it: those before its beginning were written and are done with."""
    async with SqliteIntakeLog(folder=tmp_path, segment=2, limits=AT_ONCE) as log:
        await log.append(numbered(2), ())
        await log.append((), [an_outcome(position=n) for n in (1, 2)])
        await log.append(numbered(2, 3), ())
        await log.retain(2)
    async with SqliteIntakeLog(folder=tmp_path, segment=2, limits=AT_ONCE) as log:
        assert (log.first, log.last, log.last_flagged) == (3, 4, 2)
        assert [item.position for item in await log.read(0, 100)] == [3, 4]
        assert list(await log.read_flagged(0, 100)) == []
        (written,) = await log.append(numbered(1, 5), ())
        assert written.position == 5


async def test_log_sweeps_up_what_a_crash_left_half_removed(tmp_path: Path) -> None:
    """And half made."""
    async with SqliteIntakeLog(folder=tmp_path) as log:
        await log.append(numbered(1), ())
    for name in (f"{9:016d}.db-wal", f"{9:016d}.db-shm", f"{2:016d}.new", f"{2:016d}.new-wal"):
        (tmp_path / name).write_bytes(b"left")
    async with SqliteIntakeLog(folder=tmp_path) as log:
        assert len(await log.read(0, 10)) == 1
    assert stems(tmp_path) == {f"{1:016d}"}


async def test_log_over_its_quota_refuses_until_there_is_room(tmp_path: Path) -> None:
    """Nothing of what was acknowledged goes; outcomes are still written, since they make room."""
    limits = Limits(quota=800 * KIB, least_free=0)
    async with SqliteIntakeLog(folder=tmp_path, limits=limits) as log:
        assert await refused(log) is Shortage.QUOTA
        await log.crowded()  # returns: its keeper is told
        last = log.last
        assert last > 8
        assert not await log.retain(0)
        with pytest.raises(LogFullError):
            await log.append(numbered(1), ())
        assert [item.position for item in await log.read(0, 1000)] == list(range(1, last + 1))
        await log.append((), [an_outcome(position=n) for n in range(1, last + 1)])
        assert log.last_flagged == last

        assert await log.retain(last)
        assert log.first > 1
        (written,) = await log.append(numbered(1, last + 1), ())
        assert written.position == last + 1


async def test_log_leaves_the_disk_to_ledger_and_journal(tmp_path: Path) -> None:
    """Below the floor nothing is acknowledged, and it says why."""
    async with SqliteIntakeLog(folder=tmp_path, limits=Limits(least_free=1 << 60)) as log:
        with pytest.raises(LogFullError, match="make room") as caught:
            await log.append(numbered(1), ())
        assert caught.value.why is Shortage.DISK
        await log.append((), [an_outcome(position=1)])
        assert (log.last, log.last_flagged) == (0, 1)


async def test_log_begins_another_segment_by_size_and_by_age(tmp_path: Path) -> None:
    """Not by number alone: retention counts in days and bytes."""
    async with SqliteIntakeLog(folder=tmp_path / "aged", limits=Limits(age=timedelta(0))) as log:
        for start in range(1, 4):
            await log.append(numbered(1, start), ())
        assert starts(tmp_path / "aged") == [1, 2, 3]
    async with SqliteIntakeLog(folder=tmp_path / "sized", limits=Limits(segment=100 * KIB)) as log:
        while len(starts(tmp_path / "sized")) < 3:
            await log.append(numbered(1, log.last + 1, size=10 * KIB), ())
        assert log.last > 2
        assert len(await log.read(0, 100_000)) == log.last
