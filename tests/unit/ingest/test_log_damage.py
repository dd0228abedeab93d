"""A damaged segment: the rest is kept, the loss said, the file stays, the log goes on, no position is given twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.adapters.intake_log import SqliteIntakeLog
from ingest.errors import LogFullError, LogUnavailableError
from ingest.model import Delivery
from tests.support.ingest import NOW, an_outcome

PAGE = 4096


def numbered(count: int, start: int = 1) -> list[Delivery]:
    """About three to a page."""
    return [Delivery(f"t/{number}", b"%d " % number * 300, NOW) for number in range(start, start + count)]


async def filled(folder: Path, *, segments: int = 2) -> None:
    """A hundred deliveries to a segment, with their outcomes, closed as a stop does."""
    async with SqliteIntakeLog(folder=folder, segment=100) as log:
        for start in range(1, 100 * segments, 10):
            await log.append(numbered(10, start), [an_outcome(position=n) for n in range(start, start + 10)])


def segment(folder: Path, start: int) -> Path:
    return folder / f"{start:016d}.db"


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE + 100)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def overwritten(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


def torn(path: Path) -> None:
    """The page with one of the middle deliveries is something else."""
    start = int(path.stem)
    with path.open("r+b") as file:
        file.seek(path.read_bytes().index(b"t/%d" % (start + 50)) // PAGE * PAGE)
        file.write(b"\xaa" * PAGE)


def lengthened(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\x55" * 10_000)


@pytest.mark.parametrize("hurt", [truncated, emptied, overwritten, torn])
async def test_log_whose_newest_segment_is_damaged_starts_and_gives_no_position_twice(
    tmp_path: Path, hurt: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """What comes now stands far behind whatever may have been given."""
    await filled(tmp_path)
    hurt(segment(tmp_path, 101))
    hurt_bytes = segment(tmp_path, 101).read_bytes()
    for _ in range(2):
        async with SqliteIntakeLog(folder=tmp_path, segment=100) as log:
            assert log.last > 200
            (written,) = await log.append(numbered(1), ())
            assert written.position == log.last
            kept = [item for item in await log.read(0, 1000) if item.position <= 200]
            assert kept[:100] == [item._replace(position=n) for n, item in enumerate(numbered(100), 1)]
            assert [item.payload for item in kept] == [numbered(1, item.position)[0].payload for item in kept]
            assert [item.position for item in kept] == sorted({item.position for item in kept})
    assert "0000000000000101.db is damaged" in caplog.text
    assert caplog.text.count("is damaged") == 1
    aside = tmp_path / f"{101:016d}.db.damaged"
    assert aside.read_bytes()[:100] == hurt_bytes[:100]


async def test_log_rescues_both_sides_of_a_torn_page(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Few are lost, and it is said which."""
    await filled(tmp_path, segments=1)
    torn(segment(tmp_path, 1))
    async with SqliteIntakeLog(folder=tmp_path, segment=100) as log:
        kept = [item.position for item in await log.read(0, 1000)]
    lost = sorted(set(range(1, 101)) - set(kept))
    assert 1 <= len(lost) <= 10
    assert kept[0] == 1
    assert kept[-1] == 100
    assert f"missing: {lost[0]} to {lost[-1]};" in caplog.text


@pytest.mark.parametrize("hurt", [truncated, emptied, overwritten, torn])
async def test_log_damaged_in_the_middle_is_read_past_it(
    tmp_path: Path, hurt: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """At start-up or when it is read; what stands behind does not wait for a person, and no position leaps."""
    await filled(tmp_path, segments=3)
    hurt(segment(tmp_path, 101))
    async with SqliteIntakeLog(folder=tmp_path, segment=100) as log:
        positions = [item.position for item in await log.read(0, 1000)]
        outcomes = [item.position for item in await log.read_flagged(0, 1000)]
        assert (log.last, log.last_flagged) == (300, 300)
        for found in (positions, outcomes):
            assert found == sorted(set(found))
            assert {*range(1, 101), *range(201, 301)} <= set(found)
        assert [item.position for item in await log.read(0, 1000)] == positions
    assert caplog.text.count("is damaged") == 1
    assert (tmp_path / f"{101:016d}.db.damaged").exists()


async def test_log_damaged_while_it_runs_goes_on(tmp_path: Path) -> None:
    """The segment it writes to: left, mended, and everything that could be read is read."""
    async with SqliteIntakeLog(folder=tmp_path, segment=1000) as log:
        await log.append(numbered(100), [an_outcome(position=n) for n in range(1, 101)])
        log._writer.close()  # so that all of it is in the one file, and nothing of it in SQLite's memory
        overwritten(segment(tmp_path, 1))
        assert list(await log.read(0, 1000)) == []
        (written,) = await log.append(numbered(1), ())
        assert written.position == 101
        assert [item.position for item in await log.read(0, 1000)] == [101]
        assert (tmp_path / f"{1:016d}.db.damaged").exists()


async def test_log_that_cannot_append_to_a_damaged_segment_goes_on_in_another(tmp_path: Path) -> None:
    """Refused once, then taken."""
    async with SqliteIntakeLog(folder=tmp_path, segment=1000) as log:
        await log.append(numbered(100), ())
        log._writer.close()
        overwritten(segment(tmp_path, 1))
        with pytest.raises(LogUnavailableError):
            await log.append(numbered(1), ())
        (written,) = await log.append(numbered(1), ())
        assert written.position == 101
        assert [item.position for item in await log.read(0, 1000)] == [101]


async def test_log_with_garbage_behind_its_end_has_lost_nothing(tmp_path: Path) -> None:
    """SQLite knows how long its file is."""
    await filled(tmp_path)
    for start in (1, 101):
        lengthened(segment(tmp_path, start))
    async with SqliteIntakeLog(folder=tmp_path, segment=100) as log:
        assert [item.position for item in await log.read(0, 1000)] == list(range(1, 201))
        assert log.last == 200


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.7, 0.99])
async def test_log_whose_wal_is_cut_holds_what_was_before_the_cut(tmp_path: Path, cut: float) -> None:
    """Whole groups, from the first on."""
    async with SqliteIntakeLog(folder=tmp_path / "log", segment=1000) as log:
        for start in range(1, 100, 10):
            await log.append(numbered(10, start), [an_outcome(position=n) for n in range(start, start + 10)])
        shutil.copytree(tmp_path / "log", tmp_path / "copy")
    wal = tmp_path / "copy" / f"{1:016d}.db-wal"
    assert wal.stat().st_size > 10 * PAGE
    os.truncate(wal, int(wal.stat().st_size * cut))
    async with SqliteIntakeLog(folder=tmp_path / "copy", segment=1000) as log:
        kept = [item.position for item in await log.read(0, 1000)]
        assert kept == list(range(1, log.last + 1))
        assert log.last % 10 == 0
        assert log.last_flagged == log.last < 100
        (written,) = await log.append(numbered(1), ())
        assert written.position == log.last


async def test_log_finishes_a_salvage_that_a_crash_cut_short(tmp_path: Path) -> None:
    """The mended one takes its place, without the WAL of the damaged one."""
    await filled(tmp_path, segments=1)
    path = segment(tmp_path, 1)
    path.rename(path.with_suffix(".mended"))
    path.write_bytes(b"damaged")
    path.with_name(f"{path.name}-wal").write_bytes(b"the damaged one's")
    async with SqliteIntakeLog(folder=tmp_path, segment=1000) as log:
        assert [item.position for item in await log.read(0, 1000)] == list(range(1, 101))
    assert not path.with_suffix(".mended").exists()


async def test_log_whose_salvage_finds_no_room_leaves_the_damaged_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again when there is room."""
    await filled(tmp_path, segments=1)
    overwritten(segment(tmp_path, 1))
    before = segment(tmp_path, 1).read_bytes()

    def full(_: Path) -> sqlite3.Connection:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("ingest.adapters.salvage.begun", full)
        with pytest.raises(LogFullError, match="No space left"):
            async with SqliteIntakeLog(folder=tmp_path):
                pass
    assert segment(tmp_path, 1).read_bytes() == before
    async with SqliteIntakeLog(folder=tmp_path) as log:
        assert log.last > 100


def downgraded(path: Path) -> None:
    """As the first version wrote it: it knew no redrives."""
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE deliveries DROP COLUMN redrives")
    connection.execute("PRAGMA user_version=1")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", [None, torn])
async def test_segments_of_the_first_version_are_read_and_mended(
    tmp_path: Path, damage: Callable[[Path], None] | None
) -> None:
    await filled(tmp_path, segments=3)
    for start in (1, 101, 201):
        downgraded(segment(tmp_path, start))
    if damage:
        damage(segment(tmp_path, 101))
    async with SqliteIntakeLog(folder=tmp_path, segment=100) as log:
        found = await log.read(0, 1000)
        await log.append(numbered(1, 300), [])
    positions = [one.position for one in found]
    assert positions == sorted({*positions})
    missing = {*range(1, 300)} - {*positions}
    assert missing <= ({*range(145, 160)} if damage else set())
    assert all(one.redrives is None for one in found)
