"""The readings of one monitor, as long as they can matter, and the mean of an hour of them.

A reading belongs to the hour in which it ends, and to the stretch of it that it speaks for: its period, of `instant`
the station's interval. Readings of several periods are never mixed within an hour; the longest with enough minutes
counts.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from alerts.air.calendar import HOUR, MINUTE, Calendar
from alerts.standards.amounts import half_even

LARGEST = 2_000_000_000  # millionths: 2000 mg/L is worse than any class, whatever more it is
_HOUR = 60
_WIDTHS = {"4h": _HOUR, "1h": _HOUR, "10m": 10, "5m": 5, "1m": 1}  # national stations measure every four hours
_ABSENT = -(2**31)


class Readings:
    """Of the items named. Hours as `Calendar` numbers them; values in millionths.

    The newest `kept` hours of each period lie in one array, hour after hour in a ring: item after item, stretch after
    stretch. Nobody asks for an older one.
    """

    __slots__ = ("_at", "_calendar", "_cells", "_enough", "_kept", "_now", "_stride", "_top", "_widths", "rows")

    def __init__(
        self, *, items: Sequence[str], calendar: Calendar, interval_seconds: float, enough: int, kept: int
    ) -> None:
        """`enough` are the minutes that make a valid hour."""
        self._calendar = calendar
        self._enough = enough
        self._kept = kept
        self.rows = {name: row for row, name in enumerate(items)}
        own = max(1, min(_HOUR, int(interval_seconds // 60)))
        self._widths = {**_WIDTHS, "instant": max(width for width in range(1, own + 1) if _HOUR % width == 0)}
        self._cells: dict[str, array[int]] = {}  # by period
        self._top: int | None = None  # the newest hour of which there is something
        self._now = array("i")  # what has begun: the cells of its period, the place of its stretch, from item to item
        self._at = self._stride = 0

    def takes(self, period: str) -> bool:
        """Means over a day are of no hour."""
        return period in self._widths

    def begin(self, period: str, hour: int, micros: int) -> None:
        """Readings of that period and instant, which lies in that hour, are to come."""
        width = self._widths[period]
        if self._top is None or hour > self._top:
            self._reach(hour)
        stride = self._stride = _HOUR // width
        slot = (micros - 1 + self._calendar.phase - (hour - 1) * HOUR) // (width * MINUTE)
        self._at = hour % self._kept * len(self.rows) * stride + slot
        self._now = self._cells.get(period) or self._of(period)

    def take(self, amounts: Iterable[tuple[int, int | None]]) -> None:
        """Readings of what has begun, by number in `rows`; None where one does not count."""
        cells, at, stride = self._now, self._at, self._stride
        for row, value in amounts:
            if value is None:
                cells[at + row * stride] = _ABSENT
            else:
                cells[at + row * stride] = value if -LARGEST <= value <= LARGEST else LARGEST if value > 0 else -LARGEST

    def _reach(self, hour: int) -> None:
        """Makes room up to that hour: what lay in its place is too old."""
        begun = hour - self._kept if self._top is None else max(self._top, hour - self._kept)
        self._top = hour
        for period, cells in self._cells.items():
            length = self._length(period)
            empty = _blank(length)
            for each in range(begun + 1, hour + 1):
                first = self._first(period, each)
                cells[first : first + length] = empty

    def _of(self, period: str) -> array[int]:
        cells = self._cells.get(period)
        if cells is None:
            cells = self._cells[period] = _blank(self._kept * self._length(period))
        return cells

    def _length(self, period: str) -> int:
        return len(self.rows) * (_HOUR // self._widths[period])

    def _first(self, period: str, hour: int) -> int:
        return hour % self._kept * self._length(period)

    def means(self, hour: int) -> dict[str, int]:
        """Of the items of which there is enough."""
        found: dict[str, int] = {}
        if not self._is_kept(hour):
            return found
        for period, width in self._widths.items():
            cells = self._cells.get(period)
            if cells is None:
                continue
            slots, first = _HOUR // width, self._first(period, hour)
            for name, row in self.rows.items():
                at = first + row * slots
                values: Sequence[int] = cells[at : at + slots]
                if _ABSENT in values:
                    values = [value for value in values if value != _ABSENT]
                if name not in found and len(values) * width >= self._enough:
                    found[name] = half_even(sum(values), len(values))
        return {name: found[name] for name in self.rows if name in found}

    def _is_kept(self, hour: int) -> bool:
        return self._top is not None and self._top - self._kept < hour <= self._top

    def _there(self, period: str) -> Iterator[tuple[int, array[int]]]:
        """The hours in which there are readings of that period, with their cells."""
        if self._top is None:
            return
        cells, length = self._cells[period], self._length(period)
        empty = _blank(length)
        for hour in range(self._top - self._kept + 1, self._top + 1):
            first = hour % self._kept * length
            if (found := cells[first : first + length]) != empty:  # arrays are compared in C: a checkpoint asks for all
                yield hour, found

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        cells = {
            period: [self._widths[period], {str(hour): _text(found) for hour, found in self._there(period)}]
            for period in self._cells
        }
        return {"items": list(self.rows), "cells": cells}

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave; what is measured no more, or at another pace, is dropped."""
        former = {name: row for row, name in enumerate(state["items"])}
        saved = {period: rows for period, (width, rows) in state["cells"].items() if width == self._widths.get(period)}
        hours = [int(hour) for rows in saved.values() for hour in rows]
        if hours:
            self._reach(max(hours))
        for period, rows in saved.items():
            cells = self._of(period)
            for hour, text in rows.items():
                if self._is_kept(int(hour)):
                    self._take(cells, period, int(hour), text, former)

    def _take(self, cells: array[int], period: str, hour: int, text: str, former: Mapping[str, int]) -> None:
        before = _little(array("i", base64.b64decode(text)))
        slots, first = _HOUR // self._widths[period], self._first(period, hour)
        for name, row in self.rows.items():
            if name in former:
                old, new = former[name] * slots, first + row * slots
                cells[new : new + slots] = before[old : old + slots]


def _blank(length: int) -> array[int]:
    return array("i", [_ABSENT]) * length


def _text(cells: array[int]) -> str:
    return base64.b64encode(_little(cells).tobytes()).decode()


def _little(cells: array[int]) -> array[int]:
    """In the byte order of most machines, or back: a snapshot can be read on another."""
    if sys.byteorder == "big":
        cells = cells[:]
        cells.byteswap()
    return cells
