"""A row for each scenario, and the table of them."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEAD = (
    *("scenario", "sent", "stored", "duplicates stored", "lost", "quarantined", "warnings expected", "raised"),
    *("told twice", "repeats", "uncertain", "s to recover", ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one scenario. `sent` to `quarantined` count readings, `sent` the different ones.

    `told_twice`: two keys for one piece of news. `repeats`: the same key again, said to be a repeat. `uncertain`:
    notifications with an attempt whose outcome a crash hid. `recovery`: from the end of the fault until everything is
    stored and told, seconds.
    """

    order: int
    scenario: str
    sent: int
    stored: int
    doubled: int
    lost: int
    quarantined: int
    expected: int
    raised: int
    told_twice: int
    repeats: int
    uncertain: int
    recovery: float
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As in the table."""
        numbers = (self.sent, self.stored, self.doubled, self.lost, self.quarantined, self.expected, self.raised)
        more = (self.told_twice, self.repeats, self.uncertain)
        return (self.scenario, *(str(n) for n in (*numbers, *more)), f"{self.recovery:.1f}", self.note)


def plain(rows: Iterable[Row]) -> list[str]:
    """Lines for a terminal."""
    cells = [HEAD, *(row.cells for row in sorted(rows, key=lambda row: row.order))]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    last = len(HEAD) - 1
    return [
        "  ".join(
            text.ljust(width) if column in {0, last} else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def markdown(rows: Sequence[Row]) -> str:
    """For `RESULTS.md`."""
    lines = [
        f"| {' | '.join(HEAD)} |",
        f"|---{'|---:' * (len(HEAD) - 2)}|---|",
        *(f"| {' | '.join(row.cells)} |" for row in sorted(rows, key=lambda row: row.order)),
    ]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """What it ran on; no names."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    servers = ", ".join(_version(*command) for command in (("mosquitto", "-h"), ("influxd", "version")))
    return f"{os.cpu_count()} cores, {platform.machine()}, {python}, SQLite {sqlite3.sqlite_version}, {servers}"


def _version(*command: str) -> str:
    """The first line a server says of itself."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False, env={"PATH": path})
    except OSError:
        return f"no {command[0]}"
    return (said.stdout.splitlines() or [command[0]])[0].split(" (")[0]
