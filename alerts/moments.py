"""Moments as whole microseconds since 1970 UTC: what evaluation compares, adds and keeps compactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Exactly."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Aware UTC."""
    return EPOCH + timedelta(microseconds=micros)


def length(duration: timedelta) -> int:
    """A duration in microseconds, exactly."""
    return duration // MICROSECOND
