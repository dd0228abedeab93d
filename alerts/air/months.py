"""Sums of days by month, and the means of months, quarters and years that follow.

A month needs 27 valid days (February 25), a year that in each of its months and 324 in all (GB 3095 table 4). A quarter
needs it of its three months: the standard has a count for lead alone [own default]. Of O3 the day's value is its
largest 8 h mean, to which the counts of means are applied alike [own default].
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from alerts.air.figures import OZONE, Figure, Figures
from alerts.air.model import POLLUTANTS, Span
from alerts.standards import Validity, half_even, number

_KEPT = 24  # months: a year's, while days of it can still be revised
_YEAR, _QUARTER = 12, 3
_WIDTH = len(POLLUTANTS)
_FEBRUARY = 2
NAMES = tuple("o3_8h_max_mean" if row == OZONE else f"{name}_mean" for row, name in enumerate(POLLUTANTS))


class Stretch(NamedTuple):
    """A month, quarter or year: its months, counted from year 0, and its last day."""

    span: Span
    first: int
    months: int

    @property
    def end(self) -> date:
        """The first day after it."""
        year, month = divmod(self.first + self.months, _YEAR)
        return date(year, month + 1, 1)


def month_of(day: date) -> int:
    """Counted from January of year 0."""
    return day.year * _YEAR + day.month - 1


def stretches(day: date) -> tuple[Stretch, Stretch, Stretch]:
    """The month, the quarter and the year that a day is in."""
    month = month_of(day)
    return (
        Stretch(Span.MONTH, month, 1),
        Stretch(Span.QUARTER, month - month % _QUARTER, _QUARTER),
        Stretch(Span.YEAR, month - month % _YEAR, _YEAR),
    )


def ended(before: date, after: date) -> Iterator[Stretch]:
    """What came to its end from one day to a later one: with the last days that lie between them, in order."""
    last_but = max(month_of(before), month_of(after) - _KEPT)
    for month in range(last_but, month_of(after)):
        first = date(month // _YEAR, month % _YEAR + 1, 1)
        yield from (stretch for stretch in stretches(first) if stretch.first + stretch.months == month + 1)


class Months:
    """Of one station or area; of the last two years those from the first that has a day."""

    __slots__ = ("_counts", "_first", "_sums")

    def __init__(self) -> None:
        self._first = 0
        self._sums = array("q")  # month after month, a pollutant each
        self._counts = bytearray()

    def change(self, day: date, before: Sequence[int | None], after: Sequence[int | None]) -> None:
        """A day's means were worked out, or worked out anew."""
        month = month_of(day)
        if self._counts and month <= self._newest - _KEPT:
            return
        self._reach(month)
        at = (month - self._first) * _WIDTH
        for row, (old, new) in enumerate(zip(before, after, strict=True)):
            self._sums[at + row] += (new or 0) - (old or 0)
            self._counts[at + row] += (new is not None) - (old is not None)

    @property
    def _newest(self) -> int:
        return self._first + len(self._counts) // _WIDTH - 1

    def _reach(self, month: int) -> None:
        if not self._counts:
            self._first = month
        earlier, later = (max(0, more) * _WIDTH for more in (self._first - month, month - self._newest))
        self._sums = array("q", bytes(8 * earlier)) + self._sums + array("q", bytes(8 * later))
        self._counts = bytearray(earlier) + self._counts + bytes(later)
        self._first = min(self._first, month)
        over = max(0, self._newest - self._first + 1 - _KEPT)
        del self._sums[: over * _WIDTH]
        del self._counts[: over * _WIDTH]
        self._first += over

    def figures(self, stretch: Stretch, validity: Validity) -> Figures:
        """Its valid means."""
        found: Figures = {}
        months = range(stretch.first, stretch.first + stretch.months)
        days = (stretch.end - date(stretch.first // _YEAR, stretch.first % _YEAR + 1, 1)) // timedelta(days=1)
        for row, name in enumerate(NAMES):
            counts = [self._count(month, row) for month in months]
            have = sum(counts)
            if stretch.span is Span.YEAR and have < validity.days_a_year:
                continue
            if all(count >= _least(month, validity) for month, count in zip(months, counts, strict=True)):
                total = sum(self._sums[(month - self._first) * _WIDTH + row] for month in months)
                found[name] = Figure(number(half_even(total, have)), have, days)
        return found

    def _count(self, month: int, row: int) -> int:
        there = self._first <= month <= self._newest
        return self._counts[(month - self._first) * _WIDTH + row] if there else 0

    def dump(self) -> list[Any]:
        """What `load` takes, as plain data: two years, each month where its number in them has it."""
        sums, counts = array("q", bytes(8 * _KEPT * _WIDTH)), bytearray(_KEPT * _WIDTH)
        for month in range(self._first, self._newest + 1):
            at, there = month % _KEPT * _WIDTH, (month - self._first) * _WIDTH
            sums[at : at + _WIDTH] = self._sums[there : there + _WIDTH]
            counts[at : at + _WIDTH] = self._counts[there : there + _WIDTH]
        return [self._newest, sums.tolist(), base64.b64encode(counts).decode()]

    def load(self, state: Sequence[Any]) -> None:
        """Takes what `dump` gave."""
        newest, sums, text = state
        counts = base64.b64decode(text)
        for month in range(newest - _KEPT + 1, newest + 1):
            at = month % _KEPT * _WIDTH
            if self._counts or month == newest or any(counts[at : at + _WIDTH]):
                self._reach(month)
                self._sums[-_WIDTH:] = array("q", sums[at : at + _WIDTH])
                self._counts[-_WIDTH:] = counts[at : at + _WIDTH]


def _least(month: int, validity: Validity) -> int:
    return validity.days_in_february if month % _YEAR + 1 == _FEBRUARY else validity.days_a_month
