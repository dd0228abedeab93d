"""The windows of an area: its hours are the means of its stations' hours, with a coverage rule.

City value as STANDARDS 2.3 has it [from memory]: the arithmetic mean of the valid points' concentrations, and then
statistics and IAQI as for a station.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

from alerts.air.calendar import Calendar
from alerts.air.figures import Judge
from alerts.air.hours import Hours, Mean, mean_of
from alerts.air.model import POLLUTANTS, AirArea, IndexValue
from alerts.air.station import Change, StationWindows
from alerts.air.subject import Subject


class AreaWindows(Subject):
    """An hour is given out when all its stations are past it, or one is a whole hour past it.

    A mean of the quickest stations alone would say what the slower ones take back within the minute. A pollutant's hour
    is valid with `coverage` of the stations that measure it.
    """

    __slots__ = ("_arrived", "_measuring", "_members", "_needed", "_newest", "_sums", "too_late")

    def __init__(self, *, area: AirArea, stations: Sequence[StationWindows], calendar: Calendar, judge: Judge) -> None:
        lateness = max((member.station.lateness for member in stations), default=timedelta(0))
        super().__init__(id_=area.id, calendar=calendar, judge=judge, lateness=lateness)
        self._measuring = [
            [member for member in stations if pollutant in member.station.pollutants] for pollutant in POLLUTANTS
        ]
        share = Fraction(area.coverage)
        self._needed = [max(1, math.ceil(share * len(members))) for members in self._measuring]
        self._members = stations
        self._sums: Hours | None = None  # of the stations' values, and of how many
        self._newest = 0  # the newest hour that a station is past, and how many are past it
        self._arrived = 0
        self.too_late = 0  # hours of stations that are not kept any more

    @property
    def parts(self) -> Sequence[int]:
        """Stations that measure each pollutant."""
        return [len(members) for members in self._measuring]

    def take(self, changes: Iterable[Change]) -> None:
        """Hours of one of its stations that have changed."""
        for change in changes:
            sums = self._sums
            if sums is None:
                sums = self._sums = self._no_sums(change.hour - 1)
            if change.hour > sums.last:
                self._pull(sums, sums.last)  # a station is past them
                sums.extend(change.hour)
            if change.hour < sums.oldest or change.hour <= self.front - self.late_hours:
                self.too_late += 1
                continue
            self._add(sums, change)

    def _no_sums(self, last: int) -> Hours:
        return Hours(rows=len(POLLUTANTS), keep=self.kept_hours, last=last, most_parts=max(self.parts))

    def _add(self, sums: Hours, change: Change) -> None:
        row, hour, before, after = change
        sums.add(row, hour, (after or 0) - (before or 0), (after is not None) - (before is not None))
        if self.hours is not None and hour <= self.hours.last:
            self._put(self.hours, row, hour, *self._mean(sums, row, hour))

    def _mean(self, sums: Hours, row: int, hour: int) -> Mean:
        count = sums.part(row, hour)
        if count < self._needed[row]:
            return None, count, 0
        return mean_of(sums.get(row, hour) or 0, count)

    def _pull(self, sums: Hours, until: int) -> None:
        """Hours are over: the stations' means become the area's."""
        hours = self.hours or self._begin(sums.last)
        before = hours.last
        self._reach(hours, until)
        for hour in range(max(before, sums.first - 1) + 1, until + 1):
            for row in range(len(POLLUTANTS)):
                value, count, rest = self._mean(sums, row, hour)
                if count:
                    self._put(hours, row, hour, value, count, rest)

    def settle(self, before: int, after: int) -> list[IndexValue]:
        """What is to be given out, now that one of its stations has moved on from an hour to another."""
        if after > self._newest:
            self._newest, self._arrived = after, 1
        elif after == self._newest > before:
            self._arrived += 1
        if self._sums is not None:
            until = self._newest if self._arrived == len(self._members) else self._newest - 1
            self._pull(self._sums, until)
            self._give_out(until)
        return self.given()

    def gaps(self, row: int, hour: int) -> str:
        """The stations that measure it and have no valid hour."""
        return "+".join(
            member.id for member in self._measuring[row] if member.hours is None or member.hours.get(row, hour) is None
        )

    def dump(self) -> dict[str, Any]:
        sums = self._sums and self._sums.dump()
        return {**super().dump(), "measuring": self._names(), "sums": sums, "too_late": self.too_late}

    def load(self, state: Mapping[str, Any]) -> None:
        """After its stations were loaded. What was given out stands, though other stations make up the area now."""
        super().load(state)
        self.too_late = state["too_late"]
        if state["sums"] is None:
            return
        self._sums = sums = self._no_sums(0)
        sums.load(state["sums"])
        if state["measuring"] != self._names():
            self._sum_anew(sums)
        fronts = [member.front for member in self._members if member.hours is not None]
        self._newest = max(fronts, default=0)
        self._arrived = fronts.count(self._newest)

    def _sum_anew(self, sums: Hours) -> None:
        for row, members in enumerate(self._measuring):
            for hour in range(sums.oldest, sums.last + 1):
                there = [member.hours.get(row, hour) for member in members if member.hours is not None]
                values = [value for value in there if value is not None]
                if values or hour >= sums.first:
                    sums.put(row, hour, sum(values), len(values))

    def _names(self) -> list[list[str]]:
        return [[member.id for member in members] for members in self._measuring]
