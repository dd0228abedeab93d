"""The windows of one station: its readings go in, of whatever period, and its hours are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from alerts.air.calendar import MINUTE, Calendar
from alerts.air.counting import FINER, HOURLY, INSTANT, MINUTES_AN_HOUR, width_of
from alerts.air.figures import OWN, Judge, ranges
from alerts.air.hours import Hours
from alerts.air.minutes import Minutes
from alerts.air.model import POLLUTANTS, AirStation, IndexValue
from alerts.air.subject import Subject


class Change(NamedTuple):
    """An hour of a pollutant that has another value than before; None for none."""

    row: int
    hour: int
    before: int | None
    after: int | None


class Unused(NamedTuple):
    """Readings that no window was given, by reason; nothing of them is lost to the store."""

    too_late: int = 0
    off_hour: int = 0


class StationWindows(Subject):
    """Give it a delivery's readings by `take`, then ask what they came to by `settle`."""

    def __init__(self, *, station: AirStation, calendar: Calendar, judge: Judge) -> None:
        super().__init__(id_=station.id, calendar=calendar, judge=judge, lateness=station.lateness)
        self.station = station
        self.changes: list[Change] = []  # since the last `settle`
        self.too_late = 0
        self.off_hour = 0  # of period `1h` that end within an hour of the clock
        self._newest = 0  # microseconds
        self._own = [0] * len(POLLUTANTS)  # of each pollutant ... filled below
        self._minutes: dict[tuple[int, str], Minutes] = {}
