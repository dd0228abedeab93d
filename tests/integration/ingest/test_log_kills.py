"""What append has returned is on the disk: after kill -9 at any moment, and in copies of the files taken at any moment.

FAULT_ROUNDS is how often each is tried (`make faults` asks for more than the few here).
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.adapters.intake_log import SqliteIntakeLog
from tests.support.appending import appending, everything, numbered

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))
SEGMENT = 60  # deliveries: a segment is begun in every few groups


@pytest.mark.timeout(60 + 20 * ROUNDS)
def test_log_killed_at_random_moments_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """In order, once, from the first to the last, over all the kills; more than that may be there, never less."""
    chance = random.Random(20261125)  # not for secrets
    before = 0
    for number in range(ROUNDS):
        with appending(tmp_path, segment=SEGMENT, seed=number) as process:
            process.said(chance.randint(1, 40))
            acknowledged = process.kill()
        found = asyncio.run(everything(tmp_path, segment=SEGMENT))
        assert len(found) >= acknowledged >= before
        assert list(found) == [numbered(position) for position in range(1, len(found) + 1)]
        before = len(found)


@pytest.mark.timeout(60 + 20 * ROUNDS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_log_copied_at_random_moments_holds_what_was_acknowledged_before(tmp_path: Path, *, newest_first: bool) -> None:
    """A copy of the files is what a power cut leaves: a prefix, and nothing acknowledged is missing from it."""
    chance = random.Random(20261125)  # not for secrets
    with appending(tmp_path / "log", segment=SEGMENT, seed=1) as process:
        copies = []
        for number in range(ROUNDS):
            acknowledged = process.said(chance.randint(1, 20))
            into = tmp_path / f"copy-{number}"
            _copy(tmp_path / "log", into, newest_first=newest_first)
            copies.append((into, acknowledged))
    for into, acknowledged in copies:
        found = asyncio.run(everything(into, segment=SEGMENT))
        assert len(found) >= acknowledged
        assert list(found) == [numbered(position) for position in range(1, len(found) + 1)]


async def test_log_syncs_each_commit_and_the_folder_of_a_new_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a power cut takes the commit, or the file's name."""
    synced: list[str] = []
    fsync = os.fsync

    def noted(file: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{file}"))  # noqa: PTH115  # not a path of ours
        fsync(file)

    monkeypatch.setattr("os.fsync", noted)
    async with SqliteIntakeLog(folder=tmp_path / "log", segment=1) as log:
        assert synced == [str(tmp_path), str(tmp_path / "log")]
        await log.append([numbered(1)], ())
        await log.append([numbered(2)], ())
        assert synced[2:] == [str(tmp_path / "log")]
        assert log._writer._connection is not None
        assert log._writer._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def _copy(folder: Path, into: Path, *, newest_first: bool) -> None:
    """Each segment as it was at one moment: the database with the WAL beside it, no checkpoint between the two.

    What a checkpoint does shows in the database. While that stays the same, every page of it stands in it or in the
    WAL; frames that are being written while the WAL is copied lack their end, and count for nothing.
    """
    into.mkdir()
    databases: Sequence[Path] = sorted(folder.glob("*.db"), reverse=newest_first)
    for database in databases:
        wal = database.with_name(f"{database.name}-wal")
        while True:
            before = database.read_bytes()
            try:
                frames = wal.read_bytes()
            except FileNotFoundError:
                frames = b""
            if database.read_bytes() == before:
                break
        (into / database.name).write_bytes(before)
        if frames:
            (into / wal.name).write_bytes(frames)
