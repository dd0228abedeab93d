"""What rules ask of a forecast: which index of a day counts, and whether the next hours stay below a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from alerts import durations
from alerts.durations import Duration
from alerts.model import Cause
from alerts.moments import ZONE, from_micros, length, offset, wall
from alerts.outlook import Day, Outlook
from alerts.rules.levels import Number
from alerts.windows import AT_ONCE, TO_LIFT, Seen


class Ahead(BaseModel):
    """That each day the next `over` touches is forecast, at `at_most` or below, by an issue not older than `fresh`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: Number
    over: Duration = Field(default=timedelta(hours=36), gt=timedelta(0))
    fresh: Duration = Field(default=timedelta(hours=36), gt=timedelta(0))

    def holds(self, outlook: Outlook, at: int, cause: Cause | None) -> bool:
        """At that moment, in microseconds. Without a forecast it does not: its absence lifts nothing."""
        issued = outlook.issued(at)
        if issued is None or at - issued > length(self.fresh):
            return False
        days = outlook.covering(at, length(self.over))
        return days is not None and all(at_worst(day, cause) <= self.at_most for day in days)

    def sentence(self) -> str:
        """For example `stays at most 150 for 36h`."""
        return f"stays at most {self.at_most:g} for {durations.text(self.over)}"


def counted(day: Day, cause: Cause | None) -> float | None:
    """The index of a day by which a rule of that cause may raise; None where the day is another cause's.

    A day of which only the AQI is forecast counts as led by particles: ozone is said where it leads.
    """
    match cause:
        case Cause.PM2_5:
            return day.parts.get("pm2_5", None if day.parts else day.aqi)
        case Cause.O3:
            return day.parts.get("o3")
        case Cause.ANY | None:
            return None if day.led_only_by("o3") else day.aqi


def at_worst(day: Day, cause: Cause | None) -> float:
    """The most that index can be: no part of an AQI is above it."""
    own = day.parts.get(cause.value) if cause is not None else None
    return day.aqi if own is None else own


def told(outlook: Outlook, at: int, cause: Cause | None) -> str:
    """The forecast as it stood: `forecast of 2026-12-19 20:00 UTC+8: 2026-12-20 213, ...`."""
    issued = outlook.issued(at)
    if issued is None:
        return "no forecast"
    days = ", ".join(f"{day.isoformat()} {value:g}" for day, value in _indices(outlook, at, cause))
    return f"forecast of {wall(issued)} {offset(from_micros(issued), ZONE)}: {days or 'nothing of this'}"


def _indices(outlook: Outlook, at: int, cause: Cause | None) -> Iterator[tuple[date, float]]:
    for date_of, day in outlook.days(at).items():
        value = counted(day, cause)
        if value is not None:
            yield date_of, value


class LookingAhead:
    """The value as it is; one that may lift may do so at once where the forecast stays low."""

    __slots__ = ("_ahead", "_cause", "_outlook")
    over = 0

    def __init__(self, *, ahead: Ahead, cause: Cause | None, outlook: Outlook) -> None:
        self._ahead = ahead
        self._cause = cause
        self._outlook = outlook

    def see(self, instant: int, value: float, may: int) -> Seen | None:
        at_once = may & TO_LIFT and value <= self._ahead.at_most and self.holds(instant)
        return value, may | AT_ONCE if at_once else may

    def holds(self, instant: int) -> bool:
        """Whether the forecast stays low, seen from then."""
        return self._ahead.holds(self._outlook, instant, self._cause)

    def says(self, instant: int) -> str:
        """Why it may lift at once."""
        return f"and the {told(self._outlook, instant, self._cause)}; it {self._ahead.sentence()}"

    def copy(self) -> Self:
        return self  # it remembers nothing: the outlook is the area's

    def dump(self) -> list[Any]:
        return []

    def load(self, state: Any) -> None:
        """Nothing to take."""
