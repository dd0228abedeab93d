"""Backup and restore of a data folder: the order, what is refused, and that nothing is changed where it is."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.journal import MIGRATIONS as JOURNAL
from ingest.adapters import backup, books, copying
from ingest.adapters.backup import take
from ingest.adapters.database import open_database, transaction
from ingest.adapters.restore import manifest_of, restore
from ingest.adapters.segment import Segment, row_of
from ingest.adapters.sole_use import sole_use
from ingest.errors import BackupError, FolderInUseError
from ingest.manifest import Manifest, Positions
from ingest.model import Delivery

WHEN = datetime(2026, 11, 25, 8, tzinfo=UTC)


def quiet(_done: int) -> None:
    """Nobody looks."""


def a_segment(folder: Path, start: int, count: int) -> Segment:
    """Sealed, with deliveries from `start` on."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Segment.create(folder, start)
    with closing(made.open()) as db:
        rows = [row_of(start + number, Delivery("t", b"%d" % (start + number), WHEN)) for number in range(count)]
        db.executemany("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?)", rows)
    return made


def a_folder(data: Path, *, checkpoint: int | None = 25, received: int = 30, stored: int = 20) -> Path:
    """As a service leaves it: deliveries 1 to 35 in three segments."""
    for start, count in ((1, 10), (11, 10), (21, 15)):
        a_segment(data / "intake", start, count)
    with closing(open_database(data / "books.db", books.MIGRATIONS)) as db:
        db.executemany("INSERT INTO progress VALUES (?, ?)", [("received", received), ("stored", stored)])
    open_database(data / "state.db", JOURNAL).close()
    open_database(data / "readings.db", ("CREATE TABLE x (y);",)).close()
    if checkpoint is not None:
        (data / "checkpoint.json").write_text(json.dumps({"position": checkpoint}), encoding="utf-8")
    (data / "lock").touch()
    return data


def positions(target: Path) -> list[int]:
    """Of the deliveries in a backup or folder."""
    found: list[int] = []
    for path in sorted((target / "intake").glob("*.db")):
        with closing(sqlite3.connect(path)) as db:
            found += [row[0] for row in db.execute("SELECT position FROM deliveries ORDER BY 1")]
    return found


def content(folder: Path) -> dict[str, bytes]:
    """Every file below it but the lock."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def taken(tmp_path: Path) -> Path:
    """A backup."""
    take(a_folder(tmp_path / "data"), tmp_path / "backup", version="1", said=quiet)
    return tmp_path / "backup"


def test_backup_says_what_it_holds(tmp_path: Path) -> None:
    """Closed to others, every file with its hash; what belongs to a running service alone is not in it."""
    (tmp_path / "data" / "intake").mkdir(parents=True)
    (tmp_path / "data" / "intake" / "0000000000000001.db.damaged").touch()
    sizes: list[int] = []
    found = take(a_folder(tmp_path / "data"), tmp_path / "backup", version="1", said=sizes.append)
    assert found.manifest.positions == Positions(checkpoint=25, received=30, stored=20, first=1, last=35)
    assert {file.path for file in found.manifest.files} == content(tmp_path / "backup").keys() - {"manifest.json"}
    assert found.left_out == ["intake/0000000000000001.db.damaged"]
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o700
    assert sum(sizes) == sum(file.size for file in found.manifest.files)
    assert manifest_of(tmp_path / "backup") == found.manifest


def test_backup_copies_what_speaks_before_what_it_speaks_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoint before journal, books and journal before readings, all of them before the log."""
    order: list[str] = []

    def noting(copy: Callable[..., str]) -> Callable[..., str]:
        def noted(source: Path, target: Path, said: copying.Progress) -> str:
            order.append(source.name)
            return copy(source, target, said)

        return noted

    for name in ("copy_file", "copy_database"):
        monkeypatch.setattr(backup, name, noting(getattr(copying, name)))
    taken(tmp_path)
    first = ["checkpoint.json", "books.db", "state.db", "readings.db"]
    assert order == [*first, *(f"{start:016d}.db" for start in (1, 11, 21))]


def test_database_is_copied_as_of_one_moment(tmp_path: Path) -> None:
    """However much is written meanwhile: two sums that every transaction keeps equal are equal in the copy."""
    path, over = tmp_path / "live.db", threading.Event()
    tables = "CREATE TABLE a (n, filling); CREATE TABLE b (n, filling);"
    with closing(open_database(path, (tables,))) as db, transaction(db):
        for table in ("a", "b"):
            db.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(1, "x" * 400)] * 20_000)

    def write() -> None:
        with closing(open_database(path, (tables,))) as db:
            while not over.is_set():
                db.executescript("BEGIN; INSERT INTO a VALUES (1, ''); INSERT INTO b VALUES (1, ''); COMMIT;")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copying.copy_database(path, tmp_path / "copy.db", quiet)
    finally:
        over.set()
        writer.join()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as db:
        (sums,) = db.execute("SELECT (SELECT sum(n) FROM a), (SELECT sum(n) FROM b)").fetchall()
    assert sums[0] == sums[1] >= 20_000
    assert not [*tmp_path.glob("copy.db-*")]


def _meanwhile(monkeypatch: pytest.MonkeyPatch, when: str, happens: Callable[[], None]) -> None:
    """Once, just after the file of that name was copied."""
    left = [happens]

    def watched(copy: Callable[..., str]) -> Callable[..., str]:
        def copied(source: Path, target: Path, said: copying.Progress) -> str:
            digest = copy(source, target, said)
            if source.name == when and left:
                left.pop()()
            return digest

        return copied

    for name in ("copy_file", "copy_database"):
        monkeypatch.setattr(backup, name, watched(getattr(copying, name)))


def test_segment_begun_meanwhile_is_copied_with_the_end_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest was copied while it was still written to."""
    data = a_folder(tmp_path / "data")

    def go_on() -> None:
        with closing(Segment(21, data / "intake" / f"{21:016d}.db").open()) as db:
            db.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?)", row_of(36, Delivery("t", b"36", WHEN)))
        a_segment(data / "intake", 37, 3)

    _meanwhile(monkeypatch, f"{21:016d}.db", go_on)
    found = take(data, tmp_path / "backup", version="1", said=quiet).manifest
    assert positions(tmp_path / "backup") == [*range(1, 40)]
    assert found.positions.last == 39


def test_segments_that_retention_takes_meanwhile_leave_no_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the oldest: one copied already goes too, where the next is gone."""
    data = a_folder(tmp_path / "data")

    def expend() -> None:
        for start in (1, 11):
            (data / "intake" / f"{start:016d}.db").unlink()

    _meanwhile(monkeypatch, f"{1:016d}.db", expend)
    found = take(data, tmp_path / "backup", version="1", said=quiet).manifest
    assert positions(tmp_path / "backup") == [*range(21, 36)]
    assert (found.positions.first, len([file for file in found.files if "intake" in file.path])) == (21, 1)


def test_backup_that_would_lack_what_it_needs_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention took what the books, copied earlier, still wait for."""
    data = a_folder(tmp_path / "data", stored=5)
    _meanwhile(monkeypatch, "books.db", (data / "intake" / f"{1:016d}.db").unlink)
    with pytest.raises(BackupError, match="take it again"):
        take(data, tmp_path / "backup", version="1", said=quiet)
    assert [*tmp_path.iterdir()] == [data]


@pytest.mark.parametrize(
    ("given", "gap"),
    [
        ({"checkpoint": None, "received": 0, "stored": 0, "first": 1, "last": 0}, ""),
        ({"checkpoint": 9, "received": 9, "stored": 9, "first": 10, "last": 12}, ""),
        ({"checkpoint": 9, "received": 9, "stored": 8, "first": 10, "last": 12}, "begins at 10"),
        ({"checkpoint": 13, "received": 9, "stored": 9, "first": 1, "last": 12}, "ends at 12"),
    ],
)
def test_positions_tell_a_gap(given: dict[str, int | None], gap: str) -> None:
    """Between the log and what speaks of it."""
    found = Positions.model_validate(given).gap()
    assert gap in found
    assert bool(gap) == bool(found)


def test_backup_goes_nowhere_where_something_is(tmp_path: Path) -> None:
    """Not over an earlier one, not out of an empty folder, not onto a disk without room; nothing stays behind."""
    data = a_folder(tmp_path / "data")
    (tmp_path / "there").mkdir()
    with pytest.raises(BackupError, match="exists"):
        take(data, tmp_path / "there", version="1", said=quiet)
    with pytest.raises(BackupError, match="no service has worked there"):
        take(tmp_path / "there", tmp_path / "new", version="1", said=quiet)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "there"]


def test_backup_without_room_is_refused_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how much is wanted."""
    data = a_folder(tmp_path / "data")
    monkeypatch.setattr("ingest.adapters.backup.size_of", lambda _data: 1 << 60)
    with pytest.raises(BackupError, match="MiB to copy"):
        take(data, tmp_path / "backup", version="1", said=quiet)
    assert [*tmp_path.iterdir()] == [data]


def test_damaged_books_are_told_and_a_damaged_segment_is_copied(tmp_path: Path) -> None:
    """A start mends segments; books it cannot."""
    data = a_folder(tmp_path / "data")
    segment = data / "intake" / f"{11:016d}.db"
    segment.write_bytes(segment.read_bytes()[:-4096])
    take(data, tmp_path / "backup", version="1", said=quiet)
    assert (tmp_path / "backup" / "intake" / segment.name).read_bytes() == segment.read_bytes()
    damaged = data / "books.db"
    damaged.write_bytes(damaged.read_bytes()[:4096] + b"\x00" * 8192)
    with pytest.raises(BackupError, match=r"malformed|damaged"):
        take(data, tmp_path / "another", version="1", said=quiet)


def test_restore_puts_back_what_was_taken(tmp_path: Path) -> None:
    """Byte for byte, into a folder that may be there already, and empty."""
    source = taken(tmp_path)
    (tmp_path / "new").mkdir()
    assert restore(source, tmp_path / "new", replace=False, said=quiet) is None
    wanted = content(source)
    del wanted["manifest.json"]
    assert content(tmp_path / "new") == wanted


def test_restore_sets_aside_what_is_there_when_told(tmp_path: Path) -> None:
    """And refuses otherwise; nothing is deleted."""
    source, data = taken(tmp_path), tmp_path / "data"
    before = content(data)
    with pytest.raises(BackupError, match="--replace"):
        restore(source, data, replace=False, said=quiet)
    assert content(data) == before
    aside = restore(source, data, replace=True, said=quiet)
    assert aside is not None
    assert content(aside) == before
    assert positions(data) == [*range(1, 36)]


@pytest.mark.parametrize("spoilt", ["changed", "missing", "manifest"])
def test_restore_of_a_spoilt_backup_changes_nothing(tmp_path: Path, spoilt: str) -> None:
    """Whatever of it is not as it was."""
    source, data = taken(tmp_path), tmp_path / "data"
    before = content(data)
    file = source / ("manifest.json" if spoilt == "manifest" else "state.db")
    if spoilt == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupError):
        restore(source, data, replace=True, said=quiet)
    assert {name: data for name, data in content(data).items() if not name.startswith(".restoring")} == before
    assert not [*data.glob(".before*")]


@pytest.mark.parametrize("path", ["../x.db", "/etc/x.db", "intake/../x.db", "lock", "intake/x.db", ".x.db", "x.db\n"])
def test_manifest_names_nothing_beyond_the_folder(tmp_path: Path, path: str) -> None:
    """Whoever wrote it."""
    source = taken(tmp_path)
    said = json.loads((source / "manifest.json").read_bytes())
    said["files"][0]["path"] = path
    (source / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(BackupError, match="damaged, or of another version"):
        manifest_of(source)


def test_restore_keeps_away_from_a_service_that_runs(tmp_path: Path) -> None:
    """Its folder is held."""
    source = taken(tmp_path)
    with sole_use(tmp_path / "data"), pytest.raises(FolderInUseError):
        restore(source, tmp_path / "data", replace=True, said=quiet)


def test_restore_that_was_cut_off_can_be_done_again(tmp_path: Path) -> None:
    """What it had staged is cleared away."""
    source, data = taken(tmp_path), tmp_path / "new"
    (data / ".restoring" / "intake").mkdir(parents=True)
    (data / ".restoring" / "state.db").write_bytes(b"half")
    restore(source, data, replace=False, said=quiet)
    assert positions(data) == [*range(1, 36)]
    assert not (data / ".restoring").exists()


def test_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    """It says which file it looked for."""
    with pytest.raises(BackupError, match=r"manifest\.json"):
        restore(tmp_path, tmp_path / "data", replace=False, said=quiet)


def test_manifest_of_a_later_form_is_not_read(tmp_path: Path) -> None:
    """Better than half of it."""
    source = taken(tmp_path)
    said = json.loads((source / "manifest.json").read_bytes()) | {"form": 2}
    (source / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(BackupError, match="another version"):
        manifest_of(source)
    assert Manifest.model_validate(said | {"form": 1}).form == 1
