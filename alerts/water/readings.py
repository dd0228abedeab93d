"""The readings of one monitor, as long as they can matter, and the mean of an hour of them.

A reading belongs to the hour in which it ends, and to the stretch of it that it speaks for: its period, of `instant`
the station's interval. Readings of several periods are never mixed within an hour; the longest with enough minutes
counts.
"""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.air.calendar import MINUTE, Calendar
from alerts.standards.amounts import half_even

LARGEST = 2_000_000_000  # millionths: 2000 mg/L is worse than any class, whatever more it is
_HOUR = 60
_WIDTHS = {"4h": _HOUR, "1h": _HOUR, "10m": 10, "5m": 5, "1m": 1}  # national stations measure every four hours
_ABSENT = -(2**31)

Cells = dict[int, "array[int]"]  # by hour: item after item, stretch after stretch


class Readings:
    """Of the items named. Hours as `Calendar` numbers them; values in millionths."""

    __slots__ = ("_calendar", "_cells", "_enough", "_rows", "_widths")

    def __init__(self, *, items: Sequence[str], calendar: Calendar, interval_seconds: float, enough: int) -> None:
        """`enough` are the minutes that make a valid hour."""
        self._calendar = calendar
        self._enough = enough
        self._rows = {name: row for row, name in enumerate(items)}
        own = max(1, min(_HOUR, int(interval_seconds // 60)))
        self._widths = {**_WIDTHS, "instant": max(width for width in range(1, own + 1) if _HOUR % width == 0)}
        self._cells: dict[str, Cells] = {}  # by period

    def takes(self, period: str) -> bool:
        """Means over a day are of no hour."""
        return period in self._widths

    def put(self, item: str, period: str, hour: int, micros: int, value: int | None) -> None:
        """None where it does not count."""
        width = self._widths[period]
        slots = _HOUR // width
        slot = (micros - 1 - self._calendar.end_of(hour - 1)) // (width * MINUTE)
        by_hour = self._cells.setdefault(period, {})
        cells = by_hour.get(hour)
        if cells is None:
            cells = by_hour[hour] = array("i", [_ABSENT]) * (slots * len(self._rows))
        cells[self._rows[item] * slots + slot] = _ABSENT if value is None else max(-LARGEST, min(value, LARGEST))

    def means(self, hour: int) -> dict[str, int]:
        """Of the items of which there is enough."""
        found = {}
        for name, row in self._rows.items():
            for period, width in self._widths.items():
                cells = self._cells.get(period, {}).get(hour)
                if cells is None:
                    continue
                slots = _HOUR // width
                values = [value for value in cells[row * slots : (row + 1) * slots] if value != _ABSENT]
                if len(values) * width >= self._enough:
                    found[name] = half_even(sum(values), len(values))
                    break
        return found

    def hours(self) -> Iterator[int]:
        """Those of which there is something, in no order."""
        for by_hour in self._cells.values():
            yield from by_hour

    def forget(self, before: int) -> None:
        """Drops the hours before that one."""
        for by_hour in self._cells.values():
            for hour in [hour for hour in by_hour if hour < before]:
                del by_hour[hour]

    def dump(self) -> dict[str, Any]:
        """What `load` takes, as plain data."""
        cells = {
            period: [self._widths[period], {str(hour): _text(row) for hour, row in by_hour.items()}]
            for period, by_hour in self._cells.items()
        }
        return {"items": list(self._rows), "cells": cells}

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes what `dump` gave; what is measured no more, or at another pace, is dropped."""
        former = {name: row for row, name in enumerate(state["items"])}
        for period, (width, saved) in state["cells"].items():
            if width == self._widths.get(period):
                self._cells[period] = {int(hour): self._loaded(text, former, width) for hour, text in saved.items()}

    def _loaded(self, text: str, former: Mapping[str, int], width: int) -> array[int]:
        before = _little(array("i", base64.b64decode(text)))
        slots = _HOUR // width
        cells = array("i", [_ABSENT]) * (slots * len(self._rows))
        for name, row in self._rows.items():
            if name in former:
                first = former[name] * slots
                cells[row * slots : (row + 1) * slots] = before[first : first + slots]
        return cells


def _text(cells: array[int]) -> str:
    return base64.b64encode(_little(cells).tobytes()).decode()


def _little(cells: array[int]) -> array[int]:
    """In the byte order of most machines, or back: a snapshot can be read on another."""
    if sys.byteorder == "big":
        cells = cells[:]
        cells.byteswap()
    return cells
