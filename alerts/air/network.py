"""Readings in, index values out: the windows of every air station and area.

Pure: no clock, no I/O. The readings of one delivery belong together, so that a delivery gives the same whether it is
walked live or from the log. What a reading costs does not depend on how many stations there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any

from alerts.air.area import AreaWindows
from alerts.air.calendar import MAY_BE_MEASURED, Calendar
from alerts.air.counting import FINER, HOURLY, amount, amounts
from alerts.air.figures import Judge
from alerts.air.model import POLLUTANTS, AirArea, AirStation, IndexValue
from alerts.air.station import StationWindows
from alerts.model import Bundle, Sample
from alerts.moments import SKEW, to_micros
from alerts.standards import AirStandards, ZoneClass

_FUTURE, _TOO_LATE = "air_future", "air_too_late"
_ROWS = {name.value: row for row, name in enumerate(POLLUTANTS)}
_PERIODS = frozenset({HOURLY, *FINER})


class AirNetwork:
    """Stations of an area that are in another zone than it have indices of their own, and no part in the area's."""

    def __init__(self, *, stations: Sequence[AirStation], areas: Sequence[AirArea], standards: AirStandards) -> None:
        self._standards = standards
        self._calendars: dict[str, Calendar] = {}
        self._judges: dict[ZoneClass, Judge] = {}
        self._unused = {_FUTURE: 0, _TOO_LATE: 0}
        self._windows = {
            station.id: StationWindows(
                station=station, calendar=self._calendar(station.zone), judge=self._judge(station.zone_class)
            )
            for station in stations
        }
        self._areas: dict[str, AreaWindows] = {}
        self._area_of: dict[str, AreaWindows] = {}  # by station
        inside: dict[str, list[StationWindows]] = {}
        for windows in self._windows.values():
            inside.setdefault(windows.station.area, []).append(windows)
        for area in areas:
            members = [each for each in inside.get(area.id, ()) if str(each.station.zone) == str(area.zone)]
            if members:
                self._add_area(area, members)

    def _add_area(self, area: AirArea, members: Sequence[StationWindows]) -> None:
        calendar, judge = self._calendar(area.zone), self._judge(area.zone_class)
        found = self._areas[area.id] = AreaWindows(area=area, stations=members, calendar=calendar, judge=judge)
        self._area_of.update((member.id, found) for member in members)

    def _calendar(self, zone: tzinfo) -> Calendar:
        """One for all stations of a zone."""
        return self._calendars.setdefault(str(zone), Calendar(zone))

    def _judge(self, zone_class: ZoneClass) -> Judge:
        return self._judges.setdefault(zone_class, Judge(self._standards, zone_class))

    @property
    def stations(self) -> Collection[str]:
        """Those that have windows."""
        return self._windows.keys()

    def feed(self, bundles: Iterable[Bundle], now: datetime) -> list[IndexValue]:
        """What a delivery's readings come to: indices that became valid or changed, those of its area last."""
        touched: dict[str, StationWindows] = {}
        for bundle in bundles:
            windows = self._windows.get(bundle.station) if bundle.period in _PERIODS else None
            if windows is None:
                continue
            counted = amounts(bundle.values, _ROWS)
            if not counted:
                continue
            touched[bundle.station] = windows
            unused = self._begin(windows, bundle, now)
            if unused:
                self._unused[unused] += len(counted)
                continue
            for row, value in counted:
                windows.take(row, value)
        return [index for windows in touched.values() for index in self._settled(windows)]

    def _begin(self, windows: StationWindows, bundle: Bundle, now: datetime) -> str:
        """Why what comes of that instant is for no window; nothing where it is for one."""
        moment = bundle.instant
        if moment > now + SKEW:
            return _FUTURE
        if moment < MAY_BE_MEASURED or bundle.received_at - moment > windows.station.lateness:
            return _TOO_LATE
        windows.received_at = bundle.received_at
        return "" if windows.begin(bundle.period, bundle.micros) else _TOO_LATE

    def _settled(self, windows: StationWindows) -> list[IndexValue]:
        before = windows.front
        found = windows.settle()
        area = self._area_of.get(windows.id)
        if area is not None and (windows.changes or windows.front != before):
            area.received_at = windows.received_at
            area.take(windows.changes)
            found += area.settle(before, windows.front)
        windows.changes.clear()
        return found

    def recall(self, stations: Iterable[str], past: Iterable[Sample], now: datetime) -> list[IndexValue]:
        """Takes what these stations sent before, however much has come since; what was heard of an instant stands.

        Gives all that follows, also what was said in its time.
        """
        wanted = [windows for windows in map(self._windows.get, stations) if windows is not None]
        of: dict[str, list[tuple[int, str, int, int | None]]] = {windows.id: [] for windows in wanted}
        for sample in past:
            if sample.station not in of or sample.period not in _PERIODS:
                continue
            counted = amount(sample, _ROWS)
            if counted is not None and MAY_BE_MEASURED <= sample.instant <= now + SKEW:
                of[sample.station].append((to_micros(sample.instant), sample.period, *counted))
        found: list[IndexValue] = []
        for windows in wanted:
            windows.received_at = now
            windows.recall(sorted(of[windows.id], key=_by_instant))
            found += self._settled(windows)
        return found

    @cached_property  # a start asks for every few stations
    def depth(self) -> int:
        """Hours that a station keeps, at the most."""
        return max((windows.kept_hours for windows in self._windows.values()), default=0)

    def makes_hours(self, parameter: str, period: str) -> bool:
        """Whether hours are worked out from readings of that parameter and period."""
        return parameter in _ROWS and period in FINER

    def bulletin(self, subject: str) -> Mapping[str, Any] | None:
        """The newest hour and day of a station or area as one document; None where there is none yet."""
        windows = self._windows.get(subject) or self._areas.get(subject)
        return windows.bulletin() if windows is not None else None

    def subjects(self) -> Sequence[str]:
        """Stations and areas that may have indices."""
        return [*self._windows, *self._areas]

    @property
    def unused(self) -> Mapping[str, int]:
        """Readings that no window was given, by reason; the store has them."""
        return {
            **self._unused,
            "air_off_hour": sum(windows.off_hour for windows in self._windows.values()),
            "air_area_too_late": sum(area.too_late for area in self._areas.values()),
        }

    def snapshot(self) -> dict[str, Any]:
        """The windows as plain data for the checkpoint, by and by: to be gone through before the next delivery."""
        return {
            "stations": ([id_, windows.dump()] for id_, windows in self._windows.items() if windows.spoken),
            "areas": ([id_, windows.dump()] for id_, windows in self._areas.items() if windows.spoken),
            "unused": self._unused,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes a snapshot, before any reading; what is of stations or areas that are no more is dropped."""
        self._unused.update(state["unused"])
        for id_, saved in dict(state["stations"]).items():  # one of an earlier version has an object of them
            if id_ in self._windows:
                self._windows[id_].load(saved)
        for id_, saved in dict(state["areas"]).items():
            if id_ in self._areas:
                self._areas[id_].load(saved)


def _by_instant(reading: tuple[int, str, int, int | None]) -> int:
    return reading[0]
