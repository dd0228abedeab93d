"""Moments as whole microseconds since 1970 UTC: what evaluation compares, adds and keeps compactly.

And as people read them: an officer's clock on the wall is not UTC, and a time of arrival must not be eight hours off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SKEW = timedelta(minutes=5)  # a clock may run this far ahead; what comes from further on moves no window
ZONE = ZoneInfo("Asia/Shanghai")  # whose days the law counts


def to_micros(moment: datetime) -> int:
    """Exactly."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Aware UTC."""
    return EPOCH + timedelta(microseconds=micros)


def length(duration: timedelta) -> int:
    """A duration in microseconds, exactly."""
    return duration // MICROSECOND


def wall(micros: int) -> str:
    """Date and time in the law's zone, without naming it."""
    return f"{from_micros(micros).astimezone(ZONE):%Y-%m-%d %H:%M}"


def offset(moment: datetime, zone: tzinfo) -> str:
    """The zone at that moment as everybody reads it: `UTC+8`, `UTC-3:30`."""
    minutes = int((moment.astimezone(zone).utcoffset() or timedelta(0)).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def stated(micros: int) -> str:
    """With its zone, as sentences have it: `2026-04-01 08:05 UTC+8`."""
    return f"{wall(micros)} {offset(from_micros(micros), ZONE)}"
