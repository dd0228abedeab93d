"""Every series that has sent something, with what judging its values needs. Pure, with memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from ingest.calm import Calm
from ingest.catalog import Catalog, Parameter, Station
from ingest.forecasts import PARAMETERS
from ingest.model import Period
from ingest.neighbours import DailyMeans
from ingest.patterns import JustBelow, RepeatedDay, Watch
from ingest.quality import Limits
from ingest.series import Series
from ingest.wholes import Whole

_MICROSECOND = timedelta(microseconds=1)
_PATIENCE = 15  # messages that are looked at value by value before it is tried again, where it was of no use
_Circle = tuple[str, str, str, str]  # kind, area, parameter, period: whose stations are neighbours


class Sensor(NamedTuple):
    """One series: its newest values, its limits, and who looks at it for longer."""

    series: Series
    limits: Limits
    watches: Sequence[Watch]


class Post:
    """One station's readings of one period: its sensors by parameter, and all of them at once while they are calm."""

    __slots__ = ("_pause", "_wait", "calm", "sensors")

    def __init__(self) -> None:
        self.sensors: dict[str, Sensor] = {}
        self.calm: Calm | None = None
        self._wait = self._pause = 0  # messages until it is tried again; and how many, the next time it is of no use

    def rouse(self) -> dict[str, Sensor]:
        """The sensors, to be asked one by one."""
        calm = self.calm
        if calm is not None:
            calm.settle()
            self.calm = None
            self._pause = 0 if calm.took else min(2 * self._pause + 1, _PATIENCE)
            self._wait = self._pause
        return self.sensors

    def calm_down(self, names: Iterable[str], wholes: Sequence[Whole]) -> None:
        """All of a message has passed, its values in this order: the next one may be taken at once."""
        if self._wait:
            self._wait -= 1
            return
        own = {name: self.sensors[name] for name in names}
        self.calm = Calm.begun({name: (each.series, each.watches) for name, each in own.items()}, wholes)


class Sensors:
    """By station and period, then by parameter. `post` is the hot path's: what is not there yet, `add` makes."""

    def __init__(self, catalog: Catalog, speakers: Mapping[str, Station]) -> None:
        self._catalog = catalog
        self._speakers = speakers  # stations, and areas that forecast
        self._posts: dict[tuple[str, str], Post] = {}
        self._limits: dict[tuple[str, str, timedelta], Limits] = {}  # shared by stations that are alike
        self._circles: dict[_Circle, list[DailyMeans]] = {}

    def post(self, station: str, period: str) -> Post:
        """Of one station's readings of that period."""
        found = self._posts.get((station, period))
        if found is None:
            found = self._posts[station, period] = Post()
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
        sensor = self.post(station.id, period).rouse()[parameter] = Sensor(series or Series(), limits, watches)
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
        sensor = self.post(station.id, period).rouse().get(parameter) or self.add(station, parameter, period)
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
        for (station, period), post in self._posts.items():
            if post.calm is not None:
                post.calm.settle()
            for parameter, sensor in post.sensors.items():
                yield (station, parameter, period), sensor
