"""A data folder into a backup while the service works in it.

The order makes it consistent. What says how far something has come is copied before what it speaks of: the checkpoint
before the journal (everything up to its position is journalled), books and journal before the store (they say what the
store has), and the log last, since all of them speak of it. So a backup is what a crash would have left, some seconds
later in the log than in the rest: the start after a restore walks that part of the log again.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ingest.adapters.copying import Progress, copy_database, copy_file
from ingest.adapters.database import open_reader, sync_folder
from ingest.adapters.segment import Segment
from ingest.errors import BackupError
from ingest.manifest import CHECKPOINT, FILE, INTAKE, Copied, Manifest, Positions

_BOOKS, _JOURNAL = "books.db", "state.db"
_PASSING = {"lock", "control.sock", "doctor.db", "checkpoint.new"}  # of a running service, or of a command
_ROUNDS = 100  # segments begun while we copy: that many would be a log that outruns us


class Taken(NamedTuple):
    """What was written, and what of the folder was not."""

    manifest: Manifest
    left_out: Sequence[str]


def size_of(data: Path) -> int:
    """Bytes to copy, about. Raises `BackupError` where no service has ever worked there."""
    if not (data / _BOOKS).exists():
        message = f"{data}: no {_BOOKS}, so no service has worked there; name its folder with --data"
        raise BackupError(message)
    return sum(path.stat().st_size for path in [*data.glob("*.db*"), *(data / INTAKE).glob("[0-9]*.db*")])


def take(data: Path, target: Path, *, version: str, said: Progress) -> Taken:
    """Into `target`, which must not exist: it is there whole or not at all. Raises `BackupError`."""
    needed = size_of(data)
    if target.exists():
        message = f"{target} exists; a backup goes into a folder of its own"
        raise BackupError(message)
    began = datetime.now(UTC)
    with _failing(data, target), _beside(target) as beside:
        free = shutil.disk_usage(beside).free
        if free < needed:
            message = f"{target}: {needed // 1024**2} MiB to copy, {free // 1024**2} MiB free"
            raise BackupError(message)
        copied = [*_dependants(data, beside, said), *_log(data / INTAKE, beside / INTAKE, said)]
        positions = _positions(beside)
        if positions.gap():
            message = f"{positions.gap()}: retention let the log go while it was copied, take it again"
            raise BackupError(message)
        files = tuple(Copied(path=name, size=(beside / name).stat().st_size, sha256=sha) for name, sha in copied)
        manifest = Manifest(version=version, began=began, ended=datetime.now(UTC), positions=positions, files=files)
        (beside / FILE).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return Taken(manifest, _left_out(data, {name for name, _ in copied}))


@contextmanager
def _failing(data: Path, target: Path) -> Iterator[None]:
    """What goes wrong below, with both places in its words."""
    try:
        yield
    except (OSError, sqlite3.Error, ValueError) as error:
        message = f"backup of {data} to {target}: {error}"
        raise BackupError(message) from error


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A folder that becomes `target` at the end, closed to others: names and numbers of people are in it."""
    beside = target.with_name(f"{target.name}.partial")
    beside.mkdir(mode=0o700, parents=True)  # of an earlier one that was killed: for a person to look at
    try:
        (beside / INTAKE).mkdir()
        yield beside
        for folder in (beside / INTAKE, beside):
            sync_folder(folder)
        beside.rename(target)
        sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _dependants(data: Path, target: Path, said: Progress) -> Iterator[tuple[str, str]]:
    """Checkpoint, books, journal, then the embedded store and whatever database there is besides."""
    if (data / CHECKPOINT).exists():
        yield CHECKPOINT, copy_file(data / CHECKPOINT, target / CHECKPOINT, said)
    others = sorted(path.name for path in data.glob("*.db") if path.name not in {_BOOKS, _JOURNAL, *_PASSING})
    for name in (_BOOKS, _JOURNAL, *others):
        if (data / name).exists():
            yield name, copy_database(data / name, target / name, said)


def _log(source: Path, target: Path, said: Progress) -> Iterator[tuple[str, str]]:
    """Oldest first, again from the newest on for as long as there are newer ones: it was still written to then."""
    copied: dict[Segment, str] = {}
    unsure: Segment | None = None  # copied while it was the newest
    for _ in range(_ROUNDS):
        present = _segments(source)
        if unsure is not None and present[-1] == unsure:
            break
        try:
            for segment in present:
                if segment not in copied or segment == unsure:
                    copied[segment] = _copy_segment(segment, target, said, newest=segment == present[-1])
            unsure = present[-1]
        except FileNotFoundError:  # retention was quicker; those after it are wanted all the same
            unsure = None
    else:
        message = f"{source}: the log changes faster than it can be copied"
        raise BackupError(message)
    for gone in copied.keys() - set(present):  # retention takes the oldest: what came after it may be missing as well
        (target / gone.path.name).unlink()
        del copied[gone]
    yield from ((f"{INTAKE}/{segment.path.name}", digest) for segment, digest in sorted(copied.items()))


def _copy_segment(segment: Segment, target: Path, said: Progress, *, newest: bool) -> str:
    """A sealed one is one file that nobody writes to, and is copied even where it is damaged: a start mends it."""
    to = target / segment.path.name
    to.unlink(missing_ok=True)
    copy = copy_database if newest or segment.wal_bytes() else copy_file
    return copy(segment.path, to, said)


def _segments(folder: Path) -> Sequence[Segment]:
    return sorted(Segment(int(path.stem), path) for path in folder.glob("[0-9]*.db"))


def _positions(copy: Path) -> Positions:
    with closing(open_reader(copy / _BOOKS, immutable=True)) as books:
        progress: Mapping[str, int] = dict(books.execute("SELECT name, position FROM progress").fetchall())
    segments = _segments(copy / INTAKE)
    last = segments[-1].start - 1 if segments else 0
    if segments:
        with closing(open_reader(segments[-1].path, immutable=True)) as newest:
            (found,) = newest.execute("SELECT max(position) FROM deliveries").fetchone()
        last = max(last, found or 0)
    return Positions(
        checkpoint=_position_of(copy / CHECKPOINT),
        received=progress.get("received", 0),
        stored=progress.get("stored", 0),
        first=segments[0].start if segments else 1,
        last=last,
    )


def _position_of(checkpoint: Path) -> int | None:
    """None also for one that cannot be read: a start then walks the whole log."""
    try:
        return int(json.loads(checkpoint.read_bytes())["position"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _left_out(data: Path, copied: set[str]) -> Sequence[str]:
    """Of a damaged segment, say, what was set aside."""
    found = (os.path.relpath(path, data) for folder in (data, data / INTAKE) for path in folder.glob("*"))
    passing = {*copied, *_PASSING, INTAKE}
    return sorted(name for name in found if name not in passing and not name.endswith(("-wal", "-shm", "-journal")))
