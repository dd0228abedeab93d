"""Which segments of the log may go: examples."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.retention import Kept, Limits, Shortage, crowded, expendable, shortage

LIMITS = Limits(keep=timedelta(seconds=100), quota=1000, least_free=50, segment=100)
SEALED = [Kept(1, 10, 100, 0.0), Kept(11, 20, 100, 50.0), Kept(21, 30, 100, 90.0)]
ROOM = {"used": 350, "free": 10_000}


@pytest.mark.parametrize(
    ("now", "done", "expected"),
    [
        (99.9, 30, 0),  # all stored, none old enough
        (100.0, 30, 1),
        (100.0, 10, 1),
        (100.0, 9, 0),  # its last delivery is still needed
        (1000.0, 20, 2),
        (1000.0, 0, 0),
        (-1000.0, 30, 0),  # a clock stepped back keeps
    ],
)
def test_retention_takes_what_is_not_needed_after_its_time(now: float, done: int, expected: int) -> None:
    """Oldest first."""
    assert expendable(SEALED, **ROOM, done=done, now=now, limits=LIMITS) == expected


@pytest.mark.parametrize(
    ("used", "free", "done", "expected"),
    [
        (900, 10_000, 30, 0),  # one more segment fits
        (901, 10_000, 30, 1),
        (1050, 10_000, 30, 2),
        (5000, 10_000, 30, 3),
        (5000, 10_000, 19, 1),  # however short of room: what is needed stays
        (350, 149, 30, 1),
        (350, 0, 30, 2),
        (350, 150, 30, 0),
    ],
)
def test_retention_takes_as_much_as_room_asks_for(used: int, free: int, done: int, expected: int) -> None:
    """Before its time, and no more than that."""
    assert expendable(SEALED, used=used, free=free, done=done, now=0.0, limits=LIMITS) == expected


def test_retention_of_a_segment_whose_elder_is_young_waits() -> None:
    """The clock was set back between them: the log keeps no hole."""
    sealed = [Kept(1, 10, 100, 500.0), Kept(11, 20, 100, 0.0)]
    assert expendable(sealed, **ROOM, done=20, now=550.0, limits=LIMITS) == 0


def test_room_is_refused_by_the_disk_before_the_quota() -> None:
    """The word that tells a person what to do."""
    assert shortage(used=999, free=50, limits=LIMITS) is None
    assert shortage(used=1000, free=50, limits=LIMITS) is Shortage.QUOTA
    assert shortage(used=1000, free=49, limits=LIMITS) is Shortage.DISK


def test_room_is_made_before_it_is_refused() -> None:
    """Retention has a segment's time to act in."""
    assert crowded(used=901, free=10_000, limits=LIMITS)
    assert shortage(used=901, free=10_000, limits=LIMITS) is None


def test_segments_of_a_small_quota_are_small() -> None:
    """Or there would be nothing to give back."""
    assert Limits(quota=800, segment=1000).segment_bytes == 100
    assert Limits(quota=80_000, segment=1000).segment_bytes == 1000
