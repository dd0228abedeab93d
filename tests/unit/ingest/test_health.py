"""What the service says of itself, in one word or two."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from ingest.errors import LogFullError, LogUnavailableError
from ingest.health import Health, Trouble
from ingest.retention import Shortage
from ingest.shortages import shortage_of
from tests.support.ingest import HOUR, NOW, HandClock


def caused(error: Exception) -> LogUnavailableError:
    outer = LogUnavailableError("the log")
    outer.__cause__ = error
    return outer


def full() -> sqlite3.Error:
    """As SQLite itself raises it."""
    with sqlite3.connect(":memory:") as database:
        database.execute("PRAGMA max_page_count=2")
        database.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.Error) as caught:
            database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    database.close()
    return caught.value


def test_health_names_the_gravest_of_its_troubles() -> None:
    """A full disk before a quota before anything else; well again when all are."""
    health = Health(now=HandClock().now)
    assert health.state == "ok"
    health.trouble(Trouble.STORE, "away")
    assert health.state == "degraded"
    health.trouble(Trouble.LOG, "no room", Shortage.QUOTA)
    assert health.state == "degraded: log quota used up"
    health.trouble(Trouble.CHECKPOINT, "no room", Shortage.DISK)
    assert health.state == "degraded: disk full"
    assert health.troubles[Trouble.CHECKPOINT].message == "disk full: no room"
    for part in Trouble:
        health.well(part)
    assert health.state == "ok"


def test_health_a_trouble_that_turns_out_to_be_a_full_disk_says_so() -> None:
    """Since when, is when it began; afterwards other words for it change nothing."""
    clock = HandClock()
    health = Health(now=clock.now)
    health.trouble(Trouble.LOG, "disk I/O error")
    clock.set(NOW + HOUR)
    health.trouble(Trouble.LOG, "database or disk is full", Shortage.DISK)
    health.trouble(Trouble.LOG, "unable to open database file")
    degraded = health.troubles[Trouble.LOG]
    assert (degraded.since, degraded.shortage) == (NOW, Shortage.DISK)
    assert degraded.message == "disk full: database or disk is full"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LogFullError(Shortage.QUOTA, "no room"), Shortage.QUOTA),
        (caused(full()), Shortage.DISK),
        (caused(OSError(errno.ENOSPC, "no space")), Shortage.DISK),
        (OSError(errno.EACCES, "not yours"), None),
        (caused(sqlite3.OperationalError("database is locked")), None),
        (caused(ValueError("x")), None),
    ],
)
def test_shortage_is_seen_behind_what_was_raised_from_it(error: Exception, expected: Shortage | None) -> None:
    """Whoever met it: log, books, journal, checkpoint, store."""
    assert shortage_of(error) is expected
