"""Readings in, index values and cases out: the windows of every outfall's monitor.

Index values, in the form of those of air: `{parameter}_mean` (mg/L), `{parameter}_of_limit` (a share: above 1 exceeds;
0 while nothing is discharged) by the hour and the day, and `{parameter}_load` (kg) by the day. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from alerts.air.calendar import MAY_BE_MEASURED, Calendar
from alerts.air.counting import FINER, HOURLY, amount, amounts
from alerts.air.model import IndexValue
from alerts.model import Bundle, Sample
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

    def feed(self, bundles: Iterable[Bundle], now: datetime) -> tuple[list[IndexValue], list[Case]]:
        """What a delivery's readings come to: indices that became valid or changed, and the cases they open."""
        touched: dict[str, datetime] = {}
        for bundle in bundles:
            windows = self._windows.get(bundle.station) if bundle.period in _PERIODS else None
            if windows is None:
                continue
            counted = amounts(bundle.values, windows.rows)
            if not counted:
                continue
            refusal = self._begin(windows, bundle, now)
            if refusal is None:
                touched[bundle.station] = bundle.received_at
                windows.take(counted)
            else:
                self._unused[refusal] += len(counted)
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
    def _begin(windows: OutfallWindows, bundle: Bundle, now: datetime) -> Refusal | None:
        moment = bundle.instant
        if moment > now + SKEW:
            return Refusal.FUTURE
        if moment < MAY_BE_MEASURED or bundle.received_at - moment > windows.monitor.lateness:
            return Refusal.TOO_LATE
        return windows.begin(bundle.period, bundle.micros)

    def recall(self, past: Iterable[Sample], now: datetime) -> tuple[list[IndexValue], list[Case]]:
        """Takes what these stations sent before, as the store has it. Gives all that follows.

        Also what was said in its time: recorded again, it changes nothing.
        """
        mine = [one for one in past if one.station in self._windows]
        touched = {}
        for one in sorted(mine, key=_by_instant):
            windows = self._windows[one.station]
            counted = amount(one, windows.rows)
            if counted is not None and MAY_BE_MEASURED <= one.instant <= now + SKEW and one.period in _PERIODS:
                if windows.begin(one.period, to_micros(one.instant)) is None:
                    windows.take([counted])
                touched[one.station] = now
        return self._settled(touched)

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
