"""Stretches of time a device speaks for, as the wire names them. Pure; our own, not the decoder's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Period(StrEnum):
    """What stretch of time a value speaks for; `instant` is none."""

    INSTANT = "instant"
    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    TEN_MINUTES = "10m"
    HOUR = "1h"
    FOUR_HOURS = "4h"
    DAY = "1d"

    @property
    def length(self) -> timedelta:
        """Zero for `instant`."""
        return _LENGTHS[self]


_LENGTHS = {
    Period.INSTANT: timedelta(0),
    Period.MINUTE: timedelta(minutes=1),
    Period.FIVE_MINUTES: timedelta(minutes=5),
    Period.TEN_MINUTES: timedelta(minutes=10),
    Period.HOUR: timedelta(hours=1),
    Period.FOUR_HOURS: timedelta(hours=4),
    Period.DAY: timedelta(days=1),
}


def speaking_for(length: timedelta) -> Period:
    """The period of that length; `instant` where the wire has none."""
    return next((period for period, known in _LENGTHS.items() if known == length), Period.INSTANT)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ordinal(moment: datetime, length: timedelta) -> int:
    """How many such stretches, counted from 1970 in UTC, have ended by `moment`."""
    return (moment - EPOCH) // length
