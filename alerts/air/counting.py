"""Which readings count, and for how many minutes of their hour: the one place that says so.

An hour is made of readings of one period: the hour a device worked out itself, else readings of `1m`, `5m`, `10m` or
`instant`, whichever comes first in that order with enough minutes; they are never mixed. A reading belongs to the hour,
and to the stretch of that hour as long as its period, in which its instant (its end) lies. A reading of `instant`
speaks for a stretch as long as its station's interval, at most ten minutes; the newest in a stretch is the stretch's.
"""

from __future__ import annotations

from alerts.model import Quality
from alerts.windows import MILLION

COUNTED = frozenset({Quality.PASS.value, Quality.UNCHECKED.value})  # as rules accept by default
HOURLY = "1h"
INSTANT = "instant"
FINER = ("1m", "5m", "10m", INSTANT)  # in order of preference
MINUTES_AN_HOUR = 60

_WIDTHS = {"1m": 1, "5m": 5, "10m": 10}
# No concentration in ug/m3 or mg/m3 lies outside: what does is a broken number, whatever its flag says.
_LOWEST, _HIGHEST = -1000.0, 1_000_000.0


def counted(value: float | None, flag: int) -> int | None:
    """A reading's concentration in millionths; None where it does not count."""
    if flag in COUNTED and value is not None and _LOWEST < value < _HIGHEST:
        return round(value * MILLION)  # as `exact`, which each reading would pay a call for
    return None


def width_of(period: str, interval_seconds: float) -> int:
    """Minutes of its hour that a reading of a period finer than an hour speaks for."""
    known = _WIDTHS.get(period)
    if known is not None:
        return known
    return max(width for width in _WIDTHS.values() if width == 1 or width * 60 <= interval_seconds)
