"""Which segments of the intake log may go, and whether there is room for more. Pure.

A segment is kept while anything in it is still needed, whatever else is asked; then for a configured time, or less
where room is short. What goes is always the oldest: the log keeps no holes of retention's making.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

_MIB = 1024**2
_PARTS = 8  # of its quota the log is made at least: retention gives back a part at a time


class Shortage(StrEnum):
    """Why nothing more can be written."""

    DISK = "disk full"
    QUOTA = "log quota used up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the log is kept, how much of the disk it may take (bytes), and when the next segment is begun."""

    keep: timedelta = timedelta(days=30)
    quota: int = 20 * 1024 * _MIB
    least_free: int = 200 * _MIB  # below it only outcomes are written: books, journal and checkpoint need the rest
    segment: int = 128 * _MIB
    age: timedelta = timedelta(days=1)

    @property
    def segment_bytes(self) -> int:
        """A segment's size: also small enough for the quota."""
        return max(1, min(self.segment, self.quota // _PARTS))


class Kept(NamedTuple):
    """A segment that stands on disk. `last` is the highest position it may hold, `ended` its last write (epoch, s)."""

    start: int
    last: int
    bytes: int
    ended: float


def shortage(*, used: int, free: int, limits: Limits) -> Shortage | None:
    """Why no delivery may be written, if so; `used` by the log and `free` on its disk, bytes."""
    if free < limits.least_free:
        return Shortage.DISK
    return Shortage.QUOTA if used >= limits.quota else None


def crowded(*, used: int, free: int, limits: Limits) -> bool:
    """Whether segments should go before their time: another one would not fit."""
    return used + limits.segment_bytes > limits.quota or free < limits.least_free + limits.segment_bytes


def expendable(sealed: Sequence[Kept], *, used: int, free: int, done: int, now: float, limits: Limits) -> int:
    """How many of the sealed segments, oldest first, may go.

    Everything up to the position `done` is stored, booked and checkpointed; nothing beyond it ever goes. `used`
    counts the segment still open too; that one is not among `sealed`.
    """
    for count, segment in enumerate(sealed):
        old = now - segment.ended >= limits.keep.total_seconds()
        if segment.last > done or not (old or crowded(used=used, free=free, limits=limits)):
            return count
        used -= segment.bytes
        free += segment.bytes
    return len(sealed)
