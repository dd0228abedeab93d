"""What is forecast for an area: issue by issue, the newest word on each day, and what is asked of it.

A forecast is many values with one instant, that of its issue: `aqi_d1` is the AQI of the day after it was issued,
`aqi_d0` that of the day itself, `iaqi_pm2_5_d1` what of the former is PM2.5 (as intake decodes it).

At any moment the outlook is what had been *issued* by then, a newer issue before an older one for the days it covers.
When it was received does not matter: the same issues give the same outlook in whatever order they come.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from alerts.memory import UNKNOWN_DELAY
from alerts.moments import ZONE, from_micros, length

AQI = "aqi"
LED_BY = "iaqi_"  # and a pollutant
PERIOD = "instant"
FARTHEST = 14  # days ahead that are heeded; HJ 633-2026 5.2.3 asks for at least three
_NAME = re.compile(rf"({AQI}|{LED_BY}[a-z0-9_]+)_d(\d+)")
_MOST = 400  # issues: one an hour for the lateness and as many days as are heeded


class Day(NamedTuple):
    """What the newest issue says of a day; `parts` are pollutants' own indices, empty where the lead is not known."""

    aqi: float
    parts: Mapping[str, float]

    def led_only_by(self, pollutant: str) -> bool:
        """Whether that pollutant alone makes the index."""
        return self.parts.get(pollutant) == self.aqi and all(
            value < self.aqi for name, value in self.parts.items() if name != pollutant
        )


class _Issue(NamedTuple):
    instant: int  # microseconds
    delay: int  # seconds from then to the receipt
    values: dict[str, float]  # by name, as sent


def meant(name: str, period: str) -> bool:
    """Whether a value of that name and period is part of a forecast."""
    return period == PERIOD and _NAME.fullmatch(name) is not None


class Outlook:
    """The issues for one area. `reach`: how long, in microseconds, an old one may still matter to a late sample."""

    def __init__(self, *, reach: int) -> None:
        self._reach = reach
        self._issues: dict[int, _Issue] = {}
        self._order: list[int] = []

    def put(self, name: str, issued: int, value: float | None, delay: int) -> bool:
        """Takes one value of an issue, None where it is none; whether anything is known now that was not."""
        issue = self._issues.get(issued)
        if issue is None:
            if value is None:
                return False
            issue = self._issues[issued] = _Issue(issued, delay, {})
            insort(self._order, issued)
            self._forget()
        if issue.values.get(name) == value:
            return False
        if value is None:
            del issue.values[name]
        else:
            issue.values[name] = value
        return True

    def _forget(self) -> None:
        """Of issues that lie before all that a late sample could ask for, one is enough for the days after it."""
        before = self._order[-1] - self._reach - length(timedelta(days=FARTHEST + 1))
        while len(self._order) > _MOST or (len(self._order) > 1 and self._order[1] < before):
            del self._issues[self._order.pop(0)]

    def issued(self, at: int) -> int | None:
        """When the newest issue up to that moment was made."""
        place = bisect_right(self._order, at)
        return self._order[place - 1] if place else None

    def has(self, name: str, issued: int) -> bool:
        """Whether that value of that issue is known."""
        return issued in self._issues and name in self._issues[issued].values

    def highest(self, issued: int) -> float:
        """AQI of the days of one issue; NaN where it has none."""
        issue = self._issues.get(issued)
        return max((day.aqi for _, day in _said(issue)), default=math.nan) if issue else math.nan

    def delay(self, issued: int) -> int:
        """Seconds from an issue to its receipt."""
        issue = self._issues.get(issued)
        return UNKNOWN_DELAY if issue is None else issue.delay

    def days(self, at: int) -> Mapping[date, Day]:
        """What had been forecast by then of the day it was and those after it, in order."""
        today = _day(at)
        found: dict[date, Day] = {}
        for issued in reversed(self._order[: bisect_right(self._order, at)]):
            if today - _day(issued) > timedelta(days=FARTHEST):
                break
            for day, said in _said(self._issues[issued]):
                if day >= today:
                    found.setdefault(day, said)
        return {day: found[day] for day in sorted(found)}

    def covering(self, at: int, over: int) -> Sequence[Day] | None:
        """What is forecast of each day that (at, at + over] touches; None where one of them is not forecast."""
        days = self.days(at)
        day, last = _day(at), _day(at + over)
        found = []
        while day <= last:
            if day not in days:
                return None
            found.append(days[day])
            day += timedelta(days=1)
        return found

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data."""
        return [[issue.instant, issue.delay, issue.values] for issue in map(self._issues.__getitem__, self._order)]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        self._issues = {issued: _Issue(issued, delay, dict(values)) for issued, delay, values in state}
        self._order = sorted(self._issues)


def _said(issue: _Issue) -> Iterator[tuple[date, Day]]:
    parts: dict[int, dict[str, float]] = {}
    whole: dict[int, float] = {}
    for name, value in issue.values.items():
        if (match := _NAME.fullmatch(name)) is None:
            continue
        lead = int(match[2])
        if match[1] == AQI:
            whole[lead] = value
        else:
            parts.setdefault(lead, {})[match[1].removeprefix(LED_BY)] = value
    first = _day(issue.instant)
    for lead, aqi in whole.items():
        yield first + timedelta(days=lead), Day(aqi, parts.get(lead, {}))


def _day(micros: int) -> date:
    return from_micros(micros).astimezone(ZONE).date()
