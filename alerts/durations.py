"""Durations as configuration writes them: `90s`, `5m`, `1h`, `3d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_SHAPE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d)\s*")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def parse(given: Any) -> Any:
    """Text as a `timedelta`; a `timedelta` as it is. Raises `ValueError` for all else, bare numbers included."""
    if isinstance(given, timedelta):
        return given
    match = _SHAPE.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise ValueError(f"not a duration: {given!r} (write 90s, 5m, 1h or 3d)")
    try:
        return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])
    except OverflowError as error:
        raise ValueError(f"too long a duration: {given!r}") from error


Duration = Annotated[timedelta, BeforeValidator(parse)]


def period_length(period: str) -> timedelta:
    """How long a stretch a period's name stands for; zero for `instant`. Raises `ValueError` for an unknown shape."""
    length: timedelta = timedelta(0) if period == "instant" else parse(period)
    return length


def text(duration: timedelta) -> str:
    """`1d`, `24h`, `5m`, `90s`: the largest unit that divides it; 24 h stays hours, as the law speaks of them."""
    seconds = duration.total_seconds()
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0 and not (unit == "d" and seconds < 3 * size):
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
