"""Axes: round numbers for values, round moments for time. Pure, never raises on finite input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

_LIMIT = 1e15  # beyond it a double cannot tell neighbouring ticks apart
_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200, 525600)
)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of values and the ticks on it."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def share(self, value: float) -> float:
        """Where a value stands between low (0) and high (1); values outside stand on the edge."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def axis(values: Sequence[float]) -> Axis:
    """A scale that holds all of them, from zero where that costs little."""
    low, high = _span([min(_LIMIT, max(-_LIMIT, value)) for value in values])
    step = _round_step((high - low) / 3)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    count = max(1, round((high - low) / step))
    digits = min(9, max(0, -math.floor(math.log10(step))))
    ticks = tuple((low + n * step, _label(low + n * step, digits)) for n in range(count + 1))
    return Axis(low, high, ticks)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if 0 <= low <= high / 2:
        low = 0.0
    least = max(abs(low), abs(high), 1e-6) * 1e-6
    if high - low < least:  # a constant, or as good as one
        pad = max(abs(high) * 0.1, least, 1.0 if high == 0 else 0.0)
        return low - pad, high + pad
    return low, high


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)


def _label(value: float, digits: int) -> str:
    if abs(value) >= 1e6:  # noqa: PLR2004 - where a label no longer fits beside the plot
        return f"{value:.3g}"
    said = f"{value:.{digits}f}"
    return said.lstrip("-") if float(said) == 0 else said


def moments(start: datetime, end: datetime, zone: tzinfo) -> tuple[tuple[datetime, str], ...]:
    """At most a handful of round local moments between the two, labelled; dates at midnight."""
    span = end - start
    step = next((step for step in _STEPS if span <= step * _MOST_TICKS), None)
    if step is None or span <= timedelta(0):
        return ()
    midnight = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = -(-(start - midnight) // step)
    found = []
    for n in range(first, first + _MOST_TICKS + 1):
        moment = midnight + n * step
        if start <= moment <= end:
            local = moment.astimezone(zone)
            found.append((moment, f"{local:%m-%d}" if (local.hour, local.minute) == (0, 0) else f"{local:%H:%M}"))
    return tuple(found)
