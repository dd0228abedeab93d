"""Drift against the neighbours: one station's days beside those of the others in its area. Pure.

An analyser drifts by so little a day that its own past does not show it; that the others do not follow does. Days are
those of UTC: it is the same stretch of time for all that is wanted. No standard gives figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from ingest.catalog import Drift
from ingest.model import Flag
from ingest.quality import Verdict

DAY = 86_400_000_000  # microseconds
_NONE = -1
_DRIFT: Verdict = (Flag.SUSPECT.value, "drift")


class DailyMeans:
    """One series among its neighbours: the mean of the day that is coming in, that of the day before, and the verdict.

    `circle` holds all of them, itself too; it is shared.
    """

    __slots__ = ("_apart", "_circle", "_count", "_day", "_drift", "_mean", "_sum", "_verdict")
    name = "drift"

    def __init__(self, drift: Drift, circle: list[DailyMeans]) -> None:
        self._drift = drift
        self._circle = circle
        circle.append(self)
        self._day = _NONE
        self._sum = 0.0
        self._count = 0
        self._mean = 0.0  # of the day before `_day`, where there was one
        self._apart = 0  # days running, or -1 where the day before is not known
        self._verdict: Verdict | None = None

    def take(self, micros: int, value: float) -> Verdict | None:
        """As `patterns.Watch`."""
        day = micros // DAY
        if day == self._day:
            self._sum += value
            self._count += 1
            return self._verdict
        if day < self._day:
            return None
        self._end(day)
        self._day, self._sum, self._count = day, value, 1
        return self._verdict

    def _end(self, day: int) -> None:
        """The day that came in is over; one that was missed ends a row."""
        if self._day == _NONE or day > self._day + 1:
            self._apart, self._verdict = _NONE, None
            return
        self._mean = self._sum / self._count
        others = [mean for other in self._circle if other is not self and (mean := other.of(self._day)) is not None]
        is_apart = len(others) >= self._drift.neighbours and self._far(median(others))
        self._apart = max(self._apart, 0) + 1 if is_apart else 0
        self._verdict = _DRIFT if self._apart >= self._drift.days else None

    def of(self, day: int) -> float | None:
        """The mean of that day: what there is of the one that is coming in, or of the one before it."""
        if day == self._day:
            return self._sum / self._count
        return self._mean if day == self._day - 1 and self._apart != _NONE else None

    def _far(self, others: float) -> bool:
        low, high = sorted((self._mean, others))
        return high - low > self._drift.floor and high > self._drift.factor * max(low, 0.0)

    def snapshot(self) -> Sequence[Any]:
        return [self._day, self._sum, self._count, self._mean, self._apart, self._verdict is not None]

    def restore(self, state: Sequence[Any]) -> None:
        self._day, self._sum, self._count, self._mean, self._apart, is_drifting = state
        self._verdict = _DRIFT if is_drifting else None
