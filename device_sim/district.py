"""The district: which station says what, when. Pure: the same catalogue, scenario and start give the same messages.

Answers for the order and content of messages; publishing is `publisher`'s, damaging them on their way `mischief`'s.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from device_sim import encoder, episodes, faults, signals
from device_sim.encoder import Dispatch, Report
from device_sim.errors import ScenarioError
from device_sim.forecasts import Forecaster
from device_sim.hj212 import spoken
from device_sim.periods import EPOCH, Period, ordinal
from device_sim.scenario import Forecasting, Haze, Scenario, Spill, Way
from ingest.catalog import Catalog, Station

STEP = timedelta(minutes=10)  # an hour's value is the mean of its ten-minute values, as analysers do it


class District:
    """A fleet of stations around a start (T0): history before it, live after it.

    Raises `ScenarioError` where the scenario names a station, area or parameter that the catalogue does not know.
    """

    def __init__(self, *, catalog: Catalog, scenario: Scenario, start: datetime) -> None:
        self.catalog = catalog
        self.scenario = scenario
        self.start = start
        self._zone = ZoneInfo(scenario.zone)
        self._fleet = sorted(catalog.stations, key=lambda station: station.id)
        self._forecasters = tuple(self._found_forecasters())
        if problems := list(_misfits(catalog, scenario)):
            raise ScenarioError("; ".join(problems))
        self._devices = {
            id_: spoken(catalog.by_id[id_], catalog) for id_, ways in scenario.speaks.items() if {*ways} - {Way.JSON}
        }

    @property
    def over_tcp(self) -> tuple[str, ...]:
        """Stations whose reports go over TCP."""
        return tuple(id_ for id_, ways in self.scenario.speaks.items() if Way.HJ212_TCP in ways)

    def backfill(self, hours: float = 48) -> Iterator[tuple[str, bytes]]:
        """(topic, payload) of everything due in the `hours` up to the start, that moment included.

        Oldest first; each message carries one station's reports of one `backfill_block`.
        """
        begin = self.start - timedelta(hours=hours)
        while begin < self.start:
            end = min(begin + self.scenario.backfill_block, self.start)
            blocks: dict[str, list[Report]] = defaultdict(list)
            for report in self.reports(begin, end):
                blocks[report.station].append(report)
            for station in sorted(blocks):
                for dispatch in self._together(station, blocks[station]):
                    yield dispatch.topic, dispatch.payload
            for issue in self.forecasts(begin, end):
                yield issue.topic, issue.payload
            begin = end

    def _together(self, station: str, block: Sequence[Report]) -> Iterator[Dispatch]:
        """HJ 212 has no word for many at once: a frame for each."""
        for way in self._ways(station):
            if way is Way.JSON:
                yield encoder.many(block)
            else:
                yield from (self._by(way, report) for report in block)

    def _by(self, way: Way, report: Report) -> Dispatch:
        match way:
            case Way.JSON:
                return encoder.one(report)
            case Way.HJ212:
                return self._devices[report.station].over_mqtt(report)
            case Way.HJ212_TCP:
                return self._devices[report.station].over_tcp(report)
            case _:
                assert_never(way)

    def _ways(self, station: str) -> tuple[Way, ...]:
        return self.scenario.speaks.get(station, (Way.JSON,))

    def live(self, after: datetime, until: datetime) -> Iterator[Dispatch]:
        """(due, topic, payload) in (after, until], in order of due time: a report is due when its period ends."""
        said = (self._by(way, report) for report in self.reports(after, until) for way in self._ways(report.station))
        return heapq.merge(said, self.forecasts(after, until), key=lambda dispatch: dispatch.due)

    def forecasts(self, after: datetime, until: datetime) -> Iterator[Dispatch]:
        """What is issued in (after, until], in order."""
        issues = (forecaster.issues(after, until, self) for forecaster in self._forecasters)
        return heapq.merge(*issues, key=lambda dispatch: dispatch.due)

    def _found_forecasters(self) -> Iterator[Forecaster]:
        settings = self.scenario.forecast
        for area in self.catalog.areas if settings else ():
            stations = [one for one in self._fleet if one.area == area.id and settings and _measures(one, settings)]
            if stations and settings:
                yield Forecaster(area.id, stations, settings, self._zone)

    def reports(self, after: datetime, until: datetime) -> Iterator[Report]:
        """Reports whose period ends in (after, until], in order of that end, then of station."""
        for due in self._ends(after, until):
            for station in self._fleet:
                if faults.silent(self.scenario.faults, station.id, due - self.start):
                    continue
                for period in self._periods(station):
                    if (due - EPOCH) % period.length == timedelta(0):
                        yield self._report(station, period, due)

    def _ends(self, after: datetime, until: datetime) -> Iterator[datetime]:
        lengths = {period.length for station in self._fleet for period in self._periods(station)}
        moments = {
            EPOCH + number * length
            for length in lengths
            for number in range(ordinal(after, length) + 1, ordinal(until, length) + 1)
        }
        return iter(sorted(moments))

    def _periods(self, station: Station) -> tuple[Period, ...]:
        return self.scenario.periods.get(station.kind.value, ())

    def _report(self, station: Station, period: Period, due: datetime) -> Report:
        off = faults.skew(self.scenario.faults, station.id, due - self.start)
        known = self.scenario.signals.get(station.kind.value, {})
        names = [name for name in station.parameters if name in known]
        marks = {name: faults.mark(self.scenario.faults, station.id, name, due - self.start) for name in names}
        return Report(
            station=station.id,
            kind=station.kind.value,
            period=period.value,
            began=(due - period.length + off).astimezone(self._zone),
            due=due,
            values={name: self._said(station, name, period, due) for name in names},
            seq=self._seq(station, period, due),
            marks={name: mark for name, mark in marks.items() if mark is not None},
        )

    def _seq(self, station: Station, period: Period, due: datetime) -> int:
        """The station's reports since 1970, counted without remembering any: a gap in it is a lost report."""
        ended = sum(ordinal(due, other.length) for other in self._periods(station))
        periods = self._periods(station)
        later = periods[periods.index(period) + 1 :]
        return ended - sum(1 for other in later if (due - EPOCH) % other.length == timedelta(0))

    def _said(self, station: Station, parameter: str, period: Period, due: datetime) -> float:
        """What the sensor says: rounded to one decimal more than is shown, as analysers give it."""
        now = due - self.start
        held = faults.seen_at(self.scenario.faults, station.id, parameter, now)
        value = self._mean(station, parameter, self.start + held - period.length, period.length)
        value = faults.distorted(self.scenario.faults, station.id, parameter, now, value)
        return round(value, self.catalog.parameters[parameter].decimals + 1)

    def _mean(self, station: Station, parameter: str, began: datetime, length: timedelta) -> float:
        steps = max(1, length // STEP)
        share = length / steps
        return sum(self.at(station, parameter, began + share * (n + 0.5)) for n in range(steps)) / steps

    def at(self, station: Station, parameter: str, moment: datetime) -> float:
        """What the air or water is like there and then, before a sensor has its faults."""
        signal = self.scenario.signals[station.kind.value][parameter]
        value = signals.level(
            signal,
            seed=self.scenario.seed,
            station=station.id,
            area=station.area,
            parameter=parameter,
            moment=moment,
            zone=self._zone,
        )
        for episode in self.scenario.episodes:
            if parameter in episode.adds:
                felt = episodes.strength(
                    episode, station=station, monitors=self.catalog.monitors, since=moment - self.start
                )
                value += felt * episode.adds[parameter]
        return signals.measured(
            signal, value, seed=self.scenario.seed, station=station.id, parameter=parameter, moment=moment
        )


def _measures(station: Station, settings: Forecasting) -> bool:
    return station.kind.value == "air" and set(settings.indices) <= set(station.parameters)


def _misfits(catalog: Catalog, scenario: Scenario) -> Iterator[str]:
    stations = catalog.by_id
    forecast = scenario.forecast.indices if scenario.forecast else ()
    yield from (f"forecast.indices: no signal of {name!r}" for name in forecast if name not in scenario.signals["air"])
    for kind, given in scenario.signals.items():
        yield from (f"signals.{kind}: no parameter {name!r}" for name in given if name not in catalog.parameters)
    for number, episode in enumerate(scenario.episodes):
        if isinstance(episode, Haze):
            if episode.area not in catalog.area_names:
                yield f"episodes[{number}]: no area {episode.area!r}"
        elif (name := episode.at if isinstance(episode, Spill) else episode.station) not in stations:
            yield f"episodes[{number}]: no station {name!r}"
    yield from (f"speaks: no station {name!r}" for name in scenario.speaks if name not in stations)
    for number, fault in enumerate(scenario.faults):
        if fault.station not in stations:
            yield f"faults[{number}]: no station {fault.station!r}"
