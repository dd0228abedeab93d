"""The intake log on disk: positions, segments, reopening, and a disk that refuses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.errors import DatabaseTooNewError, LogUnavailableError
from ingest.model import Delivery
from tests.support.ingest import NOW, an_outcome


def numbered(count: int, start: int = 1) -> list[Delivery]:
    return [Delivery(f"t/{number}", b"\x00\xff%d" % number, NOW) for number in range(start, start + count)]


def segments(folder: Path, pattern: str = "*.db") -> list[Path]:
    return sorted(folder.glob(pattern))


@pytest.fixture(params=[1, 3, 1000])
def segment(request: pytest.FixtureRequest) -> int:
    return int(request.param)


async def test_log_gives_back_deliveries_in_order_across_segments(tmp_path: Path, segment: int) -> None:
    """Positions from one up without a gap, bytes as they came, from wherever one asks."""
    async with SqliteIntakeLog(folder=tmp_path, segment=segment) as log:
        assert (log.last, log.last_flagged, list(await log.read(0, 10))) == (0, 0, [])
        written = [item for start in range(1, 8) for item in await log.append(numbered(1, start), ())]
        assert [item.position for item in written] == [1, 2, 3, 4, 5, 6, 7]
        assert list(await log.read(0, 100)) == written
        for after in range(9):
            assert list(await log.read(after, 2)) == written[after : after + 2]
        assert [await log.delivery(position) for position in (0, 1, 7, 8)] == [None, written[0], written[6], None]
    expected = {1: 7, 3: 3, 1000: 1}[segment]
    assert len(segments(tmp_path)) == expected


async def test_log_group_stays_together(tmp_path: Path) -> None:
    """A group larger than a segment is one commit in one file."""
    async with SqliteIntakeLog(folder=tmp_path, segment=2) as log:
        await log.append(numbered(5), ())
        await log.append(numbered(1, 6), ())
        assert [item.position for item in await log.read(0, 10)] == [1, 2, 3, 4, 5, 6]
    assert [path.stem for path in segments(tmp_path)] == [f"{1:016d}", f"{6:016d}"]


async def test_log_reopened_goes_on_where_it_was(tmp_path: Path, segment: int) -> None:
    """Positions are never given twice."""
    for run in range(3):
        async with SqliteIntakeLog(folder=tmp_path, segment=segment) as log:
            assert log.last == 2 * run
            await log.append(numbered(2, 2 * run + 1), [an_outcome(position=2 * run + 1)])
            assert log.last_flagged == 2 * run + 1
    async with SqliteIntakeLog(folder=tmp_path, segment=segment) as log:
        assert [item.topic for item in await log.read(0, 10)] == [f"t/{number}" for number in range(1, 7)]
        assert (log.last, log.last_flagged) == (6, 5)


async def test_log_outcomes_follow_their_deliveries_over_a_rotation(tmp_path: Path) -> None:
    """Written after the next segment was begun, they are found all the same, once, in order."""
    async with SqliteIntakeLog(folder=tmp_path, segment=2) as log:
        await log.append(numbered(2), ())
        await log.append(numbered(2, 3), ())
        await log.append((), [an_outcome(position=1)])
        await log.append((), [an_outcome(position=n) for n in (2, 3)])
        await log.append(numbered(1, 5), ())
        await log.append((), [an_outcome(position=n) for n in (4, 5)])
        for after in range(6):
            found = [item.position for item in await log.read_flagged(after, 100)]
            assert found == list(range(after + 1, 6))
        assert [item.position for item in await log.read_flagged(0, 1)] == [1]


async def test_log_segment_begun_and_not_written_to_gives_no_position_twice(tmp_path: Path) -> None:
    """Also where the segments before it have been taken away."""
    async with SqliteIntakeLog(folder=tmp_path, segment=2) as log:
        await log.append(numbered(2), [an_outcome(position=1)])
        log._writer.start()
    async with SqliteIntakeLog(folder=tmp_path, segment=2) as log:
        assert (log.last, log.last_flagged) == (2, 1)
    for path in segments(tmp_path, f"{1:016d}*"):
        path.unlink()
    async with SqliteIntakeLog(folder=tmp_path, segment=2) as log:
        (written,) = await log.append(numbered(1), ())
        assert written.position == 3


async def test_log_that_cannot_be_written_keeps_nothing_of_the_group(tmp_path: Path) -> None:
    """It says so, and takes the same group when it can again."""
    async with SqliteIntakeLog(folder=tmp_path) as log:
        await log.append(numbered(1), ())
        (path,) = segments(tmp_path)
        other = sqlite3.connect(path)
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries WHEN NEW.position > 2 "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        with pytest.raises(LogUnavailableError, match="disk is full"):
            await log.append(numbered(2, 2), ())
        assert (log.last, len(await log.read(0, 10))) == (1, 1)
        other.execute("DROP TRIGGER full")
        other.close()
        assert [item.position for item in await log.append(numbered(2, 2), ())] == [2, 3]


async def test_log_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """As an error the writer waits on."""
    async with SqliteIntakeLog(folder=tmp_path, segment=1) as log:
        await log.append(numbered(1), ())
        await log.append(numbered(1, 2), [an_outcome(position=1)])
        for path in segments(tmp_path, f"{1:016d}*"):
            path.unlink()
        with pytest.raises(LogUnavailableError):
            await log.read(0, 10)
        with pytest.raises(LogUnavailableError):
            await log.read_flagged(0, 10)


async def test_log_far_behind_is_read_a_bounded_amount_a_call(tmp_path: Path) -> None:
    """In order, with few files open at once, whatever stands before and behind."""
    async with SqliteIntakeLog(folder=tmp_path, segment=10) as log:
        for start in range(1, 201, 10):
            await log.append(numbered(10, start), [an_outcome(position=n) for n in range(start, start + 10)])
        seen: list[int] = []
        while found := await log.read_flagged(seen[-1] if seen else 0, 15):
            assert len(found) < 15 + 10
            seen += [item.position for item in found]
            assert len(log._reader._opened) <= 4
        assert seen == list(range(1, 201))


async def test_log_wal_does_not_grow_for_ever_behind_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's long read holds it back while it lasts, and stops nothing; afterwards it is given back."""
    monkeypatch.setattr("ingest.adapters.log_writer._MOST_WAL", 100_000)
    for name in ("_LOOK", "_STRANGER", "_OWN_READ"):
        monkeypatch.setattr(f"ingest.adapters.log_writer.{name}", 0.0)
    big = [Delivery("t", b"x" * 10_000, NOW)]
    async with SqliteIntakeLog(folder=tmp_path) as log:
        await log.append(big, ())
        (path,) = segments(tmp_path)
        wal = path.with_name(f"{path.name}-wal")
        stranger = sqlite3.connect(path)
        stranger.execute("BEGIN")
        stranger.execute("SELECT count(*) FROM deliveries").fetchone()
        for _ in range(40):
            await log.append(big, ())
        assert wal.stat().st_size > 300_000
        stranger.close()
        for _ in range(2):
            await log.append(big, ())
        assert wal.stat().st_size < 100_000
        assert len(await log.read(0, 100)) == 43


async def test_log_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    """An older program must not write into it."""
    async with SqliteIntakeLog(folder=tmp_path):
        pass
    (path,) = segments(tmp_path)
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version=99")
    other.close()
    with pytest.raises(DatabaseTooNewError, match="update first"):
        async with SqliteIntakeLog(folder=tmp_path):
            pass
