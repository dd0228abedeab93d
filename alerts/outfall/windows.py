"""One outfall's monitor in event time: the hours and days that its readings come to, and the cases they open.

An hour or a day is given out when it is over by the monitor's own measurements. What comes late revises it: the
figures before are worked out before the readings are taken, and what differs afterwards is given out as the next
revision. So the figures are a function of the readings, whatever their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.air.calendar import HOUR, Calendar
from alerts.air.calendar import Day as Natural
from alerts.air.counting import HOURLY
from alerts.air.model import IndexValue, Span
from alerts.index_names import share_of_limit
from alerts.moments import length
from alerts.outfall import figures
from alerts.outfall.model import FLOW, TEMPERATURE, Case, CaseEvent, Day, OutfallMonitor
from alerts.outfall.readings import Readings
from alerts.revisions import NONE, Figure, Figures, Revisions
from alerts.standards.discharge import DischargeMethod
from alerts.windows import MILLION

_A_DAY = 25  # hours, at the most
_SPARE = 4


class Refusal(StrEnum):
    """Why a reading is for no window."""

    TOO_LATE = "outfall_too_late"
    OFF_HOUR = "outfall_off_hour"  # of `1h`, and does not end with an hour of the clock
    FUTURE = "outfall_future"


class OutfallWindows:
    """A delivery's readings go in by `begin` and `take`; `settle` gives what they came to."""

    __slots__ = (
        "_before",
        "_calendar",
        "_cases",
        "_days_before",
        "_forgot",
        "_given",
        "_keep",
        "_late_hours",
        "_method",
        "_newest",
        "_parameters",
        "_readings",
        "_revisions",
        "front",
        "monitor",
    )

    def __init__(self, *, monitor: OutfallMonitor, calendar: Calendar, method: DischargeMethod) -> None:
        self.monitor = monitor
        self._calendar = calendar
        self._method = method
        self._parameters = (FLOW, TEMPERATURE, *(name for name in monitor.limits if name not in {FLOW, TEMPERATURE}))
        self._late_hours = -(-length(monitor.lateness) // HOUR) + 1
        self._keep = self._late_hours + _A_DAY + _SPARE
        self.front: int | None = None  # the newest hour given out
        self._newest = 0  # the newest hour that is over
        self._forgot = 0  # the front when what is too old was dropped
        self._readings = Readings(
            parameters=self._parameters,
            calendar=calendar,
            method=method,
            interval_seconds=monitor.interval_seconds,
        )
        self._before: dict[int, Figures] = {}  # hours given out, as they were before the present delivery
        self._given: tuple[int | None, Figures] = (None, NONE)  # the hour given out last, and what it was
        self._days_before: dict[Natural, Figures] = {}
        self._revisions = Revisions(station=monitor.station, calendar=calendar)
        self._cases: dict[tuple[str, int], None] = {}  # (parameter, end of the day) of those that are open

    @property
    def parameters(self) -> Sequence[str]:
        """Those it takes: flow, temperature, and what is limited."""
        return self._parameters

    @property
    def rows(self) -> Mapping[str, int]:
        """Those it takes, numbered."""
        return self._readings.rows

    def begin(self, period: str, micros: int) -> Refusal | None:
        """Readings of that period and instant are to come. Why they are for no window; None where they are for one."""
        hour = self._calendar.begun(micros)
        if self.front is None:
            self.front = hour - 1
        if hour <= self.front - self._late_hours or hour <= self._newest - self._keep:
            return Refusal.TOO_LATE
        if period == HOURLY and micros != self._calendar.end_of(hour):
            return Refusal.OFF_HOUR
        if hour <= self.front:
            self._remember(hour)
        self._newest = max(self._newest, self._calendar.ended(micros))
        self._readings.begin(period, micros, hour)
        return None

    def take(self, amounts: Iterable[tuple[int, int | None]]) -> None:
        """Readings of what has begun, by number in `rows`; None where one does not count."""
        self._readings.take(amounts)

    def _remember(self, hour: int) -> None:
        """What was given out of an hour and its day, before anything changes it."""
        if hour not in self._before:
            given, known = self._given
            self._before[hour] = known if given == hour else self._hour_figures(hour)
            day = self._calendar.day(hour)
            if self.front is not None and day.end <= self.front and day not in self._days_before:
                self._days_before[day] = self._day_figures(day)

    def settle(self, received_at: datetime) -> tuple[list[IndexValue], list[Case]]:
        """What is to be given out of all that was taken, and the cases that follow."""
        out: list[IndexValue] = []
        cases: list[Case] = []
        if self.front is None or (self.front >= self._newest and not self._before):
            return out, cases  # an hour goes on, as mostly
        for hour in sorted(self._before):
            out += self._revisions.said(self._before[hour], self._give(hour), Span.HOUR, hour, received_at)
        for day in sorted(self._days_before):
            self._give_day(self._days_before[day], day, received_at, out, cases)
        self._before.clear()
        self._days_before.clear()
        if self.front < self._newest:
            self._go_on(received_at, out, cases)
            if self.front - self._forgot >= _A_DAY:  # now and then: it looks at all there is
                self._forget()
                self._forgot = self.front
        return out, cases

    def _go_on(self, received_at: datetime, out: list[IndexValue], cases: list[Case]) -> None:
        """The hours that are over now, and the days that end with them; after a long silence not each empty day."""
        assert self.front is not None, "begun"
        if self._newest - self.front > self._keep:
            self._step_to(min(self._calendar.day(self.front + 1).end, self._newest), received_at, out, cases)
            following = min((hour for hour in self._readings.hours() if hour > self.front), default=self._newest)
            self.front = max(self.front, self._calendar.day(following).start)
        self._step_to(self._newest, received_at, out, cases)

    def _step_to(self, last: int, received_at: datetime, out: list[IndexValue], cases: list[Case]) -> None:
        assert self.front is not None, "begun"
        while self.front < last:
            self.front += 1
            out += self._revisions.said(NONE, self._give(self.front), Span.HOUR, self.front, received_at)
            day = self._calendar.day(self.front)
            if self.front == day.end:
                self._give_day(NONE, day, received_at, out, cases)

    def _forget(self) -> None:
        assert self.front is not None, "begun"
        oldest = self.front - self._keep
        self._readings.forget(oldest)
        self._revisions.forget(oldest)
        for case in [case for case in self._cases if case[1] < oldest]:
            del self._cases[case]

    def _hour_figures(self, hour: int) -> Figures:
        found: dict[str, Figure] = {}
        temperature = self._readings.plain(TEMPERATURE, hour)
        for parameter, limits in self.monitor.limits.items():
            figure = self._readings.hour(parameter, hour)
            if figure is None:
                continue
            if figure.value is not None:
                found[f"{parameter}_mean"] = Figure(figure.value / MILLION, figure.minutes, 60)
            limit = figures.limit_of_hour(limits, temperature, self._method)
            if limit is not None:
                found[share_of_limit(parameter)] = Figure(figures.share_of(figure.value, limit), figure.minutes, 60)
        return found

    def _give(self, hour: int) -> Figures:
        """What that hour is now. It is remembered until another is: a device's own hour follows its last minutes."""
        found = self._hour_figures(hour)
        self._given = (hour, found)
        return found

    def _day(self, parameter: str, day: Natural) -> Day | None:
        hours = (self._readings.hour(parameter, hour) for hour in range(day.start + 1, day.end + 1))
        return figures.day_of([hour for hour in hours if hour is not None], self._method)

    def _day_limit(self, parameter: str, temperature: int | None) -> int | None:
        return figures.limit_of_day(self.monitor.limits[parameter], temperature, self._method)

    def _day_temperature(self, day: Natural) -> int | None:
        hours = (self._readings.plain(TEMPERATURE, hour) for hour in range(day.start + 1, day.end + 1))
        return figures.plain_mean(hours)

    def _day_figures(self, day: Natural) -> Figures:
        found: dict[str, Figure] = {}
        of = day.end - day.start
        temperature = self._day_temperature(day)
        for parameter in self.monitor.limits:
            figure = self._day(parameter, day)
            if figure is None:
                continue
            if figure.value is not None:
                found[f"{parameter}_mean"] = Figure(figure.value / MILLION, figure.hours, of)
            if figure.load is not None:
                found[f"{parameter}_load"] = Figure(figure.load / MILLION, figure.hours, of)
            limit = self._day_limit(parameter, temperature)
            if limit is not None:
                found[share_of_limit(parameter)] = Figure(figures.share_of(figure.value, limit), figure.hours, of)
        return found

    def _give_day(
        self, before: Figures, day: Natural, received_at: datetime, out: list[IndexValue], cases: list[Case]
    ) -> None:
        now = self._day_figures(day)
        out += self._revisions.said(before, now, Span.DAY, day.end, received_at)
        for parameter in self.monitor.limits:
            case = self._case(parameter, before, now, day)
            if case is not None:
                cases.append(case)

    def _case(self, parameter: str, before: Figures, now: Figures, day: Natural) -> Case | None:
        """Opened by a valid day above the limit; revised and withdrawn as the day is."""
        name, key = share_of_limit(parameter), (parameter, day.end)
        above = name in now and now[name].value > 1
        if not above and key not in self._cases:
            return None
        if above and key in self._cases and now == before:
            return None
        event = CaseEvent.WITHDRAWN if not above else CaseEvent.REVISED if key in self._cases else CaseEvent.OPENED
        if above:
            self._cases[key] = None
        else:
            del self._cases[key]
        figure, limit = self._day(parameter, day), self._day_limit(parameter, self._day_temperature(day))
        return Case(
            outfall=self.monitor.outfall,
            station=self.monitor.station,
            parameter=parameter,
            day=day.date,
            event=event,
            value=figure.value if figure else None,
            limit=limit or 0,
            basis=self.monitor.limits[parameter].basis,
            load=figure.load if figure else None,
            hours=figure.hours if figure else 0,
            revision=self._revisions.of(Span.DAY, day.end),
        )

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data, between deliveries."""
        return {
            "front": self.front,
            "newest": self._newest,
            "readings": self._readings.dump(),
            "revisions": self._revisions.dump(),
            "cases": [list(case) for case in self._cases],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave, before any reading. What is limited no more is dropped."""
        self.front, self._newest = state["front"], state["newest"]
        self._readings.load(state["readings"])
        self._revisions.load(state["revisions"])
        self._cases = {
            (parameter, hour): None for parameter, hour in state["cases"] if parameter in self.monitor.limits
        }
