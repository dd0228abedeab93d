"""One monitor's water in event time: the class of its hours and days, single-factor (GB 3838-2002 clause 5.1).

An hour or a day is given out when it is over by the monitor's own measurements; what comes late revises it, so that the
figures are a function of the readings, whatever their order. Judged is what the monitor measures, and nothing else:
`missing` names what it measures and had too little of; a class without that may be worse in truth, and has the flag
`unchecked`. Whether the class wanted is kept is then said only where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from alerts.air.calendar import HOUR, Calendar, Day
from alerts.air.model import IndexValue, Span
from alerts.moments import length
from alerts.revisions import NONE, Figure, Figures, Revisions
from alerts.standards.amounts import half_even
from alerts.standards.compliance import ComplianceMethod
from alerts.standards.water import WaterStandard
from alerts.water.model import CLASS, COMPLIANT, WaterMonitor
from alerts.water.readings import Readings
from alerts.windows import MILLION

_A_DAY = 25  # hours, at the most
_SPARE = 4
_DAY = timedelta(days=1)


class WaterWindows:
    """A delivery's readings go in by `begin` and `take`; `settle` gives what they came to."""

    __slots__ = (
        "_before",
        "_calendar",
        "_days_before",
        "_enough",
        "_forgot",
        "_keep",
        "_late_hours",
        "_left",
        "_newest",
        "_readings",
        "_revisions",
        "_standard",
        "front",
        "monitor",
        "rows",
        "take",
    )

    def __init__(
        self, *, monitor: WaterMonitor, calendar: Calendar, standard: WaterStandard, method: ComplianceMethod
    ) -> None:
        self.monitor = monitor
        self._calendar = calendar
        self._standard = standard
        due = max(1, round(_DAY.total_seconds() / max(3600.0, monitor.interval_seconds)))  # hours of a day
        self._enough = ceil(due * method.share_of_day)
        self._late_hours = -(-length(monitor.lateness) // HOUR) + 1
        self._keep = self._late_hours + _A_DAY + _SPARE
        self.front: int | None = None  # the newest hour given out
        self._newest = 0  # the newest hour that is over
        self._forgot = 0  # the front when what is too old was dropped
        self._readings = Readings(
            items=monitor.items,
            calendar=calendar,
            interval_seconds=monitor.interval_seconds,
            enough=method.minutes_an_hour,
            kept=self._keep + _SPARE,
        )
        self.rows = self._readings.rows  # those it takes, numbered
        self.take = self._readings.take  # readings of what has begun: their numbers, and millionths where they count
        self._before: dict[int, Figures] = {}  # hours given out, as they were before the present delivery
        self._days_before: dict[Day, Figures] = {}
        self._left: list[tuple[Span, int, Figures]] = []  # open when a long silence began
        edition = standard.standard.lower().replace(" ", "")
        self._revisions = Revisions(station=monitor.station, calendar=calendar, edition=edition)

    def takes(self, period: str) -> bool:
        """Whether such readings make hours."""
        return self._readings.takes(period)

    def begin(self, period: str, micros: int) -> bool:
        """Readings of that period and instant are to come; whether the hour that they are for is not over for good."""
        hour = self._calendar.begun(micros)
        if self.front is None:
            self.front = hour - 1
        elif hour - self.front > self._late_hours + _SPARE:
            self._leave(self.front, hour)
        if hour <= self.front - self._late_hours or hour <= self._newest - self._keep:
            return False
        if hour <= self.front:
            self._remember(hour)
        over = hour if micros == self._calendar.end_of(hour) else hour - 1
        self._newest = max(self._newest, over)
        self._readings.begin(period, hour, micros)
        return True

    def _remember(self, hour: int) -> None:
        """What was given out of an hour and its day, before anything changes it."""
        if hour not in self._before:
            self._before[hour] = self._hour_figures(hour)
            day = self._calendar.day(hour)
            if self.front is not None and day.end <= self.front and day not in self._days_before:
                self._days_before[day] = self._day_figures(day)

    def settle(self, received_at: datetime) -> list[IndexValue]:
        """What is to be given out of all that was taken."""
        out: list[IndexValue] = []
        if self.front is None or (self.front >= self._newest and not (self._before or self._left)):
            return out  # an hour goes on, as mostly
        for hour in sorted(self._before):
            out += self._revisions.said(self._before[hour], self._hour_figures(hour), Span.HOUR, hour, received_at)
        for day in sorted(self._days_before):
            out += self._revisions.said(self._days_before[day], self._day_figures(day), Span.DAY, day.end, received_at)
        for span, hour, figures in self._left:
            out += self._revisions.said(NONE, figures, span, hour, received_at)
        self._before.clear()
        self._days_before.clear()
        self._left.clear()
        if self.front < self._newest:
            self.front = self._step(self.front, self._newest, received_at, out)
            if self.front - self._forgot >= _A_DAY:  # now and then: it looks at all there is
                oldest = self.front - self._keep
                self._revisions.forget(oldest)
                self._forgot = self.front
        return out

    def _leave(self, front: int, hour: int) -> None:
        """After a long silence not each empty day: what it left open is worked out before its place is needed."""
        day = self._calendar.day(front + 1)
        self._left += [(Span.HOUR, each, self._hour_figures(each)) for each in range(front + 1, day.end + 1)]
        self._left.append((Span.DAY, day.end, self._day_figures(day)))
        self.front = self._calendar.day(hour).start

    def _step(self, front: int, last: int, received_at: datetime, out: list[IndexValue]) -> int:
        for hour in range(front + 1, last + 1):
            out += self._revisions.said(NONE, self._hour_figures(hour), Span.HOUR, hour, received_at)
            day = self._calendar.day(hour)
            if hour == day.end:
                out += self._revisions.said(NONE, self._day_figures(day), Span.DAY, hour, received_at)
        return max(front, last)

    def _hour_figures(self, hour: int) -> Figures:
        return self._judged(self._readings.means(hour))

    def _day_figures(self, day: Day) -> Figures:
        """From the means of its hours."""
        found: dict[str, list[int]] = {name: [] for name in self.monitor.items}
        for hour in range(day.start + 1, day.end + 1):
            for name, value in self._readings.means(hour).items():
                found[name].append(value)
        enough = {name: values for name, values in found.items() if len(values) >= self._enough}
        return self._judged({name: half_even(sum(values), len(values)) for name, values in enough.items()})

    def _judged(self, means: Mapping[str, int]) -> Figures:
        if not means:
            return NONE
        monitor = self.monitor
        values = {name: value / MILLION for name, value in means.items()}
        report = self._standard.judge(values, body=monitor.body, target=monitor.target, source=True)
        if report.rank is None:
            return NONE
        have, of = len(values), len(monitor.items)
        missing = "+".join(name for name in monitor.items if name not in values)
        found = {CLASS: Figure(report.rank + 1, have, of, missing, "+".join(report.decisive))}
        if report.exceeded or not missing:
            exceeded = "+".join(one.key for one in report.exceeded)
            found[COMPLIANT] = Figure(0 if report.exceeded else 1, have, of, missing, exceeded)
        return found

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data, between deliveries."""
        return {
            "front": self.front,
            "newest": self._newest,
            "readings": self._readings.dump(),
            "revisions": self._revisions.dump(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave, before any reading."""
        self.front, self._newest = state["front"], state["newest"]
        self._readings.load(state["readings"])
        self._revisions.load(state["revisions"])
