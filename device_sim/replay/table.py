"""Rows of recorded files: read once, put in order of time over all files and stations.

Cells stay text until they are sent: a row of a long file costs its text and little more.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TextIO
from zoneinfo import ZoneInfo

from device_sim.errors import ReplayError
from device_sim.replay.columns import FileColumns

SEPARATOR = "\x1f"


class Row(NamedTuple):
    """One line that will be sent. `label` is the file's own time; `cells` are the mapped columns' texts."""

    label: datetime
    file: int
    line: int
    station: str
    cells: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which rows, and how their times are read. `first` and `last` speak of the file's own times, both included."""

    zone: ZoneInfo
    station: str | None = None  # where the file has no such column
    only: frozenset[str] = frozenset()
    first: datetime | None = None
    last: datetime | None = None


@dataclass(slots=True)
class Refused:
    """Lines and cells that cannot be sent, by reason; the first few are told one by one."""

    tell: Callable[[str], None]
    reasons: Counter[str] = field(default_factory=Counter)
    told: int = 20

    def add(self, where: str, reason: str, what: str) -> None:
        """Counts it, and tells of it while there are not too many."""
        self.reasons[reason] += 1
        if self.reasons.total() <= self.told:
            self.tell(f"{where}: {reason}: {what}")
        elif self.reasons.total() == self.told + 1:
            self.tell("more of these are only counted")


@dataclass(frozen=True, slots=True)
class Opened:
    """A file open for reading. `read` is how many of its `size` bytes are read."""

    file: Path
    text: TextIO
    size: int
    read: Callable[[], int]

    def lines(self) -> Iterator[list[str]]:
        """As cells; a comma separates, or a semicolon or tab where the header has no comma. Raises `ReplayError`."""
        with _reading(self.file):
            header = self.text.readline()
            self.text.seek(0)
            separator = next((mark for mark in (",", ";", "\t") if mark in header), ",")
            yield from csv.reader(self.text, delimiter=separator)

    def fingerprint(self) -> str:
        """The hash of its bytes."""
        with _reading(self.file), self.file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def opened(file: Path) -> Iterator[Opened]:
    """A CSV or `.csv.gz` file, read as its lines are asked for. Raises `ReplayError`."""
    with _reading(file):
        size = file.stat().st_size
        content = file.open("rb")
    with content:
        plain = gzip.GzipFile(fileobj=content) if file.suffix == ".gz" else content
        yield Opened(file, io.TextIOWrapper(plain, encoding="utf-8-sig", newline=""), size, content.tell)


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise ReplayError(f"{file}:{_undecodable(file)}: is not UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise ReplayError(f"{file}: cannot be read: {error}") from error
    except csv.Error as error:
        raise ReplayError(f"{file}: is not CSV: {error}") from error


def _undecodable(file: Path) -> int:
    """The first line that is not UTF-8."""
    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 0


def rows(
    lines: Iterator[list[str]], *, number: int, name: str, columns: FileColumns, choice: Choice, refused: Refused
) -> Iterator[Row]:
    """The chosen rows of one file, in its order; `lines` is a csv reader past the header."""
    picked = [column.index for column in columns.columns]
    needed = max([columns.time, *picked, columns.station or 0]) + 1
    times: dict[str, datetime | None] = {}  # many stations share a time
    for line, cells in enumerate(lines, start=2):
        if not cells:
            continue
        if len(cells) < needed:
            refused.add(f"{name}:{line}", "short_line", f"{len(cells)} cells")
            continue
        station = choice.station or "" if columns.station is None else cells[columns.station].strip()
        if choice.only and station not in choice.only:
            continue
        text = cells[columns.time]
        label = times[text] if text in times else times.setdefault(text, _time(text, choice.zone))
        if label is None:
            refused.add(f"{name}:{line}", "bad_time", repr(text))
            continue
        if (choice.first and label < choice.first) or (choice.last and label > choice.last):
            continue
        wanted = SEPARATOR.join([cells[index] for index in picked])
        if wanted.count(SEPARATOR) >= len(picked):
            refused.add(f"{name}:{line}", "bad_character", "a cell holds a unit separator")
            continue
        yield Row(label, number, line, station, wanted)


def _time(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
