"""Readings in, index values and cases out: the windows of every outfall's monitor.

Index values, in the form of those of air: `{parameter}_mean` (mg/L), `{parameter}_of_limit` (a share: above 1 exceeds;
0 while nothing is discharged) by the hour and the day, and `{parameter}_load` (kg) by the day. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.air.calendar import MAY_BE_MEASURED, Calendar
from alerts.air.counting import FINER, HOURLY, counted
from alerts.air.model import IndexValue
from alerts.model import Sample
from alerts.moments import SKEW, to_micros
from alerts.outfall.model import Case, OutfallMonitor
from alerts.outfall.windows import OutfallWindows, Refusal
from alerts.standards.discharge import DischargeMethod

_PERIODS = frozenset({HOURLY, *FINER})


class OutfallNetwork:
    """The readings of one delivery belong together: it gives the same whether it is walked live or from the log."""

    def __init__(self, *, monitors: Sequence[OutfallMonitor], method: DischargeMethod) -> None:
        calendars: dict[str, Calendar] = {}
        self._windows = {
            monitor.station: OutfallWindows(
                monitor=monitor,
                calendar=calendars.setdefault(str(monitor.zone), Calendar(monitor.zone)),
                method=method,
            )
            for monitor in monitors
        }
        self._unused = dict.fromkeys(Refusal, 0)

    @property
    def stations(self) -> Collection[str]:
        """Those that have windows."""
        return self._windows.keys()

    def feed(self, samples: Iterable[Sample], now: datetime) -> tuple[list[IndexValue], list[Case]]:
        """What a delivery's readings come to: indices that became valid or changed, and the cases they open."""
        touched: dict[str, datetime] = {}
        windows: OutfallWindows | None = None
        station = period = ""
        moment: datetime | None = None
        refusal: Refusal | None = None
        begun = False
        for sample in samples:
            if sample.instant is not moment or sample.period is not period or sample.station is not station:
                # the readings of one message share all of them: looked at once
                moment, period, station = sample.instant, sample.period, sample.station
                windows = self._windows.get(station) if period in _PERIODS else None
                begun = False
            if windows is None or sample.parameter not in windows.rows:
                continue
            if not begun:
                begun, refusal = True, self._begin(windows, sample, now)
                if refusal is None:
                    touched[station] = sample.received_at
            if refusal is None:
                windows.take(sample.parameter, counted(sample.value, sample.flag))
            else:
                self._unused[refusal] += 1
        return self._settled(touched) if touched else ([], [])

    def _settled(self, touched: Mapping[str, datetime]) -> tuple[list[IndexValue], list[Case]]:
        indices: list[IndexValue] = []
        cases: list[Case] = []
        for station, received_at in touched.items():
            found, opened = self._windows[station].settle(received_at)
            indices += found
            cases += opened
        return indices, cases

    @staticmethod
    def _begin(windows: OutfallWindows, sample: Sample, now: datetime) -> Refusal | None:
        moment = sample.instant
        if moment > now + SKEW:
            return Refusal.FUTURE
        if moment < MAY_BE_MEASURED or sample.received_at - moment > windows.monitor.lateness:
            return Refusal.TOO_LATE
        return windows.begin(sample.period, to_micros(moment))

    def recall(self, past: Iterable[Sample], now: datetime) -> tuple[list[IndexValue], list[Case]]:
        """Takes what these stations sent before, as the store has it. Gives all that follows.

        Also what was said in its time: recorded again, it changes nothing.
        """
        mine = [one for one in past if one.parameter in self._taken(one.station)]
        touched = {}
        for one in sorted(mine, key=_by_instant):
            if MAY_BE_MEASURED <= one.instant <= now + SKEW and one.period in _PERIODS:
                windows = self._windows[one.station]
                if windows.begin(one.period, to_micros(one.instant)) is None:
                    windows.take(one.parameter, counted(one.value, one.flag))
                touched[one.station] = now
        return self._settled(touched)

    def _taken(self, station: str) -> Collection[str]:
        windows = self._windows.get(station)
        return () if windows is None else windows.rows

    @property
    def unused(self) -> Mapping[str, int]:
        """Readings that no window was given, by reason; the store has them."""
        return {refusal.value: count for refusal, count in self._unused.items()}

    def snapshot(self) -> dict[str, Any]:
        """The windows as plain data for the checkpoint, by and by: to be gone through before the next delivery."""
        windows = ([id_, windows.dump()] for id_, windows in self._windows.items() if windows.front is not None)
        return {"stations": windows, "unused": dict(self.unused)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes a snapshot, before any reading; what is of stations that are no more is dropped."""
        self._unused.update({Refusal(name): count for name, count in state["unused"].items()})
        for id_, saved in dict(state["stations"]).items():  # one of an earlier version has an object of them
            if id_ in self._windows:
                self._windows[id_].load(saved)


def _by_instant(sample: Sample) -> datetime:
    return sample.instant
