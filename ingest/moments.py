"""Moments as whole microseconds since 1970, UTC: as the log, the memory of the walk and the stores have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Of an aware moment."""
    return (moment - EPOCH) // MICROSECOND
