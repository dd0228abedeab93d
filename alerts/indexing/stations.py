"""One station's hours on their way through a file: kept until their natural day is settled. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import Enum

from alerts.air.calendar import HOUR, Calendar, Day
from alerts.air.figures import OWN, OZONE_8H, OZONE_HOURS, REACH, ROWS, Judge
from alerts.air.hours import SPARE, Hours
from alerts.moments import length

LATENESS = timedelta(hours=72)  # as the service's default (DESIGN section 6)
LATE_HOURS = length(LATENESS) // HOUR
LONGEST_DAY = 25  # h, where daylight saving ends
KEEP = LATE_HOURS + 3 * LONGEST_DAY + REACH + SPARE

Values = Sequence[int | None]


class Arrival(Enum):
    """What a row was to what is known of its hour."""

    NEW = "new"
    REPEATED = "repeated"
    CORRECTED = "corrected"
    TOO_LATE = "too_late"


class StationHours:
    """Rows go in by `put`, in any order within the lateness; `settled` gives the days that no row can change any more.

    `rows` names for each of a row's values its place among the pollutants. The last row of an hour holds, value by
    value; an empty cell takes nothing back.
    """

    __slots__ = ("_judge", "_next", "_rows", "_settled_any", "calendar", "first", "hours", "newest", "newest_line")

    def __init__(self, *, calendar: Calendar, judge: Judge, rows: Sequence[int], hour: int) -> None:
        self.calendar = calendar
        self._judge = judge
        self._rows = rows
        self._next = calendar.day(hour)
        self._settled_any = False
        self.hours = Hours(rows=ROWS, keep=KEEP, last=self._next.end, most_parts=OZONE_HOURS)
        self.first = hour
        self.newest = hour
        self.newest_line = 0

    def put(self, hour: int, values: Values, line: int) -> Arrival:
        """A row by its hour. Days must be settled before, as far as `due` says."""
        hours = self.hours
        if hour >= self.newest:
            self.newest = hour
            self.newest_line = line
            if hour > hours.last:
                hours.extend(self.calendar.day(hour).end)
        elif hour <= self._next.start:
            if self._settled_any or hour <= self.newest - LATE_HOURS:
                return Arrival.TOO_LATE
            self._next = self.calendar.day(hour)
        self.first = min(self.first, hour)
        if hours.revise(hour) > 1:
            return self._again(hour, values)
        for row, value in zip(self._rows, values, strict=True):
            if value is not None:
                hours.put(row, hour, value, OWN)
        return Arrival.NEW

    def _again(self, hour: int, values: Values) -> Arrival:
        arrival = Arrival.REPEATED
        for row, value in zip(self._rows, values, strict=True):
            if value is not None and self.hours.get(row, hour) != value:
                self.hours.put(row, hour, value, OWN)
                arrival = Arrival.CORRECTED
        return arrival

    def due(self, hour: int) -> bool:
        """Whether a row of that hour settles days before it is put."""
        return self._next.end + LATE_HOURS <= hour

    def settled(self, hour: int) -> Iterator[tuple[Day, range]]:
        """The days that a row of `hour` settles, each with its hours between the station's first and that one.

        What is there of such a day stands in `hours` until the next is asked for.
        """
        while self.due(hour):
            yield self._settle(hour)

    def rest(self) -> Iterator[tuple[Day, range]]:
        """The days that are left when no more rows come, each with its hours between first and newest."""
        while self._next.start < self.newest:
            yield self._settle(self.newest)

    def _settle(self, last: int) -> tuple[Day, range]:
        day = self._next
        if day.end > self.hours.last:
            self.hours.extend(day.end)
        edition = self._judge.edition_on(day.date)
        for hour in range(day.start + 1, day.end + 1):
            eight, have = self._judge.ozone_8h(self.hours, hour, edition)
            if eight is not None:
                self.hours.put(OZONE_8H, hour, eight, have)
        self._next = self.calendar.next_day(day)
        self._settled_any = True
        return day, range(max(self.first, day.start + 1), min(last, day.end) + 1)
