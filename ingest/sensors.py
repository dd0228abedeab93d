"""Every series that has sent something, with what judging its values needs. Pure, with memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from ingest.catalog import Catalog, Parameter, Station
from ingest.forecasts import PARAMETERS
from ingest.model import Period
from ingest.neighbours import DailyMeans
from ingest.patterns import JustBelow, RepeatedDay, Watch
from ingest.quality import Limits
from ingest.series import Series

_MICROSECOND = timedelta(microseconds=1)
_Circle = tuple[str, str, str, str]  # kind, area, parameter, period: whose stations are neighbours


class Sensor(NamedTuple):
    """One series: its newest values, its limits, and who looks at it for longer."""

    series: Series
    limits: Limits
    watches: Sequence[Watch]


class Sensors:
    """By station and period, then by parameter. `of` is the hot path's: what is not there yet, `add` makes."""

    def __init__(self, catalog: Catalog, speakers: Mapping[str, Station]) -> None:
        self._catalog = catalog
        self._speakers = speakers  # stations, and areas that forecast
        self._by_place: dict[tuple[str, str], dict[str, Sensor]] = {}
        self._limits: dict[tuple[str, str, timedelta], Limits] = {}  # shared by stations that are alike
        self._circles: dict[_Circle, list[DailyMeans]] = {}

    def of(self, station: str, period: str) -> dict[str, Sensor]:
        """Of one station's readings of that period, by parameter."""
        found = self._by_place.get((station, period))
        if found is None:
            found = self._by_place[station, period] = {}
        return found

    def add(self, station: Station, parameter: str, period: str, series: Series | None = None) -> Sensor:
        """A series that has not sent before, or one taken over from a checkpoint."""
        alike = (parameter, station.kind.value, station.interval)
        parameters = self._catalog.parameters if station.id in self._catalog.by_id else PARAMETERS
        known = parameters[parameter].at(station.kind)
        limits = self._limits.get(alike)
        if limits is None:
            limits = self._limits[alike] = Limits.of(known, station)
        watches = tuple(self._watches(known, station, parameter, period))
        sensor = self.of(station.id, period)[parameter] = Sensor(series or Series(), limits, watches)
        return sensor

    def _watches(self, known: Parameter, station: Station, name: str, period: str) -> Iterator[Watch]:
        limit = self._catalog.limits_of(station.id).get(name)
        if known.near_limit is not None and limit is not None:
            step = max(station.interval, Period(period).length) // _MICROSECOND
            yield JustBelow(known.near_limit, limit=limit.hourly, step=step)
        if known.repeat is not None and Period(period).length <= Period.HOUR.length:
            yield RepeatedDay(known.repeat)
        if known.drift is not None:
            circle = self._circles.setdefault((station.kind.value, station.area, name, period), [])
            yield DailyMeans(known.drift, circle)

    def sensed(self, station: Station, parameter: str, period: str) -> tuple[Series, Limits]:
        """Of one parameter, made where there is none."""
        sensor = self.of(station.id, period).get(parameter) or self.add(station, parameter, period)
        return sensor.series, sensor.limits

    def snapshot(self) -> Iterator[list[Any]]:
        """Plain data for the checkpoint, series by series: to be gone through before the next value."""
        for place, sensor in self._all():
            yield [*place, sensor.series.snapshot(), {watch.name: watch.snapshot() for watch in sensor.watches}]

    def restore(self, state: Iterable[Sequence[Any]]) -> None:
        """Takes it over. What the catalogue no longer knows is forgotten, a watch that is new begins anew."""
        for id_, parameter, period, series, *watched in state:
            station = self._speakers.get(id_)
            if station is None or parameter not in station.parameters:
                continue
            sensor = self.add(station, parameter, period, Series.restored(series))
            states: Mapping[str, Sequence[Any]] = watched[0] if watched else {}  # earlier versions had none
            for watch in sensor.watches:
                if watch.name in states:
                    watch.restore(states[watch.name])

    def _all(self) -> Iterator[tuple[tuple[str, str, str], Sensor]]:
        for (station, period), sensors in self._by_place.items():
            for parameter, sensor in sensors.items():
                yield (station, parameter, period), sensor
