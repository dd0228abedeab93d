"""Readings in, index values out: the windows of every monitor of a drinking-water source. Pure.

`water_class` is 1 for the best class of GB 3838-2002, 6 for one worse than all; `primary` are the items that make it.
`water_compliant` is 1 where the class wanted there is kept, 0 where it is not; `primary` are the items that are worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.air.calendar import MAY_BE_MEASURED, Calendar
from alerts.air.counting import amount, amounts
from alerts.air.model import IndexValue
from alerts.model import Bundle, Sample
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

    def feed(self, bundles: Sequence[Bundle], now: datetime) -> list[IndexValue]:
        """What a delivery's readings come to. Whose first is of no monitor, pays one look."""
        if not bundles:
            return []
        windows = self._windows.get(bundles[0].station)
        if windows is None:
            return []
        for bundle in bundles:
            counted = amounts(bundle.values, windows.rows)
            if not counted or not windows.takes(bundle.period):
                continue
            moment = bundle.instant
            age = now - moment
            if age < -SKEW:
                self._unused[_FUTURE] += 1
                continue
            received_at = bundle.received_at
            in_time = (age if received_at is now else received_at - moment) <= windows.monitor.lateness
            if in_time and moment >= MAY_BE_MEASURED and windows.begin(bundle.period, bundle.micros):
                windows.take(counted)
            else:
                self._unused[_TOO_LATE] += 1
        return windows.settle(bundles[-1].received_at)

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
            for one in sorted(samples, key=_by_instant):
                counted = amount(one, windows.rows)
                if counted is None or not windows.takes(one.period):
                    continue
                if MAY_BE_MEASURED <= one.instant <= now + SKEW and windows.begin(one.period, to_micros(one.instant)):
                    windows.take([counted])
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
