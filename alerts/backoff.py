"""How long to wait before trying again. Pure: the random draw is an argument."""

from __future__ import annotations

from datetime import timedelta


def delay(attempt: int, *, first: timedelta, longest: timedelta, draw: float) -> timedelta:
    """After the `attempt`-th failure (from 1): doubled each time up to `longest`, then between half and all of it.

    `draw` is in [0, 1): the jitter keeps many that failed together from coming back together.
    """
    doublings = min(attempt - 1, 32)  # 2^32 times any `first` is beyond every `longest`; the sum stays in range
    whole = min(longest.total_seconds(), first.total_seconds() * 2.0**doublings)
    return timedelta(seconds=whole * (0.5 + draw / 2))
