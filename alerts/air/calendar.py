"""Hours and natural days of one zone. An hour is known by a number that grows by one; days, months and years by dates.

Hour n ends n hours after the epoch, in zones whose clocks are off by part of an hour that much earlier. So an hour is
an hour on the clock there, and a day has as many as it has: 23 or 25 where daylight saving begins or ends (in China
from 1986 to 1991), 24 otherwise.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from alerts.moments import EPOCH, from_micros, length, to_micros

HOUR = length(timedelta(hours=1))
MINUTE = HOUR // 60
_REMEMBERED = 512  # days; more than a year, so that a replay of one works each out once


class Day(NamedTuple):
    """A natural day: its hours are those after `start`, up to and with `end`."""

    date: date
    start: int
    end: int


class Calendar:
    """Of one zone; shared by all its stations.

    A zone that moves its clocks by part of an hour (Lord Howe Island) has whole hours only in the part of the year that
    is like the first day of 2026; in the other part no reading of `1h` ends on one.
    """

    __slots__ = ("_days", "_last", "phase", "zone")

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        offset = datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone).utcoffset() or timedelta(0)
        self.phase = length(offset) % HOUR
        self._days: dict[date, Day] = {}
        self._last: Day | None = None

    def begun(self, micros: int) -> int:
        """The hour in which an instant lies; an hour's end is still in it."""
        return -((-micros - self.phase) // HOUR)

    def ended(self, micros: int) -> int:
        """The last hour that has ended by that instant."""
        return (micros + self.phase) // HOUR

    def end_of(self, hour: int) -> int:
        """The instant, in microseconds, at which an hour ends."""
        return hour * HOUR - self.phase

    def moment(self, hour: int) -> datetime:
        """The end of an hour, aware UTC."""
        return from_micros(self.end_of(hour))

    def day(self, hour: int) -> Day:
        """The natural day that an hour belongs to: midnight ends the day before."""
        last = self._last
        if last is None or not last.start < hour <= last.end:
            local = from_micros(self.end_of(hour) - 1).astimezone(self.zone)
            last = self._last = self.day_on(local.date())
        return last

    def day_on(self, on: date) -> Day:
        """By its date."""
        found = self._days.get(on)
        if found is None:
            if len(self._days) >= _REMEMBERED:
                self._days.clear()
            found = self._days[on] = Day(on, self._midnight(on), self._midnight(on + timedelta(days=1)))
        return found

    def next_day(self, day: Day) -> Day:
        """The day after."""
        return self.day(day.end + 1)

    def _midnight(self, on: date) -> int:
        local = datetime(on.year, on.month, on.day, tzinfo=self.zone)
        return self.ended(to_micros(local))


MAY_BE_MEASURED = EPOCH + timedelta(days=2)  # before it no device measured, and no calendar is asked
