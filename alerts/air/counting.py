"""Which readings count, and for how many minutes of their hour: the one place that says so.

An hour is made of readings of one period: the hour a device worked out itself, else readings of `1m`, `5m`, `10m` or
`instant`, whichever comes first in that order with enough minutes; they are never mixed. A reading belongs to the hour,
and to the stretch of that hour as long as its period, in which its instant (its end) lies. A reading of `instant`
speaks for a stretch as long as its station's interval, at most ten minutes; the newest in a stretch is the stretch's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.model import Quality, Sample, Value
from alerts.windows import MILLION

COUNTED = frozenset({Quality.PASS.value, Quality.UNCHECKED.value})  # as rules accept by default
HOURLY = "1h"
INSTANT = "instant"
FINER = ("1m", "5m", "10m", INSTANT)  # in order of preference
MINUTES_AN_HOUR = 60

_WIDTHS = {"1m": 1, "5m": 5, "10m": 10}
# No concentration in ug/m3 or mg/m3 lies outside: what does is a broken number, whatever its flag says.
_LOWEST, _HIGHEST = -1000.0, 1_000_000.0


def amounts(values: Iterable[Value], rows: Mapping[str, int]) -> list[tuple[int, int | None]]:
    """Of readings whose parameter has a row: its number, and the concentration in millionths, None if not counted."""
    return [
        (
            rows[parameter],
            round(value * MILLION)  # as `exact`, which each reading would pay a call for
            if flag in COUNTED and value is not None and _LOWEST < value < _HIGHEST
            else None,
        )
        for parameter, value, flag, _ in values
        if parameter in rows
    ]


def amount(of: Sample, rows: Mapping[str, int]) -> tuple[int, int | None] | None:
    """As `amounts`, of one reading; None where its parameter has no row."""
    return next(iter(amounts([(of.parameter, of.value, of.flag, of.reason)], rows)), None)


def width_of(period: str, interval_seconds: float) -> int:
    """Minutes of its hour that a reading of a period finer than an hour speaks for."""
    known = _WIDTHS.get(period)
    if known is not None:
        return known
    return max(width for width in _WIDTHS.values() if width == 1 or width * 60 <= interval_seconds)
