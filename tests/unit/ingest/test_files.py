"""Database files and the checkpoint."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.checkpoint import FileCheckpoints
from ingest.adapters.database import open_database, open_reader, transaction
from ingest.errors import DatabaseTooNewError
from ingest.ports import Checkpoint

FIRST = "CREATE TABLE a (x INTEGER);"
SECOND = "ALTER TABLE a ADD COLUMN y INTEGER;"


def test_database_migrates_step_by_step(tmp_path: Path) -> None:
    """What was there stays; opening again changes nothing."""
    path = tmp_path / "deep" / "x.db"
    connection = open_database(path, [FIRST])
    connection.execute("INSERT INTO a VALUES (1)")
    connection.close()
    for _ in range(2):
        connection = open_database(path, [FIRST, SECOND])
        assert connection.execute("SELECT x, y FROM a").fetchall() == [(1, None)]
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        connection.close()


def test_database_migration_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    """All of a step or none of it."""
    path = tmp_path / "x.db"
    open_database(path, [FIRST]).close()
    with pytest.raises(sqlite3.Error):
        open_database(path, [FIRST, SECOND + "CREATE TABLE a (x INTEGER);"])
    connection = open_database(path, [FIRST, SECOND])
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_database_too_new_is_refused(tmp_path: Path) -> None:
    """The facts are attributes."""
    path = tmp_path / "x.db"
    open_database(path, [FIRST, SECOND]).close()
    with pytest.raises(DatabaseTooNewError) as caught:
        open_database(path, [FIRST])
    assert (caught.value.path, caught.value.found, caught.value.known) == (path, 2, 1)


def test_database_commits_survive_a_power_cut(tmp_path: Path) -> None:
    """WAL with every commit on the disk."""
    connection = open_database(tmp_path / "x.db", [FIRST])
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_database_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """An error inside takes everything back; a reader cannot write."""
    path = tmp_path / "x.db"
    connection = open_database(path, [FIRST])

    def one_good_one_bad() -> None:
        with transaction(connection):
            connection.execute("INSERT INTO a VALUES (1)")
            connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(sqlite3.OperationalError):
        one_good_one_bad()
    with transaction(connection):
        connection.execute("INSERT INTO a VALUES (2)")
    reader = open_reader(path)
    assert reader.execute("SELECT x FROM a").fetchall() == [(2,)]
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("INSERT INTO a VALUES (3)")
    reader.close()
    connection.close()
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "absent.db")


A_CHECKPOINT = Checkpoint(position=7, walk={"series": []}, rules={"n": 1}, fleet={})


async def test_checkpoint_is_read_as_it_was_saved(tmp_path: Path) -> None:
    """The newest alone."""
    checkpoints = FileCheckpoints(path=tmp_path / "deep" / "checkpoint.json")
    assert await checkpoints.load() is None
    await checkpoints.save(Checkpoint(position=3, walk={}, rules={}, fleet={}))
    await checkpoints.save(A_CHECKPOINT)
    assert await checkpoints.load() == A_CHECKPOINT
    path = tmp_path / "deep" / "checkpoint.json"
    path.write_bytes(path.read_bytes().replace(b'"form":3', b'"form":1'))  # as earlier versions say
    assert await checkpoints.load() == A_CHECKPOINT
    checkpoints.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff",
        b"{}",
        b'{"form": 4, "position": 1, "walk": {}, "rules": {}, "fleet": {}}',
        b'{"form": 3, "position": 1, "walk": {}, "rules": {}}',
        b'{"form": 1, "position": "x", "walk": {"series": []}, "rules": {}, "fleet": {}}',
        b'{"form": 1, "position": 1, "walk": [], "rules": {}, "fleet": {}}',
    ],
)
async def test_checkpoint_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    """Then the log is walked instead."""
    path = tmp_path / "checkpoint.json"
    path.write_bytes(content)
    checkpoints = FileCheckpoints(path=path)
    assert await checkpoints.load() is None
    checkpoints.close()


async def test_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    """It raises `OSError`, and the file is whole."""
    checkpoints = FileCheckpoints(path=tmp_path / "checkpoint.json")
    await checkpoints.save(A_CHECKPOINT)
    (tmp_path / "checkpoint.new").mkdir()
    with pytest.raises(OSError, match=r"checkpoint\.new"):
        await checkpoints.save(Checkpoint(position=8, walk={}, rules={}, fleet={}))
    assert await checkpoints.load() == A_CHECKPOINT
    checkpoints.close()


async def test_checkpoint_goes_through_iterators_piece_by_piece_and_lets_others_have_their_turn(tmp_path: Path) -> None:
    """A state of many stations is neither in memory as words at once, nor does anybody wait until all of it is."""
    checkpoints = FileCheckpoints(path=tmp_path / "checkpoint.json")
    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    turns: list[int] = []

    def series() -> Iterator[list[Any]]:
        for number in range(100):
            turns.append(others)
            yield [number, "x" * 10_000]

    running = asyncio.create_task(other())
    nothing: Iterator[int] = iter(())
    rules = {"series": iter([(1, "a")]), "air": {"stations": nothing, "unused": {}}, "n": 1}
    await checkpoints.save(Checkpoint(position=1, walk={"series": series()}, rules=rules, fleet={}))
    running.cancel()
    assert len(set(turns)) > 3
    loaded = await checkpoints.load()
    assert loaded is not None
    assert loaded.walk == {"series": [[number, "x" * 10_000] for number in range(100)]}
    assert loaded.rules == {"series": [[1, "a"]], "air": {"stations": [], "unused": {}}, "n": 1}
    checkpoints.close()
