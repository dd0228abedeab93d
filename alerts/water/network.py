"""Readings in, index values out: the windows of every monitor of a drinking-water source. Pure.

`water_class` is 1 for the best class of GB 3838-2002, 6 for one worse than all; `primary` are the items that make it.
`water_compliant` is 1 where the class wanted there is kept, 0 where it is not; `primary` are the items that are worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.air.calendar import MAY_BE_MEASURED, Calendar
from alerts.air.counting import counted
from alerts.air.model import IndexValue
from alerts.model import Sample
from alerts.moments import SKEW, to_micros
from alerts.standards.compliance import ComplianceMethod
from alerts.standards.water import WaterStandard
from alerts.water.model import WaterMonitor
from alerts.water.windows import WaterWindows

_TOO_LATE, _FUTURE = "water_too_late", "water_future"


class WaterNetwork:
    """The readings of one delivery belong together, and are of one station."""

    def __init__(self, *, monitors: Sequence[WaterMonitor], standard: WaterStandard, method: ComplianceMethod) -> None:
        calendars: dict[str, Calendar] = {}
        self._windows = {
            monitor.station: WaterWindows(
                monitor=monitor,
                calendar=calendars.setdefault(str(monitor.zone), Calendar(monitor.zone)),
                standard=standard,
                method=method,
            )
            for monitor in monitors
            if monitor.items
        }
        self._unused = {_TOO_LATE: 0, _FUTURE: 0}

    def feed(self, samples: Sequence[Sample], now: datetime) -> list[IndexValue]:
        """What a delivery's readings come to. Whose first is of no monitor, pays one look."""
        if not samples:
            return []
        windows = self._windows.get(samples[0].station)
        if windows is None:
            return []
        self._put(windows, samples, now)
        return windows.settle(samples[-1].received_at)

    def _put(self, windows: WaterWindows, samples: Iterable[Sample], now: datetime, *, recalled: bool = False) -> None:
        rows = windows.rows
        moment: datetime | None = None
        period, begun, take = "", False, windows.take
        for sample in samples:
            row = rows.get(sample.parameter)
            if row is None:
                continue
            if sample.instant is not moment or sample.period is not period:
                # the readings of one message share both: looked at once
                moment, period = sample.instant, sample.period
                begun = windows.takes(period) and self._begin(windows, sample, now, recalled=recalled)
            if begun:
                take(row, counted(sample.value, sample.flag))

    def _begin(self, windows: WaterWindows, sample: Sample, now: datetime, *, recalled: bool) -> bool:
        moment, received_at = sample.instant, sample.received_at
        age = now - moment
        if age < -SKEW:
            self._unused[_FUTURE] += not recalled
            return False
        in_time = recalled or (age if received_at is now else received_at - moment) <= windows.monitor.lateness
        if moment >= MAY_BE_MEASURED and in_time and windows.begin(sample.period, to_micros(moment)):
            return True
        self._unused[_TOO_LATE] += not recalled
        return False

    def recall(self, past: Iterable[Sample], now: datetime) -> list[IndexValue]:
        """Takes what these stations sent before, as the store has it. Gives all that follows.

        Also what was said in its time: recorded again, it changes nothing.
        """
        mine: dict[str, list[Sample]] = {}
        for one in past:
            if one.station in self._windows:
                mine.setdefault(one.station, []).append(one)
        found: list[IndexValue] = []
        for station, samples in mine.items():
            windows = self._windows[station]
            self._put(windows, sorted(samples, key=_by_instant), now, recalled=True)
            found += windows.settle(now)
        return found

    @property
    def unused(self) -> Mapping[str, int]:
        """Deliveries that no window was given, by reason; the store has them."""
        return self._unused

    def snapshot(self) -> dict[str, Any]:
        """The windows as plain data for the checkpoint, by and by: to be gone through before the next delivery."""
        windows = ([id_, windows.dump()] for id_, windows in self._windows.items() if windows.front is not None)
        return {"stations": windows, "unused": dict(self._unused)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes a snapshot, before any reading; what is of stations that are no more is dropped."""
        self._unused.update(state["unused"])
        for id_, saved in dict(state["stations"]).items():  # one of an earlier version has an object of them
            if id_ in self._windows:
                self._windows[id_].load(saved)


def _by_instant(sample: Sample) -> datetime:
    return sample.instant
