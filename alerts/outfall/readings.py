"""The readings of one outfall's monitor, as long as they can matter, and what they say of an hour.

A device's own hour wins over the hour worked out from finer readings, and the two are never mixed within an hour. An
hour is one array of all parameters: about 60 KiB a monitor of nine in ten-minute values, and no searching.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from alerts.air.calendar import MINUTE, Calendar
from alerts.air.counting import FINER, HOURLY, INSTANT, MINUTES_AN_HOUR, width_of
from alerts.outfall import figures
from alerts.outfall.model import FLOW, Hour
from alerts.standards.discharge import DischargeMethod

_ABSENT = -(2**63)
_PERIODS = (HOURLY, *FINER)

Cells = dict[int, "array[int]"]  # by hour: parameter after parameter, stretch after stretch


class _Flow(NamedTuple):
    """The device's own hour; that, or the mean of finer readings where it sends none; the stretches of finer ones."""

    own: int | None
    mean: int | None
    finer: Mapping[str, Mapping[int, int]]  # by period, in order of preference


class Readings:
    """Of the parameters named. Hours as `Calendar` numbers them; values in millionths."""

    __slots__ = ("_calendar", "_cells", "_flows", "_method", "_now", "_now_offsets", "_offset", "_offsets", "_slot",
                 "_slots", "_stride", "_widths", "rows")  # fmt: skip

    def __init__(
        self, *, parameters: Sequence[str], calendar: Calendar, method: DischargeMethod, interval_seconds: float
    ) -> None:
        self._calendar = calendar
        self._method = method
        self.rows = {name: row for row, name in enumerate(parameters)}
        self._widths = {period: width_of(period, interval_seconds) for period in FINER} | {HOURLY: MINUTES_AN_HOUR}
        self._slots = {period: MINUTES_AN_HOUR // width for period, width in self._widths.items()}
        self._cells: dict[str, Cells] = {}  # by period
        self._offsets: Cells = {}  # of readings of `instant`: where in its stretch the one that counts lies
        self._flows: dict[int, _Flow] = {}  # by hour, of those that were asked for since the last message
        # what has begun: the cells of its hour and, of `instant`, their offsets; its stretch, and where it lies in it
        self._now = array("q")
        self._now_offsets: array[int] | None = None
        self._slot = self._offset = self._stride = 0

    def begin(self, period: str, micros: int, hour: int) -> None:
        """Readings of that period and instant, which lies in that hour, are to come. One of `1h` ends with an hour."""
        if self._flows:
            self._flows.clear()
        slots = self._slots[period]
        self._slot, self._offset = 0, 0
        if period != HOURLY:
            within = micros - 1 - self._calendar.end_of(hour - 1)
            self._slot, self._offset = divmod(within, self._widths[period] * MINUTE)
        self._stride = slots
        by_hour = self._cells.get(period)
        if by_hour is None:
            by_hour = self._cells[period] = {}
        self._now = self._of(by_hour, hour, slots)
        self._now_offsets = self._of(self._offsets, hour, slots) if period == INSTANT else None

    def take(self, amounts: Iterable[tuple[int, int | None]]) -> None:
        """Readings of what has begun, by number in `rows`; None where one does not count."""
        cells, stride, slot, offsets = self._now, self._stride, self._slot, self._now_offsets
        for row, value in amounts:
            at = row * stride + slot
            if offsets is None or self._is_newest(at, value):
                cells[at] = _ABSENT if value is None else value

    def _of(self, by_hour: Cells, hour: int, slots: int) -> array[int]:
        cells = by_hour.get(hour)
        if cells is None:
            cells = by_hour[hour] = array("q", [_ABSENT]) * (slots * len(self.rows))
        return cells

    def _is_newest(self, at: int, value: int | None) -> bool:
        """Of a stretch the newest instant counts; what takes a value away takes its own."""
        offsets = self._now_offsets
        assert offsets is not None, "of `instant`"
        known, offset = offsets[at], self._offset
        if self._now[at] != _ABSENT and (offset < known or (value is None and offset != known)):
            return False
        offsets[at] = offset
        return True

    def _stretches(self, parameter: str, period: str, hour: int) -> dict[int, int]:
        """The value of each stretch of an hour that is there."""
        cells = self._cells.get(period, {}).get(hour)
        if cells is None:
            return {}
        slots = self._slots[period]
        first = self.rows[parameter] * slots
        return {slot: value for slot, value in enumerate(cells[first : first + slots]) if value != _ABSENT}

    def _own(self, parameter: str, hour: int) -> int | None:
        cells = self._cells[HOURLY].get(hour) if HOURLY in self._cells else None
        if cells is None:
            return None
        value = cells[self.rows[parameter]]
        return None if value == _ABSENT else value

    def hour(self, parameter: str, hour: int) -> Hour | None:
        """The device's own, or else that of one finer period; None with too little of either."""
        value, flow = self._own(parameter, hour), self._flow(hour)
        own = figures.own_hour(value, flow.own if value is None else flow.mean, self._method)
        if own is not None:
            return own
        for period, flows in flow.finer.items():
            values = self._stretches(parameter, period, hour)
            found = figures.hour_of(values, flows, width=self._widths[period], method=self._method)
            if found is not None:
                return found
        return None

    def _flow(self, hour: int) -> _Flow:
        """An hour's flow, which all parameters want. Remembered until the next message."""
        known = self._flows.get(hour)
        if known is None:
            own = mean = self._own(FLOW, hour)
            finer = {period: self._stretches(FLOW, period, hour) for period in self._finer()}
            if own is None:
                enough = (
                    flows
                    for period, flows in finer.items()
                    if len(flows) * self._widths[period] >= self._method.minutes_an_hour
                )
                mean = figures.plain_mean(next(enough, {}).values())
            known = self._flows[hour] = _Flow(own, mean, finer)
        return known

    def plain(self, parameter: str, hour: int) -> int | None:
        """An hour's mean of what is not weighted: temperature."""
        own = self._own(parameter, hour)
        if own is not None:
            return own
        for period in self._finer():
            if values := self._stretches(parameter, period, hour):
                return figures.plain_mean(values.values())
        return None

    def _finer(self) -> Iterator[str]:
        return (period for period in FINER if period in self._cells)

    def hours(self) -> Iterator[int]:
        """Those of which there is something, in no order."""
        for by_hour in self._cells.values():
            yield from by_hour

    def forget(self, before: int) -> None:
        """Drops the hours before that one."""
        for by_hour in (*self._cells.values(), self._offsets):
            for hour in [hour for hour in by_hour if hour < before]:
                del by_hour[hour]

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        return {
            "parameters": list(self.rows),
            "cells": {period: [self._widths[period], _plain(by_hour)] for period, by_hour in self._cells.items()},
            "offsets": _plain(self._offsets),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave; what is measured no more, or at another pace, is dropped."""
        former = {name: row for row, name in enumerate(state["parameters"])}
        for period in _PERIODS:
            width, saved = state["cells"].get(period, (0, {}))
            if width == self._widths[period]:
                self._cells[period] = self._loaded(saved, former, self._slots[period])
                if period == INSTANT:
                    self._offsets = self._loaded(state["offsets"], former, self._slots[period])

    def _loaded(self, saved: Mapping[str, str], former: Mapping[str, int], slots: int) -> Cells:
        found: Cells = {}
        for hour, text in saved.items():
            before = _little(array("q", base64.b64decode(text)))
            cells = self._of(found, int(hour), slots)
            for name, row in self.rows.items():
                if name in former:
                    first = former[name] * slots
                    cells[row * slots : (row + 1) * slots] = before[first : first + slots]
        return found


def _plain(by_hour: Cells) -> dict[str, str]:
    return {str(hour): base64.b64encode(_little(cells).tobytes()).decode() for hour, cells in by_hour.items()}


def _little(cells: array[int]) -> array[int]:
    """In the byte order of most machines, or back: a snapshot can be read on another."""
    if sys.byteorder == "big":
        cells = cells[:]
        cells.byteswap()
    return cells
