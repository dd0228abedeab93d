"""The windows of a station or an area: hours go in, index values come out as they become valid or change.

An hour is given out when it is over, by the subject's own measurements. A hour that changes afterwards is worked out
again with all that rests on it; what differs is given out as the next revision. So the figures are a function of the
hours, whatever the order in which they came, and windows only ever move forwards.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from alerts.air.bulletin import bulletin
from alerts.air.calendar import HOUR, Calendar, Day
from alerts.air.figures import OZONE, OZONE_8H, OZONE_HOURS, REACH, ROWS, Figure, Figures, Judge, ranges
from alerts.air.hours import SPARE, Hours
from alerts.air.model import POLLUTANTS, IndexValue, Span
from alerts.air.months import Months, Stretch, ended, stretches
from alerts.model import Quality
from alerts.moments import length

WITHDRAWN = "withdrawn"  # reason of a value that is not valid any more
_LONGEST_DAY = 25
_PASS, _MISSING = Quality.PASS.value, Quality.MISSING.value
_ROW_OF = {name.value: row for row, name in enumerate(POLLUTANTS)}
_AQIS = {"aqi", "aqi_24h"}
_NO_FIGURES: Mapping[str, Figure] = {}
_NO_MEANS = (None,) * len(POLLUTANTS)

_index = partial(tuple.__new__, IndexValue)  # as `IndexValue(...)`, at half the cost


class Subject:
    """`id` is the station's or the area's. Lateness is counted in whole hours, the present one included."""

    __slots__ = (
        "_before",
        "_changed",
        "_day",
        "_judge",
        "_months",
        "_out",
        "_revisions",
        "calendar",
        "front",
        "hours",
        "id",
        "kept_hours",
        "late_hours",
        "received_at",
    )

    def __init__(self, *, id_: str, calendar: Calendar, judge: Judge, lateness: timedelta) -> None:
        self.id = id_
        self.calendar = calendar
        self.late_hours = -(-length(lateness) // HOUR) + 1
        self._judge = judge
        self.kept_hours = self.late_hours + max(REACH, _LONGEST_DAY) + SPARE
        self.hours: Hours | None = None  # until the first reading
        self.front = 0  # the newest hour given out
        self._day: Day | None = None  # the natural day of the hour after the front
        self._months: Months | None = None
        self._revisions: dict[tuple[str, int], int] = {}  # of days and longer
        self._before: Hours | None = None  # as it was before the changes that are still to be given out
        self._changed: tuple[int, int] = (0, 0)  # first and last of their hours
        self._out: list[IndexValue] = []
        self.received_at = datetime.min.replace(tzinfo=UTC)  # of the delivery whose work this is

    @property
    def spoken(self) -> bool:
        """Whether there is anything of it yet."""
        return self.hours is not None

    @property
    @abstractmethod
    def parts(self) -> Sequence[int]:
        """Of how many parts an hour is made, for each pollutant."""

    @abstractmethod
    def gaps(self, row: int, hour: int) -> str:
        """Which parts of an hour are missing."""

    def _begin(self, hour: int) -> Hours:
        """With the first hour; there is room for late ones before it."""
        self.front = hour - 1
        self._day = self.calendar.day(hour)
        self.hours = Hours(rows=ROWS, keep=self.kept_hours, last=hour - 1, most_parts=max(self.parts))
        return self.hours

    def _reach(self, hours: Hours, hour: int) -> None:
        """Makes room up to that hour; all before it are over. What would be forgotten by it is given out first."""
        if hour <= hours.last:
            return
        if self._before is not None:
            self._revise(hours)
        if hour - self.front > SPARE:
            self._give_out(hours.last)
        if hour - hours.last > REACH + 1:  # a silence after which nothing is left in any window
            self._extend(hours, hours.last + REACH)
            self._give_out(hours.last)
            self._skip(hour - 1)
        self._extend(hours, hour)

    def _extend(self, hours: Hours, last: int) -> None:
        """To hours that begin as missing ones; an 8 h mean may hold all the same, of hours that are still there."""
        before = hours.last
        hours.extend(last)
        for hour in range(max(before + 1, hours.first), min(before + OZONE_HOURS, last) + 1):
            self._put_ozone(hours, hour)

    def _put(  # noqa: PLR0917  # as `Hours.put`
        self, hours: Hours, row: int, hour: int, value: int | None, parts: int, rest: int
    ) -> None:
        """An hour's mean, of which there may have been another."""
        if hour <= self.front:
            if self._before is None:
                self._before = hours.copy()
                self._changed = (hour, hour)
            else:
                first, last = self._changed
                self._changed = (min(first, hour), max(last, hour))
        hours.put(row, hour, value, parts, rest)
        if row == OZONE:
            for end in range(hour, min(hour + OZONE_HOURS, hours.last + 1)):
                self._put_ozone(hours, end)

    def _put_ozone(self, hours: Hours, hour: int) -> None:
        edition = self._judge.edition_on(self.calendar.day(hour).date)
        hours.put(OZONE_8H, hour, *self._judge.ozone_8h(hours, hour, edition))

    def _give_out(self, until: int) -> None:
        """What has changed, and then the hours up to that one."""
        hours = self.hours
        assert hours is not None, "something came first"
        if self._before is not None:
            self._revise(hours)
        while self.front < until:
            self.front += 1
            self._hour(hours, self.front)
            if self._day is not None and self.front == self._day.end:
                self._end_day(hours, self._day)

    def _skip(self, until: int) -> None:
        before, self.front, self._day = self._day, until, self.calendar.day(until + 1)
        if before is not None:
            self._end_stretches(before.date, self._day.date)

    def _hour(self, hours: Hours, hour: int) -> None:
        day = self.calendar.day(hour)
        figures = self._judge.of_hour(hours, hour, day.date, self.parts)
        if figures:
            self._say(_NO_FIGURES, figures, Span.HOUR, hour, day.date, hours.revise(hour))

    def _end_day(self, hours: Hours, day: Day) -> None:
        figures = self._judge.of_day(hours, day)
        if figures:
            self._say(_NO_FIGURES, figures, Span.DAY, day.end, day.date, self._revision(Span.DAY, day.end))
            self._change_months(day.date, _NO_MEANS, self._judge.day_means(hours, day))
        self._day = self.calendar.next_day(day)
        self._end_stretches(day.date, self._day.date)

    def _end_stretches(self, before: date, after: date) -> None:
        if self._months is None or (before.year, before.month) == (after.year, after.month):
            return
        for stretch in ended(before, after):
            figures = self._months.figures(stretch, self._judge.validity)
            if figures:
                self._say_stretch(_NO_FIGURES, figures, stretch)

    def _change_months(self, day: date, before: Sequence[int | None], after: Sequence[int | None]) -> None:
        if before != after:
            self._months = self._months or Months()
            self._months.change(day, before, after)

    def _revise(self, hours: Hours) -> None:
        """Gives out what differs from what was given out."""
        before, self._before = self._before, None
        assert before is not None, "something has changed"
        first, last = self._changed
        before.reach(first)
        for hour in range(first, min(last + REACH, self.front) + 1):
            on = self.calendar.day(hour).date
            was = self._judge.of_hour(before, hour, on, self.parts)
            now = self._judge.of_hour(hours, hour, on, self.parts)
            if was != now:
                self._say(was, now, Span.HOUR, hour, on, hours.revise(hour))
        day = self.calendar.day(first)
        while day.end <= self.front and day.start < last:
            self._revise_day(before, hours, day)
            day = self.calendar.next_day(day)

    def _revise_day(self, before: Hours, hours: Hours, day: Day) -> None:
        was, now = self._judge.of_day(before, day), self._judge.of_day(hours, day)
        if was != now:
            self._say(was, now, Span.DAY, day.end, day.date, self._revision(Span.DAY, day.end))
        old, new = self._judge.day_means(before, day), self._judge.day_means(hours, day)
        if old == new:
            return
        closed = [each for each in stretches(day.date) if self.calendar.day_on(each.end).start <= self.front]
        known = [self._figures(stretch) for stretch in closed]
        self._change_months(day.date, old, new)
        for stretch, figures in zip(closed, known, strict=True):
            if self._figures(stretch) != figures:
                self._say_stretch(figures, self._figures(stretch), stretch)

    def _figures(self, stretch: Stretch) -> Figures:
        return self._months.figures(stretch, self._judge.validity) if self._months is not None else {}

    def _say_stretch(self, was: Mapping[str, Figure], now: Mapping[str, Figure], stretch: Stretch) -> None:
        end = self.calendar.day_on(stretch.end).start
        self._say(was, now, stretch.span, end, stretch.end - timedelta(days=1), self._revision(stretch.span, end))

    def _revision(self, span: Span, hour: int) -> int:
        """One more word on what ends with that hour; its number."""
        oldest = self.front - self.kept_hours
        for gone in [key for key in self._revisions if key[1] < oldest]:
            del self._revisions[gone]
        revision = self._revisions[span.value, hour] = self._revisions.get((span.value, hour), 0) + 1
        return revision

    def _say(  # noqa: PLR0917  # one call an hour, no keywords
        self, was: Mapping[str, Figure], now: Mapping[str, Figure], span: Span, hour: int, on: date, revision: int
    ) -> None:
        """What is new, what differs, and what is valid no more."""
        instant, edition = self.calendar.moment(hour), self._judge.edition_on(on).name
        id_, period, received_at, out = self.id, span.value, self.received_at, self._out
        for name, figure in now.items():
            if was.get(name) != figure:
                value, have, of, lacking, primary = figure
                missing = self._missing(name, lacking, hour) if have < of else ""
                said = (value, _PASS, "", received_at, have, of, missing, revision)
                out.append(_index((id_, name, period, instant, *said, edition if "aqi" in name else "", primary)))
        for name, figure in was.items():
            if name not in now:
                gone = (None, _MISSING, WITHDRAWN, received_at, 0, figure.of, "", revision)
                out.append(_index((id_, name, period, instant, *gone, edition if "aqi" in name else "", "")))

    def given(self) -> list[IndexValue]:
        """What has been said since it was last asked."""
        out, self._out = self._out, []
        return out

    def _missing(self, name: str, lacking: int, hour: int) -> str:
        if name in _ROW_OF:
            return self.gaps(_ROW_OF[name], hour)
        if name in _AQIS:
            return "+".join(pollutant for row, pollutant in enumerate(POLLUTANTS) if lacking >> row & 1)
        return ranges(lacking)

    def bulletin(self) -> dict[str, Any] | None:
        """The newest hour and day as one document."""
        if self.hours is None:
            return None
        return bulletin(
            self.id,
            hours=self.hours,
            front=self.front,
            calendar=self.calendar,
            judge=self._judge,
            parts=self.parts,
        )

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data; what is still to be given out is not in it."""
        assert self._before is None, "between deliveries"
        return {
            "zone": str(self.calendar.zone),
            "front": self.front,
            "hours": self.hours and self.hours.dump(),
            "months": self._months and self._months.dump(),
            "revisions": [[*key, count] for key, count in self._revisions.items()],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave. Days of another zone are other days: months are then begun anew."""
        if state["hours"] is None:
            return
        self._begin(state["front"] + 1).load(state["hours"])
        self._revisions = {(span, hour): count for span, hour, count in state["revisions"]}
        if state["months"] is not None and state["zone"] == str(self.calendar.zone):
            self._months = Months()
            self._months.load(state["months"])
