"""What the pretend district's weather service says of the days to come: the signals themselves, looked up ahead. Pure.

An issue a day for each area with air stations. Of each day and named parameter it takes the mean or the highest over
the area's day, and turns that into an index by the points in the scenario: a forecaster that is always right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from device_sim import encoder
from device_sim.encoder import Dispatch
from device_sim.scenario import Forecasting
from ingest.catalog import Station

_EVERY = timedelta(hours=3)  # how often a day is looked at


class Sky(Protocol):
    """What the district knows of the air at any moment."""

    def at(self, station: Station, parameter: str, moment: datetime) -> float:
        """The value of that parameter there and then."""
        ...


class Forecaster(NamedTuple):
    """Of one area."""

    area: str
    stations: Sequence[Station]
    settings: Forecasting
    zone: ZoneInfo

    def issues(self, after: datetime, until: datetime, sky: Sky) -> Iterator[Dispatch]:
        """Those due in (after, until], in order."""
        day = after.astimezone(self.zone).date()
        while day <= until.astimezone(self.zone).date():
            due = datetime.combine(day, time(), self.zone) + self.settings.issued
            if after < due <= until:
                yield self._issue(due, sky)
            day += timedelta(days=1)

    def _issue(self, due: datetime, sky: Sky) -> Dispatch:
        first = due.astimezone(self.zone).date()
        days = [first + timedelta(days=ahead) for ahead in range(1, self.settings.days + 1)]
        return encoder.forecast(self.area, due, {day: self._indices(day, sky) for day in days})

    def _indices(self, day: date, sky: Sky) -> dict[str, int]:
        midnight = datetime.combine(day, time(), self.zone)
        moments = [midnight + _EVERY * (number + 0.5) for number in range(timedelta(days=1) // _EVERY)]
        found = {}
        for parameter, index in self.settings.indices.items():
            over_area = [
                sum(sky.at(station, parameter, moment) for station in self.stations) / len(self.stations)
                for moment in moments
            ]
            value = max(over_area) if index.of == "highest" else sum(over_area) / len(over_area)
            found[parameter] = index.at(value)
        return found
